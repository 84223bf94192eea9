package io.evio.sample.http;

/**
 * Goes through the body of a request, by its length or by its chunks, and keeps nothing of it: RFC 9112, 6 and 7. Belongs to a
 * connection, because it remembers between events where it is; used again for all its requests.
 */
final class BodyReader {

    private enum Part {
        LENGTH,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILERS,
        COMPLETE
    }

    /** More hexadecimal digits than these might not fit a long. */
    private static final int SIZE_DIGITS = 15;

    private final HttpLimits limits;

    private Part part = Part.COMPLETE;

    /** Bytes that are still to come, of the body or of the current chunk. */
    private long left;

    /** Bytes of the body that have come, and those of the current chunk that are to come. */
    private long total;

    /** Bytes of chunk extensions, then of trailers. */
    private int extras;

    private int trailers;
    private int position;

    BodyReader(HttpLimits limits) {
        this.limits = limits;
    }

    void begin(Request request) {
        part = request.isChunked ? Part.CHUNK_SIZE : Part.LENGTH;
        left = Math.max(request.contentLength, 0);
        total = left;
        extras = 0;
        trailers = 0;
    }

    /** How many bytes of the body have come. */
    long received() {
        return total - left;
    }

    /** How far the bytes have been used up, after each {@link #read}. */
    int position() {
        return position;
    }

    /**
     * Goes on with the body, whose next byte is at {@code from}.
     *
     * @param field for the trailers
     * @return false when the bytes, to {@code to}, end before the body does
     */
    boolean read(byte[] bytes, int from, int to, FieldReader field) throws Refused {
        position = from;
        while (part != Part.COMPLETE) {
            boolean done = switch (part) {
                case LENGTH, CHUNK -> content(to);
                case CHUNK_SIZE -> chunkSize(bytes, to);
                case CHUNK_END -> chunkEnd(bytes, to);
                case TRAILERS -> trailer(bytes, to, field);
                case COMPLETE -> true;
            };
            if (!done) {
                return false;
            }
        }
        return true;
    }

    private boolean content(int to) {
        long taken = Math.min(left, to - position);
        left -= taken;
        position += (int) taken;
        if (left > 0) {
            return false;
        }
        part = part == Part.CHUNK ? Part.CHUNK_END : Part.COMPLETE;
        return true;
    }

    private boolean chunkSize(byte[] bytes, int to) throws Refused {
        int at = position;
        long size = 0;
        while (at < to && Ascii.hexDigit(bytes[at]) >= 0) {
            size = size << 4 | Ascii.hexDigit(bytes[at]);
            if (++at - position > SIZE_DIGITS) {
                throw Refused.bad("too large a chunk size");
            }
        }
        if (at == to) {
            return false;
        }
        if (at == position) {
            throw Refused.bad("no chunk size");
        }
        int lineEnd = extension(bytes, at, to);
        if ((lineEnd < 0 ? to : lineEnd) - at + extras > limits.fields()) {
            throw Refused.bad("too large chunk extensions");
        }
        if (lineEnd < 0) {
            return false;
        }
        if (total + size > limits.body()) {
            throw new Refused(Status.CONTENT_TOO_LARGE, "the body may have " + limits.body() + " bytes");
        }
        extras += lineEnd - at;
        position = lineEnd;
        left = size;
        total += size;
        part = size > 0 ? Part.CHUNK : Part.TRAILERS;
        if (size == 0) {
            extras = 0;
        }
        return true;
    }

    /** Passes over what is between a chunk's size and its first byte; returns the index there, -1 when it is not complete. */
    private static int extension(byte[] bytes, int from, int to) throws Refused {
        int at = Ascii.skipBlanks(bytes, from, to);
        if (at < to && bytes[at] == ';') {
            at = Ascii.skip(Ascii.VALUE, bytes, at, to);
        } else if (at < to && at > from) {
            throw Refused.bad("space behind a chunk size");
        }
        return at == to ? -1 : lineEnd(bytes, at, to);
    }

    private boolean chunkEnd(byte[] bytes, int to) throws Refused {
        int lineEnd = position == to ? -1 : lineEnd(bytes, position, to);
        if (lineEnd < 0) {
            return false;
        }
        position = lineEnd;
        part = Part.CHUNK_SIZE;
        return true;
    }

    private static int lineEnd(byte[] bytes, int at, int to) throws Refused {
        if (bytes[at] != '\r' || (at + 1 < to && bytes[at + 1] != '\n')) {
            throw Refused.bad("no line end behind a chunk or its size");
        }
        return at + 1 == to ? -1 : at + 2;
    }

    /** Nothing that a trailer could say matters to this server; it has to be one nevertheless. */
    private boolean trailer(byte[] bytes, int to, FieldReader field) throws Refused {
        // Nothing is looked at behind the limits, lest the answer depend on how much has come.
        boolean tooMany = trailers > limits.fieldCount();
        int most = Math.min(to, position + limits.fields() - extras + 1);
        int next = tooMany ? FieldReader.INCOMPLETE : field.line(bytes, position, most);
        if (tooMany || (next < 0 ? to : next) - position + extras > limits.fields()) {
            throw new Refused(Status.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many or too large trailers");
        }
        if (next < 0) {
            return false;
        }
        extras += next - position;
        trailers++;
        position = next;
        if (field.isLast()) {
            part = Part.COMPLETE;
        }
        return true;
    }
}
