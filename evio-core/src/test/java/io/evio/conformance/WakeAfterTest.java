package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.OffLoop;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A {@code data} event that comes by the clock. */
class WakeAfterTest extends ConformanceTest {

    private static final Duration SHORT = Duration.ofMillis(30);

    /** So late that no test sees it. */
    private static final Duration LATE = Duration.ofMinutes(10);

    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final Connections connections = new Connections();

    @AfterEach
    void shutDown() {
        executor.shutdownNow();
    }

    private static void wakeAfter(Connection connection, Duration delay) throws Exception {
        Connections.runOnLoop(connection, () -> connection.wakeAfter(delay));
    }

    @EveryTransport
    void firesOnceAndNotBeforeTheDelay(Transport transport) throws Exception {
        Queue<Long> fired = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            fired.add(System.nanoTime());
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        connect(server);
        Connection connection = connections.next();
        List<Duration> delays = List.of(
                Duration.ofNanos(1), Duration.ofMillis(1), SHORT, Duration.ofMillis(75), Duration.ofMillis(150));
        for (Duration delay : delays) {
            fired.clear();
            long began = System.nanoTime();
            wakeAfter(connection, delay);
            Eventually.isTrue("it fires", () -> !fired.isEmpty());
            long waited = fired.peek() - began;
            assertThat(waited)
                    .isBetween(
                            delay.toNanos(),
                            delay.toNanos() + Duration.ofSeconds(5).toNanos());
            // Twice as long for another one to pass shows that it does not repeat.
            AtomicLong others = new AtomicLong();
            connect(server);
            Connection clock = connections.next();
            handler.onData((woken, in, out) -> {
                others.incrementAndGet();
                if (woken == connection) {
                    fired.add(System.nanoTime());
                }
                return Action.NONE;
            });
            wakeAfter(clock, delay.multipliedBy(2));
            Eventually.isTrue("the other one fires", () -> others.get() > 0);
            assertThat(fired).hasSize(1);
        }
    }

    /** The loop's own idea of the time is from before the event. */
    @EveryTransport
    void countsFromTheCallAlsoInAnEventThatTakesLong(Transport transport) throws Exception {
        AtomicLong called = new AtomicLong();
        AtomicLong fired = new AtomicLong();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (in.hasRemaining()) {
                in.position(in.limit());
                long until = System.nanoTime() + 2 * SHORT.toNanos();
                while (System.nanoTime() < until) {
                    LockSupport.parkNanos(until - System.nanoTime());
                }
                called.set(System.nanoTime());
                connection.wakeAfter(SHORT);
            } else {
                fired.set(System.nanoTime());
            }
            return Action.NONE;
        });
        connect(start(handler, transport.address(folder))).send("x");
        Eventually.isTrue("it fires", () -> fired.get() != 0);
        assertThat(fired.get() - called.get()).isGreaterThanOrEqualTo(SHORT.toNanos());
    }

    @EveryTransport
    void newCallReplacesTheLastOne(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(handler, transport.address(folder));
        connect(server);
        Connection connection = connections.next();
        wakeAfter(connection, LATE);
        wakeAfter(connection, SHORT);
        Eventually.isTrue("the sooner one fires", () -> handler.count("data") == 1);

        wakeAfter(connection, SHORT);
        wakeAfter(connection, LATE);
        assertSilence(server, handler, 1);
    }

    @EveryTransport
    void zeroCancelsIt(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(handler, transport.address(folder));
        connect(server);
        Connection connection = connections.next();
        wakeAfter(connection, Duration.ZERO);
        wakeAfter(connection, SHORT);
        wakeAfter(connection, Duration.ZERO);
        assertSilence(server, handler, 0);
        wakeAfter(connection, SHORT);
        Eventually.isTrue("it can be set again", () -> handler.count("data") == 2);
    }

    /** A timer of another connection, set later and for longer, fires; and nothing but that. */
    private void assertSilence(EvioServer server, TestHandler handler, long before) throws Exception {
        connect(server);
        Connection other = connections.next();
        wakeAfter(other, SHORT.multipliedBy(2));
        handler.await("data", event -> event.id() == other.id());
        assertThat(handler.count("data")).isEqualTo(before + 1);
    }

    @EveryTransport
    void firesWhateverArrivesBefore(Transport transport) throws Exception {
        TestHandler handler = TestHandler.echo().onOpened((connection, out) -> {
            connection.wakeAfter(SHORT);
            return Action.NONE;
        });
        Client client = connect(start(handler, transport.address(folder)));
        client.send("before");
        assertThat(client.read(6)).isEqualTo("before");
        handler.await("data", event -> event.amount() == 0);
    }

    /** With what was left unread in front of the handler. */
    @EveryTransport
    void bringsWhatWasLeftUnread(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (connection.<Object>attachment() == null) {
                connection.attach("waiting");
                connection.wakeAfter(SHORT);
            } else {
                out.write(in);
            }
            return Action.NONE;
        });
        assertThat(connect(start(handler, transport.address(folder)))
                        .send("frame")
                        .read(5))
                .isEqualTo("frame");
    }

    @EveryTransport
    void isHeldWhileWorkHoldsTheConnectionUp(Transport transport) throws Exception {
        CountDownLatch finished = new CountDownLatch(1);
        Queue<String> order = new ConcurrentLinkedQueue<>();
        OffLoop offLoop = new OffLoop(executor);
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            if (!in.hasRemaining()) {
                order.add("timer");
                return Action.NONE;
            }
            in.position(in.limit());
            connection.wakeAfter(Duration.ofMillis(5));
            return offLoop.call(
                    connection,
                    () -> {
                        Eventually.reached(finished);
                        return true;
                    },
                    (result, output) -> {
                        order.add("finished");
                        return Action.NONE;
                    });
        });
        EvioServer server = start(handler, transport.address(folder));
        connect(server).send("x");
        connections.next();
        Eventually.isTrue("the work has begun", () -> handler.count("data") == 1);
        connect(server);
        Connection other = connections.next();
        Connections.runOnLoop(other, () -> other.wakeAfter(SHORT));
        Eventually.isTrue("a longer timer", () -> order.size() == 1);
        order.clear();
        finished.countDown();
        Eventually.holds(() -> assertThat(order).containsExactly("finished", "timer"));
    }

    @EveryTransport
    void doesNotFireAfterTheEnd(Transport transport) throws Exception {
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    connection.wakeAfter(SHORT);
                    return connections.on(connection, out);
                })
                .onClosed((connection, error) -> {
                    connection.wakeAfter(SHORT);
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        assertThat(connections.next().close()).isTrue();
        // It lingers longer than the timer.
        handler.await("closed");
        handler.onOpened(connections);
        assertSilence(server, handler, 0);
        assertThat(client.readToEnd()).isEmpty();
        assertThat(server.stats().handlerErrors()).isZero();
    }

    /** The two share the connection's one deadline. */
    @EveryTransport
    void doesNotDelayTheIdleTimeoutOrComeLateForIt(Transport transport) throws Exception {
        Duration idle = Duration.ofMillis(100);
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    connection.wakeAfter(SHORT);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    connection.wakeAfter(SHORT);
                    return Action.NONE;
                });
        EvioServer server =
                start(builder(handler, transport.address(folder)).limits(Limits.DEFAULTS.withIdleTimeout(idle)));
        long began = System.nanoTime();
        connect(server);
        assertThat(handler.await("closed").error()).hasMessageContaining("idle-timeout");
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(idle.toNanos());
        assertThat(handler.count("data")).isBetween(1L, 4L);
    }

    /** With different delays, cancelled and replaced ones among them. */
    @Test
    void thousandsOfTimersFireOnceEachAndNotEarly() throws Exception {
        int count = 5000;
        Queue<Long> fired = new ConcurrentLinkedQueue<>();
        AtomicInteger wrong = new AtomicInteger();
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onOpened((connection, out) -> {
                    Duration delay = Duration.ofMillis(1 + connection.id() * 7919 % 400);
                    connection.attach(System.nanoTime() + delay.toNanos());
                    connection.wakeAfter(LATE);
                    connection.wakeAfter(connection.id() % 10 == 0 ? Duration.ZERO : delay);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    long due = connection.<Long>attachment();
                    if (System.nanoTime() < due || connection.id() % 10 == 0) {
                        wrong.incrementAndGet();
                    }
                    fired.add(connection.id());
                    return Action.NONE;
                });
        EvioServer server =
                start(builder(handler, "unix://" + folder.resolve("timers")).loops(2));
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(connect(server));
        }
        Eventually.isTrue("all fire", () -> fired.size() >= count - count / 10);
        assertThat(fired).doesNotHaveDuplicates().hasSize(count - count / 10);
        assertThat(wrong).hasValue(0);
        for (Client client : clients) {
            client.close();
        }
    }

    @Test
    void firesOnTheConnectionsOwnLoop() throws Exception {
        ConcurrentHashMap<Long, Thread> threads = new ConcurrentHashMap<>();
        AtomicInteger same = new AtomicInteger();
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    threads.put(connection.id(), Thread.currentThread());
                    connection.wakeAfter(SHORT);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    if (threads.get(connection.id()) == Thread.currentThread()) {
                        same.incrementAndGet();
                    }
                    return Action.NONE;
                });
        EvioServer server = start(builder(handler, ANY_PORT).loops(3));
        for (int i = 0; i < 30; i++) {
            connect(server);
        }
        Eventually.holds(() -> assertThat(same).hasValue(30));
        assertThat(threads.values().stream().distinct()).hasSize(3);
    }

    @Test
    void isRefusedOnOtherThreadsAndForNegativeDelays() throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        connect(start(handler, ANY_PORT));
        Connection connection = connections.next();
        assertThatIllegalStateException()
                .isThrownBy(() -> connection.wakeAfter(SHORT))
                .withMessageContaining("thread");
        Connections.runOnLoop(connection, () -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> connection.wakeAfter(Duration.ofNanos(-1)))
                    .withMessageContaining("PT-0.000000001S");
            connection.wakeAfter(Duration.ofSeconds(Long.MAX_VALUE));
        });
        assertThat(handler.count("data")).isZero();
        wakeAfter(connection, Duration.ofMillis(1));
        Eventually.isTrue("it fires", () -> handler.count("data") == 1);
    }
}
