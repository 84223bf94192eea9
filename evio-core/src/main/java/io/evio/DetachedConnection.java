package io.evio;

import io.evio.internal.poll.Poller;
import io.evio.internal.poll.WaitingThreads;
import io.evio.internal.stream.Handover;
import io.evio.internal.stream.Layer;
import io.evio.internal.sys.Block;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection that has left the loop: a blocking channel that belongs to the handler, which must close it. Any thread
 * may use it.
 *
 * <p>One thread may read while another writes; a second reader or writer waits for the first. Closing wakes a thread
 * that waits in either, which gets an {@link AsynchronousCloseException}. An interrupt of a thread that waits closes
 * the connection, as it does every channel of the JDK: {@link ClosedByInterruptException}.
 *
 * <p>Virtual threads may wait here as long as they like: a thread that waits is parked and holds no carrier. With the
 * native pollers one daemon thread per server, {@code evio-<server>-detached}, waits for all of them; it runs from the
 * first wait until the connections that had to wait are closed, also after the server has stopped. With the poller
 * {@code nio} the JDK does the same. A wait that the system does not allow, as without descriptors left, fails the call
 * with its cause and leaves the connection open.
 */
public final class DetachedConnection implements ByteChannel {

    /** The most bytes of one call. */
    static final int TRANSFER = 64 * 1024;

    private final Sockets sockets;
    private final int handle;
    private final WaitingThreads.Handle waiting;

    /** The layer between the wire and the channel; null for none. */
    private final @Nullable DetachedLayer layer;

    // No monitors: a virtual thread that waits with one holds its carrier before JDK 24.
    private final ReentrantLock readLock = new ReentrantLock();
    private final ReentrantLock writeLock = new ReentrantLock();
    private final ReentrantLock stateLock = new ReentrantLock();

    /** The bytes that the loop had read and the handler had not; they come first. Guarded by readLock. */
    private final ByteBuffer unread;

    private @Nullable Block readBlock;
    private @Nullable Block writeBlock;

    /** Threads in a read, a write or a shutdown, before whose end the handle is not closed. Guarded by stateLock. */
    private int users;

    /** Written under stateLock. */
    private volatile boolean closed;

    /** @param waiting what threads wait by where a call on the handle would block */
    DetachedConnection(Handover handover, WaitingThreads waiting) {
        Layer between = handover.layer();
        this.sockets = handover.sockets();
        this.handle = handover.handle();
        this.waiting = waiting.handle(handle);
        this.layer = between == null
                ? null
                : new DetachedLayer(between, handover.unread(), handover.inputEnded(), handover.outputEnded());
        this.unread = ByteBuffer.wrap(between == null ? handover.unread() : new byte[0]);
    }

    /**
     * Reads what has arrived, at least one byte; waits until then.
     *
     * @return how many bytes, or -1 at the end of input; 0 only when the target has no room
     * @throws ClosedChannelException when it is closed
     */
    @Override
    public int read(ByteBuffer target) throws IOException {
        readLock.lock();
        try {
            if (!target.hasRemaining()) {
                return 0;
            }
            if (unread.hasRemaining()) {
                checkOpen();
                int n = Math.min(unread.remaining(), target.remaining());
                target.put(target.position(), unread, unread.position(), n);
                unread.position(unread.position() + n);
                target.position(target.position() + n);
                return n;
            }
            if (layer != null) {
                return read(layer, target);
            }
            Block block = readBlock();
            int n = transfer(Poller.READ, block, Math.min(TRANSFER, target.remaining()));
            if (n > 0) {
                target.put(target.position(), block.buffer(), 0, n);
                target.position(target.position() + n);
            }
            return n == 0 ? -1 : checked("recv", n);
        } finally {
            readLock.unlock();
        }
    }

    private int read(DetachedLayer between, ByteBuffer target) throws IOException {
        begin();
        try {
            for (; ; ) {
                int count = between.read(target);
                if (count > 0) {
                    return count;
                }
                between.check();
                if (between.isInputEnded()) {
                    return -1;
                }
                if (!between.receiveMore()) {
                    Block block = readBlock();
                    int n = checked("recv", transfer(Poller.READ, block, TRANSFER));
                    if (n == 0) {
                        between.inputEnded();
                    } else {
                        between.received(block.buffer().clear().limit(n));
                    }
                }
                sendAnswers(between);
            }
        } finally {
            leave();
        }
    }

    private Block readBlock() {
        Block block = readBlock;
        if (block == null) {
            block = sockets.memory().allocateShared(TRANSFER);
            readBlock = block;
        }
        return block;
    }

    private Block writeBlock() {
        Block block = writeBlock;
        if (block == null) {
            block = sockets.memory().allocateShared(TRANSFER);
            writeBlock = block;
        }
        return block;
    }

    /**
     * Writes all the remaining bytes; waits until the kernel has taken them.
     *
     * @return how many bytes that was
     * @throws ClosedChannelException when it is closed
     */
    @Override
    public int write(ByteBuffer source) throws IOException {
        int total = source.remaining();
        writeLock.lock();
        try {
            while (source.hasRemaining()) {
                int n = Math.min(TRANSFER, source.remaining());
                if (layer == null) {
                    Block block = writeBlock();
                    block.buffer().put(0, source, source.position(), n);
                    n = checked("send", transfer(Poller.WRITE, block, n));
                } else {
                    write(layer, source, n);
                }
                source.position(source.position() + n);
            }
            if (total == 0) {
                checkOpen();
            }
        } finally {
            writeLock.unlock();
        }
        sendAnswers(layer);
        return total;
    }

    private void write(DetachedLayer between, ByteBuffer source, int length) throws IOException {
        byte[] bytes = new byte[length];
        source.get(source.position(), bytes);
        begin();
        try {
            between.check();
            between.send(bytes);
            sendWire(between);
            between.check();
        } finally {
            leave();
        }
    }

    /** Sends all that the layer has for the wire. With the write lock, so that it goes in the layer's order. */
    private void sendWire(DetachedLayer between) throws IOException {
        Block block = writeBlock();
        for (int n = between.peek(block.buffer()); n > 0; n = between.peek(block.buffer())) {
            between.sent(checked("send", transfer(Poller.WRITE, block, n)));
        }
    }

    /**
     * Sends what the layer has answered by itself, if nobody writes: a thread that does sends it too, before or after
     * its own.
     */
    private void sendAnswers(@Nullable DetachedLayer between) throws IOException {
        while (between != null && !closed && between.wireSize() > 0) {
            if (between.wireSize() > TRANSFER) {
                // The peer asks for more answers than it takes.
                writeLock.lock();
            } else if (!writeLock.tryLock()) {
                return;
            }
            try {
                sendWire(between);
            } finally {
                writeLock.unlock();
            }
        }
    }

    /**
     * Reads or writes once the handle is ready for it. Returns what the call did, or {@code -EINTR} when the thread is
     * interrupted.
     */
    private int transfer(int direction, Block block, int length) throws IOException {
        begin();
        try {
            while (true) {
                int n = direction == Poller.READ
                        ? sockets.read(handle, block, 0, length)
                        : sockets.write(handle, block, 0, length);
                if (n != -Errno.EAGAIN || closed) {
                    return n;
                }
                if (Thread.currentThread().isInterrupted()) {
                    return -Errno.EINTR;
                }
                waiting.await(direction);
            }
        } finally {
            end();
        }
    }

    /** Returns this channel as a stream; closing it closes the connection. */
    public InputStream inputStream() {
        return new ChannelInput();
    }

    /** Returns this channel as an unbuffered stream; closing it closes the connection. */
    public OutputStream outputStream() {
        return new ChannelOutput();
    }

    /** In place of {@link java.nio.channels.Channels}, whose streams have a monitor while they wait. */
    private final class ChannelInput extends InputStream {

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return DetachedConnection.this.read(ByteBuffer.wrap(target, offset, length));
        }

        @Override
        public void close() {
            DetachedConnection.this.close();
        }
    }

    private final class ChannelOutput extends OutputStream {

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            DetachedConnection.this.write(ByteBuffer.wrap(source, offset, length));
        }

        @Override
        public void close() {
            DetachedConnection.this.close();
        }
    }

    /** Ends our side of the stream: the peer reads the end of input, and may still write. */
    public void shutdownOutput() throws IOException {
        if (layer != null) {
            endOutput(layer);
        }
        begin();
        int result;
        try {
            result = sockets.shutdownOutput(handle);
        } finally {
            end();
        }
        checked("shutdown", result);
    }

    private void endOutput(DetachedLayer between) throws IOException {
        writeLock.lock();
        try {
            begin();
            try {
                between.endOutput();
                sendWire(between);
            } finally {
                leave();
            }
        } finally {
            writeLock.unlock();
        }
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    /** Closes the connection. A second call does nothing. */
    @Override
    public void close() {
        stateLock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (users == 0) {
                release();
            } else {
                // Wakes those inside; the last one out closes.
                sockets.shutdown(handle);
                waiting.end();
            }
        } finally {
            stateLock.unlock();
        }
    }

    private void release() {
        if (layer != null) {
            offerEnd(layer);
        }
        waiting.release();
        sockets.close(handle);
        if (layer != null) {
            layer.close();
        }
    }

    /** Has the layer end our side, and sends what the kernel takes of that at once: closing waits for nothing. */
    private void offerEnd(DetachedLayer between) {
        between.endOutput();
        Block block = writeBlock();
        int length = between.peek(block.buffer());
        if (length > 0) {
            sockets.write(handle, block, 0, length);
        }
    }

    private void checkOpen() throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
    }

    private void begin() throws ClosedChannelException {
        stateLock.lock();
        try {
            checkOpen();
            users++;
        } finally {
            stateLock.unlock();
        }
    }

    private void end() throws AsynchronousCloseException {
        leave();
        if (closed) {
            throw new AsynchronousCloseException();
        }
    }

    private void leave() {
        stateLock.lock();
        try {
            if (--users == 0 && closed) {
                release();
            }
        } finally {
            stateLock.unlock();
        }
    }

    private int checked(String call, int result) throws IOException {
        if (result == -Errno.EINTR) {
            close();
            throw new ClosedByInterruptException();
        }
        return SystemCallException.check(call, result);
    }
}
