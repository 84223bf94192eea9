package io.evio.internal.loop;

/**
 * The loop's time: nanoseconds since it began, by the monotonic clock, read once or twice a turn and not once a
 * connection.
 */
public final class Clock {

    private final long origin = System.nanoTime();
    private long now;

    /** Reads the clock. */
    public long update() {
        now = System.nanoTime() - origin;
        return now;
    }

    /** The time of the last {@link #update}. */
    public long now() {
        return now;
    }

    /** Reads the clock without keeping what it says: what is delayed from now on is delayed from then on. */
    public long read() {
        return System.nanoTime() - origin;
    }

    /** The time of the last {@link #update} as {@link System#nanoTime} gave it. */
    public long nanoTime() {
        return origin + now;
    }
}
