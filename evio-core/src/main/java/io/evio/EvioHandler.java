package io.evio;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The eight events of a server.
 *
 * <p>All events of a server run on its one loop thread and never overlap, so a handler needs no locks for its own state. On a server
 * of several loops that holds for each connection, and for each loop's handler where an {@link EvioHandlerFactory} makes them. A
 * handler that loops share has its {@link #serving} and {@link #tick} on the first of them alone, and the events of a connection on
 * that connection's loop: those of different connections may fire at the same time, and so may a tick and the events of other loops'
 * connections. Only {@code serving} overlaps nothing of its handler.
 *
 * <p>An event that blocks stops every connection of the server: slow work belongs on another thread, which comes back with
 * {@link Connection#wake} or {@link Connection#send}.
 *
 * <p>An event that throws closes its connection, whose {@link #closed} gets the cause; the loop goes on. A throw in
 * {@link #serving} fails the start, and after one in {@link #tick} the tick is tried again after its last delay. No
 * event may return null; doing so is treated as a throw.
 */
public interface EvioHandler {

    /**
     * The server is bound to every address and listens; fires once a start for each handler, before the first connection. On the
     * thread of the handler's loop, or of the first of those that share it. No loop fires anything else before the {@code serving} of
     * all handlers is over, and what was written in it is visible to every event of every loop.
     *
     * @param server the server, whose {@code wake}, {@code send} and {@code close} may be kept and used from any thread
     * @return {@link Action#SHUTDOWN} ends the server at once; the others do nothing here
     */
    default Action serving(EvioServer server) {
        return Action.NONE;
    }

    /**
     * Fires right after {@link #serving}, on the same thread, and then again after each delay it returns, by the monotonic clock. A
     * tick that comes late is not made up for by several at once. It never overlaps events of its own loop, but may overlap those of
     * the other loops that share the handler.
     *
     * @return when to fire next and what to do now; {@link Tick#NEVER} by default
     */
    default Tick tick() {
        return Tick.NEVER;
    }

    /**
     * A connection was accepted.
     *
     * @param connection the connection, until its {@link #closed} or {@link #detached}
     * @param out what is written here is sent after the event; valid only during it
     * @return what to do with the connection once that is out
     */
    default Action opened(Connection connection, Output out) {
        return Action.NONE;
    }

    /**
     * Bytes arrived, or the connection was woken.
     *
     * @param connection the connection
     * @param in the bytes not yet read, the oldest first, as a read-only direct buffer in {@link java.nio.ByteOrder#BIG_ENDIAN} order that is
     *     valid only during the event; empty when a wake finds none. Kept beyond the event, it has no byte left: reading it throws
     *     {@link java.nio.BufferUnderflowException} or {@link IndexOutOfBoundsException}. A duplicate or a slice of it, or one whose
     *     limit is raised again, cannot be taken back: it never crashes, but what it shows then is whatever the loop reads next,
     *     another client's bytes. Copy what is to be kept. (With {@code -Dio.evio.memory.debug=true}, for tests, each event has
     *     memory of its own, which reads as {@code 0xdd} once the event is over.) What the handler leaves between position and the original limit is kept and comes back in front of
     *     the next bytes, up to {@link Limits#maxPendingInput}. {@link Connection#unread} gives the same bytes as an
     *     array, and the scanners of {@link io.evio.frame} find the frames in them.
     * @param out what is written here is sent after the event; valid only during it. {@code out.write(in)} sends the
     *     bytes from where they lie.
     * @return what to do with the connection once that is out
     */
    default Action data(Connection connection, ByteBuffer in, Output out) {
        in.position(in.limit());
        return Action.NONE;
    }

    /**
     * Pending output is about to be offered to the kernel; fires before every attempt.
     *
     * @param connection the connection
     * @param amount the bytes that this attempt offers, more than 0
     * @return {@link Action#SHUTDOWN} ends the server; the others do nothing here
     */
    default Action prewrite(Connection connection, int amount) {
        return Action.NONE;
    }

    /**
     * A write attempt is over; fires after each, also after one that failed.
     *
     * @param connection the connection
     * @param amount the bytes that the kernel took, 0 when it took none
     * @param remaining the bytes still to be sent, over this attempt and all further output. 0 is the sign to produce more, for
     *     instance by {@link Connection#wake}
     * @return {@link Action#SHUTDOWN} ends the server; the others do nothing here
     */
    default Action postwrite(Connection connection, int amount, int remaining) {
        return Action.NONE;
    }

    /**
     * An event returned {@link Action#DETACH} and the pending output is out: the socket is the handler's from here on.
     * By default it is closed.
     *
     * @param connection the connection, gone by now: of use are its id, its addresses and its attachment
     * @param detached the socket, blocking, to be used from any thread and to be closed by the handler. The bytes not
     *     yet read come first.
     * @return {@link Action#SHUTDOWN} ends the server; the others do nothing here
     * @throws IOException when the handler's own use of the socket fails; the socket is closed then
     */
    default Action detached(Connection connection, DetachedConnection detached) throws IOException {
        detached.close();
        return Action.NONE;
    }

    /**
     * The connection has ended; fires exactly once for each {@link #opened} that was not detached.
     *
     * @param connection the connection, gone by now: of use are its id, its addresses and its attachment
     * @param error why it ended, or null for an ordinary end: the peer closed, or {@link Action#CLOSE},
     *     {@link Connection#close} or a stop of the server did
     * @return {@link Action#SHUTDOWN} ends the server; the others do nothing here
     */
    default Action closed(Connection connection, @Nullable IOException error) {
        return Action.NONE;
    }
}
