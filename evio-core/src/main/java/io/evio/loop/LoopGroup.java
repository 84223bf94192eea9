package io.evio.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the loops of one server share: the room for connections, and the end. Each loop joins before it runs. Thread-safe;
 * asked once an accept and once an end, never on the way of a request.
 */
public final class LoopGroup {

    private static final Logger LOG = LoggerFactory.getLogger("io.evio");

    /** A stop that takes longer is logged. */
    public static final long SLOW_STOP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final int maxConnections;
    private final List<EventLoop> loops = new ArrayList<>();
    private final AtomicInteger taken = new AtomicInteger();

    /** Of the taken seats, how many each loop has: connections on their way to it included. */
    private final AtomicIntegerArray takenBy;

    /** Whether a loop has paused accepting because all seats were taken, and is to be told when one is free. */
    private volatile boolean awaited;

    /** Whether it has been logged that the stop takes long. */
    private final AtomicBoolean slowStop = new AtomicBoolean();

    /**
     * @param size how many loops will join
     * @param maxConnections how many connections they may have together
     */
    public LoopGroup(int size, int maxConnections) {
        this.maxConnections = maxConnections;
        this.takenBy = new AtomicIntegerArray(size);
    }

    /** How many loops the group is for. */
    int size() {
        return takenBy.length();
    }

    /** Adds a loop, before any of them runs; returns its index. */
    int join(EventLoop loop) {
        loops.add(loop);
        return loops.size() - 1;
    }

    /** Takes a seat for one more connection; false when there is none. A loop that pauses then is told of the next one. */
    boolean takeSeat() {
        for (; ; ) {
            int now = taken.get();
            if (now < maxConnections) {
                if (taken.compareAndSet(now, now + 1)) {
                    return true;
                }
            } else {
                awaited = true;
                // Looked at again, because a seat may have been given back before that could be seen.
                if (taken.get() >= maxConnections) {
                    return false;
                }
            }
        }
    }

    boolean isFull() {
        return taken.get() >= maxConnections;
    }

    /** The seat is for a connection of this loop, until {@link #leave}. */
    void seat(int loop) {
        takenBy.incrementAndGet(loop);
    }

    /** A connection of this loop has ended. */
    void leave(int loop) {
        takenBy.decrementAndGet(loop);
        giveSeat();
    }

    /** A seat was not needed after all, or no longer. */
    void giveSeat() {
        taken.decrementAndGet();
        if (awaited && loops.size() > 1) {
            awaited = false;
            try {
                tellAll(EventLoop::wakeup);
            } catch (RuntimeException e) {
                // The connection that has ended has no part in it: the next seat tells them again.
                awaited = true;
            }
        }
    }

    /** The loop with the fewest connections: who is to have the next one, where the kernel does not decide that. */
    EventLoop leastBusy() {
        int least = 0;
        for (int i = 1; i < loops.size(); i++) {
            if (takenBy.get(i) < takenBy.get(least)) {
                least = i;
            }
        }
        return loops.get(least);
    }

    /**
     * Asks all loops to end; see {@link EventLoop#stop}.
     *
     * @throws java.io.UncheckedIOException when one could not be woken; the others have been told
     */
    public void stop(long graceNanos) {
        tellAll(loop -> loop.stop(graceNanos));
    }

    /**
     * Logs, once, that the end takes longer than {@link #SLOW_STOP_NANOS}, and how many connections it waits for. From any thread.
     *
     * @param server its name
     */
    public void stopIsSlow(String server) {
        if (slowStop.compareAndSet(false, true)) {
            int count = loops.stream().mapToInt(EventLoop::connectionCount).sum();
            LOG.info(
                    "Evio '{}' is stopping: it waits for {}",
                    server,
                    count == 1 ? "1 connection" : count + " connections");
        }
    }

    /** One that cannot be told must not keep the others from it: the first failure is thrown when all have been tried. */
    private void tellAll(Consumer<EventLoop> message) {
        RuntimeException first = null;
        for (EventLoop loop : loops) {
            try {
                message.accept(loop);
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
