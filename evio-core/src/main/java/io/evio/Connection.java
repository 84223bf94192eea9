package io.evio;

import io.evio.internal.stream.EndReason;
import io.evio.internal.stream.Stream;
import io.evio.internal.stream.Verdict;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One accepted connection.
 *
 * <p>It belongs to the thread of its loop, which never changes. A method that may be called from any thread says so;
 * every other one throws {@link IllegalStateException} on another thread.
 *
 * <p>Once its end is decided, {@link #wake}, {@link #send}, {@link #execute} and {@link #close} return false, although
 * output may still be pending; {@link #abort} does so once {@link EvioHandler#closed} has fired. From then on the id,
 * the addresses, the attachment and {@link #closeReason} stay available, and nothing is pending. Methods that need the
 * socket throw {@link IllegalStateException}; all others do nothing.
 *
 * <p>No argument may be null, except that of {@link #attach}: {@link NullPointerException}.
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
     * Returns the connection's id: greater than 0, unique over all addresses of the server, and never used twice. From
     * any thread.
     *
     * <p>A server of one loop counts from 1. With several loops each counts its own in steps of their number. The ids
     * then have gaps, and a later connection may have a smaller one.
     */
    public long id() {
        return connection.id();
    }

    /** Returns the index, from 0, of the server's address that this connection arrived on. From any thread. */
    public int addressIndex() {
        return connection.addressIndex();
    }

    /**
     * Returns the address that the peer connected to; behind a PROXY header, where the client connected to. An abstract
     * unix socket prints as {@code unix://@name}. From any thread, also after the end.
     */
    public SocketAddress localAddress() {
        return connection.localAddress();
    }

    /**
     * Returns the peer's address; on a unix socket, an address with an empty path. Behind a PROXY header it is the
     * client's. From any thread, also after the end.
     */
    public SocketAddress remoteAddress() {
        return connection.remoteAddress();
    }

    /**
     * Returns the object of the last {@link #attach}, or null. From any thread, which sees everything that was written
     * to the object before it was attached.
     */
    @SuppressWarnings("TypeParameterUnusedInFormals")
    public <T> @Nullable T attachment() {
        @SuppressWarnings("unchecked")
        T result = (T) attachment;
        return result;
    }

    /**
     * Keeps an object with the connection, such as the state of a parser. It replaces the one before; null removes it.
     */
    public void attach(@Nullable Object attachment) {
        connection.checkThread();
        this.attachment = attachment;
    }

    /**
     * Returns the number of bytes that are written but not yet taken by the kernel, those of the running event
     * included.
     */
    public int pendingOutput() {
        connection.checkThread();
        return connection.pendingOutput();
    }

    /**
     * Copies the remaining bytes of an event's {@code in} to a heap array, which parsers scan several times faster than
     * a direct buffer. The bytes are at index 0 to {@code in.remaining()}; what is behind them is undefined. The
     * position of {@code in} does not change: move it over what was used.
     *
     * @param in the buffer that the current event was given
     * @return the loop's reused array, valid only during the event: later it holds the bytes of other connections. Do
     *     not write to it: over TLS it is where {@code in} lies
     * @throws IllegalStateException when {@code in} is not the buffer that the running event was given
     */
    public byte[] unread(ByteBuffer in) {
        connection.checkThread();
        return connection.copyToHeap(in);
    }

    /**
     * Sets whether small writes are sent at once instead of being collected first ({@code TCP_NODELAY}, tcp(7)). Has no
     * effect on a unix socket.
     *
     * @throws IllegalStateException when the connection has ended
     */
    public void noDelay(boolean on) {
        connection.checkThread();
        connection.setNoDelay(on);
    }

    /**
     * Has the kernel probe a peer that was silent for some time ({@code SO_KEEPALIVE} and {@code TCP_KEEPIDLE},
     * tcp(7)). Has no effect on a unix socket.
     *
     * @param idle the silence before the first probe, from 1 to 32,767 seconds; {@link Duration#ZERO} turns probing off
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
     * Fires a {@code data} event for this connection soon. Several wakes before it fires make one event. From any
     * thread; never waits.
     *
     * @return false when the connection has ended
     */
    public boolean wake() {
        return connection.wake();
    }

    /**
     * Sends bytes. From any thread; never waits.
     *
     * <p>In an event of the same loop they go where they are sent: between what was written to the connection's
     * {@link #output} before and after. From elsewhere they go behind all output written before. When more than
     * {@link Limits#maxPendingOutput} is waiting, the connection is closed with an error.
     *
     * @param bytes copied before this returns
     * @return false when the connection has ended, or is about to
     */
    public boolean send(byte[] bytes) {
        return connection.send(bytes.clone(), null);
    }

    /**
     * Sends the remaining bytes of a buffer, as {@link #send(byte[])} does. The buffer's position is its limit
     * afterwards.
     *
     * @param bytes copied before this returns
     * @return false when the connection has ended, or is about to
     */
    public boolean send(ByteBuffer bytes) {
        return connection.send(taken(bytes), null);
    }

    /**
     * Sends bytes, as {@link #send(byte[])} does, and reports when they are out.
     *
     * @param bytes copied before this returns
     * @param whenSent called once, on the loop's thread as an event of this connection, behind the {@code postwrite} in
     *     which the kernel has taken the last byte. The peer may not have read it by then. Those of several sends are
     *     called in the order of the sends. Not called when the connection ends before
     * @return false when the connection has ended, or is about to; {@code whenSent} is not called then
     */
    public boolean send(byte[] bytes, Runnable whenSent) {
        return connection.send(bytes.clone(), Objects.requireNonNull(whenSent, "whenSent"));
    }

    /** Sends bytes that nobody changes any more. */
    boolean sendOwned(byte[] bytes) {
        return connection.send(bytes, null);
    }

    /**
     * Runs a task on the connection's loop, as an event of this connection. From any thread; never waits.
     *
     * <p>The task may use everything of the connection and write to its {@link #output}. When it throws, the connection
     * ends as if another event had thrown. Sends and tasks of one thread outside the loop keep their order. A task that
     * an event hands over runs after that event. Tasks that are handed over faster than they run take memory without a
     * bound.
     *
     * @return false when the connection has ended; the task is not run then. After true it is not run only when the
     *     connection ends before
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
     * @return false when the connection has ended
     */
    public boolean close() {
        return connection.close();
    }

    /**
     * Ends the connection at once, also one that is closing already, and drops what is pending. A TCP peer sees a reset
     * instead of an end, see {@code SO_LINGER} in socket(7). Its {@code closed} gets no error. From any thread; never
     * waits.
     *
     * @return false when {@code closed} has fired
     */
    public boolean abort() {
        return connection.abort();
    }

    /**
     * Reports that the peer broke the protocol. The connection ends once its pending output is out, which may hold an
     * answer to that. Its {@code closed} gets an {@link java.io.IOException} with this text and without a stack trace.
     *
     * <p>That holds whatever the event returns, and the first call counts. A warning with the connection's id and peer
     * is logged, at most one per minute.
     *
     * @param why for people, such as {@code unknown type 99}; control characters are escaped
     * @return {@link Action#CLOSE}, for the event to return
     */
    public Action fail(String why) {
        connection.reject(Objects.requireNonNull(why, "why"));
        return Action.CLOSE;
    }

    /**
     * Returns why the connection has ended, or is about to end. Null while no end is decided, and after it was
     * detached. Read it on the loop's thread, in {@link EvioHandler#closed} and afterwards.
     */
    public @Nullable CloseReason closeReason() {
        EndReason reason = connection.endReason();
        return reason == null ? null : CloseReason.valueOf(reason.name());
    }

    /**
     * Stops reading until {@link #resumeReading}: the peer is held back by its own socket. Wakes and timers still fire.
     * The end of the peer's input is not noticed meanwhile, and a stop of the server does not read what has arrived.
     * From any thread.
     */
    public void pauseReading() {
        connection.setReading(false);
    }

    /**
     * Reads again after {@link #pauseReading}. A {@code data} event fires when input was left unread. Does nothing when
     * reading is not paused. From any thread.
     */
    public void resumeReading() {
        connection.setReading(true);
    }

    /**
     * Fires one {@code data} event after a delay, whatever arrives before. A new call replaces the last one. While work
     * off the loop holds the connection up, it is held too.
     *
     * @param delay counted from this call by the monotonic clock, and never cut short; {@link Duration#ZERO} cancels
     *     the event
     * @throws IllegalArgumentException when negative
     */
    public void wakeAfter(Duration delay) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("A delay must not be negative, but was " + delay);
        }
        connection.wakeAfter(Nanos.of(delay));
    }

    /**
     * Sets whether the handler decides when the connection ends after the peer has ended its side. Off by default: the
     * connection ends by itself once pending output and work off the loop are out.
     *
     * <p>When on, one last {@code data} fires at the end of input, with {@link #isInputEnded}, even if nothing is left
     * unread. Output still goes out until {@link Action#CLOSE}, {@link #close} or {@link #endOutput}. The idle timeout
     * applies as before. It can be turned on and off before and after the peer's end. A stop of the server ends the
     * connection all the same.
     */
    public void allowHalfOpen(boolean on) {
        connection.setHalfOpen(on);
    }

    /**
     * Sets whether the handler owes the peer an answer that comes from elsewhere, such as from another connection. Off
     * by default.
     *
     * <p>While on, the connection does not end by itself: not because the peer has ended its side, not because it is
     * silent, and not because the server stops, within the grace period. A stop goes on reading it, so that a request
     * that has begun to arrive arrives as a whole. The idle timeout counts anew from when it is turned off.
     */
    public void holdOpen(boolean on) {
        connection.hold(on);
    }

    /** Returns whether the peer has ended its side: nothing follows what the event was given. */
    public boolean isInputEnded() {
        connection.checkThread();
        return connection.isInputEnded();
    }

    /**
     * Ends our side once everything written and sent so far is out: the peer reads the end of input, and may still
     * send. From then on {@link #output} throws {@link IllegalStateException} and {@link #send} returns false. When the
     * peer has ended its side too, the connection is closed.
     */
    public void endOutput() {
        connection.endOutput();
    }

    /**
     * Returns what the TLS handshake has agreed on; null for a connection that does not speak TLS. From any thread,
     * also after the end.
     */
    public @Nullable TlsInfo tls() {
        return TlsInfo.of(connection);
    }

    /**
     * Returns the PROXY header that the connection began with; null on an address without {@code proxy+}. From any
     * thread, also after the end.
     */
    public @Nullable ProxyInfo proxy() {
        return ProxyInfo.of(connection);
    }

    /**
     * Makes a connection to somewhere else, on the loop of this one, and returns at once. The handler's events tell how
     * that goes, the first of them after the current event: {@link EvioHandler#opened}, or {@link EvioHandler#closed}
     * with the cause when it cannot be made, a {@link java.net.SocketTimeoutException} when it was not made in time.
     * Output written to it or sent before it opens waits.
     *
     * <p>It does not count against {@link Limits#maxConnections} but against {@link Limits#maxOutboundConnections}. Of
     * the handler's other events, {@code serving} and {@code tick} do not fire. When the server stops, it ends after
     * the accepted ones.
     */
    public Connection connect(Target target, EvioHandler handler) {
        return connect(new Target.Only(Objects.requireNonNull(target, "target")), handler);
    }

    /**
     * Makes a connection to the first of several targets that can be reached, as {@link #connect(Target, EvioHandler)}
     * does to one. The handler sees only how it ends: {@code opened}, or {@code closed} when no target could be
     * reached. Until then the connection returned stays the same: what is written to it, and what it is
     * {@linkplain #relay tied} to, goes to the target that is reached.
     *
     * @param targets called for the first target before this returns
     */
    public Connection connect(TargetChooser targets, EvioHandler handler) {
        Objects.requireNonNull(targets, "targets");
        connection.checkThread();
        return ((HandlerEvents) connection.events())
                .server()
                .connect(connection.loopIndex(), targets, handler, remoteAddress(), localAddress());
    }

    /**
     * Ties this connection and another one of its loop together: what arrives on either goes out on the other, with
     * what is unread now first, and without {@code data} events. The end of a side's input ends the other's output; a
     * reset resets the other. When both have ended, both close. While one does not take what it is sent, the other is
     * not read.
     *
     * <p>The other may still be connecting. When it cannot be made, its {@link EvioHandler#closed} may tie this one to
     * another; otherwise this one is reset.
     *
     * @throws IllegalArgumentException when that is this one, or on another loop
     * @throws IllegalStateException when one has ended or is tied already
     */
    public void relay(Connection other) {
        connection.relay(other.connection);
    }

    /**
     * Has this connection not read while another one of its loop has more unsent than {@link Limits#highWaterMark}, or
     * is still connecting: what is read here is sent there, and must not pile up. Null ends that.
     *
     * @throws IllegalArgumentException when that is this one, or on another loop
     * @throws IllegalStateException when one has ended, or this one is {@linkplain #relay tied}
     */
    public void throttle(@Nullable Connection other) {
        connection.throttle(other == null ? null : other.connection);
    }

    /**
     * Asks the kernel about the connection, by one system call.
     *
     * @return null where the system does not tell: on a unix socket, over {@link PollerType#NIO}, and outside of Linux
     * @throws IllegalStateException when the connection has ended
     */
    public @Nullable TcpInfo tcpInfo() {
        return TcpInfo.of(connection.tcpInfo());
    }

    /**
     * Returns the connection's output. Every event of the connection's loop may write to it, also the events of other
     * connections. What is written is sent after the event, behind everything before it. See {@link Output} for when
     * writing throws.
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

    /** Returns the id and the two addresses, for logs. */
    @Override
    public String toString() {
        return connection.toString();
    }
}
