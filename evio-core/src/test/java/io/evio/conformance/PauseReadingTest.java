package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LoopThread;
import io.evio.testing.OddReader;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Connections that their handler does not want to be read for a while. */
class PauseReadingTest extends ConformanceTest {

    private static final int MIB = 1024 * 1024;

    private final Connections connections = new Connections();

    private static Action consume(Connection connection, java.nio.ByteBuffer in, io.evio.Output out) {
        in.position(in.limit());
        return Action.NONE;
    }

    /** Waits until the loop has done all that it was asked for, and has looked at its sockets after that. */
    private static void awaitTurns(EvioServer server, Connection connection) throws Exception {
        for (int i = 0; i < 3; i++) {
            long before = server.stats().loopIterations();
            Connections.runOnLoop(connection, () -> {});
            Eventually.isTrue("a turn of the loop", () -> server.stats().loopIterations() > before);
        }
    }

    @EveryTransport
    void nothingIsReadUntilItIsResumed(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onData(PauseReadingTest::consume);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        for (boolean onLoop : new boolean[] {false, true}) {
            long before = handler.count("data");
            long received = server.stats().dataReceived();
            call(connection, onLoop, connection::pauseReading);
            awaitTurns(server, connection);
            client.send("held back");
            awaitTurns(server, connection);
            assertThat(server.stats().dataReceived()).isEqualTo(received);
            assertThat(handler.count("data")).isEqualTo(before);
            call(connection, onLoop, connection::resumeReading);
            Eventually.isTrue("it is read", () -> server.stats().dataReceived() == received + 9);
            client.send("more");
            Eventually.isTrue("it is read on", () -> server.stats().dataReceived() == received + 13);
        }
    }

    private static void call(Connection connection, boolean onLoop, Runnable task) throws Exception {
        if (onLoop) {
            Connections.runOnLoop(connection, task);
        } else {
            task.run();
        }
    }

    /** The peer is held back by its own socket, and costs the loop nothing. */
    @EveryTransport
    void fromOpenedHoldsThePeerBack(Transport transport) throws Exception {
        int total = 32 * MIB;
        AtomicLong position = new AtomicLong();
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onOpened((connection, out) -> {
                    connection.pauseReading();
                    return connections.on(connection, out);
                })
                .onData((connection, in, out) -> {
                    PatternBytes.check(position.getAndAdd(in.remaining()), in);
                    return consume(connection, in, out);
                });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        int taken = 0;
        for (int n = 1; n > 0; taken += n) {
            n = client.offer(PatternBytes.bytes(taken, MIB));
        }
        int offered = taken;
        assertThat(offered).isLessThan(total);
        assertThat(server.stats().dataReceived()).isZero();
        long turns = server.stats().loopIterations();
        long cpu = LoopThread.of(server).cpuNanos();
        awaitTurns(server, connection);
        assertThat(server.stats().loopIterations() - turns).isLessThan(20);
        assertThat(LoopThread.of(server).cpuNanos() - cpu).isLessThan(100_000_000);
        connection.resumeReading();
        client.send(PatternBytes.bytes(offered, total - offered));
        Eventually.isTrue("everything is read", () -> position.get() == total);
    }

    @EveryTransport
    void resumeFiresDataForWhatWasLeftUnread(Transport transport) throws Exception {
        boolean[] paused = {false};
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            if (paused[0]) {
                out.write(in);
            } else if (in.remaining() == 4) {
                // One frame at a time.
                paused[0] = true;
                connection.pauseReading();
                out.write(in.get());
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        client.send("abcd");
        assertThat(client.read(1)).isEqualTo("a");
        long before = handler.count("data");
        awaitTurns(server, connection);
        assertThat(handler.count("data")).isEqualTo(before);
        connection.resumeReading();
        assertThat(client.read(3)).isEqualTo("bcd");
        assertThat(handler.count("data")).isEqualTo(before + 1);
    }

    /** A handler that resumes in each event, paused or not, is not fired again and again for half a frame. */
    @EveryTransport
    void resumeOfOneThatIsNotPausedDoesNothing(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            connection.resumeReading();
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        client.send("h");
        handler.await("data");
        connection.resumeReading();
        connection.resumeReading();
        awaitTurns(server, connection);
        assertThat(handler.count("data")).isEqualTo(1);
    }

    /** A frame's worth per step: what is left unread is never lost between two threads. */
    @EveryTransport
    void everyResumeFromAnotherThreadSeesWhatWasLeft(Transport transport) throws Exception {
        int steps = 500;
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onOpened(connections)
                .onData((connection, in, out) -> {
                    if (in.hasRemaining()) {
                        connection.pauseReading();
                        out.write(in.get());
                    }
                    return Action.NONE;
                });
        Client client = connect(start(handler, transport.address(folder)));
        Connection connection = connections.next();
        client.send("x".repeat(steps));
        for (int i = 0; i < steps; i++) {
            assertThat(client.read(1)).isEqualTo("x");
            connection.resumeReading();
        }
    }

    @EveryTransport
    void endOfThePeerIsNoticedAfterwards(Transport transport) throws Exception {
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    connection.pauseReading();
                    return connections.on(connection, out);
                })
                .onData((connection, in, out) -> {
                    out.write(in);
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        client.send("last words").shutdownOutput();
        awaitTurns(server, connection);
        assertThat(handler.names(connection.id())).containsExactly("opened");
        connection.resumeReading();
        assertThat(client.readToEnd()).isEqualTo("last words");
        assertThat(handler.await("closed").error()).isNull();
        assertThat(connection.closeReason()).isEqualTo(CloseReason.PEER_ENDED);
    }

    /** A peer that is gone for good is reported to epoll whatever it is asked for: that must not keep the loop busy. */
    @EveryTransport
    void peerThatIsGoneCostsNothingMeanwhile(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        connection.pauseReading();
        awaitTurns(server, connection);
        if (transport.isTcp()) {
            client.reset();
        } else {
            client.close();
        }
        awaitTurns(server, connection);
        long turns = server.stats().loopIterations();
        awaitTurns(server, connection);
        assertThat(server.stats().loopIterations() - turns).isLessThan(20);
        assertThat(handler.count("closed")).isZero();
        connection.resumeReading();
        handler.await("closed");
        assertThat(connection.closeReason())
                .isEqualTo(transport.isTcp() ? CloseReason.PEER_RESET : CloseReason.PEER_ENDED);
    }

    @EveryTransport
    void wakesAndTimersFireMeanwhile(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            connection.pauseReading();
            connection.wakeAfter(Duration.ofMillis(1));
            return connections.on(connection, out);
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).send("unread");
        Connection connection = connections.next();
        Eventually.isTrue("the timer", () -> handler.count("data") == 1);
        assertThat(connection.wake()).isTrue();
        Eventually.isTrue("the wake", () -> handler.count("data") == 2);
        assertThat(handler.events("data"))
                .allSatisfy(event -> assertThat(event.amount()).isZero());
        assertThat(connection.send(new byte[] {'x'})).isTrue();
        assertThat(client.read(1)).isEqualTo("x");
        assertThat(server.stats().dataReceived()).isZero();
        assertThat(connection.close()).isTrue();
        assertThat(client.readToEnd()).isEmpty();
        assertThat(handler.await("closed").error()).isNull();
    }

    /** Either of the two holds it back until both are over. */
    @EveryTransport
    void togetherWithTheHighWaterMark(Transport transport) throws Exception {
        int total = 8 * MIB;
        AtomicInteger given = new AtomicInteger();
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onOpened(connections)
                .onData((connection, in, out) -> {
                    given.addAndGet(in.remaining());
                    out.write(in);
                    return Action.NONE;
                });
        EvioServer server = start(builder(handler, transport.address(folder))
                .limits(Limits.DEFAULTS.withWaterMarks(64 * 1024, 128 * 1024)));
        Client client = connectSlowReader(server);
        Connection connection = connections.next();
        Crowd flood = closeAfterwards(Crowd.one(index -> client.send(PatternBytes.bytes(0, total))));
        Eventually.isTrue("the mark is passed", () -> server.stats().writePending() > 128 * 1024);
        connection.pauseReading();
        awaitTurns(server, connection);
        long received = server.stats().dataReceived();
        int echoed = given.get();
        OddReader.read(client, 0, echoed);
        awaitTurns(server, connection);
        assertThat(server.stats().writePending()).isZero();
        assertThat(server.stats().dataReceived()).isEqualTo(received);
        assertThat(given).hasValue(echoed);
        connection.resumeReading();
        OddReader.read(client, echoed, total - echoed);
        flood.join();
        assertThat(server.stats().dataReceived()).isEqualTo(total);
    }

    /** It may not be able to take more: a stop answers what has been read, and ends. */
    @EveryTransport
    void stopOfTheServerDoesNotReadIt(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        connection.pauseReading();
        awaitTurns(server, connection);
        client.send("not read");
        Crowd stop = closeAfterwards(Crowd.one(
                index -> assertThat(server.stop(Duration.ofSeconds(10))).isTrue()));
        assertThat(handler.await("closed").error()).isNull();
        assertThat(connection.closeReason()).isEqualTo(CloseReason.SERVER_STOP);
        assertThat(handler.count("data")).isZero();
        client.close();
        stop.join();
    }

    @Test
    void doesNothingAfterTheEnd() throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(handler, ANY_PORT);
        connect(server).close();
        handler.await("closed");
        Connection connection = connections.next();
        connection.pauseReading();
        connection.resumeReading();
        Client other = connect(server);
        Connections.runOnLoop(connections.next(), () -> {});
        other.close();
        assertThat(server.stats().handlerErrors()).isZero();
    }
}
