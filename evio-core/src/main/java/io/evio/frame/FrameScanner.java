package io.evio.frame;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;

/**
 * Takes whole frames out of a buffer, one after the other, and tells where in it each one is.
 *
 * <p>A scanner belongs to one connection, for instance as its attachment, and is used by one thread at a time: that of
 * the connection's loop. Lengths and indices are in bytes; indices are absolute ones into the buffer that {@link #next}
 * was given. They hold until {@code next} is called again, and no longer than the event.
 *
 * <p>No argument may be null, here and in the subclasses: {@link NullPointerException}.
 */
public abstract sealed class FrameScanner permits TerminatedScanner, LengthPrefixScanner {

    private static final int NONE = -1;

    final int maxLength;

    /** The positions at which the frame and its content begin. */
    private int frameStart;

    private int start;

    /** The length of the content; {@link #NONE} while there is no frame. */
    private int length = NONE;

    private int frameEnd;

    FrameScanner(int maxLength) {
        if (maxLength < 1) {
            throw new IllegalArgumentException("The maximum length must be at least 1 byte, but was " + maxLength);
        }
        this.maxLength = maxLength;
    }

    /**
     * Takes the next whole frame, if there is one.
     *
     * <p>After true, the buffer's position is behind the frame, and everything up to there is the handler's to use.
     * After false it is where it was: leave the bytes from there on unread, and call this again with them in front of
     * the next ones. A handler that takes some of them itself calls {@link #reset} first.
     *
     * @param in read from its position to its limit; its position is set, nothing else of it changes
     * @return false when the remaining bytes hold no whole frame, as when there are none
     * @throws FrameTooLongException when the frame is longer than the maximum; the position stays in front of it, and
     *     the next call throws again
     * @throws FrameException when the bytes cannot be a frame; likewise
     * @throws IllegalStateException when there are fewer bytes than the last call left unread
     */
    public final boolean next(ByteBuffer in) {
        return next(in, false);
    }

    /**
     * Takes the next whole frame, as {@link #next(ByteBuffer)} does, also at the end of the peer's input.
     *
     * <pre>{@code
     * while (lines.next(in, connection.isInputEnded())) { ... }
     * }</pre>
     *
     * @param in as for {@link #next(ByteBuffer)}
     * @param inputEnded true when no more bytes will come. Then the rest, once no whole frame is left, is the last line
     *     or delimited frame, without its end; an empty rest is none. A frame behind a length prefix cannot be cut off:
     *     there, a rest throws {@link FrameException}.
     * @return as for {@link #next(ByteBuffer)}
     * @throws FrameTooLongException when the frame, or the rest, is longer than the maximum
     * @throws FrameException when the bytes cannot be a frame, or the input ended within one
     * @throws IllegalStateException when there are fewer bytes than the last call left unread
     */
    public abstract boolean next(ByteBuffer in, boolean inputEnded);

    /** Returns false, having noted that there is no frame. */
    final boolean none() {
        length = NONE;
        return false;
    }

    /** Returns true, having noted the frame and moved the buffer behind it. */
    final boolean found(ByteBuffer in, int contentStart, int contentEnd, int end) {
        frameStart = in.position();
        start = contentStart;
        length = contentEnd - contentStart;
        frameEnd = end;
        in.position(end);
        return true;
    }

    /**
     * Forgets what is known of an incomplete frame: {@link #next} begins anew at the buffer's position. Call it when
     * taking bytes that {@code next} has left unread, as for a change of protocol in the middle of a frame. Between
     * whole frames there is nothing to forget.
     */
    public void reset() {
        none();
    }

    /**
     * Returns the index of the content's first byte, without what stands before it.
     *
     * @throws IllegalStateException when the last call of {@link #next} did not return true
     */
    public final int start() {
        checkFrame();
        return start;
    }

    /**
     * Returns the length of the content, without prefix, line end or delimiter: from 0 to {@link #maxLength}.
     *
     * @throws IllegalStateException as {@link #start} does
     */
    public final int length() {
        checkFrame();
        return length;
    }

    /**
     * Returns the index of the frame's first byte: of the prefix and what stands before that, or of the content.
     *
     * @throws IllegalStateException as {@link #start} does
     */
    public final int frameStart() {
        checkFrame();
        return frameStart;
    }

    /**
     * Returns the length of the whole frame, with its prefix, line end or delimiter.
     *
     * @throws IllegalStateException as {@link #start} does
     */
    public final int frameLength() {
        checkFrame();
        return frameEnd - frameStart;
    }

    /** Returns the length of the longest content that is allowed. */
    public final int maxLength() {
        return maxLength;
    }

    /**
     * Returns the content as a part of the buffer, without a copy. It allocates a small object, and is big-endian, as
     * every slice is. Never keep it beyond the event: it shows the loop's buffer, which later holds another client's
     * bytes.
     *
     * @param in the buffer that {@link #next} was given
     * @throws IllegalStateException as {@link #start} does
     */
    public final ByteBuffer slice(ByteBuffer in) {
        checkFrame();
        return in.slice(start, length);
    }

    /**
     * Copies the content to the front of an array, which allocates nothing: an array of {@link #maxLength} bytes takes
     * any.
     *
     * @param in the buffer that {@link #next} was given
     * @param target changed up to the content's length
     * @return the content's length
     * @throws IndexOutOfBoundsException when the content is longer than the array
     * @throws IllegalStateException as {@link #start} does
     */
    public final int copyTo(ByteBuffer in, byte[] target) {
        checkFrame();
        in.get(start, target, 0, length);
        return length;
    }

    /**
     * Returns a copy of the content, of exactly its length.
     *
     * @param in the buffer that {@link #next} was given
     * @throws IllegalStateException as {@link #start} does
     */
    public final byte[] bytes(ByteBuffer in) {
        checkFrame();
        byte[] bytes = new byte[length];
        in.get(start, bytes);
        return bytes;
    }

    /**
     * Returns the content as text. What is malformed in it becomes the charset's replacement character.
     *
     * @param in the buffer that {@link #next} was given
     * @throws IllegalStateException as {@link #start} does
     */
    public final String text(ByteBuffer in, Charset charset) {
        return new String(bytes(in), charset);
    }

    private void checkFrame() {
        if (length == NONE) {
            throw new IllegalStateException("There is no frame: next() has not returned true");
        }
    }
}
