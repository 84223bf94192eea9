package io.evio.sample.http;

/**
 * Goes through the body of a message, by its length or by its chunks, and keeps nothing of it: RFC 9112, 6 and 7.
 * Belongs to a connection, because it remembers between events where it is; used again for all its messages.
 */
public final class BodyReader {

    /** Takes what is in a body. */
    public interface Sink {

        /** A part of the content. */
        void content(byte[] bytes, int from, int to);

        /** One of the trailers. */
        void trailer(FieldReader field);
    }

    private static final Sink NOWHERE = new Sink() {

        @Override
        public void content(byte[] bytes, int from, int to) {
            // The length is all that matters.
        }

        @Override
        public void trailer(FieldReader field) {
            // It has to be one, and means nothing.
        }
    };

    private enum Part {
        LENGTH,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILERS,
        COMPLETE
    }

    private final HttpLimits limits;
    private final ChunkLine line;

    private Part part = Part.COMPLETE;

    /** Bytes that the body may have. */
    private long mostBytes;

    /** Bytes that are still to come, of the body or of the current chunk. */
    private long left;

    /** Bytes of the body that have come, and those of the current chunk that are to come. */
    private long total;

    /** Bytes of trailers so far, and how many there are. */
    private int trailerBytes;

    private int trailers;
    private int position;

    public BodyReader(HttpLimits limits) {
        this.limits = limits;
        this.line = new ChunkLine(limits.fields());
    }

    /**
     * Begins with a message's body, or with none.
     *
     * @param mostBytes that the chunks may have together; a length was checked before
     */
    public void begin(MessageHead head, long mostBytes) {
        begin(head.isChunked ? Part.CHUNK_SIZE : Part.LENGTH, Math.max(head.contentLength, 0), mostBytes);
    }

    /** Begins with a body that goes on until its connection ends. */
    public void beginUntilEnd() {
        begin(Part.LENGTH, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    private void begin(Part first, long length, long most) {
        mostBytes = most;
        part = first;
        left = length;
        total = length;
        line.beginBody();
        trailerBytes = 0;
        trailers = 0;
    }

    /** Returns how many bytes of the body have come. */
    public long received() {
        return total - left;
    }

    /** Returns how many bytes of content come next, whatever they are; 0 when they have to be looked at. */
    public long ahead() {
        return part == Part.LENGTH ? left : 0;
    }

    /** Passes over so many bytes of those that are {@link #ahead}; returns whether the body is complete. */
    public boolean pass(int count) {
        left -= count;
        if (left == 0) {
            part = Part.COMPLETE;
        }
        return left == 0;
    }

    /** Returns how far the bytes have been used up, after each {@link #read}. */
    public int position() {
        return position;
    }

    /**
     * Goes on with the body, whose next byte is at {@code from}.
     *
     * @param field for the trailers
     * @return false when the bytes, to {@code to}, end before the body does
     */
    public boolean read(byte[] bytes, int from, int to, FieldReader field) throws Refused {
        return read(bytes, from, to, field, NOWHERE);
    }

    /** As {@link #read(byte[], int, int, FieldReader)}, and hands on what is in it. */
    public boolean read(byte[] bytes, int from, int to, FieldReader field, Sink sink) throws Refused {
        position = from;
        while (part != Part.COMPLETE) {
            boolean done = switch (part) {
                case LENGTH, CHUNK -> content(bytes, to, sink);
                case CHUNK_SIZE -> chunkSize(bytes, to);
                case CHUNK_END -> chunkEnd(bytes, to);
                case TRAILERS -> trailer(bytes, to, field, sink);
                case COMPLETE -> true;
            };
            if (!done) {
                return false;
            }
        }
        return true;
    }

    private boolean content(byte[] bytes, int to, Sink sink) {
        int taken = (int) Math.min(left, to - position);
        if (taken > 0) {
            sink.content(bytes, position, position + taken);
        }
        left -= taken;
        position += taken;
        if (left > 0) {
            return false;
        }
        part = part == Part.CHUNK ? Part.CHUNK_END : Part.COMPLETE;
        return true;
    }

    private boolean chunkSize(byte[] bytes, int to) throws Refused {
        boolean complete = line.read(bytes, position, to);
        position = line.position();
        if (!complete) {
            return false;
        }
        left = line.size();
        if (total + left > mostBytes) {
            throw new Refused(Status.CONTENT_TOO_LARGE, "the body may have " + mostBytes + " bytes");
        }
        total += left;
        part = left > 0 ? Part.CHUNK : Part.TRAILERS;
        line.begin();
        return true;
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
            throw Refused.bad("no line end behind a chunk");
        }
        return at + 1 == to ? -1 : at + 2;
    }

    private boolean trailer(byte[] bytes, int to, FieldReader field, Sink sink) throws Refused {
        // Nothing is looked at behind the limits, lest the answer depend on how much has come.
        boolean tooMany = trailers > limits.fieldCount();
        int most = Math.min(to, position + limits.fields() - trailerBytes + 1);
        int next = tooMany ? FieldReader.INCOMPLETE : field.line(bytes, position, most);
        if (tooMany || (next < 0 ? to : next) - position + trailerBytes > limits.fields()) {
            throw new Refused(Status.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many or too large trailers");
        }
        if (next < 0) {
            return false;
        }
        trailerBytes += next - position;
        trailers++;
        position = next;
        if (field.isLast()) {
            part = Part.COMPLETE;
        } else {
            sink.trailer(field);
        }
        return true;
    }
}
