package io.evio.loop;

import io.evio.poll.Poller;
import io.evio.sys.Block;
import io.evio.sys.Errno;
import io.evio.sys.PeerAddress;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Moves one connection along: it was accepted, is ready, was woken, has timed out. Each step reads at most once, fires the
 * event, writes what the event wrote, and leaves the connection watched for what comes next, or ended.
 */
final class ConnectionFlow {

    private final LoopConfig config;
    private final Counters counters;
    private final Sockets sockets;
    private final Clock clock;
    private final Handlers handlers;
    private final Admission admission;
    private final InputBuffer input;
    private final OutputBuffer out;
    private final Writer writer;
    private final Closer closer;

    ConnectionFlow(
            LoopConfig config,
            Counters counters,
            Sockets sockets,
            Clock clock,
            Handlers handlers,
            Admission admission,
            InputBuffer input,
            OutputBuffer out,
            Closer closer) {
        this.config = config;
        this.counters = counters;
        this.sockets = sockets;
        this.clock = clock;
        this.handlers = handlers;
        this.admission = admission;
        this.input = input;
        this.out = out;
        this.writer = new Writer(sockets, out, handlers, counters, clock, config.maxPendingOutput());
        this.closer = closer;
    }

    /** A connection was accepted, and has its seat; the handle is this method's to close. */
    void accepted(Listener listener, int handle, PeerAddress peer) {
        LoopConnection connection = admission.admit(listener, handle, peer);
        if (connection == null) {
            return;
        }
        try {
            out.begin(connection, null, null);
            Verdict verdict = handlers.opened(connection, out);
            settle(connection, flush(connection), verdict);
        } catch (OutOfMemoryError e) {
            outOfMemory(connection, e);
        }
    }

    /** A connection was accepted that cannot be, and has the seat of that loop: both are given back. */
    void refused(int handle, int seatOf, Throwable cause) {
        admission.refuse(handle, seatOf, cause);
    }

    /** The poller reported {@code ready}, of what the connection is watched for. */
    void ready(LoopConnection connection, int ready) {
        if ((ready & Poller.WRITE) != 0) {
            settle(connection, writer.writePending(connection), Verdict.NONE);
        }
        if ((ready & Poller.READ) != 0) {
            read(connection);
        }
    }

    private void read(LoopConnection connection) {
        if (connection.phase == Phase.LINGERING) {
            closer.discardInput(connection, out);
            return;
        }
        if (connection.phase != Phase.OPEN || connection.paused) {
            return;
        }
        if (connection.busy) {
            // Not before there is something to read: mostly the work is done by then, and the poller need not be told.
            watch(connection, connection.interest & ~Poller.READ);
            return;
        }
        input.prepare(connection);
        int count = sockets.read(connection.handle, input.block(), input.end(), input.room());
        if (count > 0) {
            counters.received.add(count);
            connection.countReceived(count, clock.now());
            data(connection, count);
        } else if (count == 0) {
            connection.inputEnded = true;
            closer.halfClose(connection);
            settle(connection, null, Verdict.NONE);
        } else if (count != -Errno.EAGAIN) {
            closer.fail(connection, new SystemCallException("recv", -count));
        }
    }

    /** Fires {@code data} for {@code count} new bytes, behind those left unread before. */
    private void data(LoopConnection connection, int count) {
        Block block = input.block();
        ByteBuffer in = input.present(connection, count);
        out.begin(connection, in, block);
        Verdict verdict = handlers.data(connection, in, out);
        input.revoke();
        IOException failure = flush(connection);
        // Not before the flush, which may send part of the input from where it lies.
        if (failure == null && !input.keep(connection)) {
            failure = new LimitException(
                    Limit.MAX_PENDING_INPUT,
                    "The handler leaves more unread of " + connection + " than",
                    config.maxPendingInput() + " bytes",
                    ": the peer sends a frame that is too large, or the limit is too low");
        }
        settle(connection, failure, verdict);
    }

    /** Sends what the event that is now over has written; returns why the connection has failed, or null. */
    private @Nullable IOException flush(LoopConnection connection) {
        IOException overflow = out.end();
        IOException failure = handlers.failure() != null ? handlers.failure() : overflow;
        if (failure != null) {
            out.clear();
            return failure;
        }
        return writer.flush(connection);
    }

    /** Brings a connection that has read or written to where it has to be: failed, ended, or watched for what comes next. */
    private void settle(LoopConnection connection, @Nullable IOException failure, Verdict verdict) {
        if (failure != null) {
            closer.fail(connection, failure);
            return;
        }
        if (connection.isLive() && (verdict == Verdict.CLOSE || verdict == Verdict.DETACH)) {
            closer.drain(connection, verdict);
            takeSends(connection);
        }
        if (connection.phase == Phase.HALF_CLOSED && connection.pending == null && !connection.busy) {
            if (connection.lastReads > 0) {
                lastRead(connection);
                return;
            }
            if (!connection.endRequestsIfNone()) {
                // What was asked for is served later in this turn, or in the next.
                return;
            }
            closer.drain(connection, Verdict.CLOSE);
        }
        if (connection.isDraining() && connection.pending == null) {
            closer.finish(connection);
        } else if (connection.isLive() || connection.isDraining()) {
            watch(connection);
        }
        closer.relieve();
    }

    /** Tells the poller what to watch for, when that has changed: reading stops above the high-water mark. */
    private void watch(LoopConnection connection) {
        int unsent = connection.pendingOutput();
        if (unsent > config.highWaterMark()) {
            connection.paused = true;
        } else if (unsent < config.lowWaterMark()) {
            connection.paused = false;
        }
        boolean reads = connection.phase == Phase.OPEN && !connection.paused;
        watch(connection, (reads ? Poller.READ : 0) | (unsent > 0 ? Poller.WRITE : 0));
    }

    private void watch(LoopConnection connection, int wanted) {
        try {
            closer.watch(connection, wanted);
        } catch (SystemCallException e) {
            closer.fail(connection, e);
        }
    }

    /** Others asked for something; see {@link LoopConnection#takeRequests}. */
    void woken(LoopConnection connection, int requests) {
        counters.wakeups.add(1);
        if (!connection.isLive()) {
            return;
        }
        if ((requests & Mailbox.OVERFLOW) != 0) {
            closer.fail(connection, out.overflow(connection, config.maxPendingOutput() + 1L));
            return;
        }
        if ((requests & Mailbox.SEND) != 0) {
            if (connection.phase == Phase.HALF_CLOSED && requests != (Mailbox.SEND | Mailbox.QUEUED)) {
                // Sending may be the end of it: the rest is asked for again, so that it is not.
                connection.request(requests & ~(Mailbox.SEND | Mailbox.QUEUED));
                takeSends(connection);
                return;
            }
            takeSends(connection);
        }
        if ((requests & Mailbox.COMPLETE) != 0 && connection.busy) {
            completed(connection);
        }
        if ((requests & Mailbox.WAKE) != 0 && connection.isLive()) {
            wake(connection);
        }
        if ((requests & Mailbox.CLOSE) != 0 && connection.isLive()) {
            settle(connection, null, Verdict.CLOSE);
        }
    }

    private void wake(LoopConnection connection) {
        if (connection.busy) {
            connection.wakeHeld = true;
            return;
        }
        connection.wakeHeld = false;
        input.prepare(connection);
        data(connection, 0);
    }

    /** Work off the loop is done: finishes it as an event, then goes on with the input and the wake that it held up. */
    private void completed(LoopConnection connection) {
        Completion completion = connection.takeCompletion();
        connection.busy = false;
        connection.lastActive = clock.now();
        out.begin(connection, null, null);
        Verdict verdict = handlers.completed(connection, completion, out);
        IOException failure = flush(connection);
        if (failure == null
                && verdict == Verdict.NONE
                && !connection.busy
                && (connection.unread != null || connection.wakeHeld)) {
            wake(connection);
        } else {
            settle(connection, failure, verdict);
        }
    }

    /** Sends what other threads gave, in the order they gave it. */
    private void takeSends(LoopConnection connection) {
        Mailbox.Send send = connection.takeSends();
        if (send == null) {
            // Sent before, with an earlier request or when the server began to stop. This one may have been all that
            // kept the
            // connection from its end.
            if (connection.phase == Phase.HALF_CLOSED) {
                settle(connection, null, Verdict.NONE);
            }
            return;
        }
        out.begin(connection, null, null);
        IOException overflow;
        try {
            for (; send != null; send = send.older()) {
                out.append(send.bytes(), 0, send.bytes().length);
            }
        } catch (OutputBuffer.Overflow e) {
            // end() says the same.
        } finally {
            overflow = out.end();
        }
        if (overflow != null) {
            out.clear();
        }
        settle(connection, overflow != null ? overflow : writer.flush(connection), Verdict.NONE);
    }

    /** The connection has made no progress for too long. */
    void expired(LoopConnection connection, Timeouts timeouts) {
        switch (connection.phase) {
            case OPEN -> closer.fail(connection, timeouts.idle(connection));
            case HALF_CLOSED, CLOSING, DETACHING -> closer.fail(connection, timeouts.undrained(connection));
            case LINGERING -> closer.close(connection);
            case GONE -> throw new IllegalStateException(connection + " is gone already");
        }
    }

    /**
     * The server stops: what others have sent, one more attempt for what is pending, and with a grace period an ordinary
     * end, as if the peer had shut its writing side.
     *
     * @param lastReads how often it may be read before, for what had arrived by now
     */
    void lastWords(LoopConnection connection, long grace, byte lastReads) {
        takeLastSends(connection);
        if (connection.pending != null) {
            settle(connection, writer.writePending(connection), Verdict.NONE);
        }
        if (grace > 0 && connection.phase == Phase.OPEN) {
            connection.lastReads = lastReads;
            closer.halfClose(connection);
            settle(connection, null, Verdict.NONE);
        }
    }

    private void takeLastSends(LoopConnection connection) {
        if (connection.isLive()) {
            try {
                takeSends(connection);
            } catch (OutOfMemoryError e) {
                outOfMemory(connection, e);
            }
        }
    }

    /** One of the reads that a stopping server owes the requests that had arrived; each once the replies before are out. */
    private void lastRead(LoopConnection connection) {
        input.prepare(connection);
        int room = input.room();
        int count = sockets.read(connection.handle, input.block(), input.end(), room);
        connection.lastReads = (byte) (count == room ? connection.lastReads - 1 : 0);
        if (count > 0) {
            counters.received.add(count);
            connection.countReceived(count, clock.now());
            data(connection, count);
        } else if (count == 0 || count == -Errno.EAGAIN) {
            connection.inputEnded = count == 0;
            settle(connection, null, Verdict.NONE);
        } else {
            closer.fail(connection, new SystemCallException("recv", -count));
        }
    }

    /**
     * The loop is over: the connection ends now, whatever it still has. What others have sent, as the {@code closed} of those
     * before it may do, gets one attempt.
     *
     * @param cause what made the loop fail, or null
     */
    void cutOff(LoopConnection connection, @Nullable IOException cause) {
        if (cause == null) {
            takeLastSends(connection);
            if (connection.phase == Phase.GONE) {
                return;
            }
        }
        if (connection.isLive() || connection.isDraining()) {
            if (connection.pending != null || connection.busy) {
                counters.cutOff.add(1);
            }
            closer.end(connection, cause);
            closer.shutOutput(connection, out);
        }
        closer.close(connection);
    }

    /** There was none for what this connection needed: its end, and room for the others. */
    void outOfMemory(LoopConnection connection, OutOfMemoryError cause) {
        out.end();
        out.clear();
        if (connection.phase != Phase.GONE) {
            closer.fail(connection, new IOException("No memory left for " + connection, cause));
        }
    }
}
