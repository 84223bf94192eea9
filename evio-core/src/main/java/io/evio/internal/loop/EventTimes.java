package io.evio.internal.loop;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The durations of a loop's events: how many there were in each of some fixed buckets, their sum, and the slowest of
 * late. The loop's thread alone counts; any thread reads.
 */
public final class EventTimes {

    /** The least that the slowest event took: a loop whose events are shorter takes no lock. */
    private static final long SLOW_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    private static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** The largest duration of each bucket, in nanoseconds. One more bucket is for what takes longer. */
    private static final long[] BOUNDS = {
        TimeUnit.MICROSECONDS.toNanos(10),
        TimeUnit.MICROSECONDS.toNanos(50),
        TimeUnit.MICROSECONDS.toNanos(100),
        TimeUnit.MICROSECONDS.toNanos(500),
        TimeUnit.MILLISECONDS.toNanos(1),
        TimeUnit.MILLISECONDS.toNanos(5),
        TimeUnit.MILLISECONDS.toNanos(10),
        TimeUnit.MILLISECONDS.toNanos(50),
        TimeUnit.MILLISECONDS.toNanos(100),
        TimeUnit.MILLISECONDS.toNanos(500),
        TimeUnit.SECONDS.toNanos(1),
        TimeUnit.SECONDS.toNanos(5)
    };

    /**
     * Says which of many events are timed: the first, and then one in 17, which counts for those before it too. That is
     * a prime, so that no pattern in which they come escapes it.
     */
    public static final class Sampler {

        private static final int PERIOD = 17;

        private int due = 1;
        private int seen;

        /** Returns how many events the next one counts for; 0 when it is not timed. By the loop's thread only. */
        public int next() {
            if (++seen < due) {
                return 0;
            }
            int weight = seen;
            seen = 0;
            due = PERIOD;
            return weight;
        }
    }

    /**
     * An event that took long.
     *
     * @param event its name, such as {@code data}
     * @param handler the name of its handler's class
     */
    public record Slow(String event, String handler, long nanos, Instant at) {}

    /** The slowest event of a minute; used again for a later one, so that a busy machine makes no garbage either. */
    private static final class Slowest {

        private String event = "";
        private String handler = "";
        private long nanos;
        private long atMillis;

        void set(String event, String handler, long nanos, long atMillis) {
            this.event = event;
            this.handler = handler;
            this.nanos = nanos;
            this.atMillis = atMillis;
        }

        void set(Slowest other) {
            set(other.event, other.handler, other.nanos, other.atMillis);
        }

        void clear() {
            set("", "", 0, 0);
        }
    }

    /** Of the events around each send, of which there may be two for every request. */
    public final Sampler prewrites = new Sampler();

    public final Sampler postwrites = new Sampler();

    private final Counter[] counts = new Counter[BOUNDS.length + 1];
    private final Counter total = new Counter();

    /** Of the minute that began at {@link #began}, and of the one before. Guarded by this object, as that is. */
    private final Slowest now = new Slowest();

    private final Slowest before = new Slowest();
    private long began = System.nanoTime();

    public EventTimes() {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new Counter();
        }
    }

    /** Returns the largest duration of each bucket but the last, which has none, in nanoseconds. */
    public static long[] bounds() {
        return BOUNDS.clone();
    }

    /**
     * Counts an event that is over. By the loop's thread only.
     *
     * @param began when it began, by {@link System#nanoTime}
     */
    public void ended(String event, String handler, long began) {
        ended(event, handler, began, 1);
    }

    /**
     * Counts an event that stands for several. By the loop's thread only.
     *
     * @param weight how many, see {@link Sampler}
     */
    public void ended(String event, String handler, long began, int weight) {
        ended(event, handler, began, System.nanoTime(), weight);
    }

    void ended(String event, String handler, long began, long now, int weight) {
        long nanos = now - began;
        int bucket = 0;
        while (bucket < BOUNDS.length && nanos > BOUNDS[bucket]) {
            bucket++;
        }
        counts[bucket].add(weight);
        total.add(nanos * weight);
        if (nanos >= SLOW_NANOS) {
            note(event, handler, nanos, now);
        }
    }

    /** Takes a lock, which is free unless somebody reads just now. A slow event has time for that. */
    private synchronized void note(String event, String handler, long nanos, long ended) {
        turn(ended);
        if (nanos > now.nanos) {
            now.set(event, handler, nanos, System.currentTimeMillis());
        }
    }

    private void turn(long time) {
        long age = time - began;
        if (age >= WINDOW_NANOS) {
            if (age < 2 * WINDOW_NANOS) {
                before.set(now);
            } else {
                before.clear();
            }
            now.clear();
            began = time - age % WINDOW_NANOS;
        }
    }

    /** Returns how many events a bucket has. From any thread. */
    public long count(int bucket) {
        return counts[bucket].get();
    }

    /** Returns how long all events took together, in nanoseconds. From any thread. */
    public long totalNanos() {
        return total.get();
    }

    /** Returns the slowest event of the last one to two minutes; null without a slow one. From any thread. */
    public @Nullable Slow slowest() {
        return slowest(System.nanoTime());
    }

    synchronized @Nullable Slow slowest(long time) {
        turn(time);
        Slowest slowest = before.nanos > now.nanos ? before : now;
        return slowest.nanos == 0
                ? null
                : new Slow(slowest.event, slowest.handler, slowest.nanos, Instant.ofEpochMilli(slowest.atMillis));
    }
}
