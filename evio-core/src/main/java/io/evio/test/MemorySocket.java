package io.evio.test;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Errno;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * One connection: what its peer has sent, and what was written to it. The test's thread changes it while the loop's
 * waits; the monitor is for the threads that have a detached one.
 */
final class MemorySocket {

    /** The longest that a read or write of a detached one waits. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(10);

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

    /** As {@code SO_ERROR}: 0 for one that is connected. */
    private int connectResult;

    /** Belongs to threads that block. */
    private boolean detached;

    MemorySocket(int port) {
        this.port = port;
    }

    int port() {
        return port;
    }

    /** Says how the attempt to connect has gone; {@code -EINPROGRESS} for not yet. */
    void connect(int result) {
        connectResult = result;
    }

    int connectResult() {
        return connectResult;
    }

    /** Has reads and writes wait until there is something to read, or room. */
    synchronized void detach() {
        detached = true;
    }

    synchronized void send(byte[] piece) {
        if (inputEnded || wasReset) {
            throw new AssertionError("The peer has ended its side");
        }
        if (piece.length > 0) {
            input.add(piece);
            notifyAll();
        }
    }

    synchronized void endInput() {
        inputEnded = true;
        notifyAll();
    }

    synchronized void reset() {
        wasReset = true;
        input.clear();
        notifyAll();
    }

    /** Sizes of what is taken by the writes to come, in turn. */
    synchronized void takeInPieces(int[] sizes) {
        writes = sizes;
        nextWrite = 0;
    }

    synchronized void takeAtMost(long bytes) {
        room = bytes;
        notifyAll();
    }

    /** Returns what was written since the last call. */
    synchronized byte[] takeOutput() {
        byte[] bytes = output.toByteArray();
        output.reset();
        return bytes;
    }

    /** Returns whether the server has ended its side, or closed it. */
    synchronized boolean isEnded() {
        return ended || closed;
    }

    synchronized boolean isReset() {
        return closed && resets;
    }

    boolean isReadable() {
        return wasReset || inputEnded || !input.isEmpty();
    }

    boolean isWritable() {
        return connectResult != -Errno.EINPROGRESS && (wasReset || room > 0);
    }

    /** Waits while a detached one has nothing to read, or no room. */
    private void awaitRoom(boolean reads) {
        long began = System.nanoTime();
        while (detached && !closed && !(reads ? isReadable() : isWritable())) {
            long left = PATIENCE - (System.nanoTime() - began);
            if (left <= 0) {
                throw new AssertionError("A detached connection has waited for its peer for "
                        + TimeUnit.NANOSECONDS.toSeconds(PATIENCE) + " s");
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("Interrupted while a detached connection waits for its peer", e);
            }
        }
    }

    synchronized int read(Block block, int offset, int length) {
        awaitRoom(true);
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

    synchronized int write(Block block, int offset, int length) {
        if (length > 0) {
            awaitRoom(false);
        }
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

    synchronized void end() {
        ended = true;
    }

    /** Ends both directions, for the threads that wait too. */
    synchronized void shutdown() {
        ended = true;
        if (detached) {
            inputEnded = true;
            notifyAll();
        }
    }

    synchronized void resetOnClose() {
        resets = true;
    }

    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
