package io.evio.sample.http;

/** Reads a request line: RFC 9112, 3. Its parts are ranges of the caller's array. Used again for every request. */
public final class RequestLine {

    private static final byte[] PROTOCOL = Ascii.bytes("HTTP/");

    private final int mostBytes;

    private int method;
    private int methodEnd;
    private int target;
    private int targetEnd;
    private boolean isOld;
    private int inside;

    /** @param mostBytes of a line; beyond, 414 */
    public RequestLine(int mostBytes) {
        this.mostBytes = mostBytes;
    }

    /**
     * Reads the line that begins at {@code from}.
     *
     * @return the index behind it; -1 when it is not complete, see {@link #inside}
     */
    public int read(byte[] bytes, int from, int end) throws Refused {
        method = from;
        int most = Math.min(end, method + mostBytes + 1);
        methodEnd = Ascii.skip(Ascii.TOKEN, bytes, method, most);
        if (methodEnd == most) {
            return incomplete(end, Ascii.TOKEN, Status.NOT_IMPLEMENTED);
        }
        if (methodEnd == method || bytes[methodEnd] != ' ') {
            throw Refused.bad("no method");
        }
        target = methodEnd + 1;
        targetEnd = Ascii.skip(Ascii.TARGET, bytes, target, most);
        if (targetEnd == most) {
            return incomplete(end, Ascii.TARGET, Status.URI_TOO_LONG);
        }
        if (targetEnd == target || bytes[targetEnd] != ' ') {
            throw Refused.bad("no target, or a character that may not be in one");
        }
        int version = targetEnd + 1;
        int lineEnd = version(bytes, version, most);
        if (lineEnd < 0) {
            return incomplete(end, 0, Status.URI_TOO_LONG);
        }
        if (lineEnd - method > mostBytes) {
            throw new Refused(Status.URI_TOO_LONG, "too long a request line");
        }
        if (bytes[version + PROTOCOL.length] != '1') {
            throw new Refused(Status.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.1 and HTTP/1.0 are known");
        }
        isOld = bytes[version + PROTOCOL.length + 2] == '0';
        return lineEnd;
    }

    private int incomplete(int end, int goesOn, Status whenTooLong) throws Refused {
        if (end - method > mostBytes) {
            throw new Refused(whenTooLong, "too long a request line");
        }
        inside = goesOn;
        return -1;
    }

    /**
     * Reads the version, at {@code at}, and the line end behind it; returns the index there, -1 when it is not
     * complete.
     */
    private static int version(byte[] bytes, int at, int to) throws Refused {
        int length = PROTOCOL.length + 5;
        for (int i = 0; i < length && at + i < to; i++) {
            byte b = bytes[at + i];
            boolean right = switch (i - PROTOCOL.length) {
                case 0, 2 -> Ascii.isDigit(b);
                case 1 -> b == '.';
                case 3 -> b == '\r';
                case 4 -> b == '\n';
                default -> b == PROTOCOL[i];
            };
            if (!right) {
                throw Refused.bad("no version at the end of the request line");
            }
        }
        return at + length > to ? -1 : at + length;
    }

    public int method() {
        return method;
    }

    public int methodEnd() {
        return methodEnd;
    }

    public int target() {
        return target;
    }

    public int targetEnd() {
        return targetEnd;
    }

    /** Returns whether the version is HTTP/1.0. */
    public boolean isOld() {
        return isOld;
    }

    /** Returns the class of bytes, see {@link Ascii}, that would tell nothing new of an incomplete line; 0 for none. */
    public int inside() {
        return inside;
    }
}
