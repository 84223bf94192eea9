package io.evio.internal.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state that the loops of one server share: the number of connections they may have together, and the end. Each
 * loop joins before it runs. Thread-safe; asked once per accept and once per end, never for a request.
 */
public final class LoopGroup {

    private static final Logger LOG = LoggerFactory.getLogger("io.evio");

    /** A stop that takes longer is logged. */
    public static final long SLOW_STOP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String server;
    private final int maxConnections;
    private final List<EventLoop> loops = new ArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final int maxOutbound;
    private final AtomicInteger outbound = new AtomicInteger();

    /** The connections of each loop; those on their way to it included. */
    private final AtomicIntegerArray perLoop;

    /** The loop that had the last connection handed over; before the first, the last one. */
    private final AtomicInteger lastChosen;

    /** True once it has been logged that the stop takes long. */
    private final AtomicBoolean slowStop = new AtomicBoolean();

    /** The calls for the moment when accepting is paused and may go on. */
    private final List<Runnable> roomListeners = new ArrayList<>();

    /** True while accepting is paused somewhere because there were as many connections as may be. */
    private volatile boolean roomAwaited;

    /** True while accepting is paused somewhere for want of what the end of a connection gives back. */
    private volatile boolean endAwaited;

    /**
     * @param server the server's name, for logs
     * @param size how many loops will join
     * @param maxConnections how many accepted connections they may have together
     * @param maxOutbound how many outbound ones
     */
    public LoopGroup(String server, int size, int maxConnections, int maxOutbound) {
        this.server = server;
        this.maxConnections = maxConnections;
        this.maxOutbound = maxOutbound;
        this.perLoop = new AtomicIntegerArray(size);
        this.lastChosen = new AtomicInteger(size - 1);
    }

    /** Returns how many loops the group is for. */
    public int size() {
        return perLoop.length();
    }

    public int maxConnections() {
        return maxConnections;
    }

    /** Adds a loop, before any of them runs; returns its index. */
    int join(EventLoop loop) {
        loops.add(loop);
        return loops.size() - 1;
    }

    /** Has this called, on any thread, when what was awaited has come. Before any loop runs. */
    public void onRoom(Runnable listener) {
        roomListeners.add(listener);
    }

    /**
     * Reserves room for one more connection; false when there is none, and then the listeners are told when there is.
     */
    public boolean reserve() {
        for (; ; ) {
            int now = connections.get();
            if (now < maxConnections) {
                if (connections.compareAndSet(now, now + 1)) {
                    return true;
                }
            } else {
                roomAwaited = true;
                // Looked at again, because a connection may have ended before that could be seen.
                if (isFull()) {
                    return false;
                }
            }
        }
    }

    /** A loop has one outbound connection more, until {@link #leaveOutbound}; false when it may not have it. */
    public boolean addOutbound(int loop) {
        if (outbound.incrementAndGet() > maxOutbound) {
            outbound.decrementAndGet();
            return false;
        }
        perLoop.incrementAndGet(loop);
        return true;
    }

    /** An outbound connection of this loop has ended. */
    public void leaveOutbound(int loop) {
        perLoop.decrementAndGet(loop);
        outbound.decrementAndGet();
    }

    /** A loop is about to have one connection more: {@link #leastBusy} counts it until {@link #arrived}. */
    public void announce(int loop) {
        perLoop.incrementAndGet(loop);
    }

    /** A connection that was announced has arrived, and counts by itself from here on, or does not come. */
    public void arrived(int loop) {
        perLoop.decrementAndGet(loop);
    }

    public int maxOutbound() {
        return maxOutbound;
    }

    /** Has the listeners told when there is room for a connection. */
    public void awaitRoom() {
        roomAwaited = true;
    }

    /** Has the listeners told when the next connection ends. */
    public void awaitEnd() {
        endAwaited = true;
    }

    public boolean isFull() {
        return connections.get() >= maxConnections;
    }

    /** The room is for a connection of this loop, until {@link #leave}. */
    public void assign(int loop) {
        perLoop.incrementAndGet(loop);
    }

    /** A connection of this loop has ended. */
    public void leave(int loop) {
        perLoop.decrementAndGet(loop);
        if (endAwaited) {
            endAwaited = false;
            roomAwaited = true;
        }
        release();
    }

    /** Gives back what {@link #reserve} has reserved. */
    public void release() {
        connections.decrementAndGet();
        if (roomAwaited) {
            roomAwaited = false;
            try {
                tellAll(roomListeners);
            } catch (RuntimeException e) {
                // The connection that has ended has no part in it: the next one tells them again.
                roomAwaited = true;
            }
        }
    }

    /**
     * Returns the index of the loop with the fewest connections; of several, the next one behind the last that was
     * returned.
     */
    public int leastBusy() {
        int size = perLoop.length();
        int first = (lastChosen.get() + 1) % size;
        int least = first;
        for (int i = 1; i < size; i++) {
            int candidate = (first + i) % size;
            if (perLoop.get(candidate) < perLoop.get(least)) {
                least = candidate;
            }
        }
        lastChosen.set(least);
        return least;
    }

    /**
     * Asks all loops to end; see {@link EventLoop#stop}.
     *
     * @throws java.io.UncheckedIOException when one could not be woken; the others have been told
     */
    public void stop(long graceNanos) {
        tellAll(loops.stream()
                .map(loop -> (Runnable) () -> loop.stop(graceNanos))
                .toList());
    }

    /**
     * Logs, once, that the end takes longer than {@link #SLOW_STOP_NANOS}, and how many connections it waits for. From
     * any thread.
     */
    public void stopIsSlow() {
        if (slowStop.compareAndSet(false, true)) {
            int count = loops.stream().mapToInt(EventLoop::connectionCount).sum();
            LOG.info(
                    "Evio '{}' is stopping: it waits for {}",
                    server,
                    count == 1 ? "1 connection" : count + " connections");
        }
    }

    /** Returns whether the end of one of them has begun, which is the end of all. From any thread. */
    public boolean isStopping() {
        for (int i = 0; i < loops.size(); i++) {
            if (loops.get(i).isStopping()) {
                return true;
            }
        }
        return false;
    }

    /**
     * One that cannot be told must not keep the others from it: the first failure is thrown when all have been tried.
     */
    private static void tellAll(List<Runnable> messages) {
        RuntimeException first = null;
        for (Runnable message : messages) {
            try {
                message.run();
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
