package io.evio.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.evio.internal.poll.FaultyPollers;
import io.evio.internal.poll.Poller;
import io.evio.testing.Crowd;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * A thread that loses its processor while it wakes the loop, as it does to the loop itself where both share one: the
 * loop does not wait for it.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "these are Linux's calls")
class HeldUpWakeupTest {

    private static final int WAIT_MILLIS = 10_000;

    @Test
    void theThreadThatWaitsTakesTheWakeupBeforeWhileTheNextIsHeldUp() throws Exception {
        FaultyLibc libc = new FaultyLibc();
        Poller poller = FaultyPollers.epoll(libc.library());
        CountDownLatch heldUp = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        poller.wakeup();
        libc.set((call, nth) -> {
            if (call == Call.EVENTFD_WRITE) {
                heldUp.countDown();
                awaitQuietly(goOn);
            }
            return 0;
        });
        try (Crowd waker = Crowd.one(i -> poller.wakeup())) {
            assertThat(heldUp.await(WAIT_MILLIS, TimeUnit.MILLISECONDS)).isTrue();
            requireWakeup(poller);
            assertThat(poller.await(0)).isZero();
            goOn.countDown();
            waker.join();
            requireWakeup(poller);
        } finally {
            goOn.countDown();
            poller.close();
        }
    }

    private static void requireWakeup(Poller poller) throws Exception {
        assertThat(poller.await(WAIT_MILLIS)).isEqualTo(1);
        assertThat(poller.token(0)).isEqualTo(Poller.WAKEUP);
        assertTimeoutPreemptively(Duration.ofMillis(WAIT_MILLIS), poller::woken);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(2 * WAIT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
