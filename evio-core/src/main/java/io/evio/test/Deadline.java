package io.evio.test;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The time that one call has: when it is over, the connection is cut, which ends whatever waits for it. */
final class Deadline implements AutoCloseable {

    static final Duration DEFAULT = Duration.ofSeconds(10);

    private static final ScheduledThreadPoolExecutor TIMER = new ScheduledThreadPoolExecutor(1, task -> {
        Thread thread = new Thread(task, "evio-test-deadlines");
        thread.setDaemon(true);
        return thread;
    });

    static {
        TIMER.setRemoveOnCancelPolicy(true);
        // Nothing of it is left once the tests have passed on to something else.
        TIMER.setKeepAliveTime(1, TimeUnit.SECONDS);
        TIMER.allowCoreThreadTimeOut(true);
    }

    private final Duration timeout;
    private final ScheduledFuture<?> timer;
    private volatile boolean passed;

    Deadline(Duration timeout, Runnable cut) {
        this.timeout = timeout;
        this.timer = TIMER.schedule(
                () -> {
                    passed = true;
                    cut.run();
                },
                timeout.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    /** Returns why a call has failed: because of this deadline, or of the connection. */
    String reason(IOException failure) {
        return passed
                ? "nothing more within " + timeout.toMillis() + " ms"
                : "the connection failed: " + failure.getMessage();
    }

    boolean hasPassed() {
        return passed;
    }

    @Override
    public void close() {
        timer.cancel(false);
    }
}
