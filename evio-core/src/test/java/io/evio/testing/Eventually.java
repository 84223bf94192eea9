package io.evio.testing;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for conditions, generously: longer than a loaded machine needs, and never longer than it takes. They are looked
 * at by the thread that waits, every millisecond and the first time after one: tests do so by the ten thousand.
 */
public final class Eventually {

    public static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final long BETWEEN_LOOKS_NANOS = 1_000_000;

    private Eventually() {}

    /** A condition that may not hold yet: then it throws an {@link AssertionError}. */
    @FunctionalInterface
    public interface Assertions {
        void check() throws Exception;
    }

    /** Waits until the condition is true. */
    public static void isTrue(String what, Callable<Boolean> condition) {
        long begun = System.nanoTime();
        do {
            rest(begun, what, null);
        } while (!call(condition));
    }

    /** Waits until the assertions hold. */
    public static void holds(Assertions assertions) {
        long begun = System.nanoTime();
        AssertionError failure = null;
        do {
            rest(begun, "the assertions hold", failure);
            failure = call(() -> failure(assertions));
        } while (failure != null);
    }

    /** Waits until there is a value, and returns it. */
    public static <T> T present(String what, Supplier<Optional<T>> value) {
        long begun = System.nanoTime();
        Optional<T> found;
        do {
            rest(begun, what, null);
            found = value.get();
        } while (found.isEmpty());
        return found.get();
    }

    private static @Nullable AssertionError failure(Assertions assertions) throws Exception {
        try {
            assertions.check();
            return null;
        } catch (AssertionError e) {
            return e;
        }
    }

    private static <T extends @Nullable Object> T call(Callable<T> condition) {
        try {
            return condition.call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("The condition throws " + e, e);
        }
    }

    /** Rests before the next look; throws once there has been time enough, or the thread is to end. */
    private static void rest(long begun, @Nullable String what, @Nullable AssertionError last) {
        if (System.nanoTime() - begun > PATIENCE.toNanos()) {
            throw new AssertionError("Not within " + PATIENCE.toSeconds() + " s: " + what, last);
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new AssertionError("Interrupted while it waited for: " + what, last);
        }
        LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
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
