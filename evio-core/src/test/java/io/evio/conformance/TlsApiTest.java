package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.DetachedConnection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.OffLoop;
import io.evio.testing.Certificates;
import io.evio.testing.Connections;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The methods of a connection, over TLS. */
class TlsApiTest extends TlsConformanceTest {

    private final Connections connections = new Connections();

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Of two loops or one. */
    private EvioServer start(TestHandler handler, int loops) throws IOException {
        return start(tlsBuilder(handler.onOpened(connections)).loops(loops));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void wakesAndSendsFromOtherThreads(int loops) throws Exception {
        EvioServer server = start(
                new TestHandler().withoutLog().onData((connection, in, out) -> {
                    if (!in.hasRemaining()) {
                        out.writeAscii("woken;");
                    }
                    in.position(in.limit());
                    return Action.NONE;
                }),
                loops);
        TlsClient client = connectTls(server);
        Connection connection = connections.next();
        assertThat(connection.wake()).isTrue();
        assertThat(client.read(6)).isEqualTo("woken;");
        Connections.runOnLoop(connection, () -> connection.wakeAfter(Duration.ofMillis(30)));
        assertThat(client.read(6)).isEqualTo("woken;");
        assertThat(connection.execute(() -> connection.output().writeAscii("run;")))
                .isTrue();
        assertThat(client.read(4)).isEqualTo("run;");
        int each = 2000;
        try (Crowd senders = Crowd.start(4, index -> {
            for (int i = 0; i < each; i++) {
                connection.send(ascii("sent;"));
            }
        })) {
            assertThat(client.read(4 * each * 5)).isEqualTo("sent;".repeat(4 * each));
            senders.join();
        }
    }

    @Test
    void whenSentIsCalledInOrder() throws Exception {
        EvioServer server = start(new TestHandler(), 1);
        TlsClient client = connectTls(server);
        Connection connection = connections.next();
        BlockingQueue<Integer> sent = new LinkedBlockingQueue<>();
        for (int i = 0; i < 5; i++) {
            int number = i;
            connection.send(PatternBytes.bytes(0, 100_000), () -> sent.add(number));
        }
        client.readBytes(500_000);
        Eventually.isTrue("all", () -> sent.size() == 5);
        assertThat(sent).containsExactly(0, 1, 2, 3, 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void offLoopAnswersComeInOrder(int loops) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        closeAfterwards(executor::shutdownNow);
        OffLoop offLoop = new OffLoop(executor);
        EvioServer server = start(
                new TestHandler().onData((connection, in, out) -> {
                    byte[] request = new byte[in.remaining()];
                    in.get(request);
                    return offLoop.call(connection, () -> request, (reply, late) -> {
                        late.write(reply);
                        return Action.NONE;
                    });
                }),
                loops);
        TlsClient client = connectTls(server);
        for (int i = 1; i < 60; i++) {
            client.send(PatternBytes.bytes(i, i * 700));
            PatternBytes.check(i, i * 700, client.readBytes(i * 700));
        }
    }

    @Test
    void aPausedConnectionIsNotRead() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, 1);
        TlsClient client = connectTls(server);
        Connection connection = connections.next();
        requireEcho(client);
        connection.pauseReading();
        Connections.runOnLoop(connection, () -> {});
        long events = handler.count("data");
        client.send("held back");
        assertThat(client.wire().hasInput(Duration.ofMillis(200))).isFalse();
        assertThat(handler.count("data")).isEqualTo(events);
        connection.resumeReading();
        assertThat(client.read(9)).isEqualTo("held back");
    }

    /** Paused with records held by the layer: those come when reading is resumed, without a byte from the peer. */
    @Test
    void pausingHoldsRecordsOfTheLayerToo() throws Exception {
        EvioServer server = start(
                new TestHandler().onData((connection, in, out) -> {
                    out.write(in);
                    connection.pauseReading();
                    return Action.NONE;
                }),
                1);
        TlsClient client = connectTls(server);
        Connection connection = connections.next();
        client.sendInSmallRecords(PatternBytes.bytes(0, 500));
        int got = 0;
        while (got < 500) {
            // At most 64 records per turn, and each event pauses.
            byte[] some = client.readBytes(Math.min(64, 500 - got));
            PatternBytes.check(got, some.length, some);
            got += some.length;
            connection.resumeReading();
        }
    }

    @Test
    void anotherConnectionsOutputIsEncryptedForIt() throws Exception {
        BlockingQueue<Connection> all = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    all.add(connection);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    byte[] bytes = new byte[in.remaining()];
                    in.get(bytes);
                    for (Connection other : all) {
                        other.output().write(bytes);
                    }
                    return Action.NONE;
                });
        EvioServer server = startTls(handler);
        TlsClient first = connectTls(server, TLS12);
        TlsClient second = connectTls(server, TLS13);
        Eventually.isTrue("both", () -> all.size() == 2);
        for (int i = 1; i < 20; i++) {
            (i % 2 == 0 ? first : second).send(PatternBytes.bytes(i, i * 1000));
            PatternBytes.check(i, i * 1000, first.readBytes(i * 1000));
            PatternBytes.check(i, i * 1000, second.readBytes(i * 1000));
        }
    }

    @Test
    void maxPendingOutputCloses() throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(tlsBuilder(handler).limits(Limits.DEFAULTS.withMaxPendingOutput(4 * 1024 * 1024)));
        TlsClient client = TlsClient.over(connectSlowReader(server), Certificates.LOCALHOST.trustingContext())
                .handshake();
        Connection connection = connections.next();
        while (connection.send(PatternBytes.bytes(0, 256 * 1024))) {
            Thread.onSpinWait();
        }
        handler.await("closed");
        assertThat(server.stats().cutByPendingOutput()).isEqualTo(1);
        assertThat(client.wire().isEnded()).isTrue();
    }

    @Test
    void idleAndDrainTimeoutsApply() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.write(PatternBytes.at(0, 1024 * 1024));
            out.write(PatternBytes.at(0, 1024 * 1024));
            out.write(PatternBytes.at(0, 1024 * 1024));
            out.write(PatternBytes.at(0, 1024 * 1024));
            return Action.CLOSE;
        });
        EvioServer server = start(tlsBuilder(handler)
                .limits(Limits.DEFAULTS
                        .withIdleTimeout(Duration.ofMillis(1500))
                        .withDrainTimeout(Duration.ofMillis(300))));
        TlsClient idle = connectTls(server);
        TlsClient slow = TlsClient.over(connectSlowReader(server), Certificates.LOCALHOST.trustingContext())
                .handshake();
        slow.send("go");
        Eventually.isTrue("drain", () -> server.stats().cutByDrainTimeout() == 1);
        Eventually.isTrue("idle", () -> server.stats().cutByIdleTimeout() == 1);
        assertThat(idle.wire().isEnded()).isTrue();
    }

    // Detached.

    private final BlockingQueue<DetachedConnection> detached = new LinkedBlockingQueue<>();

    /** Detaches at the first byte, and leaves what follows it. */
    private TestHandler detaching() {
        return new TestHandler()
                .onData((connection, in, out) -> {
                    in.get();
                    return Action.DETACH;
                })
                .onDetached((connection, channel) -> {
                    detached.add(closeAfterwards(channel));
                    return Action.NONE;
                });
    }

    private DetachedConnection detach(TlsClient client, String first) throws Exception {
        client.send(first);
        DetachedConnection channel = detached.poll(10, TimeUnit.SECONDS);
        assertThat(channel).isNotNull();
        return channel;
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void aDetachedConnectionReadsAndWrites(String version) throws Exception {
        EvioServer server = startTls(detaching());
        TlsClient client = connectTls(server, version);
        DetachedConnection channel = detach(client, "xunread");
        assertThat(new String(channel.inputStream().readNBytes(6), StandardCharsets.US_ASCII))
                .isEqualTo("unread");
        assertThat(server.stats().tlsActive()).isZero();
        try (Crowd echo = Crowd.one(i -> {
            ByteBuffer buffer = ByteBuffer.allocate(10_000);
            while (channel.read(buffer.clear()) >= 0) {
                channel.write(buffer.flip());
            }
            channel.shutdownOutput();
        })) {
            for (int size : new int[] {1, 100, 16_384, 50_000}) {
                client.send(PatternBytes.bytes(0, size));
                PatternBytes.check(0, size, client.readBytes(size));
            }
            // The loop and its arrays go on with others meanwhile, TLS 1.3 updates its keys.
            client.closeOutput();
            assertThat(client.readToEnd()).isEmpty();
            echo.join();
        }
    }

    @Test
    void unreadRecordsComeFirstWhenDetached() throws Exception {
        EvioServer server = startTls(detaching());
        TlsClient client = connectTls(server);
        client.sendInSmallRecords(PatternBytes.bytes(0, 1000));
        DetachedConnection channel = detached.poll(10, TimeUnit.SECONDS);
        PatternBytes.check(1, 999, channel.inputStream().readNBytes(999));
        client.closeOutput();
        assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    /** A key update while it is detached: the answer goes out with the next write. */
    @Test
    void keyUpdatesWorkWhenDetached() throws Exception {
        EvioServer server = startTls(detaching());
        TlsClient client = connectTls(server, TLS13);
        DetachedConnection channel = detach(client, "x");
        for (int i = 0; i < 10; i++) {
            client.engine().beginHandshake();
            client.wire().send(client.wrap(new byte[0]));
            client.send("ping");
            assertThat(channel.inputStream().readNBytes(4)).hasSize(4);
            channel.write(ByteBuffer.wrap(ascii("pong")));
            assertThat(client.read(4)).isEqualTo("pong");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void shuttingADetachedConnectionSendsCloseNotify(String version) throws Exception {
        EvioServer server = startTls(detaching());
        TlsClient client = connectTls(server, version);
        DetachedConnection channel = detach(client, "x");
        channel.write(ByteBuffer.wrap(ascii("bye")));
        channel.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("bye");
        if (version.equals(TLS13)) {
            client.send("late");
            assertThat(channel.inputStream().readNBytes(4)).hasSize(4);
        }
    }

    @Test
    void closingADetachedConnectionSendsCloseNotify() throws Exception {
        EvioServer server = startTls(detaching());
        TlsClient client = connectTls(server);
        DetachedConnection channel = detach(client, "x");
        channel.close();
        assertThat(client.readToEnd()).isEmpty();
    }

    @Test
    void aDetachedConnectionOutlivesItsServer() throws Exception {
        EvioServer server = startTls(detaching());
        TlsClient client = connectTls(server);
        DetachedConnection channel = detach(client, "x");
        assertThat(server.stop(Duration.ZERO)).isTrue();
        client.send("hello");
        assertThat(channel.inputStream().readNBytes(5)).hasSize(5);
        channel.write(ByteBuffer.wrap(ascii("bye")));
        assertThat(client.read(3)).isEqualTo("bye");
    }

    @Test
    void detachedReaderAndWriterWorkAtTheSameTime() throws Exception {
        int size = 2 * 1024 * 1024;
        EvioServer server = startTls(detaching());
        TlsClient client = connectTls(server);
        DetachedConnection channel = detach(client, "x");
        CountDownLatch written = new CountDownLatch(1);
        try (Crowd two = Crowd.start(2, i -> {
            if (i == 0) {
                channel.outputStream().write(PatternBytes.bytes(0, size));
                written.countDown();
            } else {
                PatternBytes.check(0, size, channel.inputStream().readNBytes(size));
            }
        })) {
            for (int at = 0; at < size; at += 65_536) {
                client.send(PatternBytes.bytes(at, 65_536));
                PatternBytes.check(at, 65_536, client.readBytes(65_536));
            }
            Eventually.reached(written);
            two.join();
        }
    }
}
