package io.evio;

import java.time.Duration;

/** Durations as the loop counts them. */
final class Nanos {

    /** What can be waited for without a sum of two overflowing: seven decades. */
    private static final long MOST = Long.MAX_VALUE / 4;

    private Nanos() {}

    /** The duration in nanoseconds, or as many as can be waited for. */
    static long of(Duration duration) {
        try {
            return Math.min(duration.toNanos(), MOST);
        } catch (ArithmeticException e) {
            return MOST;
        }
    }
}
