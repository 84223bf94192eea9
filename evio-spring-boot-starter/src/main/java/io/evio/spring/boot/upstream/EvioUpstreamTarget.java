package io.evio.spring.boot.upstream;

import io.evio.Target;
import io.evio.spring.boot.EvioTarget;
import io.evio.spring.boot.server.EvioUpstreamSettings.Place;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** One target of an upstream: its connections, and whether it is up. Safe from any thread. */
public final class EvioUpstreamTarget implements EvioTarget {

    /** The state of a target. */
    public enum State {
        /** It is not checked. */
        UNCHECKED,
        /** Its first check is not over. */
        UNKNOWN,
        UP,
        DOWN
    }

    /** The time for which a target that could not be reached is tried after the others. */
    private static final long AVOIDED = TimeUnit.SECONDS.toNanos(2);

    private final Place place;
    private final int most;
    private final boolean namesClient;
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicInteger idle = new AtomicInteger();
    private final LongAdder opened = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder connectNanos = new LongAdder();
    private volatile State state;
    private volatile @Nullable String lastError;

    /** Until when it is avoided, by {@link System#nanoTime}; of no meaning unless {@link #avoided}. */
    private volatile long avoidedUntil;

    private volatile boolean avoided;

    /**
     * @param most connections at a time
     * @param namesClient whether connections begin with a PROXY header
     */
    EvioUpstreamTarget(Place place, int most, boolean checked, boolean namesClient) {
        this.place = place;
        this.most = most;
        this.namesClient = namesClient;
        this.state = checked ? State.UNKNOWN : State.UNCHECKED;
    }

    /** Returns why it could not be reached, in fewer words than the failure, which names both ends. */
    static String reason(IOException failure) {
        Throwable cause = failure.getCause();
        return String.valueOf(cause == null || cause.getMessage() == null ? failure.getMessage() : cause.getMessage());
    }

    @Override
    public String text() {
        return place.text();
    }

    Target target() {
        return place.target();
    }

    @Override
    public boolean isUp() {
        return state != State.DOWN;
    }

    @Override
    public boolean namesClient() {
        return namesClient;
    }

    @Override
    public void idle(boolean idle) {
        this.idle.addAndGet(idle ? 1 : -1);
    }

    public State state() {
        return state;
    }

    void setState(State state) {
        this.state = state;
    }

    /** Returns why it could last not be reached, or not be checked; null when it was reached since. */
    public @Nullable String lastError() {
        return lastError;
    }

    void setLastError(@Nullable String error) {
        lastError = error;
    }

    /** Returns the connections to it now, with those that are being made. */
    public int active() {
        return active.get();
    }

    /** Returns how many of its connections have work. */
    int load() {
        return active.get() - idle.get();
    }

    /** Returns how many connections to it have opened. */
    public long opened() {
        return opened.sum();
    }

    /** Returns how many connections to it could not be made. */
    public long errors() {
        return errors.sum();
    }

    /** Returns how long those that opened have taken for that, together. */
    public long connectNanos() {
        return connectNanos.sum();
    }

    /** Takes room for one more connection; false when there is none. */
    boolean acquire() {
        int now = active.get();
        while (now < most) {
            if (active.compareAndSet(now, now + 1)) {
                return true;
            }
            now = active.get();
        }
        return false;
    }

    /** A connection has ended. */
    void release() {
        active.decrementAndGet();
    }

    /** A connection that has room has opened. */
    void connected(long nanos) {
        opened.increment();
        connectNanos.add(nanos);
        avoided = false;
        if (state != State.DOWN) {
            lastError = null;
        }
    }

    /** A connection that had room could not be made. */
    void failed(String error) {
        errors.increment();
        lastError = error;
        avoidedUntil = System.nanoTime() + AVOIDED;
        avoided = true;
        release();
    }

    /** Returns whether it could not be reached a short while ago. */
    boolean isAvoided() {
        return avoided && System.nanoTime() - avoidedUntil < 0;
    }

    /** A check was successful: nothing speaks against it any more. */
    void reached() {
        avoided = false;
        lastError = null;
    }
}
