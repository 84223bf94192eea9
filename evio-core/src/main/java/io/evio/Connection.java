package io.evio;

import io.evio.internal.stream.EndReason;
import io.evio.internal.stream.Stream;
import io.evio.internal.stream.Verdict;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One accepted connection.
 *
 * <p>It belongs to the thread of its loop, which is the same all its life. A method that may be called from any thread says so;
 * the others throw {@link IllegalStateException} on another thread.
 *
 * <p>Once its end is decided, {@link #wake}, {@link #send}, {@link #execute} and {@link #close} return false, although output may
 * still be pending; {@link #abort} does so once {@link EvioHandler#closed} has fired. After that its id, addresses, attachment and
 * {@link #closeReason} are still there, and nothing is pending. What needs the socket throws {@link IllegalStateException}; the rest
 * does nothing.
 */
public final class Connection {

    private final Stream connection;

    /** Written on the loop's thread alone. */
    private volatile @Nullable Object attachment;

    /** One of its own, so that one that was kept never writes to another connection; null before the first event. */
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

    /** What {@link #attach} was last given, null before. From any thread, which sees what the object was before it was attached. */
    @SuppressWarnings("TypeParameterUnusedInFormals")
    public <T> @Nullable T attachment() {
        @SuppressWarnings("unchecked")
        T result = (T) attachment;
        return result;
    }

    /** Keeps an object, such as the state of a parser, with the connection; null removes it. */
    public void attach(@Nullable Object attachment) {
        connection.checkThread();
        this.attachment = attachment;
    }

    /** The bytes that are written but not yet taken by the kernel, those of the running event included. */
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
     * Sends bytes. From any thread; never waits. In an event of the same loop they go where they are sent: between what was written
     * to the connection's {@link #output} before and after. From elsewhere they go behind all output written before. When more than
     * {@link Limits#maxPendingOutput} is waiting the connection is closed with an error.
     *
     * @param bytes copied before this returns
     * @return false when the connection is gone
     */
    public boolean send(byte[] bytes) {
        return connection.send(bytes.clone(), null);
    }

    /** Sends the remaining bytes of a buffer, whose position is its limit afterwards, as {@link #send(byte[])} does. */
    public boolean send(ByteBuffer bytes) {
        return connection.send(taken(bytes), null);
    }

    /**
     * Sends bytes, as {@link #send(byte[])} does, and says when they are out.
     *
     * @param whenSent called once on the loop's thread, as an event of this connection and behind its {@code postwrite}, when the
     *     kernel has taken the last of the bytes, which does not say that the peer has read them. Those of several sends are called
     *     in the order of the sends. Not called when the connection ends before that
     * @return false when the connection is gone: {@code whenSent} is not called then
     */
    public boolean send(byte[] bytes, Runnable whenSent) {
        return connection.send(bytes.clone(), Objects.requireNonNull(whenSent, "whenSent"));
    }

    /** Sends bytes that nobody changes any more. */
    boolean sendOwned(byte[] bytes) {
        return connection.send(bytes, null);
    }

    /**
     * Runs something on the connection's loop, as an event of it: it may use everything of this connection, write to its
     * {@link #output}, and end it by throwing. From any thread; never waits. What another thread sends and executes keeps its order. From
     * an event it runs after that event, also when that is one of this connection. Tasks that are handed over faster than they run
     * take memory without a bound.
     *
     * @return false when the connection is gone, and nothing is run; after true nothing is run only when the connection ends before
     */
    public boolean execute(Runnable task) {
        Objects.requireNonNull(task, "task");
        return connection.execute(() -> {
            task.run();
            return Verdict.NONE;
        });
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
     * Ends the connection at once, also one that is closing already: what is pending is dropped, and a TCP peer sees a reset instead
     * of an end, see {@code SO_LINGER} in socket(7). Its {@code closed} has no error. From any thread; never waits.
     *
     * @return false when {@code closed} has fired
     */
    public boolean abort() {
        return connection.abort();
    }

    /**
     * Reports that the peer broke the protocol. The connection ends once its pending output, which may hold the answer to that, is
     * out, whatever the event returns; its {@code closed} gets an {@link java.io.IOException} with this text and without a stack
     * trace. A warning with the connection's id and peer is logged, at most one per minute. The first call counts.
     *
     * @param why for people, such as {@code unknown type 99}; control characters are escaped
     * @return {@link Action#CLOSE}, for the event to return
     */
    public Action fail(String why) {
        connection.reject(Objects.requireNonNull(why, "why"));
        return Action.CLOSE;
    }

    /**
     * Why the connection has ended, or is about to; null while neither is decided. Read it in {@link EvioHandler#closed} and
     * afterwards, on the loop's thread.
     */
    public @Nullable CloseReason closeReason() {
        EndReason reason = connection.endReason();
        return reason == null ? null : CloseReason.valueOf(reason.name());
    }

    /**
     * Reads no more until {@link #resumeReading}: the peer is held back by its own socket. Wakes and timers still fire. The peer's end
     * is not noticed meanwhile, and a stop of the server does not read what has arrived. From any thread.
     */
    public void pauseReading() {
        connection.setReading(false);
    }

    /**
     * Reads again after {@link #pauseReading}. A {@code data} event fires when there is input that was left unread. Does nothing when
     * reading is not paused. From any thread.
     */
    public void resumeReading() {
        connection.setReading(true);
    }

    /**
     * Fires one {@code data} event after a delay, whatever arrives before. A new call replaces the last one. While work off the loop
     * holds the connection up, it is held too.
     *
     * @param delay from this call on; zero cancels it, otherwise it fires at the first turn of the loop after that, by the monotonic
     *     clock
     * @throws IllegalArgumentException when negative
     */
    public void wakeAfter(Duration delay) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("A delay must not be negative, but was " + delay);
        }
        connection.wakeAfter(Nanos.of(delay));
    }

    /**
     * Has the handler decide when the connection ends after the peer has ended its side: until {@link Action#CLOSE},
     * {@link #close} or {@link #endOutput}, its output still goes out. It also gets one last {@code data} when the peer ends its side, with
     * {@link #isInputEnded}, although no bytes are unread. The idle timeout applies as before. Off by default: the connection ends by
     * itself once pending output and work are out. It can be turned on and off before and after the peer's end, as long as the
     * connection has not ended. A stop of the server ends it in any case.
     */
    public void allowHalfOpen(boolean on) {
        connection.setHalfOpen(on);
    }

    /** Whether the peer has ended its side: there will be no more input than what the event was given. */
    public boolean isInputEnded() {
        connection.checkThread();
        return connection.isInputEnded();
    }

    /**
     * Ends our side once everything written and sent so far is out: the peer reads the end of input, and may still send. From then on
     * {@link #output} throws {@link IllegalStateException} and {@link #send} returns false. When the peer has ended its side too,
     * the connection is closed.
     */
    public void endOutput() {
        connection.endOutput();
    }

    /**
     * Asks the kernel about the connection, by one system call.
     *
     * @return null where the system does not tell: on a unix socket, over {@link PollerType#NIO}, and outside of Linux
     * @throws IllegalStateException when the connection has ended
     */
    public @Nullable TcpInfo tcpInfo() {
        long[] numbers = connection.tcpInfo();
        return numbers == null
                ? null
                : new TcpInfo(
                        Duration.of(numbers[0], ChronoUnit.MICROS),
                        Duration.of(numbers[1], ChronoUnit.MICROS),
                        numbers[2],
                        numbers[3]);
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

    /** See {@link OffLoop}. */
    Stream stream() {
        return connection;
    }

    /** For logs: the id and the two addresses. */
    @Override
    public String toString() {
        return connection.toString();
    }
}
