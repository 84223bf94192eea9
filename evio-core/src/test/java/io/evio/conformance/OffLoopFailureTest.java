package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.OffLoop;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Work off the loop that throws, is rejected or takes too long. */
class OffLoopFailureTest extends ConformanceTest {

    private static final Duration SHORT = Duration.ofMillis(50);

    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    private final OffLoop offLoop = new OffLoop(executor);
    private final Queue<Throwable> causes = new ConcurrentLinkedQueue<>();

    @AfterEach
    void shutDown() {
        executor.shutdownNow();
    }

    /** Hands over the work for each byte, and answers it with {@code +} or {@code -}. */
    private TestHandler answering(OffLoop offLoop, Callable<?> work) {
        return new TestHandler().onData((connection, in, out) -> {
            if (!in.hasRemaining()) {
                return Action.NONE;
            }
            in.get();
            return offLoop.call(
                    connection,
                    work,
                    (result, late) -> {
                        late.writeAscii("+");
                        return Action.NONE;
                    },
                    (cause, late) -> {
                        causes.add(cause);
                        late.writeAscii("-");
                        return Action.NONE;
                    });
        });
    }

    @EveryTransport
    void whatTheWorkThrewIsAnsweredOnTheLoop(Transport transport) throws Exception {
        AtomicReference<Thread> answering = new AtomicReference<>();
        IOException away = new IOException("the database is away");
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            return offLoop.call(
                    connection,
                    () -> {
                        throw away;
                    },
                    (result, late) -> Action.SHUTDOWN,
                    (cause, late) -> {
                        answering.set(Thread.currentThread());
                        causes.add(cause);
                        late.writeAscii("sorry ");
                        return Action.NONE;
                    });
        });
        EvioServer server = start(handler, transport.address(folder));
        // Those behind it are served as ever.
        assertThat(connect(server).send("abc").read(18)).isEqualTo("sorry sorry sorry ");
        assertThat(causes).containsExactly(away, away, away);
        assertThat(answering.get()).isSameAs(loopThread(server));
        assertThat(server.stats().handlerErrors()).isZero();
        assertThat(handler.count("closed")).isZero();
    }

    @Test
    void theCauseIsWhatTheWorkThrewWhateverThatIs() throws Exception {
        for (Throwable thrown : List.of(
                new CompletionException(new IOException("inside")),
                new AssertionError("an error"),
                new TimeoutException())) {
            causes.clear();
            EvioServer server = start(
                    answering(offLoop, () -> {
                        if (thrown instanceof Error error) {
                            throw error;
                        }
                        throw (Exception) thrown;
                    }),
                    ANY_PORT);
            assertThat(connect(server).send("x").read(1)).isEqualTo("-");
            assertThat(causes).singleElement().isSameAs(thrown);
        }
    }

    @Test
    void theActionOfAFailureCounts() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            return offLoop.call(
                    connection,
                    () -> {
                        throw new IOException("away");
                    },
                    (result, late) -> Action.NONE,
                    (cause, late) -> {
                        late.writeAscii(cause.getMessage());
                        return Action.CLOSE;
                    });
        });
        EvioServer server = start(handler, ANY_PORT);
        assertThat(connect(server).send("xy").readToEnd()).isEqualTo("away");
        assertThat(handler.await("closed").error()).isNull();
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void aFailureThatThrowsEndsItsConnection() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            return offLoop.call(
                    connection,
                    () -> {
                        throw new IOException("first");
                    },
                    (result, late) -> Action.NONE,
                    (cause, late) -> {
                        throw new IllegalStateException("second");
                    });
        });
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(handler, ANY_PORT);
            assertThat(connect(server).send("x").isEnded()).isTrue();
            assertThat(handler.await("closed").error().getCause()).hasMessage("second");
            assertThat(log.lines(Level.ERROR)).hasSize(1);
            assertThat(server.stats().handlerErrors()).isEqualTo(1);
        }
    }

    /** As a retry does. */
    @Test
    void aFailureMayHandOverMoreWork() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            return attempt(connection, 3);
        });
        assertThat(connect(start(handler, ANY_PORT)).send("x").read(4)).isEqualTo("321+");
    }

    private Action attempt(Connection connection, int left) {
        return offLoop.call(
                connection,
                () -> {
                    if (left > 0) {
                        throw new IOException("not yet");
                    }
                    return "+";
                },
                (result, late) -> {
                    late.writeAscii(result);
                    return Action.NONE;
                },
                (cause, late) -> {
                    late.writeDecimal(left);
                    return attempt(connection, left - 1);
                });
    }

    @EveryTransport
    void rejectionIsAnsweredBehindTheEvent(Transport transport) throws Exception {
        AtomicBoolean inEvent = new AtomicBoolean();
        OffLoop rejecting = new OffLoop(task -> {
            throw new RejectedExecutionException("full");
        });
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            inEvent.set(true);
            Action result = rejecting.call(connection, () -> 1, (n, late) -> Action.SHUTDOWN, (cause, late) -> {
                assertThat(inEvent.get()).isFalse();
                causes.add(cause);
                late.writeAscii("busy");
                return Action.NONE;
            });
            inEvent.set(false);
            return result;
        });
        EvioServer server = start(handler, transport.address(folder));
        assertThat(connect(server).send("xy").read(8)).isEqualTo("busybusy");
        assertThat(causes)
                .hasSize(2)
                .allSatisfy(cause -> assertThat(cause).isInstanceOf(RejectedExecutionException.class));
        assertThat(server.stats().handlerErrors()).isZero();
    }

    /** An executor that cannot make a thread throws an error: the connection must not wait for ever. */
    @Test
    void anExecutorThatFailsIsARejection() throws Exception {
        Executor broken = task -> {
            throw new OutOfMemoryError("unable to create native thread");
        };
        EvioServer server = start(answering(new OffLoop(broken), () -> 1), ANY_PORT);
        assertThat(connect(server).send("x").read(1)).isEqualTo("-");
        assertThat(causes).singleElement().isInstanceOf(OutOfMemoryError.class);
    }

    /** It may be, if it is quick: the finish comes behind the event all the same. */
    @Test
    void anExecutorThatWorksAtOnceIsAllowed() throws Exception {
        EvioServer server = start(answering(new OffLoop(Runnable::run), () -> 1), ANY_PORT);
        assertThat(connect(server).send("xyz").read(3)).isEqualTo("+++");
    }

    @EveryTransport
    void workThatTakesTooLongIsAnsweredAndItsResultDropped(Transport transport) throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        CountDownLatch worked = new CountDownLatch(1);
        TestHandler handler = answering(offLoop.within(SHORT), () -> {
            try {
                Eventually.reached(release);
            } catch (InterruptedException e) {
                interrupted.set(true);
            }
            worked.countDown();
            return null;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).send("xy");
        assertThat(client.read(2)).isEqualTo("--");
        assertThat(causes).hasSize(2).allSatisfy(cause -> assertThat(cause).isInstanceOf(TimeoutException.class));
        release.countDown();
        Eventually.reached(worked);
        assertThat(client.send("z").read(1)).isEqualTo("+");
        assertThat(client.hasInput(Duration.ofMillis(20))).isFalse();
        assertThat(interrupted).isFalse();
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void withoutAFailureBranchTooLongEndsTheConnection() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        OffLoop quick = offLoop.within(SHORT);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            return quick.call(
                    connection,
                    () -> {
                        Eventually.reached(release);
                        return 1;
                    },
                    (n, late) -> Action.NONE);
        });
        EvioServer server = start(handler, ANY_PORT);
        assertThat(connect(server).send("x").isEnded()).isTrue();
        assertThat(handler.await("closed").error().getCause()).isInstanceOf(TimeoutException.class);
        assertThat(server.stats().handlerErrors()).isEqualTo(1);
        release.countDown();
    }

    /** And what is late before it has begun is not begun at all. */
    @Test
    void theTimeInTheQueueCounts() throws Exception {
        ExecutorService one = Executors.newSingleThreadExecutor();
        closeAfterwards(one::shutdownNow);
        CountDownLatch release = new CountDownLatch(1);
        one.execute(() -> {
            try {
                Eventually.reached(release);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Queue<String> begun = new ConcurrentLinkedQueue<>();
        EvioServer server = start(answering(new OffLoop(one).within(SHORT), () -> begun.add("work")), ANY_PORT);
        Client client = connect(server).send("x");
        assertThat(client.read(1)).isEqualTo("-");
        release.countDown();
        assertThat(client.send("y").read(1)).isEqualTo("+");
        assertThat(begun).hasSize(1);
    }

    @Test
    void workInTimeIsNotDisturbed() throws Exception {
        EvioServer server = start(answering(offLoop.within(Duration.ofSeconds(30)), () -> 1), ANY_PORT);
        assertThat(connect(server).send("x".repeat(100)).read(100)).isEqualTo("+".repeat(100));
        // Longer than can be counted in nanoseconds.
        EvioServer patient = start(answering(offLoop.within(Duration.ofSeconds(Long.MAX_VALUE)), () -> 1), ANY_PORT);
        assertThat(connect(patient).send("x").read(1)).isEqualTo("+");
        assertThat(causes).isEmpty();
    }

    /** Neither finish nor failure is for a connection that is gone. */
    @Test
    void aConnectionThatHasEndedIsNotAnswered() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch worked = new CountDownLatch(1);
        EvioServer server = start(
                answering(offLoop.within(Duration.ofMillis(300)), () -> {
                    begun.countDown();
                    Eventually.reached(release);
                    worked.countDown();
                    throw new IOException("away");
                }),
                ANY_PORT);
        Client client = connect(server).send("x");
        Eventually.reached(begun);
        assertThat(server.closeConnection(1)).isTrue();
        assertThat(client.readToEnd()).isEmpty();
        client.close();
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
        release.countDown();
        Eventually.reached(worked);
        Client next = connect(server);
        assertThat(next.hasInput(Duration.ofMillis(400))).isFalse();
        assertThat(causes).isEmpty();
    }

    @Test
    void misuseIsRefused() throws Exception {
        Queue<String> refused = new ConcurrentLinkedQueue<>();
        AtomicReference<Connection> kept = new AtomicReference<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            kept.set(connection);
            assertThatNullPointerException()
                    .isThrownBy(() -> offLoop.call(connection, null, (n, late) -> Action.NONE))
                    .withMessage("work");
            assertThatNullPointerException()
                    .isThrownBy(() -> offLoop.call(connection, () -> 1, null))
                    .withMessage("finish");
            assertThatNullPointerException()
                    .isThrownBy(() -> offLoop.call(connection, () -> 1, (n, late) -> Action.NONE, null))
                    .withMessage("failed");
            assertThatNullPointerException()
                    .isThrownBy(() -> offLoop.callAsync(connection, () -> 1, (n, late) -> Action.NONE, null))
                    .withMessage("failed");
            // None of them has held it up.
            assertThat(offLoop.isFull(connection)).isFalse();
            refused.add("all");
            out.writeAscii("alive");
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        assertThat(connect(server).send("x").read(5)).isEqualTo("alive");
        assertThat(refused).containsExactly("all");
        assertThatIllegalStateException().isThrownBy(() -> offLoop.isFull(kept.get()));
        assertThatIllegalStateException()
                .isThrownBy(
                        () -> offLoop.call(kept.get(), () -> 1, (n, late) -> Action.NONE, (e, late) -> Action.NONE));
        assertThatNullPointerException().isThrownBy(() -> new OffLoop(null));
        assertThatIllegalArgumentException().isThrownBy(() -> offLoop.within(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> offLoop.within(Duration.ofMillis(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> offLoop.withMaxPieces(0));
    }
}
