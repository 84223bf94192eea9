package io.evio.loop;

import io.evio.sys.Sockets;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Calls the events and catches what they throw: a throw costs its connection, never the loop. Also remembers that one of
 * them wants the server to end.
 */
final class Handlers {

    private final LoopEvents events;
    private final Counters counters;
    private final FailureLog log;
    private final Clock clock;
    private @Nullable IOException failure;
    private boolean shutdown;

    Handlers(LoopEvents events, Counters counters, FailureLog log, Clock clock) {
        this.events = events;
        this.counters = counters;
        this.log = log;
        this.clock = clock;
    }

    /** Why the last event failed its connection, or null. */
    @Nullable
    IOException failure() {
        return failure;
    }

    boolean shutdownWanted() {
        return shutdown;
    }

    /** Not caught: a throw fails the start. */
    void serving() {
        note(events.serving());
    }

    /** The delay until the next tick, in nanoseconds; {@code lastDelay} when this one threw. */
    long tick(long lastDelay) {
        counters.ticks.add(1);
        try {
            LoopEvents.NextTick next = events.tick();
            note(next.verdict());
            return next.delayNanos();
        } catch (Throwable t) {
            threw("tick", null, t);
            return lastDelay;
        }
    }

    Verdict opened(LoopConnection connection, OutputBuffer out) {
        failure = null;
        try {
            return note(events.opened(connection, out));
        } catch (Throwable t) {
            return threw("opened", connection, t);
        }
    }

    Verdict data(LoopConnection connection, ByteBuffer in, OutputBuffer out) {
        failure = null;
        try {
            return note(events.data(connection, in, out));
        } catch (Throwable t) {
            return threw("data", connection, t);
        }
    }

    /** @param completion what its work off the loop has left to do here */
    Verdict completed(LoopConnection connection, @Nullable Completion completion, OutputBuffer out) {
        failure = null;
        if (completion == null) {
            return Verdict.NONE;
        }
        try {
            return note(completion.complete(out));
        } catch (Throwable t) {
            return threw("work off the loop", connection, t);
        }
    }

    void prewrite(LoopConnection connection, int amount) {
        counters.prewriteAttempts.add(1);
        counters.prewriteBytes.add(amount);
        failure = null;
        try {
            note(events.prewrite(connection, amount));
        } catch (Throwable t) {
            threw("prewrite", connection, t);
        }
    }

    void postwrite(LoopConnection connection, int amount, int remaining) {
        counters.postwriteAttempts.add(1);
        counters.postwriteBytes.add(amount);
        if (remaining > 0) {
            counters.postwritePartial.add(1);
        }
        failure = null;
        try {
            note(events.postwrite(connection, amount, remaining));
        } catch (Throwable t) {
            threw("postwrite", connection, t);
        }
    }

    void detached(LoopConnection connection, Sockets sockets, int handle, byte[] unread) {
        counters.detached.add(1);
        try {
            note(events.detached(connection, sockets, handle, unread));
        } catch (Throwable t) {
            threw("detached", connection, t);
        }
    }

    void closed(LoopConnection connection, @Nullable IOException error) {
        counters.closed.add(1);
        try {
            note(events.closed(connection, error));
        } catch (Throwable t) {
            threw("closed", connection, t);
        }
    }

    private Verdict note(Verdict verdict) {
        if (verdict == Verdict.SHUTDOWN) {
            shutdown = true;
        }
        return verdict;
    }

    private Verdict threw(String event, @Nullable LoopConnection connection, Throwable thrown) {
        if (thrown instanceof OutputBuffer.Overflow overflow) {
            failure = overflow.getCause();
            return Verdict.NONE;
        }
        counters.handlerErrors.add(1);
        log.handlerThrew(event, connection, thrown, clock.now());
        failure = new IOException("The handler threw in " + event + ": " + Printable.description(thrown), thrown);
        return Verdict.NONE;
    }
}
