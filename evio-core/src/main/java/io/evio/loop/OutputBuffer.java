package io.evio.loop;

import io.evio.sys.Block;
import io.evio.sys.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The loop's one output buffer: it collects what the current event writes.
 *
 * <p>Bytes are put into a heap array first, where many small appends cost least, and go to native memory in one copy when they are
 * sent. What does not fit moves to the connection's pending output. The event's own input, when it is all the event writes, is
 * not copied at all.
 */
public final class OutputBuffer {

    /** More was written than may be pending: the connection's end, but no fault of the handler's. */
    static final class Overflow extends UncheckedIOException {
        private static final long serialVersionUID = 1L;

        Overflow(IOException cause) {
            super(cause);
        }
    }

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private static final int CAPACITY = ChunkPool.CHUNK;

    /** The longest decimal, {@link Long#MIN_VALUE} with its sign. */
    private static final int MAX_DIGITS = 20;

    private final byte[] staged = new byte[CAPACITY];
    private int length;

    /** Where {@link #staged} is copied for the write call. */
    private final Block block;

    private final int maxPending;
    private final ChunkPool pool;
    private final Thread loopThread;

    /** The connection whose event is running; null between events. */
    private @Nullable LoopConnection target;

    private @Nullable ByteBuffer input;
    private @Nullable Block inputBlock;

    /** The range of {@link #inputBlock} that is to be sent from where it lies; nothing is staged while it is not empty. */
    private int inputOffset;

    private int inputLength;

    private @Nullable IOException overflow;

    OutputBuffer(Memory memory, ChunkPool pool, int maxPending, Thread loopThread) {
        this.loopThread = loopThread;
        this.block = memory.allocate(CAPACITY);
        this.pool = pool;
        this.maxPending = maxPending;
    }

    /** An event of the connection begins; {@code in} over {@code inBlock} is the input it is given. */
    void begin(LoopConnection connection, @Nullable ByteBuffer in, @Nullable Block inBlock) {
        target = connection;
        input = in;
        inputBlock = inBlock;
    }

    /** The event is over; what it wrote stays to be sent. Returns why it may not be, or null. */
    @Nullable
    IOException end() {
        target = null;
        input = null;
        IOException result = overflow;
        overflow = null;
        return result;
    }

    /** Forgets what was written. */
    void clear() {
        length = 0;
        inputLength = 0;
        inputBlock = null;
    }

    /** How many bytes are to be sent from {@link #source}. */
    int length() {
        return length + inputLength;
    }

    /** The native memory that holds the bytes, from {@link #sourceOffset}. */
    Block source() {
        Block unmoved = inputBlock;
        if (inputLength > 0 && unmoved != null) {
            return unmoved;
        }
        block.buffer().put(0, staged, 0, length);
        return block;
    }

    int sourceOffset() {
        return inputLength > 0 ? inputOffset : 0;
    }

    /**
     * Asked before every append of a handler's.
     *
     * @throws IllegalStateException unless this is the loop's thread and an event of the connection is running
     */
    public void checkEventOf(LoopConnection connection) {
        if (target != connection || Thread.currentThread() != loopThread) {
            throw notInEvent();
        }
    }

    public void append(byte b) {
        makeRoom(1);
        staged[length++] = b;
    }

    public void append(byte[] bytes, int offset, int count) {
        java.util.Objects.checkFromIndexSize(offset, count, bytes.length);
        if (makeRoom(count)) {
            stage(bytes, offset, count);
            length += count;
        } else {
            pending().append(bytes, offset, count);
        }
    }

    /** Copies to what is staged; little by one or two words, of which the second may overlap the first. */
    private void stage(byte[] bytes, int offset, int count) {
        if (count < Integer.BYTES || count > 2 * Long.BYTES) {
            System.arraycopy(bytes, offset, staged, length, count);
        } else if (count < Long.BYTES) {
            int last = count - Integer.BYTES;
            INTS.set(staged, length, (int) INTS.get(bytes, offset));
            INTS.set(staged, length + last, (int) INTS.get(bytes, offset + last));
        } else {
            int last = count - Long.BYTES;
            LONGS.set(staged, length, (long) LONGS.get(bytes, offset));
            LONGS.set(staged, length + last, (long) LONGS.get(bytes, offset + last));
        }
    }

    @SuppressWarnings("ReferenceEquality") // the event's own input, not one with the same bytes
    public void append(ByteBuffer bytes) {
        int count = bytes.remaining();
        if (bytes == input && length == 0 && inputLength == 0 && target().pending == null) {
            inputOffset = bytes.position();
            inputLength = count;
        } else if (makeRoom(count)) {
            bytes.get(bytes.position(), staged, length, count);
            length += count;
        } else {
            pending().append(bytes, bytes.position(), count);
        }
        bytes.position(bytes.limit());
    }

    @SuppressWarnings("deprecation") // getBytes(int, int, byte[], int) is what copies Latin-1 without an encoder
    public void appendAscii(String text) {
        int count = text.length();
        for (int done = 0; done < count; ) {
            int n = Math.min(count - done, CAPACITY);
            makeRoom(n);
            text.getBytes(done, done + n, staged, length);
            length += n;
            done += n;
        }
    }

    public void appendUtf8(String text) {
        int count = text.length();
        for (int i = 0; i < count; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                append((byte) c);
            } else if (c < 0x800) {
                append((byte) (0xc0 | c >> 6));
                append((byte) (0x80 | c & 0x3f));
            } else if (!Character.isSurrogate(c)) {
                append((byte) (0xe0 | c >> 12));
                append((byte) (0x80 | c >> 6 & 0x3f));
                append((byte) (0x80 | c & 0x3f));
            } else if (Character.isHighSurrogate(c) && i + 1 < count && Character.isLowSurrogate(text.charAt(i + 1))) {
                int point = Character.toCodePoint(c, text.charAt(++i));
                append((byte) (0xf0 | point >> 18));
                append((byte) (0x80 | point >> 12 & 0x3f));
                append((byte) (0x80 | point >> 6 & 0x3f));
                append((byte) (0x80 | point & 0x3f));
            } else {
                append((byte) '?');
            }
        }
    }

    public void appendDecimal(long number) {
        if (number == Long.MIN_VALUE) {
            append("-9223372036854775808".getBytes(StandardCharsets.US_ASCII), 0, MAX_DIGITS);
            return;
        }
        makeRoom(MAX_DIGITS);
        long rest = Math.abs(number);
        if (number < 0) {
            staged[length++] = '-';
        }
        int digits = 1;
        for (long bound = 10; digits < 19 && rest >= bound; bound *= 10) {
            digits++;
        }
        for (int i = length + digits - 1; i >= length; i--) {
            staged[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
    }

    /**
     * Makes room for {@code count} more staged bytes.
     *
     * @return false when they are to go straight to {@link #pending}, being more than is ever staged
     */
    private boolean makeRoom(int count) {
        if (target == null) {
            throw notInEvent();
        }
        if (inputLength == 0 && count <= CAPACITY - length) {
            return true;
        }
        return makeRoomSlowly(count);
    }

    private boolean makeRoomSlowly(int count) {
        LoopConnection connection = target();
        long unsent = (long) connection.pendingOutput() + length() + count;
        if (unsent > maxPending && unsent > CAPACITY) {
            overflow = overflow(connection, unsent);
            throw new Overflow(overflow);
        }
        if (inputLength > 0 && inputLength + count <= CAPACITY) {
            // What was to be sent from where it lies is followed by more: stage it after all.
            source().buffer().get(inputOffset, staged, 0, inputLength);
            length = inputLength;
            inputLength = 0;
            return true;
        }
        spill(connection);
        return count <= CAPACITY;
    }

    /** Moves everything to the connection's pending output, behind what is there. */
    void spill(LoopConnection connection) {
        if (inputLength > 0) {
            pending(connection).append(source().buffer(), inputOffset, inputLength);
        } else if (length > 0) {
            pending(connection).append(staged, 0, length);
        }
        length = 0;
        inputLength = 0;
    }

    private PendingOutput pending() {
        return pending(target());
    }

    PendingOutput pending(LoopConnection connection) {
        PendingOutput pending = connection.pending;
        if (pending == null) {
            pending = new PendingOutput(pool);
            connection.pending = pending;
        }
        return pending;
    }

    IOException overflow(LoopConnection connection, long unsent) {
        return new LimitException(
                Limit.MAX_PENDING_OUTPUT,
                "The unsent output of " + connection + " would grow to " + unsent + " bytes, more than",
                String.valueOf(maxPending),
                ": the peer reads too slowly, or the limit is too low for what is sent at once");
    }

    private LoopConnection target() {
        LoopConnection result = target;
        if (result == null) {
            throw notInEvent();
        }
        return result;
    }

    private static IllegalStateException notInEvent() {
        return new IllegalStateException("An Output is valid only during the event it was handed to, on the loop's"
                + " thread. Use Connection.send or Connection.wake from elsewhere");
    }

    /** Native memory that is free for any use between two events. */
    Block scratch() {
        return block;
    }

    void close() {
        block.free();
    }
}
