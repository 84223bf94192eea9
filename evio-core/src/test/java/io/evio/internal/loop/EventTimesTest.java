package io.evio.internal.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.internal.loop.EventTimes.Slow;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Durations by buckets, and the slowest event of the last one to two minutes, by a clock that the test moves. */
class EventTimesTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final EventTimes times = new EventTimes();
    private final long start = System.nanoTime();

    private void event(String name, long nanos, long endsAtSecond) {
        long end = start + endsAtSecond * SECOND;
        times.ended(name, "Handler", end - nanos, end, 1);
    }

    private String slowestAt(long second) {
        Slow slowest = times.slowest(start + second * SECOND);
        return slowest == null ? "none" : slowest.event();
    }

    @Test
    void aBoundBelongsToItsBucketAndTheNextNanosecondToTheNext() {
        long[] bounds = EventTimes.bounds();
        assertThat(bounds).isSorted().hasSize(12).startsWith(10_000).endsWith(5 * SECOND);
        long total = 0;
        for (int i = 0; i < bounds.length; i++) {
            event("data", bounds[i], 1);
            event("data", bounds[i] + 1, 1);
            total += 2 * bounds[i] + 1;
        }
        event("data", 0, 1);
        assertThat(IntStream.rangeClosed(0, bounds.length).mapToLong(times::count))
                .containsExactly(2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 1L);
        assertThat(times.totalNanos()).isEqualTo(total);
    }

    /** So many as there were are counted, none too many at any time, and each place in a pattern has its turn. */
    @Test
    void oneInSeventeenIsTimedAndCountsForThoseBeforeIt() {
        EventTimes.Sampler sampler = times.prewrites;
        Set<Integer> places = new HashSet<>();
        int events = 0;
        int counted = 0;
        for (int i = 0; i < 17 * 100; i++) {
            events++;
            int weight = sampler.next();
            if (weight > 0) {
                counted += weight;
                times.ended("prewrite", "Handler", start - 20_000, start, weight);
                places.add(i % 16);
                assertThat(counted).isEqualTo(events);
            }
        }
        assertThat(events - counted).isBetween(0, 16);
        assertThat(places).hasSize(16);
        assertThat(times.count(1)).isEqualTo(counted);
        assertThat(times.totalNanos()).isEqualTo(20_000L * counted);
    }

    @Test
    void onlySlowEventsAreToldApart() {
        event("fast", 99_999, 1);
        assertThat(slowestAt(1)).isEqualTo("none");
        event("slow", 100_000, 1);
        event("slower", 300_000, 2);
        event("not as slow", 200_000, 3);
        assertThat(slowestAt(3)).isEqualTo("slower");
        Slow slowest = times.slowest(start + 3 * SECOND);
        assertThat(slowest).isNotNull();
        assertThat(slowest.nanos()).isEqualTo(300_000);
        assertThat(slowest.handler()).isEqualTo("Handler");
    }

    @Test
    void theSlowestIsKnownForOneToTwoMinutes() {
        event("first", 900_000, 10);
        event("second", 500_000, 70);
        assertThat(slowestAt(119)).isEqualTo("first");
        assertThat(slowestAt(121)).isEqualTo("second");
        assertThat(slowestAt(179)).isEqualTo("second");
        assertThat(slowestAt(181)).isEqualTo("none");
        event("third", 200_000, 200);
        assertThat(slowestAt(200)).isEqualTo("third");
    }

    /** The minute turns for the reader also while no event does. */
    @Test
    void aQuietLoopForgetsItsSlowestEvent() {
        event("first", 900_000, 10);
        assertThat(slowestAt(119)).isEqualTo("first");
        assertThat(slowestAt(121)).isEqualTo("none");
        assertThat(slowestAt(100_000)).isEqualTo("none");
        event("second", 200_000, 100_000);
        assertThat(slowestAt(100_001)).isEqualTo("second");
    }
}
