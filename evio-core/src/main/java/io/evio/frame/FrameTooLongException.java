package io.evio.frame;

/** A frame is longer than its scanner's maximum. */
public final class FrameTooLongException extends FrameException {

    private static final long serialVersionUID = 1L;

    private final long length;
    private final int maxLength;

    /** @param atLeast empty, or that the length is what has come so far */
    FrameTooLongException(String atLeast, long length, int maxLength) {
        super("The frame is too long: " + atLeast + length + " bytes, at most " + maxLength + " are allowed");
        this.length = length;
        this.maxLength = maxLength;
    }

    /**
     * Returns the length of the frame's content in bytes, greater than {@link #maxLength}: all of it where the prefix
     * or the end of the frame has been seen, otherwise what has arrived so far.
     */
    public long length() {
        return length;
    }

    /** Returns the length in bytes that the scanner allows. */
    public int maxLength() {
        return maxLength;
    }
}
