package io.evio.spring.boot.upstream;

import io.evio.Connection;
import io.evio.Target;
import io.evio.TargetChooser;
import io.evio.spring.boot.EvioNoTargetException;
import io.evio.spring.boot.EvioTarget;
import io.evio.spring.boot.server.EvioProperties.Balance;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection of an upstream: chooses its targets, one after the other, and counts how that goes. On the thread of
 * the connection's loop.
 */
final class EvioUpstreamDial implements TargetChooser {

    private final String upstream;
    private final Balance balance;
    private final @Nullable BiConsumer<Connection, EvioTarget> reached;

    /** Those that are left to try, in turn. */
    private final List<EvioUpstreamTarget> left;

    private final StringBuilder failures = new StringBuilder();

    /** The one that has room for this connection; null when none has. */
    private @Nullable EvioUpstreamTarget current;

    private long began;

    /** The target it goes to first, whatever the balance says; null once that was tried. */
    private @Nullable EvioUpstreamTarget first;

    /**
     * @param inTurn all targets, the one first whose turn it is
     * @param first the one to try first; null for the one that the balance says
     * @param reached told which target was reached
     */
    EvioUpstreamDial(
            String upstream,
            Balance balance,
            List<EvioUpstreamTarget> inTurn,
            @Nullable EvioUpstreamTarget first,
            @Nullable BiConsumer<Connection, EvioTarget> reached) {
        this.upstream = upstream;
        this.balance = balance;
        this.left = new ArrayList<>(inTurn);
        this.first = first;
        this.reached = reached;
    }

    @Override
    public Target next(@Nullable IOException failure) throws IOException {
        EvioUpstreamTarget last = current;
        if (last != null && failure != null) {
            current = null;
            String reason = EvioUpstreamTarget.reason(failure);
            last.failed(reason);
            note(last, reason);
        }
        for (EvioUpstreamTarget best = best(); best != null; best = best()) {
            left.remove(best);
            if (!best.isUp()) {
                note(best, "is down: " + best.lastError());
            } else if (best.acquire()) {
                current = best;
                began = System.nanoTime();
                return best.target();
            } else {
                note(best, "has as many connections as max-connections");
            }
        }
        String message = "No target of the upstream '" + upstream + "' can be reached: " + failures;
        throw failure == null ? new EvioNoTargetException(message) : new IOException(message, failure);
    }

    private void note(EvioUpstreamTarget target, String reason) {
        failures.append(failures.isEmpty() ? "" : "; ")
                .append(target.text())
                .append(reason.startsWith("is ") || reason.startsWith("has ") ? " " : ": ")
                .append(reason);
    }

    private @Nullable EvioUpstreamTarget best() {
        EvioUpstreamTarget best = first;
        if (best != null) {
            first = null;
            return best;
        }
        for (EvioUpstreamTarget candidate : left) {
            if (best == null || isBetter(candidate, best)) {
                best = candidate;
            }
        }
        return best;
    }

    private boolean isBetter(EvioUpstreamTarget one, EvioUpstreamTarget other) {
        return isBetter(balance, one, other);
    }

    /** Returns whether one is better although it comes behind the other in turn. */
    static boolean isBetter(Balance balance, EvioUpstreamTarget one, EvioUpstreamTarget other) {
        if (one.isAvoided() != other.isAvoided()) {
            return other.isAvoided();
        }
        return balance == Balance.LEAST_CONNECTIONS && one.load() < other.load();
    }

    @Override
    public void opened(Connection connection) {
        EvioUpstreamTarget target = current;
        if (target != null) {
            target.connected(System.nanoTime() - began);
            if (reached != null) {
                reached.accept(connection, target);
            }
        }
    }

    @Override
    public void ended(Connection connection) {
        EvioUpstreamTarget ended = current;
        if (ended != null) {
            current = null;
            ended.release();
        }
    }
}
