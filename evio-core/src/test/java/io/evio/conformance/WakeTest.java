package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Data events that other threads, or events, ask for. */
class WakeTest extends ConformanceTest {

    private final BlockingQueue<Connection> connections = new LinkedBlockingQueue<>();

    private TestHandler remembering() {
        return new TestHandler().onOpened((connection, out) -> {
            connections.add(connection);
            return Action.NONE;
        });
    }

    private Connection next() throws InterruptedException {
        Connection connection = connections.poll(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(connection).as("an opened connection").isNotNull();
        return connection;
    }

    /** The loop never waits then; what is due by the clock is due all the same. */
    @EveryTransport
    void aConnectionThatWakesItselfForEverKeepsNoTimeoutFromAnother(Transport transport) throws Exception {
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> {
                    connection.wake();
                    in.position(in.limit());
                    return Action.NONE;
                })
                .withoutLog();
        EvioServer server = start(builder(handler, transport.address(folder))
                .limits(Limits.DEFAULTS.withIdleTimeout(Duration.ofMillis(300))));
        Client restless = connect(server).send("x");
        Client silent = connect(server);
        assertThat(silent.readToEnd()).isEmpty();
        assertThat(restless.readToEnd()).isEmpty();
    }

    /** Not from the beginning of the loop's turn, which an event before it may have made long. */
    @EveryTransport
    void afterADelayCountsFromTheCall(Transport transport) throws Exception {
        Duration delay = Duration.ofMillis(200);
        BlockingQueue<Long> waited = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    Thread.sleep(300); // a slow event
                    connection.attach(System.nanoTime());
                    connection.wakeAfter(delay);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    Long called = connection.attachment();
                    waited.add(System.nanoTime() - called);
                    return Action.NONE;
                });
        connect(start(handler, transport.address(folder)));
        assertThat(waited.poll(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
                .isNotNull()
                .isGreaterThanOrEqualTo(delay.toNanos());
    }

    @EveryTransport
    void firesDataBeforeTheFirstByte(Transport transport) throws Exception {
        TestHandler handler = remembering().onData((connection, in, out) -> {
            out.writeAscii("woken with ");
            out.writeDecimal(in.remaining());
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        assertThat(next().wake()).isTrue();
        assertThat(client.read(12)).isEqualTo("woken with 0");
        assertThat(server.wake(1)).isTrue();
        assertThat(client.read(12)).isEqualTo("woken with 0");
        assertThat(handler.events("data"))
                .hasSize(2)
                .allSatisfy(event -> assertThat(event.thread()).isSameAs(loopThread(server)));
        assertThat(server.stats().wakeups()).isEqualTo(2);
    }

    @EveryTransport
    void findsWhatIsStillUnread(Transport transport) throws Exception {
        TestHandler handler = remembering();
        AtomicBoolean whole = new AtomicBoolean();
        handler.onData((connection, in, out) -> {
            if (in.remaining() == 3 && whole.getAndSet(true)) {
                out.write(in);
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        client.send("abc");
        handler.await("data", event -> event.amount() == 3);
        next().wake();
        assertThat(client.read(3)).isEqualTo("abc");
        assertThat(handler.events("data")).extracting(Event::amount).endsWith(3, 3);
    }

    @EveryTransport
    void fromWithinAnEventFiresAfterIt(Transport transport) throws Exception {
        AtomicInteger nested = new AtomicInteger();
        TestHandler handler = new TestHandler();
        handler.onOpened((connection, out) -> {
                    connection.wake();
                    assertThat(handler.count("data")).isZero();
                    out.writeAscii("opened ");
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    assertThat(nested.incrementAndGet()).isEqualTo(1);
                    long round = handler.count("data");
                    if (round < 4) {
                        connection.wake();
                    }
                    out.writeDecimal(round);
                    nested.decrementAndGet();
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        assertThat(connect(server).read(11)).isEqualTo("opened 1234");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void fromAnotherConnectionsEventReachesTheRightOne() throws Exception {
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            if (in.hasRemaining()) {
                in.position(in.limit());
                assertThat(handler.server().wake(3 - connection.id())).isTrue();
            } else {
                out.writeDecimal(connection.id());
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connect(server);
        next();
        Client second = connect(server);
        next();
        first.send("x");
        assertThat(second.read(1)).isEqualTo("2");
        second.send("x");
        assertThat(first.read(1)).isEqualTo("1");
    }

    /** P7: cheap when repeated. */
    @Test
    void severalBeforeTheEventMakeOneOfThem() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        TestHandler handler = remembering().onData((connection, in, out) -> {
            if (in.hasRemaining()) {
                inside.countDown();
                Eventually.reached(released);
            }
            out.write(in);
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        Connection connection = next();
        client.send("x");
        Eventually.reached(inside);
        for (int i = 0; i < 1000; i++) {
            assertThat(connection.wake()).isTrue();
            assertThat(server.wake(connection.id())).isTrue();
        }
        released.countDown();
        handler.await("data", event -> event.amount() == 0);
        client.send("y");
        assertThat(client.read(2)).isEqualTo("xy");
        assertThat(handler.events("data")).extracting(Event::amount).containsExactly(1, 0, 1);
        assertThat(server.stats().wakeups()).isEqualTo(1);
    }

    /** P5: the loop waits without end in between, so a lost one would never be made up for. */
    @EveryTransport
    void noneIsLost(Transport transport) throws Exception {
        int rounds = 1500;
        Map<Integer, Connection> byClient = new ConcurrentHashMap<>();
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            if (in.hasRemaining()) {
                byClient.put((int) in.get(), connection);
            }
            out.write('w');
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        try (Crowd crowd = Crowd.start(8, index -> {
            Client client = connect(server);
            client.send(new byte[] {(byte) index});
            client.read(1);
            Connection connection = byClient.get(index);
            for (int i = 0; i < rounds; i++) {
                assertThat(connection.wake()).isTrue();
                assertThat(client.read(1)).isEqualTo("w");
            }
        })) {
            crowd.join();
        }
        assertThat(server.stats().wakeups()).isEqualTo(8L * rounds);
    }

    /** P5: one that comes while its connection's event runs is another event. */
    @Test
    void duringTheEventFiresAnother() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            if (handler.count("data") == 1) {
                inside.countDown();
                Eventually.reached(released);
            }
            out.writeDecimal(handler.count("data"));
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        Connection connection = next();
        connection.wake();
        Eventually.reached(inside);
        connection.wake();
        released.countDown();
        assertThat(client.read(2)).isEqualTo("12");
    }

    /** P7: it does not wait until the socket takes output. P6: and what it writes comes behind what is pending. */
    @EveryTransport
    void duringABacklogFiresAtOnceAndAppends(Transport transport) throws Exception {
        int size = 3 * 1024 * 1024;
        TestHandler handler = remembering().onData((connection, in, out) -> {
            if (in.hasRemaining()) {
                in.position(in.limit());
                out.write(PatternBytes.bytes(0, size));
            } else {
                assertThat(connection.pendingOutput()).isPositive();
                out.writeAscii("woken");
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        Connection connection = next();
        client.send("x");
        handler.await("postwrite", event -> event.remaining() > 0);
        for (int i = 1; i <= 3; i++) {
            int wakes = i;
            assertThat(connection.wake()).isTrue();
            Eventually.isTrue("data for the wake", () -> handler.count("data") == 1 + wakes);
        }
        assertThat(server.stats().writePending()).isPositive();
        PatternBytes.check(0, size, client.readBytes(size));
        assertThat(client.read(15)).isEqualTo("wokenwokenwoken");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    /**
     * A selector does not wait in an interrupted thread: the loop must neither spin nor lose the handler's interrupt.
     */
    @Test
    void arrivesInALoopThatWasInterrupted() throws Exception {
        AtomicBoolean interrupted = new AtomicBoolean();
        TestHandler handler = TestHandler.echo().withoutLog().onData((connection, in, out) -> {
            interrupted.set(Thread.currentThread().isInterrupted());
            out.write(in);
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        assertThat(client.send("x").read(1)).isEqualTo("x");
        loopThread(server).interrupt();
        assertThat(client.send("y").read(1)).isEqualTo("y");
        assertThat(interrupted).isTrue();
        long before = server.stats().loopIterations();
        for (int i = 1; i <= 100; i++) {
            assertThat(client.send("z").read(1)).isEqualTo("z");
        }
        assertThat(server.wake(1)).isTrue();
        assertThat(server.stats().loopIterations() - before).isLessThan(400);
    }

    @Test
    void ofAnUnknownIdIsRefused() throws IOException {
        EvioServer server = start(TestHandler.echo(), ANY_PORT);
        Client client = connect(server);
        client.send("x");
        client.read(1);
        for (long id : new long[] {0, -1, 2, 65, 999, 1L << 32, (1L << 32) + 1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            ByteBuffer bytes = ByteBuffer.allocate(3);
            assertThat(server.wake(id)).isFalse();
            assertThat(server.send(id, new byte[3])).isFalse();
            assertThat(server.send(id, bytes)).isFalse();
            assertThat(bytes.position()).isZero();
            assertThat(server.closeConnection(id)).isFalse();
        }
        client.send("y");
        assertThat(client.read(1)).isEqualTo("y");
    }

    /** P9: an id is never another connection's. */
    @EveryTransport
    void isRefusedOnceTheConnectionIsGone(Transport transport) throws Exception {
        BlockingQueue<Boolean> duringClosed = new LinkedBlockingQueue<>();
        TestHandler handler = remembering().onClosed((connection, error) -> {
            duringClosed.add(connection.wake() || connection.send(new byte[1]) || connection.close());
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        connect(server).close();
        Connection gone = next();
        assertThat(duringClosed.poll(10, TimeUnit.SECONDS)).isFalse();
        Client later = connect(server);
        Connection alive = next();
        assertThat(gone.wake()).isFalse();
        assertThat(gone.send(new byte[] {'x'})).isFalse();
        assertThat(gone.send(ByteBuffer.allocate(1))).isFalse();
        assertThat(gone.close()).isFalse();
        assertThat(server.wake(1)).isFalse();
        assertThat(server.send(1, new byte[] {'x'})).isFalse();
        assertThat(server.closeConnection(1)).isFalse();
        assertThat(alive.send(new byte[] {'y'})).isTrue();
        assertThat(later.read(1)).isEqualTo("y");
        assertThat(handler.count("data")).isZero();
    }

    @Test
    void isRefusedOnceTheConnectionIsDetached() throws Exception {
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> Action.DETACH)
                .onDetached((connection, detached) -> {
                    closeAfterwards(detached);
                    connections.add(connection);
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        connect(server);
        Connection gone = next();
        assertThat(gone.wake()).isFalse();
        assertThat(gone.send(new byte[1])).isFalse();
        assertThat(gone.close()).isFalse();
        assertThat(server.wake(gone.id())).isFalse();
    }

    @Test
    void isRefusedOnceTheServerHasStopped() throws Exception {
        EvioServer server = start(remembering(), ANY_PORT);
        connect(server);
        Connection connection = next();
        server.stop(Duration.ZERO);
        assertThat(connection.wake()).isFalse();
        assertThat(connection.send(new byte[1])).isFalse();
        assertThat(connection.close()).isFalse();
        assertThat(server.wake(connection.id())).isFalse();
        assertThat(server.send(connection.id(), new byte[1])).isFalse();
        assertThat(server.closeConnection(connection.id())).isFalse();
        // Started again, its ids go on: the old one is nobody's.
        server.start();
        connect(server);
        assertThat(next().id()).isEqualTo(2);
        assertThat(server.wake(1)).isFalse();
        assertThat(server.wake(2)).isTrue();
    }
}
