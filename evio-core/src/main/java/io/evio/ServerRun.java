package io.evio;

import io.evio.internal.loop.Counters;
import io.evio.internal.loop.LoopGroup;
import io.evio.internal.stream.StreamEvents;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a server, from the binding of its addresses to the end of its last loop. */
final class ServerRun {

    private static final Logger LOG = LoggerFactory.getLogger("io.evio");

    /**
     * The time beyond its grace period that a stop waits for the loops, which end late only when an event blocks one.
     */
    private static final long STOP_SLACK = TimeUnit.SECONDS.toNanos(5);

    private final ServerConfig config;
    private final List<Counters> counters;
    private final Runnable onEnd;
    private final @Nullable Thread caller;
    private final List<Thread> threads = new ArrayList<>();
    private final ServerLoops loops;

    /** Counts the loops whose {@code serving} is not over yet: no loop accepts before. */
    private final CountDownLatch serving;

    /** Counts the loops that have not ended. */
    private final AtomicInteger running;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /**
     * Binds every address, or none.
     *
     * @param counters one for each loop
     * @param caller the thread that will call {@link #run}; null when all loops get threads of their own
     * @param onEnd called once all loops have ended
     */
    ServerRun(
            ServerConfig config,
            List<? extends StreamEvents> events,
            List<Counters> counters,
            @Nullable Thread caller,
            Runnable onEnd)
            throws IOException {
        this.config = config;
        this.counters = counters;
        this.caller = caller;
        this.onEnd = onEnd;
        int count = config.loops();
        for (int i = 0; i < count; i++) {
            threads.add(i == 0 && caller != null ? caller : thread(i));
        }
        this.serving = new CountDownLatch(count);
        this.running = new AtomicInteger(count);
        this.loops = new ServerLoops(config, threads, events, counters);
    }

    private Thread thread(int index) {
        String name = "evio-" + config.name() + (config.loops() == 1 ? "" : "-" + index);
        Thread thread = new Thread(() -> run(index), name);
        thread.setDaemon(false);
        return thread;
    }

    /**
     * Starts the threads of all loops but the caller's.
     *
     * @throws OutOfMemoryError when there can be no more threads; the run is over then
     */
    void start() {
        int started = caller == null ? 0 : 1;
        try {
            for (; started < threads.size(); started++) {
                threads.get(started).start();
            }
        } catch (OutOfMemoryError e) {
            failure.compareAndSet(null, e);
            for (int i = threads.size() - 1; i >= started; i--) {
                discard(i);
            }
            if (caller != null) {
                discard(0);
            }
            awaitEnd();
            throw e;
        }
    }

    /** A loop never began. */
    private void discard(int index) {
        loops.discard(index);
        serving.countDown();
        ended();
    }

    /** Runs the first loop on the calling thread until all have ended; never throws, see {@link #failure}. */
    void run() {
        run(0);
        awaitEnd();
    }

    private void run(int index) {
        boolean[] served = new boolean[1];
        try {
            loops.run(index, () -> {
                served[0] = true;
                serving.countDown();
                awaitServing();
                if (failure.get() != null) {
                    throw new CancellationException("another loop could not begin");
                }
            });
        } catch (Throwable t) {
            if (failure.compareAndSet(null, t) && serving.getCount() == 0) {
                LOG.error("Evio '{}' has ended: its loop failed", config.name(), t);
            }
            try {
                loops.stop(Nanos.of(config.gracePeriod()));
            } catch (RuntimeException notWoken) {
                // They have been asked, and see it when they wake; this one is over in any case.
                t.addSuppressed(notWoken);
            }
        }
        if (!served[0]) {
            serving.countDown();
        }
        ended();
    }

    /** One loop has ended; the last one ends the run. */
    private void ended() {
        if (running.decrementAndGet() > 0) {
            return;
        }
        onEnd.run();
        if (config.onStopped() != null) {
            try {
                config.onStopped().accept(failure.get());
            } catch (Throwable t) {
                LOG.error("The onStopped of Evio '{}' threw", config.name(), t);
            }
        }
        ended.countDown();
    }

    /** Waits until the {@code serving} event is over, or the run is. */
    void awaitServing() {
        uninterruptibly(serving::await);
    }

    /** Waits until the run is over, and its own threads with it. */
    void awaitEnd() {
        uninterruptibly(ended::await);
        uninterruptibly(this::joinThreads);
    }

    private void joinThreads() throws InterruptedException {
        for (Thread thread : threads) {
            if (thread != caller) {
                thread.join();
            }
        }
    }

    /** Returns what ended the run, or null while it goes on and for an ordinary end. */
    @Nullable
    Throwable failure() {
        return failure.get();
    }

    IllegalStateException threwInServing(Throwable failure) {
        return new IllegalStateException("The handler of Evio '" + config.name() + "' threw in serving", failure);
    }

    /** Asks the loops to end, and waits for that; see {@link EvioServer#stop}. */
    boolean stop(Duration grace) {
        loops.stop(Nanos.of(grace));
        if (isLoopThread()) {
            return false;
        }
        try {
            if (awaitEnd(Math.min(Nanos.of(grace), Long.MAX_VALUE / 2) + STOP_SLACK)) {
                joinThreads();
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    /** Returns whether the calling thread runs one of the loops. */
    boolean isLoopThread() {
        return threads.contains(Thread.currentThread());
    }

    /** Waits until the run is over. Returns false, and says why, when it is not over in time or never will be. */
    private boolean awaitEnd(long limitNanos) throws InterruptedException {
        long began = System.nanoTime();
        for (long left = limitNanos; left > 0; left = limitNanos - (System.nanoTime() - began)) {
            if (ended.await(Math.min(left, LoopGroup.SLOW_STOP_NANOS), TimeUnit.NANOSECONDS)) {
                return true;
            }
            long exiting = threads.stream().filter(ServerRun::isExiting).count();
            if (exiting > 0 && exiting == running.get()) {
                LOG.warn(
                        "Evio '{}' cannot stop: an event has called System.exit, which waits for the shutdown hooks and"
                                + " never returns. Its connections are cut off. Return Action.SHUTDOWN instead, or"
                                + " call System.exit on another thread",
                        config.name());
                return false;
            }
            // Said here too, because a loop that an event blocks cannot say it.
            loops.stopIsSlow();
        }
        LOG.warn("Evio '{}' has not stopped: an event blocks its loop at {}", config.name(), Arrays.toString(stack()));
        return false;
    }

    /** Asks the loops to end. */
    void shutdown() {
        loops.stop(Nanos.of(config.gracePeriod()));
    }

    private static boolean isExiting(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(call -> call.getClassName().equals("java.lang.Runtime")
                        && call.getMethodName().equals("exit"));
    }

    /** Returns what the thread of the loop is doing whose current turn has been going on for longest. */
    StackTraceElement[] stack() {
        int longest = 0;
        long since = Counters.WAITING;
        for (int i = 0; i < counters.size(); i++) {
            long began = counters.get(i).turnBegan.get();
            if (began != Counters.WAITING && (since == Counters.WAITING || began - since < 0)) {
                longest = i;
                since = began;
            }
        }
        return threads.get(longest).getStackTrace();
    }

    ServerLoops loops() {
        return loops;
    }

    private interface Wait {
        void untilDone() throws InterruptedException;
    }

    private static void uninterruptibly(Wait wait) {
        boolean interrupted = false;
        for (; ; ) {
            try {
                wait.untilDone();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
