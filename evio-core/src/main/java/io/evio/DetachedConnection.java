package io.evio;

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
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * A connection that has left the loop: a blocking channel that belongs to the handler, which must close it. Any thread may use it.
 *
 * <p>One thread may read while another writes; a second reader or writer waits for the first. Closing wakes a thread that
 * is blocked in either, which gets an {@link AsynchronousCloseException}.
 *
 * <p>A call that waits does so in the kernel and holds the carrier of a virtual thread. Use platform threads for connections that are
 * silent for long. The poller {@code nio} does not hold the carrier. There an interrupt of the waiting thread closes the connection, as
 * it does for every channel of the JDK: {@link ClosedByInterruptException}.
 */
public final class DetachedConnection implements ByteChannel {

    private static final int TRANSFER = 64 * 1024;

    private final Sockets sockets;
    private final int handle;
    private final Object readLock = new Object();
    private final Object writeLock = new Object();
    private final Object stateLock = new Object();

    /** The bytes that the loop had read and the handler had not; they come first. Guarded by readLock. */
    private final ByteBuffer unread;

    private @Nullable Block readBlock;
    private @Nullable Block writeBlock;

    /** Threads inside a system call on the handle, which is not closed before they are out. Guarded by stateLock. */
    private int users;

    private boolean closed;

    DetachedConnection(Sockets sockets, int handle, byte[] unread) {
        this.sockets = sockets;
        this.handle = handle;
        this.unread = ByteBuffer.wrap(unread);
    }

    /**
     * Reads what has arrived, at least one byte; blocks until then.
     *
     * @return how many bytes, or -1 at the end of input; 0 only when the target has no room
     * @throws ClosedChannelException when it is closed
     */
    @Override
    public int read(ByteBuffer target) throws IOException {
        synchronized (readLock) {
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
            if (readBlock == null) {
                readBlock = sockets.memory().allocateShared(TRANSFER);
            }
            begin();
            int n;
            try {
                n = sockets.read(handle, readBlock, 0, Math.min(TRANSFER, target.remaining()));
            } finally {
                end();
            }
            if (n > 0) {
                target.put(target.position(), readBlock.buffer(), 0, n);
                target.position(target.position() + n);
            }
            return n == 0 ? -1 : checked("recv", n);
        }
    }

    /**
     * Writes all the remaining bytes; blocks until the kernel has taken them.
     *
     * @return how many bytes that was
     * @throws ClosedChannelException when it is closed
     */
    @Override
    public int write(ByteBuffer source) throws IOException {
        synchronized (writeLock) {
            int total = source.remaining();
            if (writeBlock == null) {
                writeBlock = sockets.memory().allocateShared(TRANSFER);
            }
            while (source.hasRemaining()) {
                int n = Math.min(TRANSFER, source.remaining());
                writeBlock.buffer().put(0, source, source.position(), n);
                begin();
                try {
                    n = sockets.write(handle, writeBlock, 0, n);
                } finally {
                    end();
                }
                source.position(source.position() + checked("send", n));
            }
            if (total == 0) {
                checkOpen();
            }
            return total;
        }
    }

    /** Returns this channel as a stream; closing it closes the connection. */
    public InputStream inputStream() {
        return Channels.newInputStream(this);
    }

    /** Returns this channel as an unbuffered stream; closing it closes the connection. */
    public OutputStream outputStream() {
        return Channels.newOutputStream(this);
    }

    /** Ends our side of the stream: the peer reads the end of input, and may still write. */
    public void shutdownOutput() throws IOException {
        begin();
        int result;
        try {
            result = sockets.shutdownOutput(handle);
        } finally {
            end();
        }
        checked("shutdown", result);
    }

    @Override
    public boolean isOpen() {
        synchronized (stateLock) {
            return !closed;
        }
    }

    /** Closes the connection. A second call does nothing. */
    @Override
    public void close() {
        synchronized (stateLock) {
            if (closed) {
                return;
            }
            closed = true;
            if (users == 0) {
                sockets.close(handle);
            } else {
                // Wakes those inside; the last one out closes.
                sockets.shutdown(handle);
            }
        }
    }

    private void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    private void begin() throws ClosedChannelException {
        synchronized (stateLock) {
            if (closed) {
                throw new ClosedChannelException();
            }
            users++;
        }
    }

    private void end() throws AsynchronousCloseException {
        synchronized (stateLock) {
            if (--users == 0 && closed) {
                sockets.close(handle);
            }
            if (closed) {
                throw new AsynchronousCloseException();
            }
        }
    }

    private int checked(String call, int result) throws IOException {
        if (result == -Errno.EINTR) {
            // Only where the socket is a channel of the JDK, which is closed by an interrupt.
            close();
            throw new ClosedByInterruptException();
        }
        return SystemCallException.check(call, result);
    }
}
