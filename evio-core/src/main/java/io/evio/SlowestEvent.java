package io.evio;

import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventTimes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slowest event of the last one to two minutes: the first place to look for what makes other connections wait. Of
 * {@code prewrite} and {@code postwrite} only those are known that are timed, see {@link EventDurations}.
 *
 * @param event its name: one of {@link EvioHandler}, or {@code execute}, {@code work off the loop}, {@code whenSent}
 * @param handler the name of the handler's class, without what a proxy adds to it
 * @param duration how long it took, at least 100 µs
 * @param at when it was over
 */
public record SlowestEvent(String event, String handler, Duration duration, Instant at) {

    /** Reads the slowest of all these loops; null without one. */
    static @Nullable SlowestEvent of(List<Counters> loops) {
        EventTimes.Slow slowest = null;
        for (Counters loop : loops) {
            EventTimes.Slow slow = loop.eventTimes.slowest();
            if (slow != null && (slowest == null || slow.nanos() > slowest.nanos())) {
                slowest = slow;
            }
        }
        return slowest == null
                ? null
                : new SlowestEvent(slowest.event(), slowest.handler(), Duration.ofNanos(slowest.nanos()), slowest.at());
    }
}
