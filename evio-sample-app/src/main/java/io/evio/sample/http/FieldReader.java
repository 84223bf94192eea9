package io.evio.sample.http;

/**
 * Reads the lines of a header or trailer section, one at a time: RFC 9112, 5. The name and the value of a field are
 * ranges of the caller's array.
 */
public final class FieldReader {

    /** The line is not there as a whole. */
    public static final int INCOMPLETE = -1;

    private byte[] bytes = new byte[0];
    private int nameStart;
    private int nameEnd;
    private int valueStart;
    private int valueEnd;

    /** After {@link #INCOMPLETE}, see {@link #inside}. */
    private int inside;

    /**
     * Reads the line that begins at {@code at}.
     *
     * @return the index behind it, or {@link #INCOMPLETE}
     */
    public int line(byte[] source, int at, int to) throws Refused {
        bytes = source;
        nameStart = at;
        nameEnd = Ascii.skip(Ascii.TOKEN, bytes, at, to);
        if (nameEnd == to) {
            inside = Ascii.TOKEN;
            return INCOMPLETE;
        }
        if (nameEnd == at && bytes[at] == '\r') {
            return lineEnd(at, to);
        }
        if (nameEnd == at || bytes[nameEnd] != ':') {
            throw Refused.bad(reason(at));
        }
        valueStart = Ascii.skipBlanks(bytes, nameEnd + 1, to);
        int end = Ascii.skip(Ascii.VALUE, bytes, valueStart, to);
        valueEnd = end;
        while (valueEnd > valueStart && Ascii.isBlank(bytes[valueEnd - 1])) {
            valueEnd--;
        }
        if (end == to) {
            inside = Ascii.VALUE;
            return INCOMPLETE;
        }
        return lineEnd(end, to);
    }

    private int lineEnd(int at, int to) throws Refused {
        if (bytes[at] != '\r') {
            throw Refused.bad("control character in a field");
        }
        if (at + 1 == to) {
            inside = 0;
            return INCOMPLETE;
        }
        if (bytes[at + 1] != '\n') {
            throw Refused.bad("CR without LF in a field");
        }
        return at + 2;
    }

    /** Returns why there is no field's name at {@code at}. */
    private String reason(int at) {
        if (Ascii.isBlank(bytes[nameEnd])) {
            return nameEnd == at ? "line folding" : "space in or behind a field's name";
        }
        return bytes[nameEnd] == ':' ? "field without a name" : "field without a colon, or with a wrong name";
    }

    /**
     * Of an incomplete line: the class of bytes, see {@link Ascii}, that would tell nothing new of it; 0 when each
     * would.
     */
    public int inside() {
        return inside;
    }

    /** Returns whether the line was the empty one that ends the section. */
    public boolean isLast() {
        return nameEnd == nameStart;
    }

    /** Returns whether the field has this name, which is given in lower case. */
    public boolean isNamed(String name) {
        return Ascii.isWord(name, bytes, nameStart, nameEnd);
    }

    /** Returns where the line and the name begin. */
    public int nameStart() {
        return nameStart;
    }

    public int nameEnd() {
        return nameEnd;
    }

    public int nameLength() {
        return nameEnd - nameStart;
    }

    public byte[] bytes() {
        return bytes;
    }

    public int valueStart() {
        return valueStart;
    }

    public int valueEnd() {
        return valueEnd;
    }
}
