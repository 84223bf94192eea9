package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tick, by its own delay (P14). A tick is never early, which is checked to the millisecond, and never late by more
 * than a poll, which is checked as loosely as a loaded machine asks for.
 */
class TickTest extends ConformanceTest {

    /** The loop's clock is read once a turn, a moment before the event. */
    private static final long EARLY = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long LATE = TimeUnit.SECONDS.toNanos(10);

    private final ConcurrentLinkedQueue<Long> times = new ConcurrentLinkedQueue<>();

    /** Ticks so many times by the delay, then never again. */
    private TestHandler ticking(Duration delay, int ticks) {
        return TestHandler.echo().withoutLog().onTick(() -> {
            times.add(System.nanoTime());
            return times.size() < ticks ? Tick.after(delay) : Tick.NEVER;
        });
    }

    private List<Long> await(int ticks) {
        Eventually.isTrue("tick " + ticks, () -> times.size() >= ticks);
        return new ArrayList<>(times);
    }

    private static void assertOnTime(List<Long> times, Duration delay) {
        for (int i = 1; i < times.size(); i++) {
            long due = times.get(0) + i * delay.toNanos();
            assertThat(times.get(i)).as("tick " + i).isBetween(due - EARLY, due + LATE);
        }
    }

    @Test
    void firesAtOnceWithoutAnyConnection() throws Exception {
        TestHandler handler = new TestHandler().onTick(() -> Tick.after(Duration.ofHours(10)));
        EvioServer server = start(handler, ANY_PORT);
        handler.await("tick");
        assertThat(handler.names()).containsExactly("serving", "tick");
        assertThat(server.stats().ticks()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 30})
    void followsItsDelayWhenIdle(int millis) throws Exception {
        Duration delay = Duration.ofMillis(millis);
        int ticks = 300 / millis + 1;
        EvioServer server = start(ticking(delay, ticks), ANY_PORT);
        assertOnTime(await(ticks), delay);
        // Waits for it; it does not turn round and round.
        assertThat(server.stats().loopIterations()).isLessThan(3L * ticks + 20);
    }

    /** With the wait begun anew for every byte the tick would never come. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 30})
    void followsItsDelayUnderLoad(int millis) throws Exception {
        Duration delay = Duration.ofMillis(millis);
        int ticks = 300 / millis + 1;
        AtomicBoolean over = new AtomicBoolean();
        EvioServer server = start(ticking(delay, ticks), ANY_PORT);
        try (Crowd load = Crowd.start(3, index -> {
            Client client = connect(server);
            while (!over.get()) {
                client.send("ping");
                client.read(4);
            }
        })) {
            assertOnTime(await(ticks), delay);
            over.set(true);
            load.join();
        }
        assertThat(server.stats().dataReceived()).isPositive();
    }

    /** P14: a delay below what the pollers can wait for does not make the loop spin. */
    @Test
    void oneMillisecondIsTheLeast() throws Exception {
        assertThat(Tick.after(Duration.ZERO).delay()).isEqualTo(Duration.ofMillis(1));
        assertThat(Tick.after(Duration.ofNanos(100_000)).delay()).isEqualTo(Duration.ofMillis(1));
        start(ticking(Duration.ofNanos(1), 200), ANY_PORT);
        assertOnTime(await(200), Duration.ofMillis(1));
    }

    @ParameterizedTest
    @ValueSource(longs = {3600, 10 * 3600, 365L * 24 * 3600, 1_000_000_000_000L, Long.MAX_VALUE})
    void canBeHoursAway(long seconds) throws Exception {
        TestHandler handler = TestHandler.echo().withoutLog().onTick(() -> Tick.after(Duration.ofSeconds(seconds)));
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        for (int i = 0; i < 50; i++) {
            client.send("ping");
            assertThat(client.read(4)).isEqualTo("ping");
        }
        assertThat(server.stats().ticks()).isEqualTo(1);
        assertThat(server.stats().loopIterations()).isLessThan(200);
    }

    @Test
    void theDelayMayChangeFromCallToCall() throws Exception {
        int[] delays = {1, 60, 2, 90, 5, 30, 1};
        TestHandler handler = new TestHandler().onTick(() -> {
            int n = times.size();
            times.add(System.nanoTime());
            return n < delays.length ? Tick.after(Duration.ofMillis(delays[n])) : Tick.NEVER;
        });
        start(handler, ANY_PORT);
        List<Long> all = await(delays.length + 1);
        long due = all.get(0);
        for (int i = 0; i < delays.length; i++) {
            due += TimeUnit.MILLISECONDS.toNanos(delays[i]);
            assertThat(all.get(i + 1)).as("tick " + (i + 1)).isBetween(due - EARLY, due + LATE);
        }
    }

    @Test
    void whatABlockedLoopMissedIsNotMadeUpFor() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        AtomicInteger missed = new AtomicInteger();
        TestHandler handler = TestHandler.echo()
                .withoutLog()
                .onTick(() -> {
                    times.add(System.nanoTime());
                    return Tick.after(Duration.ofMillis(10));
                })
                .onOpened((connection, out) -> {
                    // What is tested is a handler that blocks.
                    Thread.sleep(400);
                    missed.set(times.size());
                    times.add(System.nanoTime());
                    blocked.countDown();
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        connect(server);
        Eventually.reached(blocked);
        int before = missed.get();
        List<Long> all = await(before + 8);
        long end = all.get(before);
        // One is due at once and the others after it; 40 were missed.
        for (int i = 3; i < 8; i++) {
            assertThat(all.get(before + i) - end)
                    .as("tick " + i + " after the block")
                    .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(10) * (i - 2));
        }
    }

    @Test
    void oneThatThrowsIsTriedAgainAfterItsLastDelay() throws Exception {
        try (LogCapture log = new LogCapture()) {
            Duration delay = Duration.ofMillis(40);
            AtomicInteger round = new AtomicInteger();
            TestHandler handler = TestHandler.echo().onTick(() -> {
                times.add(System.nanoTime());
                return switch (round.incrementAndGet()) {
                    case 2 -> throw new IllegalStateException("tick 2");
                    case 3 -> throw new AssertionError("tick 3");
                    case 4 -> null;
                    case 6 -> Tick.NEVER;
                    default -> Tick.after(delay);
                };
            });
            EvioServer server = start(handler, ANY_PORT);
            assertOnTime(await(6), delay);
            Eventually.holds(() -> assertThat(server.stats().handlerErrors()).isEqualTo(3));
            assertThat(log.lines(Level.ERROR))
                    .hasSize(3)
                    .allSatisfy(line -> assertThat(line.getFormattedMessage()).contains("tick", "tried again"));
            Client client = connect(server);
            client.send("alive");
            assertThat(client.read(5)).isEqualTo("alive");
        }
    }

    @Test
    void theFirstOneThatThrowsIsTriedAgainToo() throws Exception {
        try (LogCapture log = new LogCapture()) {
            TestHandler handler = new TestHandler();
            handler.onTick(() -> {
                if (handler.count("tick") == 1) {
                    throw new IllegalStateException("too early");
                }
                return Tick.NEVER;
            });
            EvioServer server = start(handler, ANY_PORT);
            Eventually.isTrue("a second tick", () -> handler.count("tick") == 2);
            assertThat(server.stats().handlerErrors()).isEqualTo(1);
            assertThat(log.lines(Level.ERROR)).hasSize(1);
        }
    }
}
