package io.evio.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * What the loops of one server share: the room for connections, and the end. Each loop joins before it runs. Thread-safe;
 * asked once an accept and once an end, never on the way of a request.
 */
public final class LoopGroup {

    private final int maxConnections;
    private final List<EventLoop> loops = new ArrayList<>();
    private final AtomicInteger taken = new AtomicInteger();

    /** Of the taken seats, how many each loop has: connections on their way to it included. */
    private final AtomicIntegerArray takenBy;

    /** Whether a loop has paused accepting because all seats were taken, and is to be told when one is free. */
    private volatile boolean awaited;

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
            loops.forEach(EventLoop::wakeup);
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

    /** Asks all loops to end; see {@link EventLoop#stop}. */
    public void stop(long graceNanos) {
        loops.forEach(loop -> loop.stop(graceNanos));
    }
}
