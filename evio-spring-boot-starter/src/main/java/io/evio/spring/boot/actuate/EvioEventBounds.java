package io.evio.spring.boot.actuate;

import io.evio.EventDurations;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;

/** The bounds of the durations of events in seconds, as the label {@code le} of a histogram of Prometheus has them. */
final class EvioEventBounds {

    private static final String NO_BOUND = "+Inf";

    private EvioEventBounds() {}

    /** Returns them by the indices of {@link EventDurations#count(int)}. */
    static List<String> of(EventDurations durations) {
        return Stream.concat(
                        durations.bounds().stream()
                                .map(bound -> BigDecimal.valueOf(bound.toNanos(), 9)
                                        .stripTrailingZeros()
                                        .toPlainString()),
                        Stream.of(NO_BOUND))
                .toList();
    }
}
