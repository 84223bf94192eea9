package io.evio.frame;

import java.nio.ByteBuffer;

/**
 * Finds lines. A line ends with LF or CRLF, both on the same connection if the peer likes; neither is part of its
 * content. A CR that no LF follows is an ordinary byte.
 *
 * <p>It remembers how far it has searched an incomplete line: use one per connection.
 */
public final class LineScanner extends TerminatedScanner {

    private static final byte CR = '\r';
    private static final byte LF = '\n';

    private LineScanner(int maxLength) {
        super(LF, maxLength);
    }

    /**
     * Returns a scanner for one connection.
     *
     * @param maxLength of the longest line that is allowed, without its end
     * @throws IllegalArgumentException when that is less than 1
     */
    public static LineScanner ofMaxLength(int maxLength) {
        return new LineScanner(maxLength);
    }

    @Override
    int terminator(ByteBuffer in, int from, int at) {
        return at > from && in.get(at - 1) == CR ? 2 : 1;
    }

    @Override
    int begun(ByteBuffer in, int from, int end) {
        return in.get(end - 1) == CR ? 1 : 0;
    }
}
