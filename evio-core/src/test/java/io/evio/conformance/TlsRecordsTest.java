package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.testing.Certificates;
import io.evio.testing.Client;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.OpenSsl;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records of every shape, as peers send them that mean well and that do not. */
class TlsRecordsTest extends TlsConformanceTest {

    /** T3: a record that comes byte by byte is waited for, without turning. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t3APartialRecordIsKept(String version) throws Exception {
        EvioServer server = startTls(TestHandler.echo().withoutLog());
        TlsClient client = connectTls(server, version);
        requireEcho(client);
        client.wire().channel().setOption(StandardSocketOptions.TCP_NODELAY, true);
        byte[] record = client.wrap(PatternBytes.bytes(0, 100));
        for (byte one : record) {
            client.wire().send(new byte[] {one});
        }
        PatternBytes.check(0, 100, client.readBytes(100));
        byte[] large = client.wrap(PatternBytes.bytes(0, 16_000));
        client.wire().send(Arrays.copyOf(large, 9000));
        long iterations = server.stats().loopIterations();
        assertThat(client.wire().hasInput(Duration.ofMillis(300))).isFalse();
        assertThat(server.stats().loopIterations() - iterations).isLessThan(10);
        client.wire().send(Arrays.copyOfRange(large, 9000, large.length));
        PatternBytes.check(0, 16_000, client.readBytes(16_000));
    }

    /** T3: a record that says it is longer than records are fails at once, not when it is whole. */
    @Test
    void t3ARecordThatIsTooLongIsRefused() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = startTls(handler);
        TlsClient client = connectTls(server);
        client.wire().send(new byte[] {23, 3, 3, (byte) 0xff, (byte) 0xff, 1, 2, 3});
        assertThat(client.wire().isEnded()).isTrue();
        assertThat(handler.await("closed").error()).isInstanceOf(SSLException.class);
    }

    /** T5: what is behind the last message of the handshake, and many records in one piece, is gone on with. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t5AllThatHasComeIsGoneOnWith(String version) throws Exception {
        EvioServer server = startTls(TestHandler.echo().withoutLog());
        TlsClient client = connectTls(server, version);
        for (int count : new int[] {2, 63, 64, 65, 1000}) {
            client.sendInSmallRecords(PatternBytes.bytes(0, count));
            PatternBytes.check(0, count, client.readBytes(count));
        }
    }

    /** T9: key updates of the peer, without and with an answer, and what follows them. */
    @Test
    void t9KeyUpdatesAreFollowed() throws Exception {
        EvioServer server = startTls(TestHandler.echo().withoutLog());
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), "-tls1_3", "-msg")) {
            client.await("Verify return code");
            client.type("first\n").await("\nfirst\n");
            client.type("k\n").await(">>> TLS 1.3, Handshake [length 0005], KeyUpdate");
            client.type("second\n").await("\nsecond\n");
            client.type("K\n").await("<<< TLS 1.3, Handshake [length 0005], KeyUpdate");
            client.type("third\n").await("\nthird\n");
        }
        Eventually.isTrue("its end", () -> server.stats().connectionsActive() == 0);
    }

    /** T9: answers to key updates come between records with data, of which nothing is lost. */
    @Test
    void t9KeyUpdatesBetweenDataLoseNothing() throws Exception {
        EvioServer server = startTls(TestHandler.echo().withoutLog());
        TlsClient client = connectTls(server, TLS13);
        long position = 0;
        for (int i = 0; i < 100; i++) {
            updateKey(client);
            int size = 1 + 331 * i;
            client.send(PatternBytes.bytes(position, size));
            PatternBytes.check(position, size, client.readBytes(size));
            position += size;
        }
    }

    /** The JDK's way to ask for new keys (JEP 332), which asks the peer for them too. */
    private static void updateKey(TlsClient client) throws IOException {
        client.engine().beginHandshake();
        client.wire().send(client.wrap(new byte[0]));
    }

    /** T10: a peer that has the server answer for ever, and reads none of it, takes no memory. */
    @Test
    void t10AFloodOfKeyUpdatesIsHeldBack() throws Exception {
        EvioServer server = startTls(TestHandler.echo().withoutLog());
        TlsClient good = connectTls(server);
        TlsClient flooding = connectTls(server, TLS13);
        requireEcho(flooding);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < 2000; i++) {
            flooding.engine().beginHandshake();
            all.write(flooding.wrap(new byte[0]));
        }
        try {
            flooding.wire().send(all.toByteArray());
            assertThat(flooding.wire().isEnded()).isTrue();
        } catch (IOException e) {
            // It is ended before all is sent.
        }
        assertThat(server.stats().writePending()).isLessThan(100_000);
        requireEcho(good);
    }

    /** T12: tiny records without end leave the others their turns. */
    @Test
    void t12RecordsOfOneByteDoNotStarveOthers() throws Exception {
        EvioServer server = startTls(new TestHandler().withoutLog().onData((connection, in, out) -> {
            if (in.get(in.position()) == 'p') {
                out.write(in);
            } else {
                in.position(in.limit());
            }
            return Action.NONE;
        }));
        TlsClient good = connectTls(server);
        TlsClient tiny = connectTls(server);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < 20_000; i++) {
            all.write(tiny.wrap(new byte[] {'x'}));
        }
        try (Crowd flood = Crowd.one(i -> tiny.wire().send(all.toByteArray()))) {
            for (int i = 0; i < 20; i++) {
                long begin = System.nanoTime();
                requireEcho(good);
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
            }
            flood.join();
        }
        Eventually.isTrue("all have come", () -> server.stats().dataReceived() >= all.size());
        // 64 records per turn at most, of which one iteration may have a few; a read brings a thousand of them.
        assertThat(server.stats().loopIterations()).isGreaterThan(20_000 / 256);
    }

    /** T13: the client's wish for a renegotiation ends the connection before anything is computed for it. */
    @Test
    void t13RenegotiationEndsTheConnection() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = startTls(handler);
        TlsClient good = connectTls(server);
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), "-tls1_2")) {
            client.type("first\n").await("\nfirst\n");
            client.type("R\n").await("RENEGOTIATING");
            client.awaitEnd();
        }
        assertThat(handler.await("closed").error()).hasMessageContaining("renegotiation");
        assertThat(server.stats().tlsHandshakes()).isEqualTo(2);
        requireEcho(good);
    }

    /** T13: so does the JDK's own. */
    @Test
    void t13RenegotiationByTheJdkEndsTheConnection() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = startTls(handler);
        TlsClient client = connectTls(server, TLS12);
        requireEcho(client);
        client.engine().beginHandshake();
        client.wire().send(client.wrap(new byte[0]));
        assertThat(client.wire().isEnded()).isTrue();
        assertThat(handler.await("closed").error()).hasMessageContaining("renegotiation");
    }

    /** More than the limit left unread closes the connection, counted in plain bytes. */
    @Test
    void maxPendingInputCountsPlainBytes() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> Action.NONE);
        EvioServer server = start(tlsBuilder(handler).limits(Limits.DEFAULTS.withMaxPendingInput(64 * 1024)));
        TlsClient client = connectTls(server);
        client.send(PatternBytes.bytes(0, 60_000));
        Eventually.isTrue("most of it", () -> handler.events("data").stream().anyMatch(one -> one.amount() == 60_000));
        assertThat(server.stats().cutByPendingInput()).isZero();
        client.send(PatternBytes.bytes(0, 10_000));
        assertThat(client.wire().isEnded()).isTrue();
        assertThat(server.stats().cutByPendingInput()).isEqualTo(1);
    }

    /** A peer that goes while more is on its way to it than it takes. */
    @Test
    void aResetWhileOutputWaitsEndsTheConnection() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            for (int i = 0; i < 8; i++) {
                out.write(PatternBytes.at(0, 1024 * 1024));
            }
            return Action.NONE;
        });
        EvioServer server = startTls(handler);
        Client slow = connectSlowReader(server);
        TlsClient client =
                TlsClient.over(slow, Certificates.LOCALHOST.trustingContext()).handshake();
        client.send("go");
        Eventually.isTrue("pending", () -> server.stats().writePending() > 1024 * 1024);
        slow.reset();
        handler.await("closed");
        Eventually.isTrue("nothing pending", () -> server.stats().writePending() == 0);
    }
}
