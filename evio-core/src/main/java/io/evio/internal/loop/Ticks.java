package io.evio.internal.loop;

import java.util.concurrent.TimeUnit;

/** The schedule of the {@code tick} events: each one says when the next is due. */
final class Ticks {

    private final LoopEvents events;
    private long delay = TimeUnit.SECONDS.toNanos(1);
    private long next;

    /** The first one is due now. */
    Ticks(LoopEvents events, long now) {
        this.events = events;
        this.next = now;
    }

    /** No more of them. */
    void end() {
        next = Source.NEVER;
    }

    /** Returns when the next one is due; {@link Source#NEVER} when none is. */
    long next() {
        return next;
    }

    /** Fires one that is due. */
    void fire(long now) {
        if (now < next) {
            return;
        }
        delay = events.tick(delay);
        if (delay == Source.NEVER) {
            next = Source.NEVER;
        } else {
            // By the schedule, so that lateness does not add up; a tick that was missed altogether is not made up for.
            long scheduled = next + delay;
            next = scheduled > now ? scheduled : now + delay;
        }
    }
}
