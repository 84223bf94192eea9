package io.evio.testing;

import io.evio.internal.poll.Poller;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A poller whose registrations and wakes fail on demand, and which may report events that are out of date. It notes how
 * it is asked to wait.
 */
public final class FaultyPoller implements Poller {

    /** The registrations that can fail. */
    public enum Call {
        ADD,
        MODIFY,
        REMOVE
    }

    /**
     * A wait that may sleep.
     *
     * @param timeoutMillis as it was asked for, never 0
     * @param looks how many waits of no time came right before it, all of which found nothing
     */
    public record Sleep(int timeoutMillis, int looks) {}

    private record StaleEvent(long token, int ready) {}

    private final Poller real;
    private final AtomicReference<Call> failing = new AtomicReference<>();
    private final List<Long> added = new CopyOnWriteArrayList<>();
    private final Queue<StaleEvent> toReport = new ConcurrentLinkedQueue<>();
    private final ArrayDeque<StaleEvent> reported = new ArrayDeque<>();
    private final AtomicBoolean exhausting = new AtomicBoolean();
    private final AtomicInteger failedWakes = new AtomicInteger();
    private final Queue<Sleep> sleeps = new ConcurrentLinkedQueue<>();
    private volatile boolean failingWakes;
    private volatile @Nullable Error wakeError;

    /** Written by the loop's thread alone. */
    private volatile int looks;

    private int realCount;

    public FaultyPoller(Poller real) {
        this.real = real;
    }

    /** The next such call fails with ENOMEM. */
    public void failNext(Call call) {
        failing.set(call);
    }

    /** The next handle is added, and then the heap is full. */
    public void exhaustAtNextAdd() {
        exhausting.set(true);
    }

    /** Sets whether the loop can be woken from now on; once it cannot, that fails with EBADF. */
    public void failWakes(boolean failing) {
        failingWakes = failing;
    }

    /** As {@link #failWakes}, with an error that no wake announces. */
    public void failWakesWith(Error error) {
        wakeError = error;
        failingWakes = true;
    }

    /** Returns how many wakes have failed. */
    public int failedWakes() {
        return failedWakes.get();
    }

    /** Returns whether everything that was to fail has failed. */
    public boolean hasFailed() {
        return failing.get() == null;
    }

    /** The tokens of all handles added so far, listeners included. */
    public List<Long> added() {
        return added;
    }

    /** Reports this with the events of the next wait. */
    public void reportStale(long token) {
        toReport.add(new StaleEvent(token, READ | WRITE));
        real.wakeup();
    }

    /** Returns whether all of those have been reported and the loop has come back to wait again. */
    public boolean hasReported() {
        return toReport.isEmpty();
    }

    /** All waits so far that may have slept, the current one included. */
    public List<Sleep> sleeps() {
        return List.copyOf(sleeps);
    }

    /**
     * Returns how many waits of no time have found nothing since the last one that found something or may have slept.
     */
    public int looks() {
        return looks;
    }

    private void maybeFail(Call call) throws SystemCallException {
        if (failing.compareAndSet(call, null)) {
            throw new SystemCallException("epoll_ctl", 12);
        }
    }

    @Override
    public String name() {
        return real.name();
    }

    @Override
    public Sockets sockets() {
        return real.sockets();
    }

    @Override
    public void add(int handle, long token, int interest) throws SystemCallException {
        maybeFail(Call.ADD);
        real.add(handle, token, interest);
        if (exhausting.compareAndSet(true, false)) {
            throw new OutOfMemoryError("Java heap space, as the test wants it");
        }
        added.add(token);
    }

    @Override
    public void modify(int handle, long token, int interest) throws SystemCallException {
        maybeFail(Call.MODIFY);
        real.modify(handle, token, interest);
    }

    @Override
    public void remove(int handle) throws SystemCallException {
        maybeFail(Call.REMOVE);
        real.remove(handle);
    }

    @Override
    public int await(int timeoutMillis) throws SystemCallException {
        // Those of the wait before have been dealt with by now.
        for (StaleEvent done = reported.poll(); done != null; done = reported.poll()) {
            toReport.remove(done);
        }
        if (timeoutMillis != 0) {
            sleeps.add(new Sleep(timeoutMillis, looks));
        }
        realCount = real.await(timeoutMillis);
        reported.addAll(toReport);
        int count = realCount + reported.size();
        looks = timeoutMillis == 0 && count == 0 ? looks + 1 : 0;
        return count;
    }

    @Override
    public long token(int index) {
        return index < realCount ? real.token(index) : stale(index).token();
    }

    @Override
    public int ready(int index) {
        return index < realCount ? real.ready(index) : stale(index).ready();
    }

    private StaleEvent stale(int index) {
        return List.copyOf(reported).get(index - realCount);
    }

    @Override
    public void wakeup() {
        if (failingWakes) {
            failedWakes.incrementAndGet();
            Error error = wakeError;
            if (error != null) {
                throw error;
            }
            throw new UncheckedIOException("The loop could not be woken", new SystemCallException("write", 9));
        }
        real.wakeup();
    }

    @Override
    public void woken() throws SystemCallException {
        real.woken();
    }

    @Override
    public void close() {
        real.close();
    }
}
