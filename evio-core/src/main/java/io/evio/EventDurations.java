package io.evio;

import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventTimes;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The durations of the events of a server, or of one of its loops: their number up to each of some fixed bounds, as a
 * histogram of Prometheus has it. An event here is each call of the application's code that a loop makes: the eight of
 * {@link EvioHandler}, work of {@link Connection#execute}, what {@link OffLoop} calls on the loop, and
 * {@code whenSent}.
 *
 * <p>Of {@link EvioHandler#prewrite} and {@link EvioHandler#postwrite}, which fire around each send, one in 17 is
 * timed, and counts for those before it. The default ones, which do nothing, are no events here.
 */
public final class EventDurations {

    private static final List<Duration> BOUNDS =
            Arrays.stream(EventTimes.bounds()).mapToObj(Duration::ofNanos).toList();

    /** Up to each bound, and all at the end. */
    private final long[] counts;

    private final Duration total;

    private EventDurations(long[] counts, Duration total) {
        this.counts = counts;
        this.total = total;
    }

    /** Reads those of all these loops together. */
    static EventDurations of(List<Counters> loops) {
        long total = EvioStats.sum(loops, loop -> loop.eventTimes.totalNanos());
        long[] counts = new long[BOUNDS.size() + 1];
        long sum = 0;
        for (int i = 0; i < counts.length; i++) {
            int bucket = i;
            sum += EvioStats.sum(loops, loop -> loop.eventTimes.count(bucket));
            counts[i] = sum;
        }
        return new EventDurations(counts, Duration.ofNanos(total));
    }

    /** Returns the durations up to which events are counted, the shortest first: from 10 µs to 5 s. */
    public List<Duration> bounds() {
        return BOUNDS;
    }

    /**
     * Returns the number of events that took no longer than a bound, those of the shorter bounds included.
     *
     * @param bound its index in {@link #bounds}; their number stands for no bound, and gives {@link #count()}
     */
    public long count(int bound) {
        return counts[Objects.checkIndex(bound, counts.length)];
    }

    /** Returns the number of all events. */
    public long count() {
        return counts[counts.length - 1];
    }

    /** Returns how long all events took together. */
    public Duration total() {
        return total;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EventDurations durations
                && Arrays.equals(counts, durations.counts)
                && total.equals(durations.total);
    }

    @Override
    public int hashCode() {
        return Objects.hash(Arrays.hashCode(counts), total);
    }

    @Override
    public String toString() {
        return "EventDurations[count=" + count() + ", total=" + total + ", counts=" + Arrays.toString(counts)
                + ", bounds=" + BOUNDS + "]";
    }
}
