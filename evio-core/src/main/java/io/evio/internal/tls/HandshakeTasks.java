package io.evio.internal.tls;

import io.evio.internal.stream.Layer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;

/**
 * Does the slow part of handshakes, key exchanges and signatures, off the loops, for a bounded number of connections at
 * a time. The others wait in the order they came. Used by all loops of a server.
 *
 * <p>What counts is work, not connections: a peer that leaves its handshake half done holds nobody up.
 */
public final class HandshakeTasks {

    private final Executor executor;
    private final Semaphore slots;
    private final ConcurrentLinkedQueue<Layer.Host> waiting = new ConcurrentLinkedQueue<>();

    /**
     * @param most how many connections may have work queued or under way
     * @param threads how many of the executor's threads are taken at a time
     */
    public HandshakeTasks(Executor executor, int most, int threads) {
        this.executor = new BoundedExecutor(executor, threads);
        this.slots = new Semaphore(most);
    }

    /**
     * Has work done, unless there is too much of it already: then the connection is resumed when it may ask again.
     *
     * @return false when it has to wait
     * @throws RejectedExecutionException when the executor takes no work
     */
    boolean start(Layer.Host host, Runnable work) {
        if (!slots.tryAcquire()) {
            waiting.add(host);
            // What held the last slot may have ended before it could see this one wait.
            if (!slots.tryAcquire()) {
                return false;
            }
            if (!waiting.remove(host)) {
                // It was resumed just now, and asks again.
                slots.release();
                return false;
            }
        }
        try {
            executor.execute(() -> {
                try {
                    work.run();
                } finally {
                    end();
                }
            });
        } catch (RuntimeException e) {
            end();
            throw e;
        }
        return true;
    }

    private void end() {
        slots.release();
        resumeNext();
    }

    /** The first of those that wait and are still there may ask again. */
    void resumeNext() {
        Layer.Host next = waiting.poll();
        while (next != null && !next.resume()) {
            next = waiting.poll();
        }
    }
}
