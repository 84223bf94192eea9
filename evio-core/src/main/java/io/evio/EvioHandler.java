package io.evio;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Handles the eight events of a server.
 *
 * <p>All events of a server run on its one loop thread and never overlap, so a handler needs no locks for its own
 * state. On a server of several loops that holds for each connection, and for each loop's handler where an
 * {@link EvioHandlerFactory} makes them. A handler that loops share gets {@link #serving} and {@link #tick} on the
 * first loop alone, and the events of a connection on that connection's loop. Events of connections of different loops
 * may then fire at the same time, and so may a tick. Only {@code serving} overlaps nothing of its handler.
 *
 * <p>An event that blocks stops every connection of its loop. Slow work belongs on another thread: see {@link OffLoop},
 * or come back with {@link Connection#execute}, {@link Connection#wake} or {@link Connection#send}.
 *
 * <p>An event that throws closes its connection, whose {@link #closed} gets the cause; the loop goes on. A throw in
 * {@link #serving} fails the start. After a throw in {@link #tick} the tick is tried again after its last delay. No
 * event may return null: that counts as a throw.
 *
 * <p>An event may write to any connection of its loop, by {@link Connection#output}.
 */
public interface EvioHandler {

    /**
     * Fires once per start for each handler, when every address is bound and listening, before the first connection. It
     * runs on the thread of the handler's loop, or of the first of the loops that share it. No loop fires anything else
     * before the {@code serving} of all handlers is over. What was written in it is visible to every event of every
     * loop.
     *
     * @param server the server, which may be kept: its {@code wake}, {@code send} and {@code closeConnection} work from
     *     any thread
     * @return {@link Action#SHUTDOWN} ends the server at once; the others do nothing here
     */
    default Action serving(EvioServer server) {
        return Action.NONE;
    }

    /**
     * Fires right after {@link #serving}, on the same thread, and then after each delay it returns, by the monotonic
     * clock. A tick that comes late is not made up for by several at once. It never overlaps events of its own loop,
     * but may overlap those of the other loops that share the handler.
     *
     * @return when to fire next and what to do now; {@link Tick#NEVER} by default
     */
    default Tick tick() {
        return Tick.NEVER;
    }

    /**
     * Fires when a connection was accepted and is ready for data.
     *
     * @param connection the connection, in use until its {@link #closed} or {@link #detached}
     * @param out what is written here is sent after the event
     * @return what to do with the connection once that is out
     */
    default Action opened(Connection connection, Output out) {
        return Action.NONE;
    }

    /**
     * Fires when bytes arrived, when the connection was woken, and at most once when the peer has ended its side.
     *
     * <p>At the end of input one last {@code data} fires when bytes are left unread, such as a last line without its
     * newline, or when {@link Connection#allowHalfOpen} is on. {@link Connection#isInputEnded} is true then and
     * afterwards. Bytes that are still left unread after it come to nothing when the connection ends.
     *
     * @param connection the connection
     * @param in the bytes not yet read, the oldest first; empty when a wake or the end of input finds none. A read-only
     *     direct buffer in {@link java.nio.ByteOrder#BIG_ENDIAN} order. What the handler leaves between position and
     *     the original limit is kept and comes back in front of the next bytes, up to {@link Limits#maxPendingInput}.
     *     {@link Connection#unread} gives the same bytes as an array, and the scanners of {@link io.evio.frame} find
     *     the frames in them.
     *     <p>Valid only during the event; afterwards it is empty, and reads throw
     *     {@link java.nio.BufferUnderflowException} or {@link IndexOutOfBoundsException}. Never keep a duplicate or a
     *     slice, nor raise the limit: it aliases the loop's buffer and will show another client's bytes. Copy what you
     *     need. (With {@code -Dio.evio.memory.debug=true}, for tests, each event has memory of its own, which reads as
     *     {@code 0xdd} once the event is over.)
     * @param out what is written here is sent after the event. {@code out.write(in)} sends the bytes from where they
     *     lie.
     * @return what to do with the connection once that is out
     */
    default Action data(Connection connection, ByteBuffer in, Output out) {
        in.position(in.limit());
        return Action.NONE;
    }

    /**
     * Fires before every attempt to send, with the bytes about to be offered to the kernel.
     *
     * @param connection the connection
     * @param amount the bytes that this attempt offers, more than 0
     * @return {@link Action#SHUTDOWN} ends the server; the others do nothing here
     */
    default Action prewrite(Connection connection, int amount) {
        return Action.NONE;
    }

    /**
     * Fires after every attempt to send, also after one that failed.
     *
     * @param connection the connection
     * @param amount the bytes that the kernel took, 0 when it took none
     * @param remaining the bytes still to be sent, of this attempt and of all further output. 0 is the sign to produce
     *     more, for instance by {@link Connection#wake}
     * @return {@link Action#SHUTDOWN} ends the server; the others do nothing here
     */
    default Action postwrite(Connection connection, int amount, int remaining) {
        return Action.NONE;
    }

    /**
     * Fires after an event returned {@link Action#DETACH}, once the pending output is out: from here on the socket
     * belongs to the handler. By default it is closed.
     *
     * @param connection the connection, which has ended for the loop: its id, its addresses and its attachment can
     *     still be used
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
     * Fires when a connection has ended: exactly once for each {@link #opened} that was not detached, and for each
     * {@link Connection#connect} that never opened, with the cause.
     *
     * @param connection the connection, which has ended: its id, its addresses, its attachment and
     *     {@link Connection#closeReason} can still be used
     * @param error null for an ordinary end. That is: the peer ended its side ({@link CloseReason#PEER_ENDED}), an
     *     event closed the connection ({@link CloseReason#HANDLER}), another thread did
     *     ({@link CloseReason#OTHER_THREAD}), {@link Connection#abort} was called ({@link CloseReason#ABORTED}), or the
     *     server stopped ({@link CloseReason#SERVER_STOP}, and {@link CloseReason#STOP_CUT_OFF} when its grace period
     *     was over first). Otherwise what went wrong: a reset by the peer, a limit, the text of
     *     {@link Connection#fail}, or the cause of a failure, such as an event that threw or the end of the whole loop
     * @return {@link Action#SHUTDOWN} ends the server; the others do nothing here
     */
    default Action closed(Connection connection, @Nullable IOException error) {
        return Action.NONE;
    }
}
