package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Bytes that are sent, and connections that are closed, without an event of theirs. */
class SendTest extends ConformanceTest {

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

    private static byte[] ascii(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    @EveryTransport
    void reachesTheClientFromAnyThread(Transport transport) throws Exception {
        TestHandler handler = remembering();
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = next();
        byte[] reused = ascii("1");
        assertThat(connection.send(reused)).isTrue();
        Arrays.fill(reused, (byte) '?');
        ByteBuffer buffer = ByteBuffer.wrap(ascii("-234-"), 1, 3);
        assertThat(connection.send(buffer)).isTrue();
        assertThat(buffer.remaining()).isZero();
        assertThat(server.send(1, ascii("5"))).isTrue();
        assertThat(server.send(1, ByteBuffer.wrap(ascii("6")))).isTrue();
        assertThat(connection.send(new byte[0])).isTrue();
        assertThat(client.read(6)).isEqualTo("123456");
        assertThat(handler.count("data")).isZero();
        Eventually.holds(() -> assertThat(server.stats().dataSent()).isEqualTo(6));
    }

    @Test
    void inAnEventGoesWhereItIsCalled() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.writeAscii("1");
            connection.send(ascii("2"));
            out.writeAscii("3");
            return Action.NONE;
        });
        Client client = connect(start(handler, ANY_PORT));
        client.send("x");
        assertThat(client.read(3)).isEqualTo("123");
    }

    /** Every message whole, those of one thread in their order, whatever the threads do at the same time. */
    @EveryTransport
    void fromEightThreadsLosesAndMixesNothing(Transport transport) throws Exception {
        int threads = 8;
        int messages = 400;
        EvioServer server = start(remembering().withoutLog(), transport.address(folder));
        Client client = connect(server);
        Connection connection = next();
        try (Crowd crowd = Crowd.start(threads, index -> {
            Random random = new Random(index);
            for (int i = 0; i < messages; i++) {
                int length = random.nextInt(10) == 0 ? random.nextInt(40_000) : random.nextInt(200);
                ByteBuffer message = ByteBuffer.allocate(12 + length);
                message.putInt(index).putInt(i).putInt(length);
                Arrays.fill(message.array(), 12, 12 + length, (byte) (index * 31 + i));
                boolean sent =
                        i % 2 == 0 ? connection.send(message.array()) : server.send(connection.id(), message.rewind());
                assertThat(sent).isTrue();
            }
        })) {
            int[] expected = new int[threads];
            for (int n = 0; n < threads * messages; n++) {
                ByteBuffer header = ByteBuffer.wrap(client.readBytes(12));
                int index = header.getInt();
                int i = header.getInt();
                assertThat(i).isEqualTo(expected[index]++);
                byte[] content = client.readBytes(header.getInt());
                for (byte b : content) {
                    if (b != (byte) (index * 31 + i)) {
                        throw new AssertionError("Message " + i + " of thread " + index + " is mixed with others");
                    }
                }
            }
            crowd.join();
        }
    }

    @EveryTransport
    void closeFromAnotherThreadIsAnOrdinaryEnd(Transport transport) throws Exception {
        TestHandler handler = remembering();
        EvioServer server = start(handler, transport.address(folder));
        Client first = connect(server);
        assertThat(next().close()).isTrue();
        assertThat(first.readToEnd()).isEmpty();
        Client second = connect(server);
        next();
        assertThat(server.closeConnection(2)).isTrue();
        assertThat(second.readToEnd()).isEmpty();
        Eventually.holds(() -> assertThat(handler.events("closed"))
                .hasSize(2)
                .allSatisfy(closed -> assertThat(closed.error()).isNull()));
    }

    @EveryTransport
    void whatWasAcceptedBeforeCloseGoesOutFirst(Transport transport) throws Exception {
        EvioServer server = start(remembering(), transport.address(folder));
        for (int i = 0; i < 50; i++) {
            Client client = connect(server);
            Connection connection = next();
            assertThat(connection.send(ascii("one "))).isTrue();
            assertThat(connection.send(ascii("two"))).isTrue();
            assertThat(connection.close()).isTrue();
            assertThat(client.readToEnd()).isEqualTo("one two");
        }
    }

    @EveryTransport
    void whatWasAcceptedInAnEventThatClosesGoesOutFirst(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.writeAscii("one ");
            assertThat(connection.send(ascii("two"))).isTrue();
            return Action.CLOSE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        client.send("x");
        assertThat(client.readToEnd()).isEqualTo("one two");
        assertThat(handler.await("closed").error()).isNull();
    }

    @EveryTransport
    void whatWasAcceptedBeforeDetachGoesOutFirst(Transport transport) throws Exception {
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> {
                    in.position(in.limit());
                    assertThat(connection.send(ascii("one "))).isTrue();
                    return Action.DETACH;
                })
                .onDetached((connection, detached) -> {
                    detached.write(ByteBuffer.wrap(ascii("two")));
                    detached.close();
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        client.send("x");
        assertThat(client.readToEnd()).isEqualTo("one two");
    }

    /** P10: also when the end of input is found in the same turn of the loop. */
    @EveryTransport
    void whatWasAcceptedBeforeTheEndOfInputGoesOutFirst(Transport transport) throws Exception {
        CountDownLatch blocking = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        AtomicBoolean accepted = new AtomicBoolean();
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            byte what = in.get();
            if (what == 'b') {
                blocking.countDown();
                Eventually.reached(released);
            } else {
                accepted.set(handler.server().send(1, ascii("reply")));
                asked.countDown();
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Client sender = connect(server);
        Client blocker = connect(server);
        for (int i = 0; i < 3; i++) {
            next();
        }
        blocker.send("b");
        Eventually.reached(blocking);
        // While the loop is busy both get ready, so that its next wait brings both.
        sender.send("s");
        client.shutdownOutput();
        released.countDown();
        Eventually.reached(asked);
        assertThat(client.readToEnd()).isEqualTo(accepted.get() ? "reply" : "");
    }

    /** P12: the goodbye of a server that ends itself by its tick. */
    @EveryTransport
    void whatWasAcceptedBeforeShutdownGoesOutFirst(Transport transport) throws Exception {
        AtomicBoolean ending = new AtomicBoolean();
        TestHandler handler = remembering();
        handler.onTick(() -> {
            if (!ending.get()) {
                return Tick.after(Tick.MIN_DELAY);
            }
            assertThat(handler.server().send(1, ascii("good"))).isTrue();
            assertThat(handler.server().send(1, ascii("bye"))).isTrue();
            return new Tick(Tick.MIN_DELAY, Action.SHUTDOWN);
        });
        Client client = connect(start(handler, transport.address(folder)));
        next();
        ending.set(true);
        assertThat(client.readToEnd()).isEqualTo("goodbye");
        assertThat(handler.await("closed").error()).isNull();
    }

    /** P12. */
    @Test
    void whatWasAcceptedBeforeStopGoesOutFirst() throws Exception {
        EvioServer server = start(remembering(), ANY_PORT);
        for (int i = 0; i < 100; i++) {
            Client client = connect(server);
            Connection connection = next();
            assertThat(connection.send(ascii("goodbye"))).isTrue();
            server.stop(i % 2 == 0 ? Duration.ZERO : Duration.ofMillis(20));
            assertThat(client.readToEnd()).isEqualTo("goodbye");
            client.close();
            server.start();
        }
    }

    @Test
    void moreThanMayBePendingClosesTheConnection() throws Exception {
        TestHandler handler = remembering();
        EvioServer server = start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withMaxPendingOutput(100_000)));
        Client client = connect(server);
        assertThat(next().send(new byte[100_001])).isFalse();
        assertThat(handler.await("closed").error())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("max-pending-output (100000)");
        assertThat(client.isEnded()).isTrue();
        assertThat(server.stats().handlerErrors()).isZero();
        Client other = connect(server);
        assertThat(next().send(new byte[100_000])).isTrue();
        other.readBytes(100_000);
    }

    @EveryTransport
    void whatAddsUpToMoreThanMayBePendingClosesTheConnection(Transport transport) throws Exception {
        TestHandler handler = remembering();
        EvioServer server = start(
                builder(handler, transport.address(folder)).limits(Limits.DEFAULTS.withMaxPendingOutput(1_000_000)));
        Client client = connectSlowReader(server);
        Connection connection = next();
        int accepted = 0;
        while (connection.send(new byte[50_000])) {
            accepted++;
            assertThat(accepted)
                    .as("sends of 50 kB to a peer that reads nothing")
                    .isLessThan(2000);
        }
        assertThat(handler.await("closed").error())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("max-pending-output");
        assertThat(accepted).isGreaterThanOrEqualTo(20);
        assertThat(client.isEnded()).isTrue();
        Eventually.holds(() -> assertThat(server.stats().writePending()).isZero());
    }
}
