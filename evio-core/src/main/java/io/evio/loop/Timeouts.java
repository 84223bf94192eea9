package io.evio.loop;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Ends connections that make no progress: silent ones, ones that do not take their last output, ones that do not end their own side.
 *
 * <p>Every connection notes when it last moved a byte, which costs a store; all of them are looked at now and then, which costs a
 * pass over an array. A timeout may be late by an eighth.
 *
 * <p>How often follows from who is there: while connections only may fall silent, an eighth of the idle timeout, so that a server
 * whose clients are silent sleeps.
 */
final class Timeouts {

    /** How long a peer may take to end its side after ours has ended, before the socket is closed under it. */
    private static final long LINGER = TimeUnit.SECONDS.toNanos(2);

    private static final long NEVER = Long.MAX_VALUE;
    private static final long SHORTEST_PERIOD = TimeUnit.MILLISECONDS.toNanos(5);

    private final long idle;
    private final long drain;

    /** Between two looks while connections are on their way out, and while none is. */
    private final long endingPeriod;

    private final long idlePeriod;
    private long next = NEVER;

    /** @param idle in nanoseconds; 0 for none */
    Timeouts(long idle, long drain) {
        this.idle = idle;
        this.drain = drain;
        this.endingPeriod = Math.max(Math.min(LINGER, drain) / 8, SHORTEST_PERIOD);
        this.idlePeriod = Math.max(idle / 8, SHORTEST_PERIOD);
    }

    /** When the next look is due; {@link Long#MAX_VALUE} when nothing can time out. Asked before every wait. */
    long next(long now, ConnectionTable connections, Closer closer) {
        if (closer.waiting() > 0) {
            next = Math.min(next, now + endingPeriod);
        }
        if (idle > 0 && connections.size() > 0) {
            next = Math.min(next, now + idlePeriod);
        }
        return next;
    }

    void expire(long now, ConnectionTable connections, Consumer<LoopConnection> expired) {
        if (now < next) {
            return;
        }
        next = NEVER;
        connections.forEach(connection -> {
            if (now - connection.lastActive > limit(connection)) {
                expired.accept(connection);
            }
        });
    }

    private long limit(LoopConnection connection) {
        if (connection.busy && connection.pending == null) {
            // The peer waits for us.
            return NEVER;
        }
        return switch (connection.phase) {
            case OPEN -> idle > 0 ? idle : NEVER;
            case HALF_CLOSED, CLOSING, DETACHING -> drain;
            case LINGERING -> LINGER;
            case GONE -> NEVER;
        };
    }

    IOException idle(LoopConnection connection) {
        return new LimitException(Limit.IDLE_TIMEOUT, connection + " was silent for longer than", millis(idle), "");
    }

    IOException undrained(LoopConnection connection) {
        int unsent = connection.pendingOutput();
        String why = unsent > 0
                ? "its peer took nothing of " + unsent + " pending bytes"
                : "its handler has asked for more events";
        return new LimitException(
                Limit.DRAIN_TIMEOUT, connection + " was to end, but " + why + " for longer than", millis(drain), "");
    }

    private static String millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos) + " ms";
    }
}
