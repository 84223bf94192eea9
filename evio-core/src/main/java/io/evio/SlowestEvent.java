package io.evio;

import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventTimes;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
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
        return loops.stream()
                .map(loop -> loop.eventTimes.slowest())
                .filter(Objects::nonNull)
                .max(Comparator.comparingLong(EventTimes.Slow::nanos))
                .map(slow -> new SlowestEvent(slow.event(), slow.handler(), Duration.ofNanos(slow.nanos()), slow.at()))
                .orElse(null);
    }
}
