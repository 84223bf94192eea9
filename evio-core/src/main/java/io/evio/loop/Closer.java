package io.evio.loop;

import io.evio.poll.Poller;
import io.evio.sys.Block;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Every way a connection ends, and what is freed on it.
 *
 * <p>An ordinary end is drain, then {@code closed}, then shut our side, then wait for the peer to end its own: closing with input
 * unread would make TCP reset the connection, and the reset would destroy what the peer has not read yet (RFC 1122,
 * 4.2.2.13). A failure is {@code closed} and close. Handles are closed at the end of a turn, so that no event of its
 * batch can meet a new connection under an old number.
 */
final class Closer {

    private final Poller poller;
    private final Sockets sockets;
    private final Runnable onEnded;
    private final ConnectionTable connections;
    private final InputBuffer input;
    private final Handlers handlers;
    private final Clock clock;
    private final Counters counters;
    private final FailureLog log;
    private final long maxPendingTotal;
    private final int loops;

    /** A loop knows its own connections only, so each has an equal part of what they may hold together. */
    private final long pendingShare;

    private int[] closed = new int[64];
    private int closedCount;

    /** How many connections are half-closed, draining or lingering: those that time out. */
    private int waiting;

    /**
     * @param maxPendingTotal bytes that the connections of all loops may hold together
     * @param loops how many loops the server has
     * @param onEnded called once for each connection, after its last event
     */
    Closer(
            long maxPendingTotal,
            int loops,
            Poller poller,
            Runnable onEnded,
            ConnectionTable connections,
            InputBuffer input,
            Handlers handlers,
            Clock clock,
            Counters counters,
            FailureLog log) {
        this.maxPendingTotal = maxPendingTotal;
        this.loops = loops;
        this.pendingShare = maxPendingTotal / loops;
        this.onEnded = onEnded;
        this.poller = poller;
        this.sockets = poller.sockets();
        this.connections = connections;
        this.input = input;
        this.handlers = handlers;
        this.clock = clock;
        this.counters = counters;
        this.log = log;
    }

    /** How many connections are on their way out. */
    int waiting() {
        return waiting;
    }

    /** Nothing more is to come; see {@link Phase#HALF_CLOSED}. */
    void halfClose(LoopConnection connection) {
        connection.enter(Phase.HALF_CLOSED);
        connection.lastActive = clock.now();
        waiting++;
    }

    /** From here on only pending output goes out, then the connection is closed or detached. */
    void drain(LoopConnection connection, Verdict ending) {
        if (connection.phase == Phase.OPEN) {
            waiting++;
        }
        connection.enter(ending == Verdict.DETACH ? Phase.DETACHING : Phase.CLOSING);
        connection.busy = false;
        connection.lastActive = clock.now();
        connection.endRequests();
    }

    /** Everything is out. */
    void finish(LoopConnection connection) {
        if (connection.phase == Phase.DETACHING) {
            detach(connection);
            return;
        }
        retire(connection, connection.inputEnded ? Phase.GONE : Phase.LINGERING);
        ended(connection, null);
        if (connection.inputEnded || sockets.shutdownOutput(connection.handle) < 0) {
            close(connection);
            return;
        }
        connection.lastActive = clock.now();
        try {
            watch(connection, Poller.READ);
        } catch (SystemCallException e) {
            close(connection);
        }
    }

    /**
     * Tells the poller what to watch for, if that has changed. A connection that nothing is wanted of is taken out of it,
     * because an error would be reported whatever the interest, again and again.
     */
    void watch(LoopConnection connection, int wanted) throws SystemCallException {
        if (wanted == connection.interest) {
            return;
        }
        if (wanted == 0) {
            poller.remove(connection.handle);
        } else if (connection.interest == 0) {
            poller.add(connection.handle, connection.token(), wanted);
        } else {
            poller.modify(connection.handle, connection.token(), wanted);
        }
        connection.interest = (byte) wanted;
    }

    /** Ends the connection at once, whatever it has pending, and says why. */
    void fail(LoopConnection connection, IOException error) {
        if (connection.isLive() || connection.isDraining()) {
            if (error instanceof LimitException cut) {
                counters.cut(cut.limit()).add(1);
                log.cut(cut, clock.now());
            }
            end(connection, error);
        }
        close(connection);
    }

    /** Ends the connections that hold the most, until all together hold no more than the loop's share of what they may. */
    void relieve() {
        while (counters.pendingMemory.get() > pendingShare) {
            LoopConnection largest = connections.largest();
            if (largest == null) {
                return;
            }
            fail(largest, tooMuch(largest));
        }
    }

    private LimitException tooMuch(LoopConnection largest) {
        String what = largest + " holds " + largest.pendingTotal()
                + " bytes of unread input and unsent output, more than any other";
        String value = String.valueOf(maxPendingTotal);
        return loops == 1
                ? new LimitException(Limit.MAX_PENDING_TOTAL, what + ", and all of them together more than", value, "")
                : new LimitException(
                        Limit.MAX_PENDING_TOTAL,
                        what + " of its loop, and all of these together more than the loop's share of",
                        value,
                        ", which is " + pendingShare + " for each of " + loops + " loops");
    }

    /** Frees all but the handle and fires {@code closed}. */
    void end(LoopConnection connection, @Nullable IOException error) {
        retire(connection, Phase.GONE);
        ended(connection, error);
    }

    private void ended(LoopConnection connection, @Nullable IOException error) {
        handlers.closed(connection, error);
        onEnded.run();
    }

    /** @param next what comes after its last event: {@link Phase#LINGERING} or {@link Phase#GONE} */
    private void retire(LoopConnection connection, Phase next) {
        if (connection.phase == Phase.HALF_CLOSED || connection.isDraining()) {
            waiting--;
        }
        if (next == Phase.LINGERING) {
            waiting++;
        }
        connection.enter(next);
        connection.endRequests();
        connection.busy = false;
        connection.forgetRequests();
        connections.forgetId(connection);
        input.release(connection);
        if (connection.pending != null) {
            connection.pending.free();
            connection.pending = null;
        }
    }

    private void detach(LoopConnection connection) {
        try {
            watch(connection, 0);
            SystemCallException.check("fcntl", sockets.detach(connection.handle));
        } catch (SystemCallException e) {
            fail(connection, e);
            return;
        }
        byte[] unread = input.unread(connection);
        retire(connection, Phase.GONE);
        connections.remove(connection);
        handlers.detached(connection, sockets, connection.handle, unread);
        onEnded.run();
    }

    /** Reads what a lingering peer still sends into the void, until it ends too. */
    void discardInput(LoopConnection connection, OutputBuffer scratch) {
        Block block = scratch.scratch();
        int count = sockets.read(connection.handle, block, 0, block.capacity());
        if (count == 0 || count < 0 && count != -io.evio.sys.Errno.EAGAIN) {
            close(connection);
        }
    }

    /** Ends our side of a connection that is closed next, and takes what has arrived, for the same reason as lingering. */
    void shutOutput(LoopConnection connection, OutputBuffer scratch) {
        if (sockets.shutdownOutput(connection.handle) == 0) {
            sockets.read(
                    connection.handle, scratch.scratch(), 0, scratch.scratch().capacity());
        }
    }

    /** Closes the handle at the end of this turn. */
    void close(LoopConnection connection) {
        if (connection.phase == Phase.LINGERING) {
            waiting--;
        }
        connection.enter(Phase.GONE);
        connections.remove(connection);
        if (closedCount == closed.length) {
            closed = Arrays.copyOf(closed, closedCount * 2);
        }
        closed[closedCount++] = connection.handle;
    }

    /** Closes the handles of this turn's closed connections; true when there were any. */
    boolean releaseClosed() {
        if (closedCount == 0) {
            return false;
        }
        for (int i = 0; i < closedCount; i++) {
            sockets.close(closed[i]);
        }
        closedCount = 0;
        return true;
    }
}
