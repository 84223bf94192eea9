package io.evio;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads for work off the loop that come when there is work, and go when there is none. */
final class DaemonThreads {

    private DaemonThreads() {}

    /**
     * An executor of at most so many threads, {@code <name>-1} and so on.
     *
     * @param begin what each thread does first
     */
    static Executor of(String name, int most, Runnable begin) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor threads =
                new ThreadPoolExecutor(most, most, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Runnable begun = () -> {
                        begin.run();
                        work.run();
                    };
                    Thread thread = new Thread(begun, name + "-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }
}
