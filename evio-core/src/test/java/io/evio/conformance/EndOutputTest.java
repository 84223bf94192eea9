package io.evio.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.OddReader;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Our side ends before the connection does. */
class EndOutputTest extends ConformanceTest {

    private static final int MIB = 1024 * 1024;
    private static final byte[] BYTE = {'x'};

    private final Connections connections = new Connections();

    /** Says all it has to say to the first request, and reads what follows. */
    private TestHandler ending() {
        return new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            if (in.hasRemaining() && in.get() == 'e') {
                out.writeAscii("answer");
                connection.endOutput();
            }
            in.position(in.limit());
            return Action.NONE;
        });
    }

    @EveryTransport
    void inputGoesOnUntilThePeerEndsItsSideToo(Transport transport) throws Exception {
        TestHandler handler = ending();
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        assertThat(client.send("e").readToEnd()).isEqualTo("answer");
        client.send("more");
        Eventually.isTrue("all of it", () -> handler.amount("data") == 5);
        assertThat(connection.wake()).isTrue();
        assertThat(connection.closeReason()).isNull();
        assertThat(handler.count("closed")).isZero();
        client.shutdownOutput();
        assertThat(handler.await("closed").error()).isNull();
        assertThat(connection.closeReason()).isEqualTo(CloseReason.PEER_ENDED);
        assertThat(server.stats().dataReceived()).isEqualTo(5);
    }

    @EveryTransport
    void comesBehindWhatIsPending(Transport transport) throws Exception {
        int size = 64 * MIB;
        TestHandler handler = new TestHandler().withoutLog().onOpened((connection, out) -> {
            for (int i = 0; i < size; i += MIB) {
                out.write(PatternBytes.at(i, MIB));
            }
            connection.endOutput();
            connection.endOutput();
            return connections.on(connection, out);
        });
        EvioServer server =
                start(builder(handler, transport.address(folder)).limits(l -> l.withMaxPendingOutput(size)));
        Client client = connect(server);
        Connection connection = connections.next();
        assertThat(Connections.onLoop(connection, connection::pendingOutput)).isGreaterThan(size / 2);
        assertThat(connection.send(BYTE)).as("a send behind the end").isFalse();
        OddReader.read(client, 0, size);
        assertThat(client.readSome(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(connection.closeReason()).isNull();
        client.shutdownOutput();
        Eventually.holds(() -> assertThat(connection.closeReason()).isEqualTo(CloseReason.PEER_ENDED));
    }

    /** In the event itself, in later ones, in those of other connections, and from other threads. */
    @EveryTransport
    void nothingCanBeWrittenAfterwards(Transport transport) throws Exception {
        Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
        Queue<Boolean> sent = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            byte what = in.get();
            in.position(in.limit());
            if (what == 'o') {
                out.writeAscii("other");
                return Action.NONE;
            } else if (what == 'e') {
                out.writeAscii("answer");
                connection.endOutput();
            }
            thrown.add(catchThrowable(() -> out.write(BYTE)));
            thrown.add(catchThrowable(() -> out.write(new byte[200_000])));
            thrown.add(catchThrowable(() -> connection.output().writeInt(1)));
            sent.add(connection.send(BYTE));
            sent.add(connection.send(BYTE, () -> sent.add(true)));
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        Client other = connect(server);
        Connection others = connections.next();
        assertThat(client.send("e").readToEnd()).isEqualTo("answer");
        client.send("m");
        Eventually.isTrue("the second data", () -> handler.count("data") == 2);
        assertThat(connection.send(BYTE)).isFalse();
        assertThat(connection.send(ByteBuffer.wrap(BYTE))).isFalse();
        assertThat(connection.send(BYTE, () -> sent.add(true))).isFalse();
        assertThat(server.send(connection.id(), BYTE)).isFalse();
        thrown.add(Connections.onLoop(
                connection, () -> catchThrowable(() -> connection.output().write(BYTE))));
        thrown.add(Connections.onLoop(
                others, () -> catchThrowable(() -> connection.output().write(BYTE))));
        assertThat(sent).hasSize(4).containsOnly(false);
        assertThat(thrown)
                .hasSize(8)
                .allSatisfy(refused -> assertThat(refused)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("connection " + connection.id() + " of test")
                        .hasMessageContaining("has ended its output"));
        assertThat(other.send("o").read(5)).isEqualTo("other");
        assertThat(handler.count("closed")).isZero();
        client.close();
        assertThat(handler.await("closed").error()).isNull();
        assertThat(server.stats().handlerErrors()).isZero();
    }

    /** Bytes that others were told are taken go out, whenever our side is ended meanwhile. */
    @EveryTransport
    void whatWasAcceptedBeforeGoesOut(Transport transport) throws Exception {
        EvioServer server = start(new TestHandler().onOpened(connections), transport.address(folder));
        for (int i = 0; i < 100; i++) {
            Client client = connect(server);
            Connection connection = connections.next();
            AtomicInteger accepted = new AtomicInteger();
            CountDownLatch sending = new CountDownLatch(i % 10);
            Crowd sender = closeAfterwards(Crowd.one(index -> {
                while (connection.send(BYTE)) {
                    accepted.incrementAndGet();
                    sending.countDown();
                }
            }));
            Eventually.reached(sending);
            Connections.runOnLoop(connection, connection::endOutput);
            sender.join();
            // One whose sender was about to be refused may have been in time.
            assertThat(client.readToEnd().length()).isBetween(accepted.get(), accepted.get() + 1);
            client.close();
        }
    }

    @EveryTransport
    void closeIsStillAnOrdinaryEnd(Transport transport) throws Exception {
        TestHandler handler = ending();
        Client client = connect(start(handler, transport.address(folder)));
        Connection connection = connections.next();
        assertThat(client.send("e").readToEnd()).isEqualTo("answer");
        assertThat(connection.close()).isTrue();
        assertThat(handler.await("closed").error()).isNull();
        assertThat(connection.closeReason()).isEqualTo(CloseReason.OTHER_THREAD);
    }

    @EveryTransport
    void whenSentOfWhatCameBeforeIsStillCalled(Transport transport) throws Exception {
        Queue<String> calls = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.get();
            connection.send("one".getBytes(US_ASCII), () -> calls.add("sent"));
            connection.endOutput();
            return Action.NONE;
        });
        Client client = connect(start(handler, transport.address(folder)));
        assertThat(client.send("e").readToEnd()).isEqualTo("one");
        Eventually.holds(() -> assertThat(calls).containsExactly("sent"));
    }

    @EveryTransport
    void stopOfTheServerEndsTheRest(Transport transport) throws Exception {
        TestHandler handler = ending();
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        assertThat(client.send("e").readToEnd()).isEqualTo("answer");
        Crowd stop = closeAfterwards(Crowd.one(
                index -> assertThat(server.stop(Duration.ofSeconds(10))).isTrue()));
        handler.await("closed");
        // It has nothing to wait for any more.
        client.close();
        stop.join();
        assertThat(handler.await("closed").error()).isNull();
        assertThat(connections.next().closeReason()).isEqualTo(CloseReason.SERVER_STOP);
    }

    @Test
    void isRefusedOnOtherThreadsAndDoesNothingAfterTheEnd() throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onClosed((connection, error) -> {
            connection.endOutput();
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        Connection connection = connections.next();
        assertThatIllegalStateException().isThrownBy(connection::endOutput).withMessageContaining("loop's thread");
        client.close();
        assertThat(handler.await("closed").error()).isNull();
        assertThat(server.stats().handlerErrors()).isZero();
    }
}
