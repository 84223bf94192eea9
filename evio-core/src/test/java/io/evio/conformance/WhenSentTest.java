package io.evio.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.OddReader;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Sends that say when the kernel has taken their last byte. */
class WhenSentTest extends ConformanceTest {

    private static final int MIB = 1024 * 1024;

    /** More than the sockets of both sides take. */
    private static final int MUCH = 16 * MIB;

    private final Connections connections = new Connections();
    private final Queue<String> calls = new ConcurrentLinkedQueue<>();

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    private void awaitCalls(String... expected) {
        Eventually.holds(() -> assertThat(calls).containsExactly(expected));
    }

    @EveryTransport
    void isCalledOnceOnTheLoopAndAfterPostwrite(Transport transport) throws Exception {
        Queue<Thread> threads = new ConcurrentLinkedQueue<>();
        Queue<Long> before = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        byte[] reused = ascii("from outside");
        assertThat(connection.send(reused, () -> {
                    threads.add(Thread.currentThread());
                    before.add(handler.count("postwrite"));
                    before.add(server.stats().dataSent());
                    calls.add("sent");
                }))
                .isTrue();
        reused[0] = '?';
        assertThat(client.read(12)).isEqualTo("from outside");
        awaitCalls("sent");
        assertThat(threads).containsExactly(loopThread(server));
        assertThat(before).containsExactly(1L, 12L);
        // Another turn brings no second call.
        assertThat(connection.send(ascii("x"))).isTrue();
        assertThat(client.read(1)).isEqualTo("x");
        Connections.runOnLoop(connection, () -> {});
        assertThat(calls).containsExactly("sent");
    }

    @EveryTransport
    void inAnEventKeepsThePlaceOfTheSend(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.writeAscii("1");
            connection.send(ascii("2"), () -> calls.add("two"));
            out.writeAscii("3");
            connection.send(ascii("4"), () -> calls.add("four"));
            connection.send(ascii("5"), () -> calls.add("five"));
            out.writeAscii("6");
            assertThat(connection.pendingOutput()).isEqualTo(6);
            return Action.NONE;
        });
        Client client = connect(start(handler, transport.address(folder)));
        assertThat(client.send("x").read(6)).isEqualTo("123456");
        awaitCalls("two", "four", "five");
    }

    /** Sends with and without it, and tasks, one after the other in one turn of the loop. */
    @EveryTransport
    void fromAnotherThreadKeepsTheOrder(Transport transport) throws Exception {
        EvioServer server = start(new TestHandler().onOpened(connections), transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        for (int round = 0; round < 200; round++) {
            assertThat(connection.send(ascii("1"), () -> calls.add("one"))).isTrue();
            assertThat(connection.send(ascii("2"))).isTrue();
            assertThat(connection.send(ascii("3"), () -> calls.add("three"))).isTrue();
            assertThat(connection.execute(() -> connection.output().writeAscii("4")))
                    .isTrue();
            assertThat(connection.send(ascii("5"))).isTrue();
            assertThat(client.read(5)).isEqualTo("12345");
            awaitCalls("one", "three");
            calls.clear();
        }
    }

    /** The other connection's bytes must not get mixed with these. */
    @EveryTransport
    void betweenTwoConnectionsOfOneEvent(Transport transport) throws Exception {
        EvioServer server = start(new TestHandler().onOpened(connections), transport.address(folder));
        Client one = connect(server);
        Connection first = connections.next();
        Client two = connect(server);
        Connection second = connections.next();
        Connections.runOnLoop(first, () -> {
            for (int i = 0; i < 100; i++) {
                int number = i;
                first.send(ascii("a"), () -> calls.add("a" + number));
                second.send(ascii("b"));
                second.output().writeAscii("c");
                first.output().writeAscii("d");
            }
        });
        assertThat(one.read(200)).isEqualTo("ad".repeat(100));
        assertThat(two.read(200)).isEqualTo("bc".repeat(100));
        Eventually.holds(
                () -> assertThat(calls).hasSize(100).startsWith("a0", "a1").endsWith("a99"));
    }

    @EveryTransport
    void isNotCalledBeforeTheKernelHasTakenTheLastByte(Transport transport) throws Exception {
        EvioServer server = start(new TestHandler().onOpened(connections), transport.address(folder));
        Client client = connectSlowReader(server);
        Connection connection = connections.next();
        assertThat(connection.send(PatternBytes.bytes(0, MUCH), () -> calls.add("large")))
                .isTrue();
        assertThat(connection.send(PatternBytes.bytes(MUCH, 1), () -> calls.add("small")))
                .isTrue();
        // The kernel takes a part at once.
        Eventually.isTrue("a part is sent", () -> server.stats().dataSent() > 0);
        Connections.runOnLoop(connection, () -> {});
        assertThat(server.stats().writePending()).isPositive();
        assertThat(calls).isEmpty();
        OddReader.read(client, 0, MUCH + 1);
        awaitCalls("large", "small");
    }

    /** The next piece when the last one is out: how a file is sent in bounded memory. */
    @EveryTransport
    void canSendTheNextPiece(Transport transport) throws Exception {
        int total = 32 * MIB;
        AtomicInteger position = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        TestHandler handler = new TestHandler().withoutLog().onOpened((connection, out) -> {
            sendNext(connection, position, most, total);
            return Action.NONE;
        });
        Client client = connect(start(handler, transport.address(folder)));
        OddReader.read(client, 0, total);
        assertThat(client.readToEnd()).isEmpty();
        assertThat(most.get()).isLessThanOrEqualTo(MIB);
    }

    private static void sendNext(Connection connection, AtomicInteger position, AtomicInteger most, int total) {
        int from = position.getAndAdd(MIB);
        if (from == total) {
            connection.close();
            return;
        }
        assertThat(connection.send(PatternBytes.bytes(from, MIB), () -> sendNext(connection, position, most, total)))
                .isTrue();
        most.accumulateAndGet(connection.pendingOutput(), Math::max);
    }

    /** Nothing to wait for: it is called as soon as what came before is out. */
    @EveryTransport
    void emptyOneIsCalledToo(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            connection.send(new byte[0], () -> calls.add("in an event"));
            return connections.on(connection, out);
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        Connection connection = connections.next();
        awaitCalls("in an event");
        assertThat(connection.send(new byte[0], () -> calls.add("from outside")))
                .isTrue();
        awaitCalls("in an event", "from outside");
        calls.clear();
        assertThat(connection.send(new byte[MUCH])).isTrue();
        assertThat(connection.send(new byte[0], () -> calls.add("behind"))).isTrue();
        Connections.runOnLoop(connection, () -> {});
        assertThat(calls).isEmpty();
        client.readBytes(MUCH);
        awaitCalls("behind");
    }

    @EveryTransport
    void isCalledWhileTheConnectionIsClosing(Transport transport) throws Exception {
        Queue<Boolean> sends = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            connection.send(new byte[MUCH], () -> {
                calls.add("sent");
                sends.add(connection.send(ascii("too late")));
            });
            return Action.CLOSE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server).send("x");
        assertThat(client.readBytesToEnd()).hasSize(MUCH);
        awaitCalls("sent");
        assertThat(sends).containsExactly(false);
        assertThat(handler.await("closed").error()).isNull();
    }

    @EveryTransport
    void isNotCalledWhenTheConnectionEndsBefore(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server =
                start(builder(handler, transport.address(folder)).limits(limits -> limits.withMaxPendingOutput(MUCH)));
        connectSlowReader(server);
        Connection aborted = connections.next();
        assertThat(aborted.send(new byte[MUCH], () -> calls.add("aborted"))).isTrue();
        assertThat(aborted.abort()).isTrue();
        handler.await("closed", event -> event.id() == aborted.id());

        Connection limited = connectAndNext(server);
        assertThat(limited.send(new byte[MUCH + 1], () -> calls.add("too much")))
                .isFalse();
        handler.await("closed", event -> event.id() == limited.id());
        assertThat(limited.closeReason()).isEqualTo(CloseReason.MAX_PENDING_OUTPUT);
        assertThat(limited.send(ascii("x"), () -> calls.add("too late"))).isFalse();

        Connection gone = connectAndNext(server);
        assertThat(gone.send(new byte[MUCH], () -> calls.add("gone"))).isTrue();
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 0);
        assertThat(server.stop(java.time.Duration.ZERO)).isTrue();
        handler.await("closed", event -> event.id() == gone.id());
        assertThat(calls).isEmpty();
    }

    private Connection connectAndNext(EvioServer server) throws Exception {
        connectSlowReader(server);
        return connections.next();
    }

    /** An event that sends without end comes to its own. */
    @EveryTransport
    void tooMuchOfItInOneEventIsRefused(Transport transport) throws Exception {
        AtomicInteger taken = new AtomicInteger();
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            while (connection.send(new byte[1000], () -> calls.add("sent"))) {
                taken.incrementAndGet();
            }
            return Action.NONE;
        });
        EvioServer server =
                start(builder(handler, transport.address(folder)).limits(limits -> limits.withMaxPendingOutput(MIB)));
        connect(server).send("x");
        assertThat(handler.await("closed").error()).hasMessageContaining("max-pending-output");
        assertThat(taken).hasValue(MIB / 1000);
        assertThat(connections.next().closeReason()).isEqualTo(CloseReason.MAX_PENDING_OUTPUT);
        assertThat(calls).isEmpty();
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @EveryTransport
    void oneThatThrowsClosesItsConnection(Transport transport) throws Exception {
        try (LogCapture log = new LogCapture()) {
            IllegalStateException bug = new IllegalStateException("a bug");
            TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
                in.position(in.limit());
                connection.send(ascii("one"), () -> {
                    throw bug;
                });
                connection.send(ascii("two"), () -> calls.add("two"));
                return Action.NONE;
            });
            EvioServer server = start(handler, transport.address(folder));
            Client client = connect(server).send("x");
            assertThat(handler.await("closed").error())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("whenSent")
                    .hasCause(bug);
            assertThat(client.isEnded()).isTrue();
            assertThat(calls).isEmpty();
            assertThat(connections.next().closeReason()).isEqualTo(CloseReason.FAILURE);
            assertThat(server.stats().handlerErrors()).isEqualTo(1);
            assertThat(log.lines()).hasSize(1);
        }
    }

    @Test
    void needsSomethingToCall() throws Exception {
        connect(start(new TestHandler().onOpened(connections), ANY_PORT));
        Connection connection = connections.next();
        assertThatNullPointerException()
                .isThrownBy(() -> connection.send(new byte[1], null))
                .withMessage("whenSent");
    }
}
