package io.evio.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.OffLoop;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Slow work on other threads: replies in order, clients held back, nothing lost and nobody else kept waiting. */
class OffLoopTest extends ConformanceTest {

    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    private final OffLoop offLoop = new OffLoop(executor);

    @AfterEach
    void shutDown() {
        executor.shutdownNow();
    }

    /** Answers each byte with itself in capitals, after work off the loop. */
    private TestHandler capitals(Callable<?> work) {
        return capitals(offLoop, work);
    }

    private static TestHandler capitals(OffLoop offLoop, Callable<?> work) {
        return new TestHandler().withoutLog().onData((connection, in, out) -> {
            if (!in.hasRemaining()) {
                return Action.NONE;
            }
            char request = (char) in.get();
            return offLoop.call(
                    connection,
                    () -> {
                        work.call();
                        return Character.toUpperCase(request);
                    },
                    (reply, late) -> {
                        late.write(reply);
                        return Action.NONE;
                    });
        });
    }

    private static Callable<?> waitFor(CountDownLatch latch) {
        return () -> {
            Eventually.reached(latch);
            return null;
        };
    }

    @EveryTransport
    void pipelinedRequestsAreAnsweredOneAfterTheOther(Transport transport) throws Exception {
        AtomicInteger at = new AtomicInteger();
        TestHandler handler = capitals(() -> {
            assertThat(at.incrementAndGet()).isEqualTo(1);
            Thread.yield();
            return at.decrementAndGet();
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        client.send("abcdefghijklmnopqrstuvwxyz".repeat(100));
        assertThat(client.read(2600)).isEqualTo("ABCDEFGHIJKLMNOPQRSTUVWXYZ".repeat(100));
        client.send("abc");
        assertThat(client.read(3)).isEqualTo("ABC");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void theWorkRunsOnTheExecutorAndItsFinishOnTheLoop() throws Exception {
        AtomicReference<Thread> working = new AtomicReference<>();
        AtomicReference<Thread> finishing = new AtomicReference<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            return offLoop.call(
                    connection,
                    () -> {
                        working.set(Thread.currentThread());
                        return null;
                    },
                    (nothing, late) -> {
                        finishing.set(Thread.currentThread());
                        assertThat(nothing).isNull();
                        connection.attach("finished");
                        late.writeAscii("done");
                        return Action.NONE;
                    });
        });
        EvioServer server = start(handler, ANY_PORT);
        assertThat(connect(server).send("x").read(4)).isEqualTo("done");
        assertThat(finishing.get()).isSameAs(loopThread(server));
        assertThat(working.get()).isNotNull().isNotSameAs(finishing.get());
        // The finish has written; there was nothing unread, and so no other event.
        assertThat(handler.names(1)).containsExactly("opened", "data", "prewrite", "postwrite");
    }

    @EveryTransport
    void othersAreServedMeanwhile(Transport transport) throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        TestHandler slow = capitals(waitFor(release));
        EvioServer server = start(
                new TestHandler().withoutLog().onData((connection, in, out) -> {
                    if (in.hasRemaining() && in.get(in.position()) != 'a') {
                        out.write(in);
                        return Action.NONE;
                    }
                    return slow.data(connection, in, out);
                }),
                transport.address(folder));
        Client waiting = connect(server).send("a");
        Client other = connect(server);
        for (int i = 0; i < 100; i++) {
            assertThat(other.send("echo").read(4)).isEqualTo("echo");
        }
        release.countDown();
        assertThat(waiting.read(1)).isEqualTo("A");
    }

    /**
     * Nothing more is read than one buffer, although the client sends without end; and the loop does not spin over it.
     */
    @EveryTransport
    void aClientThatSendsMeanwhileIsHeldBack(Transport transport) throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        EvioServer server = start(capitals(waitFor(release)), transport.address(folder));
        Client client = connect(server).send("a");
        Eventually.holds(() -> assertThat(server.stats().dataReceived()).isEqualTo(1));
        byte[] chunk = "b".repeat(100_000).getBytes(US_ASCII);
        long offered = 0;
        for (int n = client.offer(chunk); n > 0; n = client.offer(chunk)) {
            offered += n;
        }
        assertThat(offered).isGreaterThan(100_000);
        assertThat(client.hasInput(Duration.ofMillis(100))).isFalse();
        assertThat(server.stats().dataReceived()).isEqualTo(1);
        long iterations = server.stats().loopIterations();
        assertThat(client.hasInput(Duration.ofMillis(300))).isFalse();
        assertThat(server.stats().loopIterations() - iterations).isLessThan(10);
        release.countDown();
        assertThat(client.read(1001)).isEqualTo("A" + "B".repeat(1000));
    }

    @EveryTransport
    void aPeerThatHasShutItsWritingSideIsAnswered(Transport transport) throws Exception {
        EvioServer server = start(
                capitals(() -> {
                    TimeUnit.MILLISECONDS.sleep(1);
                    return null;
                }),
                transport.address(folder));
        for (int i = 0; i < 20; i++) {
            assertThat(connect(server).send("abc").shutdownOutput().readToEnd()).isEqualTo("ABC");
        }
    }

    /** The work is begun by a wake that comes behind the end of the input. */
    @EveryTransport
    void workBegunBehindTheEndOfInputIsAnswered(Transport transport) throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        List<Connection> seen = new ArrayList<>();
        TestHandler capitals = capitals(waitFor(release));
        EvioServer server = start(
                new TestHandler()
                        .withoutLog()
                        .onData((connection, in, out) -> {
                            if (seen.isEmpty()) {
                                // Enough unsent output for the end of input to be seen before it is out.
                                seen.add(connection);
                                out.write(new byte[8_000_000]);
                                return Action.NONE;
                            }
                            return capitals.data(connection, in, out);
                        })
                        .onPostwrite((connection, amount, remaining) -> {
                            if (remaining == 0 && ended.getCount() > 0) {
                                ended.countDown();
                                connection.wake();
                            }
                            return Action.NONE;
                        }),
                transport.address(folder));
        Client client = connectSlowReader(server);
        client.send("ab").shutdownOutput();
        client.readBytes(8_000_000);
        release.countDown();
        assertThat(client.readToEnd()).isEqualTo("AB");
    }

    @EveryTransport
    void wakesWaitUntilTheWorkIsDoneAndSendsDoNot(Transport transport) throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (!in.hasRemaining()) {
                out.writeAscii("woken");
                return Action.NONE;
            }
            in.get();
            return offLoop.call(connection, waitFor(release), (nothing, late) -> {
                late.writeAscii("done ");
                return Action.NONE;
            });
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).send("x");
        handler.await("data");
        assertThat(server.wake(1)).isTrue();
        assertThat(server.wake(1)).isTrue();
        assertThat(server.send(1, "sent ".getBytes(US_ASCII))).isTrue();
        assertThat(client.read(5)).isEqualTo("sent ");
        assertThat(handler.count("data")).isEqualTo(1);
        release.countDown();
        assertThat(client.read(10)).isEqualTo("done woken");
        assertThat(handler.count("data")).isEqualTo(2);
    }

    @EveryTransport
    void aResetMeanwhileEndsTheConnectionOnce(Transport transport) throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch finished = new CountDownLatch(1);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            return offLoop.call(connection, waitFor(release), (nothing, late) -> {
                late.write(new byte[100_000]);
                finished.countDown();
                return Action.NONE;
            });
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).send("xy");
        handler.await("data");
        if (transport.isTcp()) {
            client.reset();
        } else {
            client.close();
        }
        // An error is reported whatever is watched for: the loop must not spin over it.
        long iterations = server.stats().loopIterations();
        TimeUnit.MILLISECONDS.sleep(200);
        assertThat(server.stats().loopIterations() - iterations).isLessThan(10);
        release.countDown();
        Eventually.reached(finished);
        handler.await("closed");
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
        assertThat(handler.count("closed")).isEqualTo(1);
        assertThat(connect(server).send("z").read(10)).hasSize(10);
    }

    @EveryTransport
    void aCloseMeanwhileDropsTheResult(Transport transport) throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch worked = new CountDownLatch(1);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            return offLoop.call(
                    connection,
                    () -> {
                        begun.countDown();
                        Eventually.reached(release);
                        worked.countDown();
                        return null;
                    },
                    (nothing, late) -> {
                        late.writeAscii("too late");
                        return Action.NONE;
                    });
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).send("x");
        Eventually.reached(begun);
        assertThat(server.closeConnection(1)).isTrue();
        assertThat(client.readToEnd()).isEmpty();
        Event closed = handler.await("closed");
        assertThat(closed.error()).isNull();
        release.countDown();
        Eventually.reached(worked);
        client.close();
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
        assertThat(server.stats().handlerErrors()).isZero();
        assertThat(server.stats().dataSent()).isZero();
    }

    /** Work that waits in the executor's queue for a connection that has ended is not begun. */
    @Test
    void workForAnEndedConnectionIsNotBegun() throws Exception {
        ExecutorService one = Executors.newSingleThreadExecutor();
        try {
            CountDownLatch release = new CountDownLatch(1);
            AtomicInteger begun = new AtomicInteger();
            TestHandler capitals = capitals(new OffLoop(one), () -> {
                begun.incrementAndGet();
                Eventually.reached(release);
                return null;
            });
            EvioServer server = start(capitals, ANY_PORT);
            Client first = connect(server).send("a");
            Eventually.holds(() -> assertThat(begun).hasValue(1));
            Client second = connect(server).send("b");
            Eventually.holds(() -> assertThat(server.stats().dataReceived()).isEqualTo(2));
            assertThat(server.closeConnection(2)).isTrue();
            assertThat(second.readToEnd()).isEmpty();
            release.countDown();
            assertThat(first.read(1)).isEqualTo("A");
            assertThat(first.send("c").read(1)).isEqualTo("C");
            assertThat(begun).hasValue(2);
        } finally {
            one.shutdownNow();
        }
    }

    @EveryTransport
    void workThatThrowsEndsItsConnectionWithTheCause(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            return offLoop.call(
                    connection,
                    () -> {
                        throw new IllegalStateException("the database is away");
                    },
                    (nothing, late) -> Action.NONE);
        });
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(handler, transport.address(folder));
            assertThat(connect(server).send("x").isEnded()).isTrue();
            Event closed = handler.await("closed");
            assertThat(closed.error()).isInstanceOf(IOException.class);
            assertThat(closed.error().getCause()).hasMessage("the database is away");
            assertThat(server.stats().handlerErrors()).isEqualTo(1);
            assertThat(log.lines(Level.ERROR))
                    .singleElement()
                    .satisfies(line -> assertThat(line.getFormattedMessage()).contains("work off the loop"));
        }
    }

    @Test
    void theActionOfTheFinishCounts() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            Action action = Action.values()[in.get() - '0'];
            return offLoop.call(connection, () -> action, (result, late) -> {
                late.writeAscii(result.name());
                return result;
            });
        });
        EvioServer server = start(handler, ANY_PORT);
        assertThat(connect(server).send(digit(Action.CLOSE) + "left unread").readToEnd())
                .isEqualTo("CLOSE");
        Client detached = connect(server).send(digit(Action.DETACH));
        assertThat(detached.read(6)).isEqualTo("DETACH");
        handler.await("detached");
        assertThat(connect(server).send(digit(Action.SHUTDOWN)).readToEnd()).isEqualTo("SHUTDOWN");
        Eventually.isTrue("ended", () -> !server.isRunning());
    }

    private static String digit(Action action) {
        return String.valueOf(action.ordinal());
    }

    @Test
    void aFinishMayHandOverMoreWork() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            return again(connection, 5);
        });
        EvioServer server = start(handler, ANY_PORT);
        assertThat(connect(server).send("x").read(5)).isEqualTo("54321");
    }

    private Action again(Connection connection, int left) {
        return offLoop.call(connection, () -> left, (n, late) -> {
            late.writeDecimal(n);
            return n == 1 ? Action.NONE : again(connection, n - 1);
        });
    }

    @Test
    void aSecondPieceOfWorkIsRefused() throws Exception {
        AtomicReference<Throwable> refused = new AtomicReference<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            offLoop.call(connection, () -> 1, (n, late) -> Action.CLOSE);
            try {
                offLoop.call(connection, () -> 2, (n, late) -> Action.CLOSE);
            } catch (IllegalStateException e) {
                refused.set(e);
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        assertThat(connect(server).send("x").readToEnd()).isEmpty();
        assertThat(refused.get()).hasMessageContaining("leave what follows unread");
    }

    @Test
    void workIsTakenFromTheLoopsThreadAndForLiveConnectionsOnly() throws Exception {
        AtomicReference<Connection> kept = new AtomicReference<>();
        AtomicReference<Throwable> refused = new AtomicReference<>();
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    kept.set(connection);
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    try {
                        offLoop.call(connection, () -> 1, (n, late) -> Action.NONE);
                    } catch (IllegalStateException e) {
                        refused.set(e);
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        handler.await("opened");
        assertThatIllegalStateException()
                .isThrownBy(() -> offLoop.call(kept.get(), () -> 1, (n, late) -> Action.NONE))
                .withMessageContaining("loop's thread");
        client.close();
        Eventually.holds(() -> assertThat(refused.get()).hasMessageContaining("has ended"));
    }

    @EveryTransport
    void aStopWaitsForTheWorkWithinItsGracePeriod(Transport transport) throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        EvioServer server = start(capitals(waitFor(release)), transport.address(folder));
        Client client = connect(server).send("ab");
        Eventually.holds(() -> assertThat(server.stats().dataReceived()).isEqualTo(2));
        Thread stop = new Thread(() -> server.stop(Duration.ofSeconds(15)));
        stop.start();
        assertThat(client.hasInput(Duration.ofMillis(100))).isFalse();
        release.countDown();
        // So is the request behind it, which had arrived too.
        assertThat(client.readToEnd()).isEqualTo("AB");
        client.close();
        Eventually.ended(stop);
        assertThat(server.stats().connectionsCutOff()).isZero();
    }

    @Test
    void aStopCutsOffWhatIsNotDoneInTimeAndSaysHowMany() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        EvioServer server = start(capitals(waitFor(release)), ANY_PORT);
        Client first = connect(server).send("a");
        Client second = connect(server).send("b");
        Client idle = connect(server);
        Eventually.holds(() -> {
            assertThat(server.stats().dataReceived()).isEqualTo(2);
            assertThat(server.stats().connectionsOpened()).isEqualTo(3);
        });
        assertThat(server.stop(Duration.ofMillis(50))).isTrue();
        assertThat(server.stats().connectionsCutOff()).isEqualTo(2);
        assertThat(first.isEnded()).isTrue();
        assertThat(second.isEnded()).isTrue();
        assertThat(idle.isEnded()).isTrue();
        release.countDown();
    }

    @Test
    void aConnectionThatWaitsForItsWorkIsNotIdle() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        TestHandler handler = capitals(waitFor(release));
        EvioServer server = start(builder(handler, ANY_PORT)
                .limits(Limits.DEFAULTS
                        .withIdleTimeout(Duration.ofMillis(50))
                        .withDrainTimeout(Duration.ofMillis(50))));
        Client client = connect(server).send("a");
        assertThat(client.hasInput(Duration.ofMillis(300))).isFalse();
        release.countDown();
        assertThat(client.read(1)).isEqualTo("A");
        assertThat(client.isEnded()).isTrue();
    }

    @Test
    void rejectedWorkEndsItsConnection() throws Exception {
        ExecutorService gone = Executors.newSingleThreadExecutor();
        gone.shutdownNow();
        TestHandler handler = new TestHandler();
        OffLoop refusing = new OffLoop(gone);
        handler.onData((connection, in, out) -> {
            in.get();
            return refusing.call(connection, () -> 1, (n, late) -> Action.NONE);
        });
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(handler, ANY_PORT);
            assertThat(connect(server).send("x").isEnded()).isTrue();
            assertThat(handler.await("closed").error()).hasMessageContaining("RejectedExecutionException");
            assertThat(log.lines(Level.ERROR)).hasSize(1);
        }
    }

    /** Connections come and go while their work is under way, on a server that is stopped in the middle of it. */
    @Test
    void nothingOfItIsLeftBehind() throws Exception {
        EvioServer server = start(
                capitals(() -> {
                    Thread.yield();
                    return null;
                }),
                ANY_PORT);
        for (int i = 0; i < 200; i++) {
            Client client = connect(server).send("abc");
            if (i % 3 == 0) {
                assertThat(client.read(1)).isEqualTo("A");
            }
            if (i % 2 == 0) {
                client.reset();
            }
        }
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertThat(server.stats().connectionsActive()).isZero();
        assertThat(server.stats().writePending()).isZero();
        assertThat(server.stats().handlerErrors()).isZero();
    }
}
