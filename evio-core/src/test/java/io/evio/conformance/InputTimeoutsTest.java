package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.Limits;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.Target;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Crowd;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The times that a peer has to send something at all, and the rest of what it has begun. */
class InputTimeoutsTest extends ConformanceTest {

    private static final int MIB = 1024 * 1024;

    /** Short, for what is to be cut. */
    private static final Duration SHORT = Duration.ofMillis(200);

    /** For so long nothing may be cut that has {@link #SHORT} time, and whose time does not count. */
    private static final Duration LONGER = Duration.ofMillis(600);

    private final Connections connections = new Connections();

    private static Limits firstInput(Duration timeout) {
        return Limits.DEFAULTS.withFirstInputTimeout(timeout);
    }

    private static Limits frames(Duration timeout) {
        return Limits.DEFAULTS.withFrameTimeout(timeout);
    }

    /** Answers lines with themselves, and leaves the beginning of one unread. */
    private static Action answerLines(Connection connection, ByteBuffer in, Output out) {
        for (int i = in.position(); i < in.limit(); i++) {
            if (in.get(i) == '\n') {
                byte[] line = new byte[i + 1 - in.position()];
                in.get(line);
                out.write(line);
            }
        }
        return Action.NONE;
    }

    private TestHandler lines() {
        return new TestHandler().onOpened(connections).onData(InputTimeoutsTest::answerLines);
    }

    /** The time is what the test is about. */
    private static void pass(Duration time) throws InterruptedException {
        Thread.sleep(time.toMillis());
    }

    private static long cuts(EvioStats stats) {
        return stats.cutByFirstInputTimeout() + stats.cutByFrameTimeout() + stats.cutByIdleTimeout();
    }

    private static void assertCut(TestHandler handler, Connection connection, CloseReason why, String limit) {
        Event closed = handler.await("closed", event -> event.id() == connection.id());
        assertThat(closed.error()).hasMessageContaining(limit).hasMessageContaining("connection " + connection.id());
        assertThat(connection.closeReason()).isEqualTo(why);
    }

    @EveryTransport
    void aClientThatSendsNothingIsCut(Transport transport) throws Exception {
        TestHandler handler = lines();
        EvioServer server = start(builder(handler, transport.address(folder)).limits(firstInput(SHORT)));
        Client silent = connect(server);
        assertCut(handler, connections.next(), CloseReason.FIRST_INPUT_TIMEOUT, "first-input-timeout (200 ms)");
        assertThat(silent.isEnded()).isTrue();
        assertThat(server.stats().cutByFirstInputTimeout()).isEqualTo(1);
        assertThat(cuts(server.stats())).isEqualTo(1);
    }

    /** One byte is enough, which the handler need not even take. */
    @EveryTransport
    void oneThatHasSentSomethingIsNot(Transport transport) throws Exception {
        TestHandler handler = lines();
        EvioServer server = start(builder(handler, transport.address(folder)).limits(firstInput(SHORT)));
        Client client = connect(server).send("h");
        pass(LONGER);
        assertThat(client.send("alf\n").read(5)).isEqualTo("half\n");
        pass(LONGER);
        assertThat(client.send("again\n").read(6)).isEqualTo("again\n");
        assertThat(cuts(server.stats())).isZero();
    }

    /** Neither bytes that go the other way nor a wake are input. */
    @Test
    void outputAndWakesAreNoInput() throws Exception {
        TestHandler handler = lines().onOpened((connection, out) -> {
            out.writeAscii("hello");
            connection.wakeAfter(Duration.ofMillis(20));
            return connections.on(connection, out);
        });
        EvioServer server = start(builder(handler, ANY_PORT).limits(firstInput(SHORT)));
        Client client = connect(server);
        assertThat(client.read(5)).isEqualTo("hello");
        handler.await("data");
        assertCut(handler, connections.next(), CloseReason.FIRST_INPUT_TIMEOUT, "first-input-timeout");
    }

    @EveryTransport
    void aFrameThatComesByteByByteIsCut(Transport transport) throws Exception {
        TestHandler handler = lines();
        EvioServer server = start(builder(handler, transport.address(folder)).limits(frames(SHORT)));
        Client client = connect(server);
        Connection connection = connections.next();
        assertThat(client.send("quick\n").read(6)).isEqualTo("quick\n");
        Crowd slow = closeAfterwards(Crowd.one(i -> {
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    client.send("x");
                    pass(SHORT.dividedBy(20));
                }
            } catch (IOException | InterruptedException e) {
                // It is cut.
            }
        }));
        assertCut(handler, connection, CloseReason.FRAME_TIMEOUT, "frame-timeout (200 ms)");
        slow.interrupt();
        slow.join();
        assertThat(server.stats().cutByFrameTimeout()).isEqualTo(1);
        assertThat(cuts(server.stats())).isEqualTo(1);
    }

    /** Each frame has its own time, however many there are. */
    @Test
    void framesInTimeMayComeInPieces() throws Exception {
        Duration timeout = Duration.ofSeconds(2);
        TestHandler handler = lines();
        EvioServer server = start(builder(handler, ANY_PORT).limits(frames(timeout)));
        Client client = connect(server).send("1");
        for (int i = 2; i <= 6; i++) {
            pass(timeout.dividedBy(4));
            // The end of one, and the beginning of the next.
            assertThat(client.send("\n" + i).read(2)).isEqualTo((i - 1) + "\n");
        }
        assertThat(cuts(server.stats())).isZero();
    }

    /** Nothing is unread, so nothing is late. */
    @Test
    void silenceBetweenFramesDoesNotCount() throws Exception {
        EvioServer server = start(builder(lines(), ANY_PORT).limits(frames(SHORT)));
        Client client = connect(server);
        for (int i = 0; i < 2; i++) {
            pass(LONGER);
            assertThat(client.send("frame\n").read(6)).isEqualTo("frame\n");
        }
        assertThat(cuts(server.stats())).isZero();
    }

    @EveryTransport
    void theTimeOfAPauseDoesNotCount(Transport transport) throws Exception {
        TestHandler handler = lines();
        EvioServer server = start(
                builder(handler, transport.address(folder)).limits(frames(SHORT).withFirstInputTimeout(SHORT)));
        Client beginning = connect(server);
        Connection first = connections.next();
        first.pauseReading();
        Client client = connect(server);
        Connection second = connections.next();
        client.send("half");
        handler.await("data", event -> event.id() == second.id());
        second.pauseReading();
        pass(LONGER);
        assertThat(cuts(server.stats())).isZero();
        first.resumeReading();
        second.resumeReading();
        assertCut(handler, first, CloseReason.FIRST_INPUT_TIMEOUT, "first-input-timeout (200 ms)");
        assertCut(handler, second, CloseReason.FRAME_TIMEOUT, "frame-timeout (200 ms)");
        assertThat(beginning.isEnded()).isTrue();
        assertThat(client.isEnded()).isTrue();
    }

    /** A pause gives the peer no new time: who is paused again and again is cut all the same. */
    @Test
    void pausesDoNotBeginTheTimeAnew() throws Exception {
        TestHandler handler = lines();
        EvioServer server = start(builder(handler, ANY_PORT).limits(frames(SHORT)));
        connect(server).send("half");
        Connection connection = connections.next();
        handler.await("data");
        Crowd pausing = closeAfterwards(Crowd.one(i -> {
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    connection.pauseReading();
                    pass(SHORT.dividedBy(20));
                    connection.resumeReading();
                    pass(SHORT.dividedBy(20));
                }
            } catch (InterruptedException e) {
                // It is cut.
            }
        }));
        assertCut(handler, connection, CloseReason.FRAME_TIMEOUT, "frame-timeout (200 ms)");
        pausing.interrupt();
        pausing.join();
    }

    /** Input behind a frame that is worked on off the loop is the server's to take, and not late. */
    @EveryTransport
    void theTimeOfWorkOffTheLoopDoesNotCount(Transport transport) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        ExecutorService executor = Executors.newSingleThreadExecutor();
        closeAfterwards(executor::shutdownNow);
        OffLoop offLoop = new OffLoop(executor);
        TestHandler handler = new TestHandler().onOpened(connections);
        handler.onData((connection, in, out) -> {
            if (in.get(in.position()) != 'w') {
                return answerLines(connection, in, out);
            }
            in.get();
            return offLoop.call(
                    connection,
                    () -> {
                        Eventually.reached(done);
                        return "worked ";
                    },
                    (result, late) -> {
                        late.writeAscii(result);
                        return Action.NONE;
                    });
        });
        EvioServer server = start(builder(handler, transport.address(folder)).limits(frames(SHORT)));
        Client client = connect(server).send("wbehind it");
        Connection connection = connections.next();
        handler.await("data");
        pass(LONGER);
        assertThat(cuts(server.stats())).isZero();
        done.countDown();
        assertThat(client.read(7)).isEqualTo("worked ");
        assertCut(handler, connection, CloseReason.FRAME_TIMEOUT, "frame-timeout (200 ms)");
    }

    /** It is not read because it does not read itself: that is for other limits. */
    @Test
    void theTimeAboveTheHighWaterMarkDoesNotCount() throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            if (in.get(in.position()) == 'm') {
                in.get();
                out.write(new byte[16 * MIB]);
            }
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, ANY_PORT).limits(frames(SHORT)));
        Client client = connectSlowReader(server).send("mhalf");
        Connection connection = connections.next();
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > MIB);
        pass(LONGER);
        assertThat(cuts(server.stats())).isZero();
        assertThat(client.readBytes(16 * MIB)).hasSize(16 * MIB);
        assertCut(handler, connection, CloseReason.FRAME_TIMEOUT, "frame-timeout (200 ms)");
    }

    /** Once the peer has ended its side nothing more can come. */
    @Test
    void afterTheEndOfInputNothingIsLate() throws Exception {
        TestHandler handler = lines().onOpened((connection, out) -> {
            connection.allowHalfOpen(true);
            return connections.on(connection, out);
        });
        EvioServer server =
                start(builder(handler, ANY_PORT).limits(frames(SHORT).withFirstInputTimeout(SHORT)));
        Client half = connect(server).send("half").shutdownOutput();
        Client silent = connect(server).shutdownOutput();
        Connection first = connections.next();
        Connection second = connections.next();
        handler.await("data", event -> event.id() == first.id());
        handler.await("data", event -> event.id() == second.id());
        pass(LONGER);
        assertThat(cuts(server.stats())).isZero();
        first.close();
        second.close();
        assertThat(half.readToEnd()).isEmpty();
        assertThat(silent.readToEnd()).isEmpty();
    }

    /** They are about clients: what the server connects to has them by its target's limits alone. */
    @Test
    void outboundConnectionsHaveThemByTheirTargetAlone() throws Exception {
        String backend = start(builder(new TestHandler(), ANY_PORT).name("backend"))
                .addresses()
                .get(0)
                .toString();
        EvioServer server =
                start(builder(new TestHandler()).limits(frames(SHORT).withFirstInputTimeout(SHORT)));
        TestHandler spared = new TestHandler();
        server.connect(Target.of(backend), spared);
        spared.await("opened");
        TestHandler cut = new TestHandler();
        server.connect(Target.of(backend).limits(firstInput(SHORT)), cut);
        assertThat(cut.await("closed").error()).hasMessageContaining("first-input-timeout (200 ms)");
        pass(LONGER);
        assertThat(spared.names()).containsExactly("opened");
        assertThat(server.stats().cutByFirstInputTimeout()).isEqualTo(1);
    }

    /** A relay takes all there is: only the first input may be missing. */
    @Test
    void aRelayedClientHasToSendSomething() throws Exception {
        String backend = start(builder(TestHandler.echo(), ANY_PORT).name("backend"))
                .addresses()
                .get(0)
                .toString();
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            connection.relay(connection.connect(Target.of(backend), new TestHandler()));
            return connections.on(connection, out);
        });
        EvioServer server =
                start(builder(handler, ANY_PORT).limits(frames(SHORT).withFirstInputTimeout(SHORT)));
        Client client = connect(server);
        assertThat(client.send("half").read(4)).isEqualTo("half");
        connections.next();
        pass(LONGER);
        assertThat(client.send("more").read(4)).isEqualTo("more");
        connect(server);
        assertCut(handler, connections.next(), CloseReason.FIRST_INPUT_TIMEOUT, "first-input-timeout");
        assertThat(cuts(server.stats())).isEqualTo(1);
    }

    /** Neither is there by default, and zero is none. */
    @Test
    void zeroIsForEver() throws Exception {
        assertThat(Limits.DEFAULTS.firstInputTimeout()).isZero();
        assertThat(Limits.DEFAULTS.frameTimeout()).isZero();
        TestHandler handler = lines();
        EvioServer server = start(
                builder(handler, ANY_PORT).limits(firstInput(Duration.ZERO).withFrameTimeout(Duration.ZERO)));
        Client silent = connect(server);
        Client half = connect(server).send("half");
        pass(LONGER);
        assertThat(cuts(server.stats())).isZero();
        assertThat(silent.send("well\n").read(5)).isEqualTo("well\n");
        assertThat(half.send("\n").read(5)).isEqualTo("half\n");
    }
}
