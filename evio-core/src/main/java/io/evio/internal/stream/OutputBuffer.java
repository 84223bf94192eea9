package io.evio.internal.stream;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The loop's one output buffer: it collects what the events write.
 *
 * <p>Bytes are put into a heap array first, where many small appends cost least, and go to native memory in one copy
 * when they are sent. It holds the bytes of one connection at a time: when an event writes to another one, what the
 * first has moves to its pending output, and so does what does not fit. The event's own input, when it is all that a
 * connection is sent, is not copied at all.
 */
public final class OutputBuffer {

    /** A connection, as far as its output is concerned. */
    interface Target {

        /** The bytes that wait for the kernel, without what is staged here. */
        int unsent();

        /** Returns how many of them there may be. */
        int maxUnsent();

        /** Returns whether bytes reach the wire as they are, so that they can be sent from where they lie. */
        boolean isPlain();

        /** Returns whether it may be written to: it has not ended, and neither has its output. */
        boolean isWritable();

        /** The exception for when it may not. */
        IllegalStateException refusal();

        /** Moves bytes behind what waits for the kernel. The buffer's position and limit do not matter. */
        void spill(ByteBuffer bytes, int offset, int length);

        /** More would wait than may: the connection ends with this. Returns what to throw. */
        Overflow overflow(long unsent);

        /** Notes whether bytes were spilled that nobody has tried to send yet. */
        void setSpilled(boolean spilled);

        boolean isSpilled();

        /** Sends what is staged for it, and what was spilled. */
        void flush();

        /** Has the loop flush again in its next turn. */
        void flushLater();
    }

    /** More was written than may be pending: the end of that connection, but no fault of the handler's. */
    static final class Overflow extends UncheckedIOException {
        private static final long serialVersionUID = 1L;

        Overflow(IOException cause) {
            super(cause);
        }
    }

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final VarHandle NETWORK_SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle NETWORK_INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle NETWORK_LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final int CAPACITY = ChunkPool.CHUNK;

    /**
     * The number of rounds in which a flush goes on with what the events that it fires have written. Without a bound a
     * handler that writes more whenever something is out would keep the loop as long as the kernel takes it.
     */
    private static final int MOST_MORE = 16;

    /** The longest decimal, {@link Long#MIN_VALUE} with its sign. */
    private static final int MAX_DIGITS = 20;

    private final byte[] staged = new byte[CAPACITY];
    private final ByteBuffer stagedBuffer = ByteBuffer.wrap(staged);
    private int length;

    /** The native memory to which {@link #staged} is copied for the write call. */
    private final Block block;

    private final Thread loopThread;

    /** True when an event is running, the only time in which anything may be written. */
    private boolean running;

    /**
     * The connection whose bytes are staged, or may be; null when the event has no connection that could write, and has
     * written to none.
     */
    private @Nullable Target target;

    /** Connections that the event has written to before another one, and that still have to be flushed. */
    private final ArrayDeque<Target> written = new ArrayDeque<>();

    private boolean flushing;

    private @Nullable ByteBuffer input;
    private @Nullable Block inputBlock;

    /**
     * The range of {@link #inputBlock} that is to be sent from where it lies; nothing is staged while it is not empty.
     */
    private int inputOffset;

    private int inputLength;

    OutputBuffer(Memory memory, Thread loopThread) {
        this.loopThread = loopThread;
        this.block = memory.allocate(CAPACITY);
    }

    /**
     * An event of the connection begins, which mostly writes to it; {@code in} over {@code inBlock} is the input it is
     * given.
     */
    void begin(Target connection, @Nullable ByteBuffer in, @Nullable Block inBlock) {
        running = true;
        if (target != connection) {
            spill();
            // Otherwise the first write finds out that it may not.
            target = connection.isWritable() ? connection : null;
        }
        input = in;
        inputBlock = inBlock;
    }

    /** An event begins that has no output of its own, but may write to connections. */
    void begin() {
        running = true;
    }

    /** The event is over; what it wrote stays to be sent. */
    void end() {
        running = false;
        input = null;
    }

    /** Returns whether an event is running. By the loop's thread only. */
    boolean isRunning() {
        return running;
    }

    /** Has the following bytes go to this connection. */
    void to(Target connection) {
        if (target != connection || !running || Thread.currentThread() != loopThread) {
            turnTo(connection);
        }
    }

    private void turnTo(Target connection) {
        if (Thread.currentThread() != loopThread || !running) {
            throw new IllegalStateException("An Output is valid only during an event, on the thread of its connection's"
                    + " loop. Use Connection.send, execute or wake from elsewhere");
        }
        if (!connection.isWritable()) {
            throw connection.refusal();
        }
        takeFor(connection);
    }

    /**
     * Has the following bytes go to this connection, also when it takes no new ones: these were taken before its output
     * ended.
     */
    void takeFor(Target connection) {
        if (target == connection) {
            return;
        }
        spill();
        int unsent = connection.unsent();
        if (unsent > connection.maxUnsent() && unsent > CAPACITY) {
            // What an event writes to several connections by turns is spilled without a look at the limit.
            throw connection.overflow(unsent);
        }
        target = connection;
    }

    /** Has {@link #to} look again at whether the connection may be written to. */
    void recheck(Target connection) {
        if (target == connection) {
            spill();
            target = null;
        }
    }

    /** The connection is gone: what is left for it is thrown away. */
    void forget(Target connection) {
        if (target == connection) {
            clear();
            target = null;
        }
        connection.setSpilled(false);
    }

    /**
     * Sends what the events so far have written, once none is running. Events that this fires may write more: what
     * these write without end goes out in later turns.
     */
    void flush() {
        if (flushing || length() == 0 && written.isEmpty()) {
            return;
        }
        flushing = true;
        try {
            int left = written.size() + MOST_MORE;
            Target next = next();
            while (next != null && left-- > 0) {
                next.flush();
                next = next();
            }
            if (next != null) {
                spill();
                next.flushLater();
            }
        } finally {
            flushing = false;
        }
    }

    /** The connection to be flushed next: the one whose bytes are staged, because others go through the same array. */
    private @Nullable Target next() {
        if (length() > 0 && target != null) {
            return target;
        }
        while (!written.isEmpty()) {
            Target first = written.getFirst();
            if (first.isSpilled()) {
                return first;
            }
            written.removeFirst();
        }
        return null;
    }

    /** Forgets what is staged. */
    void clear() {
        length = 0;
        inputLength = 0;
        inputBlock = null;
    }

    /** Returns how many bytes are staged for the connection. */
    int length(Target connection) {
        return target == connection ? length() : 0;
    }

    /** Returns how many bytes are to be sent from {@link #source}. */
    private int length() {
        return length + inputLength;
    }

    /**
     * The native memory that holds the bytes, from {@link #sourceOffset}. It stays as it is until the next event is
     * over.
     */
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
            target().spill(ByteBuffer.wrap(bytes), offset, count);
            noteSpilled(target());
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
        Target connection = target();
        if (bytes == input && length == 0 && inputLength == 0 && connection.unsent() == 0 && lies(connection)) {
            inputOffset = bytes.position();
            inputLength = count;
        } else if (makeRoom(count)) {
            bytes.get(bytes.position(), staged, length, count);
            length += count;
        } else if (connection.isPlain()) {
            connection.spill(bytes, bytes.position(), count);
            noteSpilled(connection);
        } else {
            appendInPieces(bytes, count);
        }
        bytes.position(bytes.limit());
    }

    /** Returns whether the event's input lies where the connection can send it from: a layer takes it from the heap. */
    private boolean lies(Target connection) {
        Block block = inputBlock;
        return block != null && connection.isPlain() != block.buffer().hasArray();
    }

    private void appendInPieces(ByteBuffer bytes, int count) {
        for (int done = 0; done < count; ) {
            int n = Math.min(CAPACITY, count - done);
            bytes.get(bytes.position() + done, staged, 0, n);
            length = n;
            done += n;
            if (done < count) {
                spill();
            }
        }
    }

    /** Appends the low 16 bits, the highest byte first. */
    public void appendShort(int number) {
        makeRoom(Short.BYTES);
        NETWORK_SHORTS.set(staged, length, (short) number);
        length += Short.BYTES;
    }

    /** Appends four bytes, the highest first. */
    public void appendInt(int number) {
        makeRoom(Integer.BYTES);
        NETWORK_INTS.set(staged, length, number);
        length += Integer.BYTES;
    }

    /** Appends eight bytes, the highest first. */
    public void appendLong(long number) {
        makeRoom(Long.BYTES);
        NETWORK_LONGS.set(staged, length, number);
        length += Long.BYTES;
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
     * @return false when they are to be spilled at once, being more than is ever staged
     */
    private boolean makeRoom(int count) {
        if (inputLength == 0 && count <= CAPACITY - length) {
            return true;
        }
        return makeRoomSlowly(count);
    }

    private boolean makeRoomSlowly(int count) {
        Target connection = target();
        long unsent = (long) connection.unsent() + length() + count;
        if (unsent > connection.maxUnsent() && unsent > CAPACITY) {
            throw connection.overflow(unsent);
        }
        if (inputLength > 0 && inputLength + count <= CAPACITY) {
            // What was to be sent from where it lies is followed by more: stage it after all.
            source().buffer().get(inputOffset, staged, 0, inputLength);
            length = inputLength;
            inputLength = 0;
            return true;
        }
        spill();
        return count <= CAPACITY;
    }

    /** Moves everything to the pending output of the connection it is for, behind what is there. */
    void spill() {
        Target connection = target;
        if (connection == null || length() == 0) {
            return;
        }
        if (inputLength > 0) {
            connection.spill(source().buffer(), inputOffset, inputLength);
        } else {
            connection.spill(stagedBuffer, 0, length);
        }
        length = 0;
        inputLength = 0;
        noteSpilled(connection);
    }

    /** Has the connection flushed after the event, whether or not anything is staged for it then. */
    void noteSpilled(Target connection) {
        if (!connection.isSpilled()) {
            connection.setSpilled(true);
            written.add(connection);
        }
    }

    private Target target() {
        Target result = target;
        if (result == null) {
            throw new IllegalStateException("Nobody has said whose output this is");
        }
        return result;
    }

    /** Native memory that is free for any use between two events. */
    Block scratch() {
        return block;
    }

    void close() {
        block.free();
    }
}
