package io.evio.sample.http;

/**
 * Reads the head of a message, its first line and its header fields, out of an array of bytes, by the grammar of RFC
 * 9112, 2 to 6, and refuses anything else: what two programs read differently is how requests are smuggled past one of
 * them (RFC 9112, 11.2). Nothing is copied and nothing allocated. Used again for every message of every connection.
 *
 * <p>Of a head that is not complete the {@link MessageHead} remembers how far it was read. It is at most
 * {@link HttpLimits#requestLine} and {@link HttpLimits#fields} long.
 *
 * @param <H> what is read of it
 */
public abstract class MessageReader<H extends MessageHead> {

    /** The first line is not there as a whole. */
    protected static final int INCOMPLETE = -1;

    private final HttpLimits limits;
    private final boolean skipsEmptyLines;
    private final FieldReader field = new FieldReader();

    private byte[] bytes = new byte[0];
    private int end;
    private int start;
    private int position;

    /** @param skipsEmptyLines whether there may be some in front: old clients send one behind a body (RFC 9112, 2.2) */
    protected MessageReader(HttpLimits limits, boolean skipsEmptyLines) {
        this.limits = limits;
        this.skipsEmptyLines = skipsEmptyLines;
    }

    /**
     * Reads the first line.
     *
     * @return the index behind it; {@link #INCOMPLETE} after {@link #goesOn}
     */
    protected abstract int firstLine(byte[] source, int from, int to, H head) throws Refused;

    /** Takes one field into account. */
    protected abstract void field(FieldReader field, H head) throws Refused;

    /** The head is complete: refuses what only the whole of it tells. */
    protected abstract void complete(H head) throws Refused;

    /** Notes the class of bytes that would tell nothing new of an incomplete first line; 0 when each would. */
    protected final void goesOn(H head, int inside) {
        head.progress.inside = inside;
    }

    /** Returns how far the bytes have been used up, after each {@link #read}. */
    public final int position() {
        return position;
    }

    /** Returns the index of the head's first byte. */
    public final int start() {
        return start;
    }

    /**
     * Reads the head that begins at {@code from}, or goes on with it.
     *
     * @param head where it goes; after false to be given again, with the head from {@link #position} on and more behind
     *     it
     * @return false when the bytes, to {@code to}, end before the head does
     */
    public final boolean read(byte[] source, int from, int to, H head) throws Refused {
        bytes = source;
        end = to;
        position = from;
        HeadProgress progress = head.progress;
        if (progress.lookedAt == 0) {
            head.clear();
            progress.fields = 0;
            if (skipsEmptyLines && !skipEmptyLines()) {
                return false;
            }
        } else if (nothingNew(progress)) {
            return false;
        }
        start = position;
        if (start == end) {
            return false;
        }
        progress.lookedAt = 0;
        if (progress.fields == 0) {
            int fields = firstLine(bytes, position, end, head);
            if (fields < 0) {
                progress.lookedAt = end - position;
                return false;
            }
            progress.fields = fields - position;
            progress.line = progress.fields;
            progress.count = 0;
        }
        return fields(head, progress);
    }

    /** Returns whether the line that was not complete goes on as before, and so still is not. */
    private boolean nothingNew(HeadProgress progress) {
        int most = progress.fields == 0 ? limits.requestLine() : progress.fields + limits.fields();
        if (progress.inside == 0 || end - position > most) {
            return false;
        }
        int at = Ascii.skip(progress.inside, bytes, position + progress.lookedAt, end);
        progress.lookedAt = at - position;
        return at == end;
    }

    private boolean fields(H head, HeadProgress progress) throws Refused {
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
                complete(head);
                position = next;
                return true;
            }
            field(field, head);
            at = next;
        }
    }

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
}
