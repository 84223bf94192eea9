package io.evio.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BoundedExecutorTest {

    private final List<Integer> done = Collections.synchronizedList(new ArrayList<>());

    @Test
    void takesOneThreadForAllThatWaitsInItsOrder() {
        Queue<Runnable> threads = new ArrayDeque<>();
        BoundedExecutor executor = new BoundedExecutor(threads::add, 1);
        for (int i = 0; i < 3; i++) {
            int number = i;
            executor.execute(() -> done.add(number));
        }
        assertThat(threads).hasSize(1);
        threads.remove().run();
        assertThat(done).containsExactly(0, 1, 2);
        executor.execute(() -> done.add(3));
        assertThat(threads).as("the thread is free again").hasSize(1);
    }

    @Test
    void neverRunsMoreAtATime() throws InterruptedException {
        int work = 200;
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(work);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            BoundedExecutor executor = new BoundedExecutor(threads, 2);
            for (int i = 0; i < work; i++) {
                executor.execute(() -> {
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    Thread.yield();
                    running.decrementAndGet();
                    ended.countDown();
                });
            }
            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        } finally {
            threads.shutdownNow();
        }
        assertThat(most).hasValueBetween(1, 2);
    }

    @Test
    void saysThatTheExecutorRejectsAndGoesOnWhenItDoesNot() {
        List<BoundedExecutor> self = new ArrayList<>();
        boolean[] rejects = {true};
        BoundedExecutor executor = new BoundedExecutor(
                work -> {
                    if (rejects[0]) {
                        // Stands for the work that another loop leaves behind meanwhile.
                        self.get(0).execute(() -> done.add(1));
                        throw new RejectedExecutionException("it is closed");
                    }
                    work.run();
                },
                1);
        self.add(executor);
        assertThatThrownBy(() -> executor.execute(() -> done.add(0)))
                .isInstanceOf(RejectedExecutionException.class)
                .hasMessage("it is closed");
        assertThat(done).as("work that was accepted is done").containsExactly(1);
        rejects[0] = false;
        executor.execute(() -> done.add(2));
        assertThat(done).containsExactly(1, 2);
    }
}
