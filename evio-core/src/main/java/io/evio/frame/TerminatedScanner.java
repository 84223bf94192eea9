package io.evio.frame;

import java.nio.ByteBuffer;

/**
 * Finds where a frame ends by the last byte of its terminator, so that nothing has to be searched again when more
 * arrives.
 */
abstract sealed class TerminatedScanner extends FrameScanner permits LineScanner, DelimiterScanner {

    private final byte lastByte;

    /** The number of bytes behind the buffer's position that are known to hold no end of the frame. */
    private int searched;

    TerminatedScanner(byte lastByte, int maxLength) {
        super(maxLength);
        this.lastByte = lastByte;
    }

    /**
     * Returns the length of the terminator of a frame from {@code from} whose last byte is at {@code at}; 0 when it is
     * none.
     */
    abstract int terminator(ByteBuffer in, int from, int at);

    /** Returns how many of a frame's bytes, at the end of all there are, may be the beginning of a terminator. */
    abstract int begun(ByteBuffer in, int from, int end);

    @Override
    public final boolean next(ByteBuffer in, boolean inputEnded) {
        int from = in.position();
        int limit = in.limit();
        if (searched > limit - from) {
            throw new IllegalStateException("There are " + (limit - from) + " bytes, but " + searched
                    + " were left unread: call reset() before taking them");
        }
        for (int at = from + searched; (at = ByteSearch.indexOf(in, lastByte, at, limit)) >= 0; at++) {
            int terminator = terminator(in, from, at);
            if (terminator > 0) {
                int end = at + 1;
                checkLength(end - terminator - from, "");
                searched = 0;
                return found(in, from, end - terminator, end);
            }
        }
        if (inputEnded && from < limit) {
            checkLength(limit - from, "");
            searched = 0;
            return found(in, from, limit, limit);
        }
        searched = limit - from;
        if (searched > maxLength) {
            checkLength(searched - begun(in, from, limit), "at least ");
        }
        return none();
    }

    private void checkLength(int length, String atLeast) {
        if (length > maxLength) {
            none();
            throw new FrameTooLongException(atLeast, length, maxLength);
        }
    }

    @Override
    public final void reset() {
        super.reset();
        searched = 0;
    }
}
