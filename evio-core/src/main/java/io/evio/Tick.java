package io.evio;

import java.time.Duration;
import java.util.Objects;

/**
 * The result of {@link EvioHandler#tick}: when the next tick is due, and what to do now.
 *
 * @param delay how long after this tick the next one is due, at least one millisecond; see {@link #NEVER}
 * @param action {@link Action#SHUTDOWN} ends the server; the others do nothing here
 */
public record Tick(Duration delay, Action action) {

    /** The shortest delay, one millisecond, which is what the pollers can wait for. Shorter delays become this one. */
    public static final Duration MIN_DELAY = Duration.ofMillis(1);

    /** No further tick. */
    public static final Tick NEVER = new Tick(Duration.ofSeconds(Long.MAX_VALUE), Action.NONE);

    /** @throws IllegalArgumentException when the delay is negative */
    public Tick {
        Objects.requireNonNull(delay, "delay");
        Objects.requireNonNull(action, "action");
        if (delay.isNegative()) {
            throw new IllegalArgumentException("A tick's delay must not be negative, but was " + delay);
        }
        if (delay.compareTo(MIN_DELAY) < 0) {
            delay = MIN_DELAY;
        }
    }

    /** Returns a tick that is due again after the delay and does nothing else now. */
    public static Tick after(Duration delay) {
        return new Tick(delay, Action.NONE);
    }
}
