package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.OffLoop;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pieces of work off the loop beside which their connection goes on. */
class OffLoopAsyncTest extends ConformanceTest {

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final OffLoop offLoop = new OffLoop(executor);

    /** The work of each request waits for this, by the letter of the request. */
    private final Map<Character, CountDownLatch> done = new ConcurrentHashMap<>();

    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicReference<Connection> last = new AtomicReference<>();

    @AfterEach
    void shutDown() {
        executor.shutdownNow();
    }

    private CountDownLatch latch(char request) {
        return done.computeIfAbsent(request, c -> new CountDownLatch(1));
    }

    private void finish(String requests) {
        requests.chars().forEach(c -> latch((char) c).countDown());
    }

    /** Answers each letter with its capital once its work is done; a digit is answered at once. */
    private TestHandler capitals(OffLoop offLoop) {
        return new TestHandler().onData((connection, in, out) -> {
            last.set(connection);
            while (in.hasRemaining() && !offLoop.isFull(connection)) {
                char request = (char) in.get();
                if (Character.isDigit(request)) {
                    out.write(request);
                } else {
                    handOver(offLoop, connection, request);
                }
            }
            return Action.NONE;
        });
    }

    private void handOver(OffLoop offLoop, Connection connection, char request) {
        Action action = offLoop.callAsync(
                connection,
                () -> {
                    underWay.incrementAndGet();
                    Eventually.reached(latch(request));
                    return Character.toUpperCase(request);
                },
                (reply, out) -> {
                    out.write(reply);
                    return Action.NONE;
                });
        assertThat(action).isEqualTo(Action.NONE);
    }

    private void awaitUnderWay(int pieces) {
        Eventually.holds(() -> assertThat(underWay).hasValue(pieces));
    }

    @EveryTransport
    void theConnectionGoesOnAndResultsComeAsTheyAreDone(Transport transport) throws Exception {
        EvioServer server = start(capitals(offLoop), transport.address(folder));
        Client client = connect(server).send("ab1");
        assertThat(client.read(1)).isEqualTo("1");
        client.send("c2");
        assertThat(client.read(1)).isEqualTo("2");
        awaitUnderWay(3);
        for (String next : new String[] {"c", "a", "b"}) {
            finish(next);
            assertThat(client.read(1)).isEqualTo(next.toUpperCase(Locale.ROOT));
        }
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void withSoManyUnderWayItIsHeldUp() throws Exception {
        TestHandler handler = capitals(offLoop.withMaxPieces(2));
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server).send("abcd");
        awaitUnderWay(2);
        client.send("e1");
        // Held up: neither what is unread nor what has come since is given to it.
        assertThat(client.hasInput(Duration.ofMillis(50))).isFalse();
        assertThat(handler.count("data")).isEqualTo(1);
        finish("b");
        assertThat(client.read(1)).isEqualTo("B");
        awaitUnderWay(3);
        assertThat(client.hasInput(Duration.ofMillis(20))).isFalse();
        finish("acde");
        String rest = client.read(5);
        assertThat(rest.chars().sorted().mapToObj(c -> "" + (char) c)).containsExactly("1", "A", "C", "D", "E");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void theBoundIs64ByDefault() throws Exception {
        EvioServer server = start(capitals(offLoop), ANY_PORT);
        Client client = connect(server).send("a".repeat(100));
        awaitUnderWay(64);
        assertThat(client.hasInput(Duration.ofMillis(50))).isFalse();
        assertThat(underWay).hasValue(64);
        finish("a");
        assertThat(client.read(100)).isEqualTo("A".repeat(100));
    }

    @Test
    void moreThanTheBoundIsRefused() throws Exception {
        OffLoop one = offLoop.withMaxPieces(1);
        Queue<Throwable> refused = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            handOver(one, connection, 'a');
            try {
                handOver(one, connection, 'b');
            } catch (IllegalStateException e) {
                refused.add(e);
            }
            try {
                offLoop.call(connection, () -> 1, (n, late) -> Action.CLOSE);
            } catch (IllegalStateException e) {
                refused.add(e);
            }
            return Action.NONE;
        });
        Client client = connect(start(handler, ANY_PORT)).send("x");
        finish("a");
        assertThat(client.read(1)).isEqualTo("A");
        assertThat(refused).hasSize(2).allSatisfy(e -> assertThat(e).hasMessageContaining("leave what follows unread"));
    }

    /** An ordinary call on top of pieces holds the connection up until that one is done. */
    @EveryTransport
    void mayBeMixedWithCall(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            while (in.hasRemaining() && !offLoop.isFull(connection)) {
                char request = (char) in.get();
                if (request == '!') {
                    offLoop.call(
                            connection,
                            () -> {
                                Eventually.reached(latch('!'));
                                return '!';
                            },
                            (reply, late) -> {
                                late.write(reply);
                                return Action.NONE;
                            });
                } else {
                    handOver(offLoop, connection, request);
                }
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).send("ab!c");
        awaitUnderWay(2);
        finish("b");
        assertThat(client.read(1)).isEqualTo("B");
        assertThat(client.hasInput(Duration.ofMillis(20))).isFalse();
        assertThat(underWay).as("the one behind the call is not begun").hasValue(2);
        finish("!");
        assertThat(client.read(1)).isEqualTo("!");
        awaitUnderWay(3);
        finish("ca");
        assertThat(client.read(2)).isIn("CA", "AC");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @EveryTransport
    void aPeerThatHasEndedItsSideIsSentAllResults(Transport transport) throws Exception {
        TestHandler handler = capitals(offLoop.withMaxPieces(3));
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).send("abcde").shutdownOutput();
        awaitUnderWay(3);
        finish("c");
        assertThat(client.read(1)).isEqualTo("C");
        finish("abde");
        assertThat(client.readToEnd().chars().sorted().mapToObj(c -> "" + (char) c))
                .containsExactly("A", "B", "D", "E");
        assertThat(handler.await("closed").error()).isNull();
    }

    @EveryTransport
    void aStopWaitsForThePieces(Transport transport) throws Exception {
        EvioServer server = start(capitals(offLoop), transport.address(folder));
        Client client = connect(server).send("ab");
        awaitUnderWay(2);
        Thread stop = new Thread(() -> server.stop(Duration.ofSeconds(15)));
        stop.start();
        assertThat(client.hasInput(Duration.ofMillis(50))).isFalse();
        finish("b");
        assertThat(client.read(1)).isEqualTo("B");
        finish("a");
        assertThat(client.readToEnd()).isEqualTo("A");
        client.close();
        Eventually.ended(stop);
        assertThat(server.stats().connectionsCutOff()).isZero();
    }

    @Test
    void whatIsNotDoneInTimeIsCutOffAndCounted() throws Exception {
        TestHandler handler = capitals(offLoop);
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server).send("ab");
        awaitUnderWay(2);
        finish("a");
        assertThat(client.read(1)).isEqualTo("A");
        assertThat(server.stop(Duration.ofMillis(50))).isTrue();
        assertThat(server.stats().connectionsCutOff()).isEqualTo(1);
        assertThat(last.get().closeReason()).isEqualTo(CloseReason.STOP_CUT_OFF);
        assertThat(client.isEnded()).isTrue();
    }

    @EveryTransport
    void whatIsDoneAfterTheEndIsThrownAway(Transport transport) throws Exception {
        TestHandler handler = capitals(offLoop);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).send("ab");
        awaitUnderWay(2);
        assertThat(server.closeConnection(1)).isTrue();
        assertThat(client.readToEnd()).isEmpty();
        client.close();
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
        finish("ab");
        executor.shutdown();
        assertThat(executor.awaitTermination(15, TimeUnit.SECONDS)).isTrue();
        assertThat(server.stats().dataSent()).isZero();
        assertThat(server.stats().handlerErrors()).isZero();
        assertThat(handler.names(1)).containsExactly("opened", "data", "closed");
    }

    @Test
    void aPieceThatFailsIsAnswered() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            while (in.hasRemaining()) {
                char request = (char) in.get();
                offLoop.callAsync(
                        connection,
                        () -> {
                            if (request == 'x') {
                                throw new IllegalStateException("away");
                            }
                            return request;
                        },
                        (reply, late) -> {
                            late.write(reply);
                            return Action.NONE;
                        },
                        (cause, late) -> {
                            late.writeAscii("(" + cause.getMessage() + ")");
                            return Action.NONE;
                        });
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        assertThat(client.send("x").read(6)).isEqualTo("(away)");
        assertThat(client.send("y").read(1)).isEqualTo("y");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    /** It is not idle while work is under way, and is again afterwards. */
    @Test
    void theIdleTimeoutGoesOnBehindTheLastPiece() throws Exception {
        TestHandler handler = capitals(offLoop);
        EvioServer server =
                start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withIdleTimeout(Duration.ofMillis(50))));
        Client client = connect(server).send("a");
        assertThat(client.hasInput(Duration.ofMillis(250))).isFalse();
        finish("a");
        assertThat(client.read(1)).isEqualTo("A");
        assertThat(client.isEnded()).isTrue();
        handler.await("closed");
        assertThat(server.stats().cutByIdleTimeout()).isEqualTo(1);
    }

    /** Closed from elsewhere while its work ends: no more requests are begun, whatever the handler would like. */
    @Test
    void aCloseIsNotFollowedByMoreInput() throws Exception {
        OffLoop one = offLoop.withMaxPieces(1);
        TestHandler handler = capitals(one);
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server).send("ab");
        awaitUnderWay(1);
        last.get().execute(() -> {
            // In one turn of the loop: the result, and behind it the end.
            finish("a");
            last.get().close();
        });
        assertThat(client.readToEnd()).isIn("", "A");
        assertThat(handler.await("closed").error()).isNull();
    }

    @Test
    void isRefusedOnOtherThreads() throws Exception {
        EvioServer server = start(capitals(offLoop), ANY_PORT);
        assertThat(connect(server).send("1").read(1)).isEqualTo("1");
        assertThatIllegalStateException().isThrownBy(() -> handOver(offLoop, last.get(), 'a'));
        assertThatIllegalStateException().isThrownBy(() -> offLoop.isFull(last.get()));
    }
}
