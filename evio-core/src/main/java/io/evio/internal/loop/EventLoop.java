package io.evio.internal.loop;

import io.evio.internal.poll.Poller;
import io.evio.internal.sys.Scheduler;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The event loop: one thread, one poller, and the sources that it watches.
 *
 * <p>Each turn waits for readiness, then serves each ready source with a bounded share of work, then the sources that
 * were woken, then the tick, then the sources whose deadline is over. Readiness is level-triggered, so whatever a
 * source's share did not cover is reported again, behind the others.
 *
 * <p>Created on one thread, run on another or the same ({@link #run}), asked to stop from any ({@link #stop}). It runs
 * once.
 */
public final class EventLoop {

    /**
     * Reads of a connection when the server is asked to stop: 1 MiB, so that a peer that never ceases to send does not
     * hold it up.
     */
    private static final int LAST_READS = 16;

    private static final long NEVER = Source.NEVER;

    private final LoopGroup group;
    private final int index;
    private final Counters counters;
    private final Poller poller;
    private final Thread thread;
    private final Clock clock;
    private final WakeQueue wakes;
    private final SourceTable sources = new SourceTable();
    private final Deadlines deadlines = new Deadlines();
    private final long busyPollNanos;
    private final long shutdownGraceNanos;

    /**
     * Handles that are closed at the end of the turn, so that no event of its batch meets a new source under an old
     * number.
     */
    private int[] closing = new int[64];

    private int closingCount;

    /** Written by the loop's thread alone. */
    private volatile boolean stopping;

    private boolean shutdownWanted;
    private long stopAt = NEVER;

    /** The time at which the stop has taken so long that an operator is to know of it. */
    private long slowStopAt = NEVER;

    /** The shortest grace period asked for from outside and not yet seen, in nanoseconds; -1 when there is none. */
    private final AtomicLong requestedGrace = new AtomicLong(-1);

    /**
     * @param group the loops of the server, which this one joins
     * @param counters this loop's own
     * @param thread the thread that will call {@link #run}
     * @param busyPollNanos how long to look for readiness again and again before sleeping; 0 to sleep at once
     * @param shutdownGraceNanos the grace period when an event asks for the shutdown
     */
    public EventLoop(
            LoopGroup group,
            Counters counters,
            Poller poller,
            Thread thread,
            long busyPollNanos,
            long shutdownGraceNanos) {
        this.group = group;
        this.index = group.join(this);
        this.counters = counters;
        this.poller = poller;
        this.clock = new Clock(poller::nanoTime);
        this.thread = thread;
        this.wakes = new WakeQueue(poller, thread);
        this.busyPollNanos = busyPollNanos;
        this.shutdownGraceNanos = shutdownGraceNanos;
    }

    /**
     * Runs until an event or {@link #stop} ends it, and frees everything.
     *
     * @param serving called once the {@code serving} event is over
     * @throws IOException when a system call fails that the loop cannot do without
     * @throws RuntimeException what the {@code serving} event threw
     */
    public void run(LoopEvents events, Runnable serving) throws IOException {
        IOException failure = null;
        Scheduler scheduler = poller.scheduler();
        try {
            scheduler.beginLoop();
            sources.forEach(Source::begin);
            events.serving();
            serving.run();
            Ticks ticks = new Ticks(events, clock.update());
            fire(ticks);
            while (!isOver(ticks)) {
                int ready = await(ticks);
                long woke = clock.update();
                counters.turnBegan.set(clock.nanoTime());
                for (int i = 0; i < ready && (stopping || !shutdownWanted); i++) {
                    dispatch(poller.token(i), poller.ready(i));
                }
                if (!wakes.isEmpty()) {
                    serveWoken();
                }
                fire(ticks);
                expire();
                releaseClosed();
                if (clock.now() >= slowStopAt) {
                    slowStopAt = NEVER;
                    group.stopIsSlow();
                }
                counters.iterations.add(1);
                counters.events.add(ready);
                counters.busyNanos.add(clock.update() - woke);
                counters.turnBegan.set(Counters.WAITING);
            }
        } catch (IOException | RuntimeException | Error e) {
            failure = new IOException("The server's loop has failed: " + e.getMessage(), e);
            throw e;
        } finally {
            counters.turnBegan.set(Counters.WAITING);
            scheduler.endLoop();
            end(events, failure);
        }
    }

    /** Frees a loop that was never run. */
    public void discard(LoopEvents events) {
        try {
            end(events, null);
        } catch (SystemCallException e) {
            throw new IllegalStateException("A loop without connections has nothing to fail", e);
        }
    }

    private void end(LoopEvents events, @Nullable IOException failure) throws SystemCallException {
        stopping = true;
        for (Source late = wakes.close(); late != null; late = next(late)) {
            late.cutOff(failure);
        }
        sources.forEach(source -> source.cutOff(failure));
        releaseClosed();
        events.ended();
        poller.close();
    }

    /**
     * Waits for what comes next; looks for it without sleeping first, when the configuration has time to spend on that.
     */
    private int await(Ticks ticks) throws SystemCallException {
        int timeout = timeoutMillis(ticks);
        if (busyPollNanos > 0 && timeout != 0) {
            long spin = timeout > 0 ? Math.min(busyPollNanos, timeout * 1_000_000L) : busyPollNanos;
            long began = System.nanoTime();
            do {
                int ready = poller.await(0);
                if (ready > 0) {
                    return ready;
                }
                Thread.onSpinWait();
            } while (System.nanoTime() - began < spin);
            clock.update();
            timeout = timeoutMillis(ticks);
        }
        return poller.await(timeout);
    }

    /**
     * Returns how long to wait: until the first of all deadlines, rounded up; no time at all while a wake is waiting.
     */
    private int timeoutMillis(Ticks ticks) {
        if (!wakes.isEmpty()) {
            return 0;
        }
        long next = Math.min(Math.min(ticks.next(), deadlines.next()), Math.min(stopAt, slowStopAt));
        if (next == NEVER) {
            return -1;
        }
        long millis = (next - clock.now() + 999_999) / 1_000_000;
        return (int) Math.max(0, Math.min(millis, Integer.MAX_VALUE));
    }

    private void dispatch(long token, int ready) throws SystemCallException {
        Source source = sources.find(token);
        if (source != null) {
            try {
                source.ready(ready & source.interest);
            } catch (OutOfMemoryError e) {
                source.failed(e);
            }
        } else if (token == Poller.WAKEUP) {
            wakes.woken();
        }
        // Otherwise: an event of this batch that came too late for its source.
    }

    private void serveWoken() throws SystemCallException {
        Source source = wakes.takeAll();
        while (source != null) {
            // Before it is served: from then on it may be pushed again.
            Source next = next(source);
            try {
                source.woken();
            } catch (OutOfMemoryError e) {
                source.failed(e);
            }
            source = next;
        }
    }

    private static @Nullable Source next(Source source) {
        Source next = source.nextWoken;
        source.nextWoken = null;
        return next;
    }

    private void fire(Ticks ticks) {
        if (!shutdownWanted) {
            ticks.fire(clock.now());
        }
    }

    private void expire() throws SystemCallException {
        for (Source source = deadlines.poll(clock.now()); source != null; source = deadlines.poll(clock.now())) {
            try {
                source.expired();
            } catch (OutOfMemoryError e) {
                source.failed(e);
            }
        }
    }

    private void releaseClosed() {
        for (int i = 0; i < closingCount; i++) {
            poller.sockets().close(closing[i]);
        }
        closingCount = 0;
    }

    /**
     * Asks the loop to end: pending output may go out within the grace period, or what is left of an earlier one if
     * that is shorter. From any thread; returns at once.
     */
    public void stop(long graceNanos) {
        requestedGrace.accumulateAndGet(
                Math.max(0, graceNanos), (before, now) -> before < 0 ? now : Math.min(before, now));
        wakes.notifyLoop();
    }

    /** An event asks for the end of the server, which begins when the turn is over. */
    public void shutdown() {
        shutdownWanted = true;
    }

    /** Returns whether the end has begun. From any thread. */
    public boolean isStopping() {
        return stopping;
    }

    private boolean isOver(Ticks ticks) throws SystemCallException {
        if (requestedGrace.get() >= 0) {
            beginEnd(requestedGrace.getAndSet(-1), LAST_READS, ticks);
        } else if (!stopping && shutdownWanted) {
            beginEnd(shutdownGraceNanos, 0, ticks);
            group.stop(shutdownGraceNanos);
        }
        return stopping && (sources.size() == 0 || clock.now() >= stopAt);
    }

    /**
     * Begins the end; or, when it has begun, makes it come sooner.
     *
     * @param lastReads of each connection, when there is a grace period: what had arrived by now is answered
     */
    private void beginEnd(long grace, int lastReads, Ticks ticks) throws SystemCallException {
        stopAt = Math.min(stopAt, clock.now() + grace);
        if (!stopping) {
            stopping = true;
            slowStopAt = clock.now() + LoopGroup.SLOW_STOP_NANOS;
            ticks.end();
            sources.forEach(source -> source.prepareStop(grace > 0 && lastReads > 0));
            serveWoken();
            sources.forEach(source -> {
                if (grace == 0 || clock.update() < stopAt) {
                    stop(source, grace > 0, lastReads);
                }
            });
            releaseClosed();
        }
    }

    private static void stop(Source source, boolean graceful, int lastReads) {
        try {
            source.stop(graceful, lastReads);
        } catch (OutOfMemoryError e) {
            source.failed(e);
        }
    }

    /** Adds a source that the poller does not watch yet. When there is no memory for it, it is not added. */
    public void add(Source source) {
        sources.add(source);
    }

    /**
     * Tells the poller what to watch for, if that has changed. A source that nothing is wanted of is taken out of it,
     * because an error would be reported whatever the interest, again and again.
     */
    public void watch(Source source, int interest) throws SystemCallException {
        if (interest == source.interest) {
            return;
        }
        if (interest == 0) {
            poller.remove(source.handle());
        } else if (source.interest == 0) {
            poller.add(source.handle(), source.token(), interest);
        } else {
            poller.modify(source.handle(), source.token(), interest);
        }
        source.interest = (byte) interest;
    }

    /** Has {@link Source#expired} called at that time of the loop's clock, instead of an earlier call of this. */
    public void schedule(Source source, long deadline) {
        if (deadline != source.deadline) {
            deadlines.set(source, deadline);
        }
    }

    /** Removes a source whose handle stays open, and is another's from now on. */
    public void forget(Source source) {
        deadlines.remove(source);
        sources.remove(source);
    }

    /** Removes a source and closes its handle at the end of this turn. */
    public void close(Source source) {
        forget(source);
        if (closingCount == closing.length) {
            closing = Arrays.copyOf(closing, closingCount * 2);
        }
        closing[closingCount++] = source.handle();
    }

    /**
     * Has {@link Source#woken} called on the loop's thread. From any thread. A source is woken again only when that
     * call has begun.
     *
     * @return false when the loop is over and will not call it
     * @throws java.io.UncheckedIOException when the loop could not be woken; it calls it when something else wakes it
     */
    public boolean wake(Source source) {
        return wakes.push(source);
    }

    /** Has the loop look at what it waits for. From any thread. */
    public void wakeup() {
        wakes.notifyLoop();
    }

    /** Returns whether this is the loop's thread. */
    public boolean isLoopThread() {
        return Thread.currentThread() == thread;
    }

    /** @throws IllegalStateException when this is not the loop's thread */
    public void checkThread() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("Only the loop's thread (" + thread.getName() + ") may do this, not "
                    + Thread.currentThread().getName()
                    + ". Connection.wake, send, execute and close may be called from any thread");
        }
    }

    public Poller poller() {
        return poller;
    }

    public Clock clock() {
        return clock;
    }

    public LoopGroup group() {
        return group;
    }

    /**
     * Returns how many connections it has, those included that only wait for their peer to end its side. From any
     * thread.
     */
    int connectionCount() {
        return sources.connections();
    }

    /** Ends the wait again if the wakeup of a source that is woken already has failed. From any thread. */
    public void wokenBefore() {
        wakes.pushedBefore();
    }

    /** The number of this loop in its group, from 0. */
    public int index() {
        return index;
    }
}
