package io.evio.frame;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Says how a protocol writes the length of a frame in front of it. Immutable, for all connections and threads.
 *
 * <p>The length is an unsigned number. By default it is big-endian (network byte order), is the first thing in the
 * frame, and counts the bytes that follow it:
 *
 * <table class="striped">
 * <caption>Prefixes of some protocols</caption>
 * <thead><tr><th>Frame</th><th>Prefix</th></tr></thead>
 * <tbody>
 * <tr><td>a 4-byte length, then so many bytes</td><td>{@code LengthPrefix.ofBytes(4)}</td></tr>
 * <tr><td>DNS over TCP: a 2-byte length, then so many bytes</td><td>{@code LengthPrefix.ofBytes(2)}</td></tr>
 * <tr><td>PostgreSQL: a type byte, a 4-byte length that counts itself, the rest</td>
 *     <td>{@code LengthPrefix.ofBytes(4).withOffset(1).withAdjustment(-4)}</td></tr>
 * <tr><td>MySQL: a 3-byte little-endian length, a sequence number that it does not count, then so many bytes</td>
 *     <td>{@code LengthPrefix.ofBytes(3).littleEndian().withAdjustment(1)}</td></tr>
 * <tr><td>a 2-byte magic number, the 2-byte length of all of it, the rest</td>
 *     <td>{@code LengthPrefix.ofBytes(2).withOffset(2).countingWholeFrame()}</td></tr>
 * </tbody>
 * </table>
 */
public final class LengthPrefix {

    private static final int MOST_BYTES = 4;

    private final int bytes;
    private final ByteOrder order;
    private final int offset;
    private final int adjustment;
    private final boolean wholeFrame;

    private LengthPrefix(int bytes, ByteOrder order, int offset, int adjustment, boolean wholeFrame) {
        this.bytes = bytes;
        this.order = order;
        this.offset = offset;
        this.adjustment = adjustment;
        this.wholeFrame = wholeFrame;
    }

    /**
     * Returns a prefix of so many bytes, big-endian, at the beginning of the frame, which counts the bytes behind it.
     *
     * @param bytes 1, 2, 3 or 4
     * @throws IllegalArgumentException for another number
     */
    public static LengthPrefix ofBytes(int bytes) {
        if (bytes < 1 || bytes > MOST_BYTES) {
            throw new IllegalArgumentException("A length prefix must have 1 to 4 bytes, but has " + bytes);
        }
        return new LengthPrefix(bytes, ByteOrder.BIG_ENDIAN, 0, 0, false);
    }

    /** Returns the same prefix with its least significant byte first. */
    public LengthPrefix littleEndian() {
        return new LengthPrefix(bytes, ByteOrder.LITTLE_ENDIAN, offset, adjustment, wholeFrame);
    }

    /**
     * Returns the same prefix behind so many other bytes of the frame, such as a type or a magic number. The length
     * does not count them, unless it is {@link #countingWholeFrame}. They are not part of the content: they are from
     * {@link FrameScanner#frameStart} on.
     *
     * @param offset from 0 to 65,535 bytes; 0 unless set
     * @throws IllegalArgumentException outside of that
     */
    public LengthPrefix withOffset(int offset) {
        if (offset < 0 || offset > 0xffff) {
            throw new IllegalArgumentException(
                    "The offset of a length prefix must be 0 to 65535 bytes, but is " + offset);
        }
        return new LengthPrefix(bytes, order, offset, adjustment, wholeFrame);
    }

    /**
     * Returns the same prefix with a number that is added to the length to get the number of bytes behind the prefix:
     * negative when the length counts bytes up to the prefix, positive when it does not count some that follow.
     *
     * @param adjustment in bytes; 0 unless set
     */
    public LengthPrefix withAdjustment(int adjustment) {
        return new LengthPrefix(bytes, order, offset, adjustment, wholeFrame);
    }

    /**
     * Returns the same prefix with a length that counts the whole frame, from its first byte on. This is the adjustment
     * by the bytes up to the end of the prefix, and comes on top of {@link #withAdjustment}.
     */
    public LengthPrefix countingWholeFrame() {
        return new LengthPrefix(bytes, order, offset, adjustment, true);
    }

    /** Returns how many bytes of a frame stand before its content. */
    int header() {
        return offset + bytes;
    }

    /** Returns what is to be added to the length as it is written. */
    long adjustment() {
        return (long) adjustment - (wholeFrame ? header() : 0);
    }

    /** Returns the length as it is written, for a frame that begins at {@code frameStart}. */
    long read(ByteBuffer in, int frameStart) {
        int at = frameStart + offset;
        boolean little = order == ByteOrder.LITTLE_ENDIAN;
        return switch (bytes) {
            case 1 -> in.get(at) & 0xff;
            case 2 -> twoBytes(in, at);
            case 3 -> (in.get(little ? at + 2 : at) & 0xff) << 16 | twoBytes(in, little ? at : at + 1);
            default ->
                Integer.toUnsignedLong(in.order() == order ? in.getInt(at) : Integer.reverseBytes(in.getInt(at)));
        };
    }

    private int twoBytes(ByteBuffer in, int at) {
        return Short.toUnsignedInt(in.order() == order ? in.getShort(at) : Short.reverseBytes(in.getShort(at)));
    }
}
