package io.evio;

import io.evio.internal.stream.Stream;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One accepted connection.
 *
 * <p>It belongs to the thread of its loop, which is the same all its life. From other threads only {@link #id}, the addresses,
 * {@link #wake}, {@link #send} and {@link #close} may be used; the other methods throw {@link IllegalStateException} there.
 *
 * <p>Once it has ended, {@link #wake}, {@link #send} and {@link #close} return false, its id, addresses and attachment are
 * still there, nothing is pending, and what needs the socket throws {@link IllegalStateException}.
 */
public final class Connection {

    private final Stream connection;
    private @Nullable Object attachment;

    /** There is one while there are events: one of its own, so that one that was kept never writes to another connection. */
    private @Nullable Output output;

    Connection(Stream connection) {
        this.connection = connection;
    }

    /**
     * Greater than 0, unique over all addresses of the server, never used twice in its life. One loop counts from 1; of several each
     * counts its own in steps of their number, so that there are gaps and a later connection may have a smaller id. From any thread.
     */
    public long id() {
        return connection.id();
    }

    /** The index, from 0, of the server's address that this connection came in by. From any thread. */
    public int addressIndex() {
        return connection.addressIndex();
    }

    /** The address the peer connected to; an abstract unix socket prints as {@code unix://@name}. From any thread, also after the end. */
    public SocketAddress localAddress() {
        return connection.localAddress();
    }

    /** The peer's address; for a unix socket one with an empty path. From any thread, also after the end. */
    public SocketAddress remoteAddress() {
        return connection.remoteAddress();
    }

    /** What {@link #attach} was last given, null before. */
    @SuppressWarnings("TypeParameterUnusedInFormals")
    public <T> @Nullable T attachment() {
        connection.checkThread();
        @SuppressWarnings("unchecked")
        T result = (T) attachment;
        return result;
    }

    /** Keeps an object, such as the state of a parser, with the connection; null removes it. */
    public void attach(@Nullable Object attachment) {
        connection.checkThread();
        this.attachment = attachment;
    }

    /**
     * The bytes that are written but not yet taken by the kernel. Within an event, up to 64 KiB of what it has written itself may be
     * missing.
     */
    public int pendingOutput() {
        connection.checkThread();
        return connection.pendingOutput();
    }

    /**
     * The remaining bytes of an event's {@code in} in a heap array, which parsers scan several times faster than a direct buffer. They
     * are at index 0 to {@code in.remaining()}; what is behind is undefined. The position of {@code in} stays where it
     * is: move it over what was used.
     *
     * @param in the buffer that the current event was given
     * @return an array of the loop, the same again and again, valid only during the event: later it holds the bytes of others
     * @throws IllegalStateException when {@code in} is not what the event that is running was given
     */
    public byte[] unread(ByteBuffer in) {
        connection.checkThread();
        return connection.copyToHeap(in);
    }

    /**
     * Sets whether small writes are sent at once instead of being held back to be put together ({@code TCP_NODELAY}, tcp(7)). Without effect on a unix
     * socket.
     *
     * @throws IllegalStateException when the connection has ended
     */
    public void noDelay(boolean on) {
        connection.checkThread();
        connection.setNoDelay(on);
    }

    /**
     * Asks the kernel to probe the peer when nothing was heard of it for so long ({@code SO_KEEPALIVE} and
     * {@code TCP_KEEPIDLE}, tcp(7)). Without effect on a unix socket.
     *
     * @param idle between 1 second and 32,767 seconds; {@link Duration#ZERO} turns probing off
     * @throws IllegalArgumentException outside of that
     * @throws IllegalStateException when the connection has ended
     */
    public void keepAlive(Duration idle) {
        connection.checkThread();
        if (!idle.isZero() && (idle.toSeconds() < 1 || idle.toSeconds() > 32_767)) {
            throw new IllegalArgumentException(
                    "A keep-alive must be from 1 to 32767 seconds, or zero to turn it off, but was " + idle);
        }
        connection.setKeepAlive((int) idle.toSeconds());
    }

    /**
     * Fires a {@code data} event for this connection soon. Several wakes before it fires make one event. From any thread; never waits.
     *
     * @return false when the connection is gone
     */
    public boolean wake() {
        return connection.wake();
    }

    /**
     * Sends bytes without an event, behind all output written before. From any thread; never waits. When more than
     * {@link Limits#maxPendingOutput} is waiting the connection is closed with an error.
     *
     * @param bytes copied before this returns
     * @return false when the connection is gone
     */
    public boolean send(byte[] bytes) {
        return connection.send(bytes.clone(), null);
    }

    /**
     * Sends the remaining bytes of a buffer, whose position is its limit afterwards, as {@link #send(byte[])} does.
     */
    public boolean send(ByteBuffer bytes) {
        return connection.send(taken(bytes), null);
    }

    /** The remaining bytes, which are taken out of the buffer. */
    static byte[] taken(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    /**
     * Closes the connection once its pending output is out, as {@link Action#CLOSE} does. From any thread; never waits.
     *
     * @return false when the connection is gone
     */
    public boolean close() {
        return connection.close();
    }

    /**
     * What is to be sent to this connection. It can be written to in every event of the connection's loop, also in those of other
     * connections: it is sent when that event is over, behind everything before it.
     */
    public Output output() {
        Output result = output;
        if (result == null) {
            result = new Output(connection);
            output = result;
        }
        return result;
    }

    /** See {@link OffLoop#call}. */
    Stream beginWork() {
        connection.beginWork();
        return connection;
    }

    /** For logs: the id and the two addresses. */
    @Override
    public String toString() {
        return connection.toString();
    }
}
