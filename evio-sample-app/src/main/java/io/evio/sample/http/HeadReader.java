package io.evio.sample.http;

/**
 * Reads the head of a request, its request line and header fields, out of an array of bytes, by the grammar of RFC
 * 9112, 2 to 6, and refuses anything else: what two servers read differently is how requests are smuggled past one of
 * them (RFC 9112, 11.2). Nothing is copied and nothing allocated. Used again for every request of every connection.
 *
 * <p>Of a head that is not complete the {@link Request} remembers how far it was read. It is at most
 * {@link HttpLimits#requestLine} and {@link HttpLimits#fields} long.
 */
final class HeadReader {

    private static final byte[] PROTOCOL = Ascii.bytes("HTTP/");

    private final HttpLimits limits;
    private final FieldReader field = new FieldReader();
    private final FieldMeaning meaning = new FieldMeaning();

    private byte[] bytes = new byte[0];
    private int end;
    private int position;

    HeadReader(HttpLimits limits) {
        this.limits = limits;
    }

    /** How far the bytes have been used up, after each {@link #read}. */
    int position() {
        return position;
    }

    /**
     * Reads the head that begins at {@code from}, or goes on with it.
     *
     * @param request where it goes; after false to be given again, with the head from {@link #position} on and more
     *     behind it
     * @return false when the bytes, to {@code to}, end before the head does
     */
    boolean read(byte[] source, int from, int to, Request request) throws Refused {
        bytes = source;
        end = to;
        position = from;
        HeadProgress progress = request.progress;
        if (progress.lookedAt == 0) {
            request.clear();
            progress.fields = 0;
            if (!skipEmptyLines()) {
                return false;
            }
        } else if (nothingNew(progress)) {
            return false;
        }
        progress.lookedAt = 0;
        if (progress.fields == 0) {
            int fields = requestLine(request);
            if (fields < 0) {
                progress.lookedAt = end - position;
                return false;
            }
            progress.fields = fields - position;
            progress.line = progress.fields;
            progress.count = 0;
        }
        return fields(request, progress);
    }

    /** Whether the line that was not complete goes on as before, and so still is not. */
    private boolean nothingNew(HeadProgress progress) {
        int most = progress.fields == 0 ? limits.requestLine() : progress.fields + limits.fields();
        if (progress.inside == 0 || end - position > most) {
            return false;
        }
        int at = Ascii.skip(progress.inside, bytes, position + progress.lookedAt, end);
        progress.lookedAt = at - position;
        return at == end;
    }

    private boolean fields(Request request, HeadProgress progress) throws Refused {
        int fields = position + progress.fields;
        int at = position + progress.line;
        // Nothing is looked at behind the limits, lest the answer depend on how much has come.
        int most = Math.min(end, fields + limits.fields() + 1);
        for (int count = progress.count; ; count++) {
            int next = count > limits.fieldCount() ? FieldReader.INCOMPLETE : field.line(bytes, at, most);
            if ((next < 0 ? end : next) - fields > limits.fields() || count > limits.fieldCount()) {
                throw new Refused(Status.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many or too large header fields");
            }
            if (next < 0) {
                progress.line = at - position;
                progress.count = count;
                progress.inside = field.inside();
                progress.lookedAt = end - position;
                return false;
            }
            if (field.isLast()) {
                FieldMeaning.check(request, limits);
                position = next;
                return true;
            }
            meaning.take(field, request);
            at = next;
        }
    }

    /** Old clients send one behind a body: RFC 9112, 2.2. */
    private boolean skipEmptyLines() throws Refused {
        while (position < end && bytes[position] == '\r') {
            if (position + 1 == end) {
                return false;
            }
            if (bytes[position + 1] != '\n') {
                throw Refused.bad("CR without LF before the request line");
            }
            position += 2;
        }
        return position < end;
    }

    /** Returns the index behind the line, -1 when it is not complete. */
    private int requestLine(Request request) throws Refused {
        int method = position;
        int most = Math.min(end, method + limits.requestLine() + 1);
        int methodEnd = Ascii.skip(Ascii.TOKEN, bytes, method, most);
        if (methodEnd == most) {
            return incomplete(request, Ascii.TOKEN, Status.NOT_IMPLEMENTED);
        }
        if (methodEnd == method || bytes[methodEnd] != ' ') {
            throw Refused.bad("no method");
        }
        int target = methodEnd + 1;
        int targetEnd = Ascii.skip(Ascii.TARGET, bytes, target, most);
        if (targetEnd == most) {
            return incomplete(request, Ascii.TARGET, Status.URI_TOO_LONG);
        }
        if (targetEnd == target || bytes[targetEnd] != ' ') {
            throw Refused.bad("no target, or a character that may not be in one");
        }
        int version = targetEnd + 1;
        int lineEnd = version(version, most);
        if (lineEnd < 0) {
            return incomplete(request, 0, Status.URI_TOO_LONG);
        }
        if (lineEnd - method > limits.requestLine()) {
            throw new Refused(Status.URI_TOO_LONG, "too long a request line");
        }
        if (bytes[version + PROTOCOL.length] != '1') {
            throw new Refused(Status.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.1 and HTTP/1.0 are known");
        }
        request.isOld = bytes[version + PROTOCOL.length + 2] == '0';
        Method known = Method.of(bytes, method, methodEnd);
        if (known == null) {
            throw new Refused(Status.NOT_IMPLEMENTED, "unknown method");
        }
        request.method = known;
        Target.read(bytes, target, targetEnd, request);
        return lineEnd;
    }

    private int incomplete(Request request, int inside, Status whenTooLong) throws Refused {
        if (end - position > limits.requestLine()) {
            throw new Refused(whenTooLong, "too long a request line");
        }
        request.progress.inside = inside;
        return -1;
    }

    /**
     * Reads the version, at {@code at}, and the line end behind it; returns the index there, -1 when it is not
     * complete.
     */
    private int version(int at, int to) throws Refused {
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
}
