package io.evio.frame;

import java.nio.ByteBuffer;

/**
 * Finds frames whose length is written in front of them, as their {@link LengthPrefix} says. The content is what is
 * behind the prefix, and may be empty.
 *
 * <p>A frame that is too long is refused once its prefix is there, before any of its content is waited for.
 */
public final class LengthPrefixScanner extends FrameScanner {

    private final LengthPrefix prefix;
    private final int header;
    private final long adjustment;

    private LengthPrefixScanner(LengthPrefix prefix, int maxLength) {
        super(maxLength);
        this.prefix = prefix;
        this.header = prefix.header();
        this.adjustment = prefix.adjustment();
    }

    /**
     * Returns a scanner. It keeps nothing of an incomplete frame, so that all connections of one loop may share one.
     *
     * @param prefix how the length is written
     * @param maxLength of the longest content that is allowed: the bytes behind the prefix
     * @throws IllegalArgumentException when the maximum is less than 1
     */
    public static LengthPrefixScanner of(LengthPrefix prefix, int maxLength) {
        return new LengthPrefixScanner(prefix, maxLength);
    }

    @Override
    public boolean next(ByteBuffer in, boolean inputEnded) {
        int from = in.position();
        int remaining = in.remaining();
        if (remaining < header) {
            return incomplete(remaining, inputEnded);
        }
        long written = prefix.read(in, from);
        long length = written + adjustment;
        if (length < 0) {
            none();
            throw new FrameException("The frame has an impossible length: its prefix says " + written + ", which is "
                    + length + " bytes behind the prefix");
        }
        if (length > maxLength) {
            none();
            throw new FrameTooLongException("", length, maxLength);
        }
        if (length > remaining - header) {
            return incomplete(remaining, inputEnded);
        }
        int start = from + header;
        int end = start + (int) length;
        return found(in, start, end, end);
    }

    private boolean incomplete(int remaining, boolean inputEnded) {
        none();
        if (inputEnded && remaining > 0) {
            throw new FrameException("The input ended within a frame, after " + remaining + " of its bytes");
        }
        return false;
    }
}
