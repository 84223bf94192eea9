package io.evio;

import java.time.Duration;

/** Durations as the loop counts them. */
final class Nanos {

    /** The longest wait of which two can be added without an overflow: seven decades. */
    private static final long MOST = Long.MAX_VALUE / 4;

    private Nanos() {}

    /**
     * Returns the duration if a loop can wait so short a time.
     *
     * @param what it is of, as the refusal names it
     */
    static Duration atLeastAMilli(String what, Duration duration) {
        if (duration.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException(what + " must be at least 1 ms, but was " + duration);
        }
        return duration;
    }

    /** The duration in nanoseconds, or as many as can be waited for. */
    static long of(Duration duration) {
        try {
            return Math.min(duration.toNanos(), MOST);
        } catch (ArithmeticException e) {
            return MOST;
        }
    }
}
