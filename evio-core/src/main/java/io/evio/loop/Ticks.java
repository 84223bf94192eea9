package io.evio.loop;

import java.util.concurrent.TimeUnit;

/** When the next {@code tick} is due, and what the last one said about it. */
final class Ticks {

    private static final long NEVER = Long.MAX_VALUE;

    private final Handlers handlers;
    private long delay = TimeUnit.SECONDS.toNanos(1);
    private long next = NEVER;

    Ticks(Handlers handlers) {
        this.handlers = handlers;
    }

    /** The first one is due. */
    void begin(long now) {
        next = now;
    }

    /** No more of them. */
    void end() {
        next = NEVER;
    }

    /** When the next one is due; {@link Long#MAX_VALUE} for never. */
    long next() {
        return next;
    }

    /** Fires one that is due. */
    void fire(long now) {
        if (now < next || handlers.shutdownWanted()) {
            return;
        }
        delay = handlers.tick(delay);
        if (delay == NEVER) {
            next = NEVER;
        } else {
            // By the schedule, so that lateness does not add up; a tick that was missed altogether is not made up for.
            long scheduled = next + delay;
            next = scheduled > now ? scheduled : now + delay;
        }
    }
}
