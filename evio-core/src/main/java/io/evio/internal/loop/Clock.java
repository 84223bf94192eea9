package io.evio.internal.loop;

import java.util.function.LongSupplier;

/**
 * The loop's time: nanoseconds since it began, by the monotonic clock, read once or twice a turn and not once a
 * connection.
 */
public final class Clock {

    private final LongSupplier nanos;
    private final long origin;
    private long now;

    /** @param nanos the monotonic clock, as {@link System#nanoTime} has it */
    public Clock(LongSupplier nanos) {
        this.nanos = nanos;
        this.origin = nanos.getAsLong();
    }

    /** Reads the clock. */
    public long update() {
        now = nanos.getAsLong() - origin;
        return now;
    }

    /** The time of the last {@link #update}. */
    public long now() {
        return now;
    }

    /** Reads the clock without keeping what it says: what is delayed from now on is delayed from then on. */
    public long read() {
        return nanos.getAsLong() - origin;
    }

    /** The time of the last {@link #update} as {@link System#nanoTime} gave it. */
    public long nanoTime() {
        return origin + now;
    }
}
