package io.evio.internal.tls;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Has work done by another executor on a bounded number of its threads at a time. The rest waits here, in the order it
 * came. Work that only computes gains nothing from more threads than processors, and with them a loop waits for its
 * processor as one of many. Before each piece of work the thread yields: on systems where a loop does not take the
 * processor from it ({@link io.evio.internal.sys.Scheduler}), the loop goes first then.
 */
final class BoundedExecutor implements Executor {

    private final Executor executor;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int free;

    /** @param most how many of the executor's threads it takes at a time */
    BoundedExecutor(Executor executor, int most) {
        this.executor = executor;
        this.free = most;
    }

    /**
     * Has work done, now or when a thread is free.
     *
     * @param work throws nothing
     * @throws java.util.concurrent.RejectedExecutionException when the executor takes no work, and this is not done
     */
    @Override
    public void execute(Runnable work) {
        synchronized (this) {
            if (free == 0) {
                waiting.add(work);
                return;
            }
            free--;
        }
        try {
            executor.execute(() -> run(work));
        } catch (RuntimeException e) {
            // Another loop may have left work behind meanwhile. It was accepted, so it is done: here, if nowhere else.
            run(next());
            throw e;
        }
    }

    private void run(@Nullable Runnable first) {
        for (Runnable work = first; work != null; work = next()) {
            Thread.yield();
            work.run();
        }
    }

    /** Returns what waits, for the thread that asks; without any, that thread is free. */
    private synchronized @Nullable Runnable next() {
        Runnable work = waiting.poll();
        if (work == null) {
            free++;
        }
        return work;
    }
}
