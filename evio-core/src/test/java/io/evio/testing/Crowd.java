package io.evio.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Threads that do something at the same time; whoever joins them gets what one of them threw. */
public final class Crowd implements AutoCloseable {

    /** The work of each of them. */
    @FunctionalInterface
    public interface Task {
        void run(int index) throws Exception;
    }

    private final List<Thread> threads = new ArrayList<>();
    private final List<CompletableFuture<Void>> results = new ArrayList<>();

    private Crowd() {}

    /** Makes a thread of either kind. */
    private interface Kind {
        Thread unstarted(String name, Runnable run);
    }

    /** Starts {@code size} threads, which begin together. */
    public static Crowd start(int size, Task task) {
        return start(size, task, Crowd::platformThread);
    }

    /** Starts {@code size} virtual threads, which begin together. */
    public static Crowd startVirtual(int size, Task task) {
        return start(size, task, VirtualThreads::unstarted);
    }

    private static Thread platformThread(String name, Runnable run) {
        Thread thread = new Thread(run, name);
        thread.setDaemon(true);
        return thread;
    }

    private static Crowd start(int size, Task task, Kind kind) {
        Crowd crowd = new Crowd();
        CountDownLatch all = new CountDownLatch(size);
        for (int i = 0; i < size; i++) {
            int index = i;
            CompletableFuture<Void> result = new CompletableFuture<>();
            crowd.threads.add(kind.unstarted("crowd-" + i, () -> {
                try {
                    all.countDown();
                    all.await();
                    task.run(index);
                    result.complete(null);
                } catch (Throwable t) {
                    result.completeExceptionally(t);
                }
            }));
            crowd.results.add(result);
        }
        crowd.threads.forEach(Thread::start);
        return crowd;
    }

    /** One thread. */
    public static Crowd one(Task task) {
        return start(1, task);
    }

    public boolean isDone() {
        return results.stream().allMatch(CompletableFuture::isDone);
    }

    /** The first of the threads. */
    public Thread thread() {
        return threads.get(0);
    }

    /** Waits for all of them, at most a minute. */
    public void join() throws Exception {
        for (CompletableFuture<Void> result : results) {
            try {
                result.get(60, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw new AssertionError("One of the threads failed: " + e.getCause(), e.getCause());
            }
        }
    }

    /** Interrupts those that still run. */
    public void interrupt() {
        threads.forEach(Thread::interrupt);
    }

    /** As {@link #interrupt}. */
    @Override
    public void close() {
        interrupt();
    }
}
