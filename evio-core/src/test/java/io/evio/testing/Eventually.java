package io.evio.testing;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.core.ThrowingRunnable;

/** Waits for conditions, generously: longer than a loaded machine needs, and never longer than it takes. */
public final class Eventually {

    public static final Duration PATIENCE = Duration.ofSeconds(15);

    private Eventually() {}

    public static void isTrue(String what, Callable<Boolean> condition) {
        await(what).pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(condition);
    }

    /** Waits until the assertions hold. */
    public static void holds(ThrowingRunnable assertions) {
        await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).untilAsserted(assertions);
    }

    public static <T> T present(String what, Supplier<Optional<T>> value) {
        return await(what)
                .pollInterval(Duration.ofMillis(1))
                .atMost(PATIENCE)
                .until(value::get, Optional::isPresent)
                .orElseThrow();
    }

    public static void reached(CountDownLatch latch) throws InterruptedException {
        if (!latch.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("Not reached: " + latch);
        }
    }

    /** Waits for the thread's end. */
    public static void ended(Thread thread) throws InterruptedException {
        thread.join(PATIENCE.toMillis());
        if (thread.isAlive()) {
            throw new AssertionError(thread + " has not ended");
        }
    }
}
