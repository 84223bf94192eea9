package io.evio.test;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Errno;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** One accepted connection: what its peer has sent, and what was written to it. */
final class MemorySocket {

    private final int port;

    /** The bytes that were sent, in the pieces in which they are read. */
    private final Deque<byte[]> input = new ArrayDeque<>();

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private int[] writes = {Integer.MAX_VALUE};
    private int nextWrite;

    /** The number of further bytes that the peer takes. */
    private long room = Long.MAX_VALUE;

    private boolean inputEnded;
    private boolean wasReset;
    private boolean ended;
    private boolean resets;
    private boolean closed;

    MemorySocket(int port) {
        this.port = port;
    }

    int port() {
        return port;
    }

    void send(byte[] piece) {
        if (inputEnded || wasReset) {
            throw new AssertionError("The peer has ended its side");
        }
        if (piece.length > 0) {
            input.add(piece);
        }
    }

    void endInput() {
        inputEnded = true;
    }

    void reset() {
        wasReset = true;
        input.clear();
    }

    /** Sizes of what is taken by the writes to come, in turn. */
    void takeInPieces(int[] sizes) {
        writes = sizes;
        nextWrite = 0;
    }

    void takeAtMost(long bytes) {
        room = bytes;
    }

    /** Returns what was written since the last call. */
    byte[] takeOutput() {
        byte[] bytes = output.toByteArray();
        output.reset();
        return bytes;
    }

    /** Returns whether the server has ended its side, or closed it. */
    boolean isEnded() {
        return ended || closed;
    }

    boolean isReset() {
        return closed && resets;
    }

    boolean isReadable() {
        return wasReset || inputEnded || !input.isEmpty();
    }

    boolean isWritable() {
        return wasReset || room > 0;
    }

    int read(Block block, int offset, int length) {
        if (wasReset) {
            return -Errno.ECONNRESET;
        }
        byte[] piece = input.poll();
        if (piece == null) {
            return inputEnded ? 0 : -Errno.EAGAIN;
        }
        int count = Math.min(piece.length, length);
        block.buffer().put(offset, piece, 0, count);
        if (count < piece.length) {
            input.addFirst(Arrays.copyOfRange(piece, count, piece.length));
        }
        return count;
    }

    int write(Block block, int offset, int length) {
        if (wasReset) {
            return -Errno.ECONNRESET;
        }
        int count = (int) Math.min(Math.min(length, writes[nextWrite]), room);
        if (count == 0 && length > 0) {
            return -Errno.EAGAIN;
        }
        nextWrite = (nextWrite + 1) % writes.length;
        byte[] bytes = new byte[count];
        block.buffer().get(offset, bytes);
        output.writeBytes(bytes);
        room -= room == Long.MAX_VALUE ? 0 : count;
        return count;
    }

    void end() {
        ended = true;
    }

    void resetOnClose() {
        resets = true;
    }

    void close() {
        closed = true;
    }
}
