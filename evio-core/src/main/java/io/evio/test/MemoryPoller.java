package io.evio.test;

import io.evio.internal.poll.Poller;
import io.evio.internal.sys.Sockets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Waits for sockets that are memory, by a clock that stands still until it is moved. The test's thread changes things
 * only while the loop's thread waits, and then has the loop run until it waits again with nothing to do.
 *
 * <p>Everything is guarded by this object, which the sockets share.
 */
final class MemoryPoller implements Poller {

    private static final long NEVER = Long.MAX_VALUE;

    /** The longest real time an event may take before the test fails; nothing else goes by real time. */
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(10);

    private record Watch(int handle, long token, int interest) {}

    private final MemorySockets sockets = new MemorySockets(this::remove);
    private final Map<Integer, Watch> watched = new HashMap<>();
    private Watch[] events = {};
    private int[] ready = {};
    private boolean woken;
    private boolean waiting;
    private boolean closed;

    /** By the clock; {@link #NEVER} without an end. */
    private long waitsUntil;

    private long now;

    MemorySockets memorySockets() {
        return sockets;
    }

    /** Changes something while the loop waits, and returns when it waits again. */
    synchronized void act(Runnable change) {
        settle();
        change.run();
        settle();
    }

    /** Moves the clock, from one deadline of the loop to the next. */
    synchronized void advance(Duration duration) {
        long target = now + duration.toNanos();
        settle();
        while (waitsUntil <= target && !closed) {
            now = Math.max(now, waitsUntil);
            settle();
        }
        now = target;
        settle();
    }

    /** Returns when the loop has nothing to do at this time, or has ended. */
    private void settle() {
        notifyAll();
        long began = System.nanoTime();
        while (!closed && !(waiting && isIdle())) {
            long left = PATIENCE - (System.nanoTime() - began);
            if (left <= 0) {
                throw new AssertionError("An event of the handler takes longer than " + PATIENCE / 1_000_000 + " ms");
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("Interrupted while an event of the handler runs", e);
            }
        }
    }

    private boolean isIdle() {
        return !woken && now < waitsUntil && watched.values().stream().allMatch(watch -> readiness(watch) == 0);
    }

    private int readiness(Watch watch) {
        return sockets.readiness(watch.handle()) & watch.interest();
    }

    @Override
    public synchronized int await(int timeoutMillis) {
        waitsUntil = timeoutMillis < 0 ? NEVER : now + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        waiting = true;
        notifyAll();
        while (isIdle() && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                // As a signal ends the wait of a real one.
                Thread.currentThread().interrupt();
                break;
            }
        }
        waiting = false;
        collect();
        return events.length;
    }

    private void collect() {
        events =
                watched.values().stream().filter(watch -> readiness(watch) != 0).toArray(Watch[]::new);
        ready = new int[events.length + 1];
        for (int i = 0; i < events.length; i++) {
            ready[i] = readiness(events[i]);
        }
        if (woken) {
            events = Arrays.copyOf(events, events.length + 1);
            events[events.length - 1] = new Watch(-1, WAKEUP, READ);
            ready[events.length - 1] = READ;
        }
    }

    @Override
    public long token(int index) {
        return events[index].token();
    }

    @Override
    public int ready(int index) {
        return ready[index];
    }

    @Override
    public synchronized void add(int handle, long token, int interest) {
        watched.put(handle, new Watch(handle, token, interest));
    }

    @Override
    public synchronized void modify(int handle, long token, int interest) {
        add(handle, token, interest);
    }

    @Override
    public synchronized void remove(int handle) {
        watched.remove(handle);
    }

    @Override
    public synchronized void wakeup() {
        woken = true;
        notifyAll();
    }

    @Override
    public synchronized void woken() {
        woken = false;
    }

    @Override
    public synchronized long nanoTime() {
        return now;
    }

    @Override
    public String name() {
        return "nio";
    }

    @Override
    public Sockets sockets() {
        return sockets;
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
