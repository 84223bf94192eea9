package io.evio.loop;

import io.evio.poll.Poller;
import io.evio.sys.Block;
import io.evio.sys.Errno;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Sends output: at once after the event that wrote it, and the rest, if the kernel does not take all, when it is writable again. The
 * order of bytes is the order in which they were written, whoever wrote them.
 */
final class Writer {

    private final Sockets sockets;
    private final OutputBuffer out;
    private final Handlers handlers;
    private final Counters counters;
    private final Clock clock;
    private final int maxPending;

    Writer(Sockets sockets, OutputBuffer out, Handlers handlers, Counters counters, Clock clock, int maxPending) {
        this.sockets = sockets;
        this.out = out;
        this.handlers = handlers;
        this.counters = counters;
        this.clock = clock;
        this.maxPending = maxPending;
    }

    /**
     * Sends what the output buffer holds for the connection.
     *
     * @return why the connection has failed, or null
     */
    @Nullable
    IOException flush(LoopConnection connection) {
        int length = out.length();
        PendingOutput pending = connection.pending;
        if (pending == null) {
            return length == 0 ? null : writeAtOnce(connection, length);
        }
        if ((long) pending.size() + length > maxPending) {
            IOException overflow = out.overflow(connection, (long) pending.size() + length);
            out.clear();
            return overflow;
        }
        out.spill(connection);
        // While the poller watches for room there is none: it will say when to go on.
        return (connection.interest & Poller.WRITE) != 0 ? null : writePending(connection);
    }

    private @Nullable IOException writeAtOnce(LoopConnection connection, int length) {
        handlers.prewrite(connection, length);
        if (handlers.failure() != null) {
            out.clear();
            return handlers.failure();
        }
        Block source = out.source();
        int offset = out.sourceOffset();
        int taken = sockets.write(connection.handle, source, offset, length);
        IOException failure = taken < 0 && taken != -Errno.EAGAIN ? new SystemCallException("send", -taken) : null;
        taken = sent(connection, taken);
        if (taken < length) {
            if (failure == null && length - taken > maxPending) {
                failure = out.overflow(connection, length - taken);
            }
            try {
                out.pending(connection).append(source.buffer(), offset + taken, length - taken);
            } catch (OutOfMemoryError e) {
                failure = failure != null ? failure : new IOException("No memory left for " + connection, e);
            }
        }
        out.clear();
        handlers.postwrite(connection, taken, length - taken);
        return failure != null ? failure : handlers.failure();
    }

    /**
     * Offers one gathered piece of what is pending: a connection's share of a turn.
     *
     * @return why the connection has failed, or null
     */
    @Nullable
    IOException writePending(LoopConnection connection) {
        PendingOutput pending = connection.pending;
        if (pending == null) {
            return null;
        }
        int amount = pending.gather(sockets);
        handlers.prewrite(connection, amount);
        if (handlers.failure() != null) {
            return handlers.failure();
        }
        int taken = sockets.writeGathered(connection.handle, pending.gathered());
        IOException failure = taken < 0 && taken != -Errno.EAGAIN ? new SystemCallException("writev", -taken) : null;
        taken = sent(connection, taken);
        pending.taken(taken);
        int remaining = pending.size();
        if (remaining == 0) {
            connection.pending = null;
        }
        handlers.postwrite(connection, taken, remaining);
        return failure != null ? failure : handlers.failure();
    }

    private int sent(LoopConnection connection, int taken) {
        if (taken <= 0) {
            return 0;
        }
        counters.sent.add(taken);
        connection.countSent(taken, clock.now());
        return taken;
    }
}
