package io.evio.sample.http;

import java.nio.charset.StandardCharsets;

/** The classes of bytes that HTTP's grammar is made of, and comparisons with words. */
public final class Ascii {

    /** A method, a field's name: RFC 9110, 5.6.2. */
    public static final int TOKEN = 1;

    /** A request target of any form: RFC 3986, appendix A. A percent sign needs two hexadecimal digits behind it. */
    public static final int TARGET = 2;

    /** A host's name, without its port: RFC 3986, 3.2.2. */
    public static final int HOST = 4;

    /** A field's value, spaces and tabs included, control characters not: RFC 9110, 5.5. */
    public static final int VALUE = 8;

    /** Means the same with and without percent-encoding: RFC 3986, 2.3. */
    private static final int UNRESERVED = 16;

    private static final byte[] CLASSES = new byte[256];

    static {
        String alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        add(TOKEN, alphanumeric + "!#$%&'*+-.^_`|~");
        add(UNRESERVED, alphanumeric + "-._~");
        add(HOST, alphanumeric + "-._~%!$&'()*+,;=");
        add(TARGET, alphanumeric + "-._~%!$&'()*+,;=:@/?[]");
        for (int b = 0; b < CLASSES.length; b++) {
            if (b == '\t' || (b >= ' ' && b != 0x7f)) {
                CLASSES[b] |= VALUE;
            }
        }
    }

    private Ascii() {}

    private static void add(int which, String members) {
        for (char member : members.toCharArray()) {
            CLASSES[member] |= (byte) which;
        }
    }

    public static boolean is(int which, byte b) {
        return (CLASSES[b & 0xff] & which) != 0;
    }

    /** The index of the first byte from {@code from} on that is not of the class; {@code to} when all are. */
    public static int skip(int which, byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && (CLASSES[bytes[i] & 0xff] & which) != 0) {
            i++;
        }
        return i;
    }

    public static int skipBlanks(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && isBlank(bytes[i])) {
            i++;
        }
        return i;
    }

    public static boolean isBlank(byte b) {
        return b == ' ' || b == '\t';
    }

    /** Returns whether the range is this word, which is given in lower case, in whatever case. */
    public static boolean isWord(String word, byte[] bytes, int from, int to) {
        if (to - from != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (lower(bytes[from + i]) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether two ranges are the same, whatever the case of their letters. */
    public static boolean isSame(byte[] bytes, int from, int to, int otherFrom, int otherTo) {
        if (to - from != otherTo - otherFrom) {
            return false;
        }
        for (int i = 0; i < to - from; i++) {
            if (lower(bytes[from + i]) != lower(bytes[otherFrom + i])) {
                return false;
            }
        }
        return true;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b + 'a' - 'A' : b;
    }

    /**
     * Returns whether the range is this path. What needs no percent sign may be written with one all the same: RFC
     * 9110, 4.2.3. A slash is another character than its encoded form: RFC 3986, 2.2.
     */
    public static boolean isPath(byte[] path, byte[] bytes, int from, int to) {
        int at = from;
        for (byte member : path) {
            if (at == to) {
                return false;
            }
            boolean isEncoded = bytes[at] == '%';
            int b = isEncoded ? hexDigit(bytes[at + 1]) << 4 | hexDigit(bytes[at + 2]) : bytes[at];
            if (b != member || (isEncoded && !is(UNRESERVED, member))) {
                return false;
            }
            at += isEncoded ? 3 : 1;
        }
        return at == to;
    }

    public static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** The value of a hexadecimal digit; -1 when it is none. */
    public static int hexDigit(byte b) {
        return b < 0 ? -1 : Character.digit((char) b, 16);
    }

    /** Returns whether every percent sign of the range is followed by two hexadecimal digits. */
    public static boolean isPercentEncoded(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == '%' && (i + 2 >= to || hexDigit(bytes[i + 1]) < 0 || hexDigit(bytes[i + 2]) < 0)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The number that the range is in decimal digits.
     *
     * @return -1 when it is none, {@link Long#MAX_VALUE} when it is larger than that
     */
    public static long decimal(byte[] bytes, int from, int to) {
        long number = 0;
        for (int i = from; i < to; i++) {
            if (!isDigit(bytes[i])) {
                return -1;
            }
            int digit = bytes[i] - '0';
            number = number > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : number * 10 + digit;
        }
        return from == to ? -1 : number;
    }

    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
