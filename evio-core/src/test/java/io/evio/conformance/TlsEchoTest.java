package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.TlsInfo;
import io.evio.testing.Certificates;
import io.evio.testing.Client;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes that go in come out, over TLS. */
class TlsEchoTest extends TlsConformanceTest {

    private static final int LARGEST = 70_000;
    private static final int LARGE = 64 * 1024 * 1024;

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    @Timeout(180)
    void everySizeComesBack(String version) throws Exception {
        EvioServer server = startTls(TestHandler.echo().withoutLog());
        TlsClient client = connectTls(server, version);
        // Those around the size of a record one by one; between them in steps that share no factor with it.
        for (int size = 1; size <= LARGEST; size += step(size)) {
            client.send(PatternBytes.bytes(size, size));
            PatternBytes.check(size, size, client.readBytes(size));
        }
    }

    private static int step(int size) {
        int over = Math.floorMod(size + 40, 16 * 1024);
        return size < 300 || over < 80 ? 1 : 61;
    }

    /** The whole range in one stream: pieces of 1, 2, 3, ... bytes, and all of their bytes in their order. */
    @Test
    @Timeout(180)
    void everySizeComesBackInOneStream() throws Exception {
        EvioServer server = start(tlsBuilder(TestHandler.echo().withoutLog()).loops(2));
        TlsClient client = connectTls(server);
        long position = 0;
        for (int size = 1; size <= LARGEST; size += size < 2000 ? 1 : 397) {
            client.send(PatternBytes.bytes(position, size));
            PatternBytes.check(position, size, client.readBytes(size));
            position += size;
        }
    }

    @Test
    @Timeout(180)
    void largeOnesComeBackWhole() throws Exception {
        EvioServer server = startTls(TestHandler.echo().withoutLog());
        TlsClient client = connectTls(server);
        int piece = 1024 * 1024;
        for (long position = 0; position < LARGE; position += piece) {
            client.send(PatternBytes.bytes(position, piece));
            PatternBytes.check(position, piece, client.readBytes(piece));
        }
    }

    /** 64 MiB written by one event: a reader that is slower than the server gets all of it. */
    @Test
    @Timeout(180)
    void oneEventMayWriteALot() throws Exception {
        TestHandler handler = new TestHandler().withoutLog().onOpened((connection, out) -> {
            for (long position = 0; position < LARGE; position += PatternBytes.MAX_LENGTH) {
                out.write(PatternBytes.at(position, PatternBytes.MAX_LENGTH));
            }
            return Action.CLOSE;
        });
        EvioServer server =
                start(tlsBuilder(handler).limits(Limits.DEFAULTS.withMaxPendingOutput(LARGE + 8 * 1024 * 1024)));
        TlsClient client = connectTls(server);
        for (long position = 0; position < LARGE; position += PatternBytes.MAX_LENGTH) {
            PatternBytes.check(position, PatternBytes.MAX_LENGTH, client.readBytes(PatternBytes.MAX_LENGTH));
        }
        assertThat(client.readToEnd()).isEmpty();
    }

    @Test
    void severalLoopsServeManyConnections() throws Exception {
        EvioServer server = start(tlsBuilder(TestHandler.echo().withoutLog()).loops(3));
        try (Crowd clients = Crowd.start(12, index -> {
            for (int round = 0; round < 5; round++) {
                try (TlsClient client = TlsClient.connect(
                                server.addresses().get(0),
                                Certificates.LOCALHOST.trustingContext(),
                                index % 2 == 0 ? TLS12 : TLS13)
                        .handshake()) {
                    for (int i = 0; i < 20; i++) {
                        int size = 1 + 997 * i;
                        client.send(PatternBytes.bytes(index + i, size));
                        PatternBytes.check(index + i, size, client.readBytes(size));
                    }
                }
            }
        })) {
            clients.join();
        }
        assertThat(server.stats().tlsHandshakes()).isEqualTo(60);
        assertThat(server.stats().tlsHandshakeErrors()).isZero();
    }

    /** One server speaks both, each on its own addresses. */
    @Test
    void plainAndEncryptedAddressesStandSideBySide() throws Exception {
        BlockingQueue<Boolean> isTls = new LinkedBlockingQueue<>();
        TestHandler handler = TestHandler.echo().onOpened((connection, out) -> {
            isTls.add(connection.tls() != null);
            return Action.NONE;
        });
        EvioServer server =
                start(builder(handler, ANY_PORT, TLS_PORT, "tls4://127.0.0.1:0").tls(tls()));
        Client plain = connect(server.addresses().get(0));
        assertThat(plain.send("plain").read(5)).isEqualTo("plain");
        assertThat(isTls.poll(10, TimeUnit.SECONDS)).isFalse();
        for (int i = 1; i <= 2; i++) {
            assertThat(server.addresses().get(i).isTls()).isTrue();
            requireEcho(TlsClient.over(connect(server.addresses().get(i)), Certificates.LOCALHOST.trustingContext())
                    .handshake());
            assertThat(isTls.poll(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(server.stats().tlsActive()).isEqualTo(2);
        assertThat(server.addresses().get(1).scheme()).isEqualTo("tls");
        assertThat(server.addresses().get(2).scheme()).isEqualTo("tls4");
    }

    @Test
    void nothingSpeaksPlainTextThatWasMeantToSpeakTls() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder(TestHandler.echo(), TLS_PORT).build())
                .withMessageContaining("certificate");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> builder(TestHandler.echo(), ANY_PORT).tls(tls()).build())
                .withMessageContaining("tls://");
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void everyEventKnowsWhatWasAgreed(String version) throws Exception {
        BlockingQueue<TlsInfo> seen = new LinkedBlockingQueue<>();
        TestHandler handler = TestHandler.echo()
                .onOpened((connection, out) -> {
                    seen.add(connection.tls());
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    seen.add(connection.tls());
                    out.write(in);
                    return Action.NONE;
                })
                .onPrewrite((connection, amount) -> {
                    seen.add(connection.tls());
                    return Action.NONE;
                })
                .onPostwrite((connection, amount, remaining) -> {
                    seen.add(connection.tls());
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    seen.add(connection.tls());
                    return Action.NONE;
                });
        EvioServer server = startTls(handler, tls().alpn("echo/1", "http/1.1"));
        TlsClient client = TlsClient.over(connect(server), Certificates.LOCALHOST.trustingContext(), version)
                .alpn("h2", "http/1.1")
                .handshake();
        requireEcho(client);
        assertThat(server.connections(0, 10))
                .singleElement()
                .satisfies(one -> assertThat(one.tls().protocol()).isEqualTo(version));
        client.closeOutput().close();
        handler.await("closed");
        assertThat(handler.names()).startsWith("serving", "tick", "opened").contains("prewrite", "postwrite");
        assertThat(seen).hasSizeGreaterThanOrEqualTo(5).allSatisfy(info -> {
            assertThat(info.protocol()).isEqualTo(version);
            assertThat(info.cipherSuite())
                    .isEqualTo(client.engine().getSession().getCipherSuite());
            assertThat(info.applicationProtocol()).isEqualTo("http/1.1");
            assertThat(info.peerCertificates()).isEmpty();
            assertThat(info.isTruncated()).isFalse();
        });
        assertThat(List.copyOf(seen).toString()).contains(version);
    }

    /** A loop has one buffer for what a layer is given and for what events write. */
    @Test
    void plainAndTlsConnectionsOfOneLoopDoNotDisturbEachOther() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            byte[] bytes = new byte[in.remaining()];
            in.get(bytes);
            out.write(bytes);
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, TLS_PORT, ANY_PORT).tls(tls()));
        TlsClient overTls = connectTls(server, TLS13);
        Client plain = connect(server.addresses().get(1));
        for (int size : new int[] {1, 70_000, 10, 5_000, 3}) {
            byte[] bytes = PatternBytes.bytes(size, size);
            overTls.send(PatternBytes.bytes(0, 5));
            assertThat(overTls.readBytes(5)).isEqualTo(PatternBytes.bytes(0, 5));
            assertThat(plain.send(bytes).readBytes(size)).isEqualTo(bytes);
        }
    }

    /** prewrite and postwrite count what the kernel gets, and so do the server's counters. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void prewriteAndPostwriteCountWireBytes(String version) throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = startTls(handler);
        TlsClient client = connectTls(server, version);
        requireEcho(client);
        // The client may have the echo before the event that tells of it.
        Eventually.isTrue("postwrite has fired", () -> sum(handler, "postwrite") == sum(handler, "prewrite"));
        long offeredBefore = sum(handler, "prewrite");
        long takenBefore = sum(handler, "postwrite");
        client.send(PatternBytes.bytes(0, 1000));
        ByteBuffer wire = ByteBuffer.allocate(4096);
        do {
            client.wire().readSome(wire);
        } while (wire.position() < 5 || wire.position() < 5 + wire.getShort(3));
        // What comes on top of the header depends on the version, and the JDK pads.
        assertThat(wire.position()).isEqualTo(5 + wire.getShort(3)).isGreaterThan(1000 + 5 + 16);
        Eventually.holds(
                () -> assertThat(sum(handler, "postwrite") - takenBefore).isEqualTo(wire.position()));
        assertThat(sum(handler, "prewrite") - offeredBefore).isEqualTo(wire.position());
        assertThat(server.stats().postwriteBytes()).isGreaterThanOrEqualTo(sum(handler, "postwrite"));
    }

    private static long sum(TestHandler handler, String event) {
        return handler.events(event).stream().mapToLong(one -> one.amount()).sum();
    }

    /** T19: what an event has got as a buffer it gets as an array too. */
    @Test
    void t19UnreadGivesTheSameBytes() throws Exception {
        BlockingQueue<Integer> checked = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            byte[] array = connection.unread(in);
            for (int i = 0; i < in.remaining(); i++) {
                if (array[i] != in.get(in.position() + i)) {
                    throw new AssertionError("byte " + i);
                }
            }
            out.write(array, 0, in.remaining());
            checked.add(in.remaining());
            in.position(in.limit());
            return Action.NONE;
        });
        EvioServer server = startTls(handler);
        TlsClient client = connectTls(server);
        for (int size : new int[] {1, 100, 16_384, 16_385, 60_000}) {
            client.send(PatternBytes.bytes(0, size));
            PatternBytes.check(0, size, client.readBytes(size));
        }
        assertThat(checked).isNotEmpty();
    }

    /** T22: what one event writes is one record as long as it fits, whatever it is written by. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t22SmallWritesOfAnEventAreOneRecord(String version) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            for (int i = 0; i < 1000; i++) {
                out.writeAscii("ten bytes.");
            }
            return Action.NONE;
        });
        EvioServer server = startTls(handler);
        TlsClient client = connectTls(server, version);
        client.send("go");
        assertThat(client.read(10_000)).endsWith("ten bytes.");
        assertThat(client.dataRecords()).hasSize(1);
    }

    /** T22: and a large one is cut into records of 16 KiB. */
    @Test
    void t22LargeWritesAreFullRecords() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.write(PatternBytes.at(0, 160 * 1024));
            return Action.NONE;
        });
        EvioServer server = startTls(handler);
        TlsClient client = connectTls(server);
        client.send("go");
        PatternBytes.check(0, 160 * 1024, client.readBytes(160 * 1024));
        assertThat(client.dataRecords().size()).isBetween(10, 14);
    }
}
