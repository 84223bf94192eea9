package io.evio;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the probes by which the kernel notices that a silent peer has vanished ({@code SO_KEEPALIVE}, tcp(7)).
 * Immutable: each method returns a changed copy. Times that are not set are the system's.
 *
 * <pre>{@code
 * EvioServer.builder().keepAlive(KeepAlive.ON.idle(ofSeconds(60)).interval(ofSeconds(10)).count(3))
 * }</pre>
 *
 * <p>A peer that has vanished is noticed after the idle time and as many intervals as there are probes, 90 seconds
 * here. The connection's {@link EvioHandler#closed} gets the error then, with {@link CloseReason#PEER_LOST}.
 */
public final class KeepAlive {

    /** Does not probe. */
    public static final KeepAlive OFF = new KeepAlive(false, 0, 0, 0);

    /** Probes by the system's times: on Linux after 2 hours of silence, 9 times every 75 seconds. */
    public static final KeepAlive ON = new KeepAlive(true, 0, 0, 0);

    private static final int MOST_SECONDS = 32_767;
    private static final int MOST_PROBES = 127;

    private final boolean on;
    private final int idleSeconds;
    private final int intervalSeconds;
    private final int probes;

    private KeepAlive(boolean on, int idleSeconds, int intervalSeconds, int probes) {
        this.on = on;
        this.idleSeconds = idleSeconds;
        this.intervalSeconds = intervalSeconds;
        this.probes = probes;
    }

    /** Turns probing on or off; the times stay. */
    public KeepAlive enabled(boolean on) {
        return new KeepAlive(on, idleSeconds, intervalSeconds, probes);
    }

    /**
     * Sets the silence before the first probe ({@code TCP_KEEPIDLE}).
     *
     * @throws IllegalArgumentException unless it is from 1 to 32,767 whole seconds
     */
    public KeepAlive idle(Duration idle) {
        return new KeepAlive(on, seconds("idle", idle), intervalSeconds, probes);
    }

    /**
     * Sets the time between two probes ({@code TCP_KEEPINTVL}).
     *
     * @throws IllegalArgumentException unless it is from 1 to 32,767 whole seconds
     */
    public KeepAlive interval(Duration interval) {
        return new KeepAlive(on, idleSeconds, seconds("interval", interval), probes);
    }

    /**
     * Sets how many probes in a row stay unanswered before the peer counts as lost ({@code TCP_KEEPCNT}).
     *
     * @throws IllegalArgumentException unless it is from 1 to 127
     */
    public KeepAlive count(int probes) {
        if (probes < 1 || probes > MOST_PROBES) {
            throw new IllegalArgumentException(
                    "A keep-alive's count must be from 1 to " + MOST_PROBES + ", but was " + probes);
        }
        return new KeepAlive(on, idleSeconds, intervalSeconds, probes);
    }

    private static int seconds(String what, Duration time) {
        long seconds = time.toSeconds();
        if (seconds < 1 || seconds > MOST_SECONDS || time.toNanosPart() != 0) {
            throw new IllegalArgumentException("A keep-alive's " + what + " must be from 1 to " + MOST_SECONDS
                    + " whole seconds, but was " + time);
        }
        return (int) seconds;
    }

    /** Returns whether peers are probed. */
    public boolean isEnabled() {
        return on;
    }

    /** Returns the silence before the first probe; null for the system's. */
    public @Nullable Duration idle() {
        return duration(idleSeconds);
    }

    /** Returns the time between two probes; null for the system's. */
    public @Nullable Duration interval() {
        return duration(intervalSeconds);
    }

    /** Returns how many probes in a row stay unanswered before the peer counts as lost; null for the system's. */
    public @Nullable Integer count() {
        return probes == 0 ? null : (Integer) probes;
    }

    private static @Nullable Duration duration(int seconds) {
        return seconds == 0 ? null : Duration.ofSeconds(seconds);
    }

    int idleSeconds() {
        return idleSeconds;
    }

    int intervalSeconds() {
        return intervalSeconds;
    }

    int probes() {
        return probes;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeepAlive that
                && on == that.on
                && idleSeconds == that.idleSeconds
                && intervalSeconds == that.intervalSeconds
                && probes == that.probes;
    }

    @Override
    public int hashCode() {
        return Objects.hash(on, idleSeconds, intervalSeconds, probes);
    }

    @Override
    public String toString() {
        return "KeepAlive[enabled=" + on + ", idle=" + idle() + ", interval=" + interval() + ", count=" + count() + "]";
    }
}
