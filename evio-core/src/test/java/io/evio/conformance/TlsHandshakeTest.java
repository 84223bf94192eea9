package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.ClientAuth;
import io.evio.EvioServer;
import io.evio.Tls;
import io.evio.TlsInfo;
import io.evio.testing.Certificates;
import io.evio.testing.Client;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import io.evio.testing.LoopThread;
import io.evio.testing.OpenSsl;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Beginnings of TLS connections, and the ends of those that do not begin. */
class TlsHandshakeTest extends TlsConformanceTest {

    private final BlockingQueue<TlsInfo> opened = new LinkedBlockingQueue<>();

    private TestHandler echo() {
        return TestHandler.echo().onOpened((connection, out) -> {
            opened.add(connection.tls());
            return Action.NONE;
        });
    }

    private TlsInfo nextOpened() throws InterruptedException {
        TlsInfo info = opened.poll(10, TimeUnit.SECONDS);
        assertThat(info).as("an opened connection").isNotNull();
        return info;
    }

    /** T6: opened fires once, when the handshake is over, and its greeting is encrypted. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t6OpenedFiresOnceWhenTheHandshakeIsOver(String version) throws Exception {
        TestHandler handler = TestHandler.echo().onOpened((connection, out) -> {
            out.writeAscii("hello " + connection.tls().protocol());
            return Action.NONE;
        });
        EvioServer server = startTls(handler);
        TlsClient client = unconnectedTls(server, version);
        client.wire().send(client.hello());
        assertThat(client.wire().hasInput(Duration.ofSeconds(10))).isTrue();
        assertThat(handler.count("opened")).isZero();
        client.handshake();
        assertThat(client.read(13)).isEqualTo("hello " + version);
        requireEcho(client);
        assertThat(handler.count("opened")).isEqualTo(1);
        assertThat(server.stats().tlsHandshakes()).isEqualTo(1);
        assertThat(server.stats().tlsHandshakeNanos()).isPositive();
    }

    /** T6: data that comes in one piece with the end of the handshake is not lost. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t6DataRightBehindTheHandshakeArrives(String version) throws Exception {
        EvioServer server = startTls(echo());
        try (OpenSsl client =
                OpenSsl.connect(server.addresses().get(0), version.equals(TLS13) ? "-tls1_3" : "-tls1_2", "-quiet")) {
            client.type("at once\n").await("at once");
        }
        TlsClient client = unconnectedTls(server, version);
        client.handshake().send("first").send("second");
        assertThat(client.read(11)).isEqualTo("firstsecond");
    }

    /** T7 and T8: the slow part runs elsewhere, and meanwhile the loop serves others and leaves the engine alone. */
    @Test
    void t8TasksRunOffTheLoopByDefault() throws Exception {
        BlockingQueue<Thread> workers = new LinkedBlockingQueue<>();
        CountDownLatch release = new CountDownLatch(1);
        ExecutorService executor = Executors.newSingleThreadExecutor();
        closeAfterwards(executor::shutdownNow);
        EvioServer server = startTls(
                echo(),
                tls().tasks(work -> executor.execute(() -> {
                    workers.add(Thread.currentThread());
                    try {
                        release.await();
                    } catch (InterruptedException e) {
                        return;
                    }
                    work.run();
                })));
        TlsClient first = unconnectedTls(server);
        first.wire().send(first.hello());
        assertThat(workers.poll(10, TimeUnit.SECONDS)).isNotEqualTo(loopThread(server));
        // T7: what else the peer sends waits with it, and the loop does not turn.
        first.wire().send(new byte[] {23, 3, 3, 0, 1, 0});
        long iterations = server.stats().loopIterations();
        assertThat(first.wire().hasInput(Duration.ofMillis(300))).isFalse();
        assertThat(server.stats().loopIterations() - iterations).isLessThan(10);
        assertThat(opened).isEmpty();
        release.countDown();
        // The alert for the nonsense, behind the answer to the hello.
        assertThat(first.wire().isEnded()).isTrue();
        requireEcho(connectTls(server));
    }

    /** T8: while one handshake computes, the others are served, on the default threads, which end by themselves. */
    @Test
    void t8DefaultThreadsAreNamedAndEnd() throws Exception {
        EvioServer server = startTls(echo());
        for (int i = 0; i < 5; i++) {
            requireEcho(connectTls(server));
        }
        Eventually.isTrue(
                "no threads left",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("evio-test-tls-")));
        requireEcho(connectTls(server));
    }

    @Test
    void t8TasksRunOnTheLoopAsAnOption() throws Exception {
        EvioServer server = start(tlsBuilder(echo(), tls().tasksOnLoop()).name("inline"));
        requireEcho(connectTls(server));
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("evio-inline-tls-"));
    }

    /** T7: an executor that takes no work, or a full one, ends the handshake and nothing else. */
    @Test
    void t7AnExecutorThatTakesNoWorkEndsTheHandshake() throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        EvioServer server = startTls(echo(), tls().tasks(executor));
        TlsClient good = connectTls(server);
        executor.shutdown();
        TlsClient refused = unconnectedTls(server);
        assertThatThrownBy(refused::handshake).isInstanceOf(IOException.class);
        requireEcho(good);
        assertThat(server.stats().tlsHandshakeErrors()).isEqualTo(1);
    }

    /** The bound of work at a time: all of them get their turn. */
    @Test
    void handshakesBeyondTheBoundWaitForTheirTurn() throws Exception {
        EvioServer server = startTls(TestHandler.echo(), tls().handshakes(1));
        try (Crowd clients = Crowd.start(20, index -> {
            try (TlsClient client = TlsClient.connect(
                            server.addresses().get(0), Certificates.LOCALHOST.trustingContext())
                    .handshake()) {
                requireEcho(client);
            }
        })) {
            clients.join();
        }
        // One that leaves its handshake half done holds nobody up.
        TlsClient half = unconnectedTls(server);
        half.wire().send(half.hello());
        requireEcho(connectTls(server));
        assertThat(server.stats().tlsHandshakes()).isEqualTo(21);
    }

    /** T16: the peer reads the alert, also when more of its own is under way. */
    @Test
    void t16AFatalAlertArrives() throws Exception {
        EvioServer server = startTls(echo(), tls().protocols(TLS13));
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), "-tls1_2")) {
            assertThat(client.awaitEnd()).contains("alert protocol version");
        }
        TlsClient talkative = unconnectedTls(server, TLS12);
        byte[] hello = talkative.hello();
        byte[] more = Arrays.copyOf(hello, hello.length + 200_000);
        talkative.wire().send(more);
        byte[] answer = talkative.wire().readBytesToEnd();
        assertThat(answer).hasSize(7).startsWith(21, 3, 3, 0, 2, 2, 70);
        assertThat(opened).isEmpty();
        assertThat(server.stats().tlsHandshakeErrors()).isEqualTo(2);
    }

    /** T16 after the handshake: a record that was changed on its way. */
    @Test
    void t16AnAlertAfterTheHandshakeArrives() throws Exception {
        TestHandler handler = echo();
        EvioServer server = startTls(handler);
        TlsClient client = connectTls(server);
        requireEcho(client);
        byte[] record = client.wrap("changed".getBytes(StandardCharsets.US_ASCII));
        record[record.length - 1] ^= 1;
        client.wire().send(record);
        assertThatThrownBy(client::readToEnd).isInstanceOf(SSLException.class).hasMessageContaining("bad_record_mac");
        assertThat(handler.await("closed").error()).isInstanceOf(SSLException.class);
    }

    /** T17: a client that leaves at any byte of the handshake costs an error and nothing else. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t17AClientThatLeavesInTheMiddleIsCounted(String version) throws Exception {
        TestHandler handler = echo();
        EvioServer server = startTls(handler);
        int left = 0;
        for (boolean reset : new boolean[] {false, true}) {
            for (int sent : new int[] {1, 5, 60, Integer.MAX_VALUE}) {
                TlsClient client = unconnectedTls(server, version);
                byte[] hello = client.hello();
                client.wire().send(Arrays.copyOf(hello, Math.min(sent, hello.length)));
                if (sent > hello.length) {
                    client.wire().readBytes(100);
                }
                if (reset) {
                    client.wire().reset();
                } else {
                    client.close();
                }
                left++;
            }
        }
        int expected = left;
        Eventually.holds(() -> assertThat(server.stats().tlsHandshakeErrors()).isEqualTo(expected));
        Eventually.isTrue("no connection", () -> server.stats().connectionsActive() == 0);
        assertThat(handler.count("opened") + handler.count("closed")).isZero();
        requireEcho(connectTls(server, version));
    }

    /** T18: an exact name, then one with a star, then the default; whatever the case. */
    @ParameterizedTest
    @CsvSource({
        "alt.example.com, alt.example.com",
        "ALT.Example.COM, alt.example.com",
        "a.example.org, *.example.org",
        "a.b.example.org, localhost",
        "example.org, localhost",
        "unknown.example.net, localhost"
    })
    void t18ServerNamesChooseTheCertificate(String asked, String expected) throws Exception {
        Certificates wild = Certificates.make("*.example.org");
        EvioServer server = startTls(
                echo(),
                tls().serverName("alt.example.com", Certificates.OTHER.serverContext())
                        .serverName("*.example.org", wild.serverContext()));
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), "-servername", asked)) {
            client.await("subject=CN = " + expected + "\n");
            assertThat(nextOpened().serverName()).isEqualTo(asked.toLowerCase(Locale.ROOT));
        }
    }

    /** T18: a hello in several records, in single bytes, and in both. */
    @ParameterizedTest
    @CsvSource({"0, false", "0, true", "40, false", "40, true", "200, false"})
    void t18AHelloMayComeInPieces(int fragment, boolean byteByByte) throws Exception {
        TlsClient client = askingForOther();
        byte[] hello = split(client.hello(), fragment);
        if (byteByByte) {
            client.wire().channel().setOption(StandardSocketOptions.TCP_NODELAY, true);
            for (byte one : hello) {
                client.wire().send(new byte[] {one});
            }
        } else {
            client.wire().send(hello);
        }
        requireEcho(client.handshake());
        assertThat(nextOpened().serverName()).isEqualTo("alt.example.com");
    }

    /** T18: in more pieces than anybody needs no name is looked for, and the default answers. */
    @Test
    void t18AHelloInTooManyPiecesGetsTheDefault() throws Exception {
        TlsClient client = askingForOther();
        client.wire().send(split(client.hello(), 7));
        assertThatThrownBy(client::handshake)
                .isInstanceOf(SSLHandshakeException.class)
                .hasMessageContaining("unable to find valid certification path");
        assertThat(opened).isEmpty();
    }

    private TlsClient askingForOther() throws Exception {
        EvioServer server = startTls(echo(), tls().serverName("alt.example.com", Certificates.OTHER.serverContext()));
        return TlsClient.over(connect(server), Certificates.OTHER.trustingContext())
                .serverName("alt.example.com");
    }

    /** The one record again as records of so many bytes each; 0 for one. */
    private static byte[] split(byte[] record, int fragment) {
        if (fragment == 0) {
            return record;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int at = 5; at < record.length; at += fragment) {
            int length = Math.min(fragment, record.length - at);
            out.write(record, 0, 3);
            out.write(length >> 8);
            out.write(length);
            out.write(record, at, length);
        }
        return out.toByteArray();
    }

    /** T23: the size and the time of the cache are the context's, which says how many sessions are kept. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t23SessionsAreResumed(String version) throws Exception {
        SSLContext context = Certificates.LOCALHOST.serverContext();
        context.getServerSessionContext().setSessionCacheSize(10);
        context.getServerSessionContext().setSessionTimeout(3600);
        EvioServer server = startTls(echo(), Tls.of(context));
        SSLContext trusting = Certificates.LOCALHOST.trustingContext();
        for (int i = 0; i < 3; i++) {
            TlsClient client =
                    TlsClient.over(connect(server), trusting, version).handshake();
            // Reads the ticket too.
            requireEcho(client);
            client.closeOutput().close();
        }
        assertThat(server.stats().tlsHandshakes()).isEqualTo(3);
        assertThat(server.stats().tlsResumed()).isEqualTo(2);
    }

    /** T26: from accept, whatever drips in meanwhile; counted apart from other failures. */
    @Test
    void t26AHandshakeHasItsTime() throws Exception {
        try (LogCapture log = new LogCapture()) {
            TestHandler handler = echo();
            EvioServer server = startTls(handler, tls().handshakeTimeout(Duration.ofMillis(400)));
            long begin = System.nanoTime();
            Client silent = connect(server);
            TlsClient dripping = unconnectedTls(server);
            byte[] hello = dripping.hello();
            int sent = 0;
            try {
                while (sent < hello.length - 1 && !dripping.wire().hasInput(Duration.ofMillis(20))) {
                    dripping.wire().send(new byte[] {hello[sent++]});
                }
            } catch (IOException e) {
                // The reset that a byte on its way brings.
            }
            assertThat(dripping.wire().isEnded()).isTrue();
            assertThat(silent.isEnded()).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(Duration.ofMillis(390), Duration.ofSeconds(10));
            assertThat(server.stats().cutByHandshakeTimeout()).isEqualTo(2);
            assertThat(server.stats().tlsHandshakeErrors()).isZero();
            assertThat(handler.count("opened") + handler.count("closed")).isZero();
            assertThat(log.lines(Level.WARN)).hasSize(1);
        }
    }

    /** T26: a handshake that is over has no such time any more. */
    @Test
    void t26AnOpenConnectionIsNotCut() throws Exception {
        EvioServer server = startTls(echo(), tls().handshakeTimeout(Duration.ofSeconds(2)));
        TlsClient client = connectTls(server);
        requireEcho(client);
        assertThat(client.wire().hasInput(Duration.ofMillis(2500))).isFalse();
        requireEcho(client);
    }

    /** T27: nothing in common is a fatal alert; a client that offers nothing is served. */
    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void t27WithoutACommonProtocolTheAlertSaysSo(String version) throws Exception {
        EvioServer server = startTls(echo(), tls().alpn("http/1.1"));
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), version, "-alpn", "h2,spdy/3")) {
            assertThat(client.awaitEnd()).contains("no application protocol");
        }
        assertThat(server.stats().tlsHandshakeErrors()).isEqualTo(1);
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), version, "-alpn", "h2,http/1.1")) {
            client.await("ALPN protocol: http/1.1");
        }
        assertThat(nextOpened().applicationProtocol()).isEqualTo("http/1.1");
        requireEcho(connectTls(server));
        assertThat(nextOpened().applicationProtocol()).isNull();
    }

    /** T28: one line, with what came escaped and cut short, however many come; and a count. */
    @Test
    void t28PlainTextIsCountedAndLoggedOnce() throws Exception {
        try (LogCapture log = new LogCapture()) {
            TestHandler handler = echo();
            EvioServer server = startTls(handler);
            for (int i = 0; i < 20; i++) {
                Client client = connect(server);
                client.send("GET / HTTP/1.1\r\nHost: \u001b[31m" + "x".repeat(10_000));
                assertThat(client.isEnded()).isTrue();
            }
            assertThat(server.stats().tlsHandshakeErrors()).isEqualTo(20);
            assertThat(handler.names()).doesNotContain("opened", "closed");
            assertThat(log.lines(Level.WARN))
                    .singleElement()
                    .satisfies(line -> assertThat(line.getFormattedMessage())
                            .contains("not TLS but plain text", "GET / HTTP/1.1\\r\\n")
                            .doesNotContain("\r", "\n", "\u001b")
                            .hasSizeLessThan(400));
            requireEcho(connectTls(server));
        }
    }

    /** A client without a certificate is refused, or served without one, as it was said. */
    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void clientsShowCertificates(String version) throws Exception {
        EvioServer server = startTls(echo(), tls().clientAuth(ClientAuth.NEED));
        String pem = Certificates.CLIENT.writePem(folder).toString();
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), version, "-cert", pem, "-key", pem)) {
            client.type("hello\n").await("hello");
        }
        assertThat(nextOpened().peerCertificates())
                .extracting(
                        one -> ((X509Certificate) one).getSubjectX500Principal().getName())
                .containsExactly("CN=client.example.com");
        // With what is typed on its way: the alert arrives all the same.
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), version)) {
            client.type("hello\n");
            assertThat(client.awaitEnd()).contains("alert");
        }
        String stranger = Certificates.make("stranger").writePem(folder).toString();
        try (OpenSsl client =
                OpenSsl.connect(server.addresses().get(0), version, "-cert", stranger, "-key", stranger)) {
            client.type("hello\n");
            assertThat(client.awaitEnd()).contains("alert");
        }
        assertThat(opened).isEmpty();
        assertThat(server.stats().tlsHandshakeErrors()).isEqualTo(2);
        EvioServer wanting = startTls(echo(), tls().clientAuth(ClientAuth.WANT));
        requireEcho(connectTls(wanting));
        assertThat(nextOpened().peerCertificates()).isEmpty();
    }

    /** In TLS 1.3 the client believes it is connected before the server has seen its certificate. */
    @Test
    void aMissingCertificateIsToldByAnAlert() throws Exception {
        EvioServer server = startTls(echo(), tls().clientAuth(ClientAuth.NEED));
        for (String version : new String[] {TLS12, TLS13}) {
            TlsClient client = unconnectedTls(server, version);
            assertThatThrownBy(() -> {
                        client.handshake();
                        client.readToEnd();
                    })
                    .isInstanceOf(SSLHandshakeException.class)
                    .hasMessageMatching(".*(bad_certificate|certificate_required|handshake_failure).*");
        }
    }

    /** A stop while handshakes are under way: who has begun may end it, and is served; who has not is let go. */
    @Test
    void aStopLetsHandshakesThatHaveBegunEnd() throws Exception {
        TestHandler handler = echo();
        EvioServer server = startTls(handler);
        TlsClient begun = unconnectedTls(server);
        begun.wire().send(begun.hello());
        assertThat(begun.wire().hasInput(Duration.ofSeconds(10))).isTrue();
        Client silent = connect(server);
        long start = System.nanoTime();
        try (Crowd stop =
                Crowd.one(i -> assertThat(server.stop(Duration.ofSeconds(10))).isTrue())) {
            Eventually.isTrue("stopping", server::isStopping);
            // In one piece: what comes after the connection has opened comes too late.
            begun.handshake("late");
            assertThat(begun.read(4)).isEqualTo("late");
            assertThat(begun.readToEnd()).isEmpty();
            begun.close();
            silent.close();
            stop.join();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(9));
        assertThat(handler.count("opened")).isEqualTo(1);
        assertThat(handler.count("closed")).isEqualTo(1);
    }

    /** A stop without grace ends them all at once. */
    @Test
    void aStopWithoutGraceEndsHandshakes() throws Exception {
        EvioServer server = startTls(echo());
        TlsClient begun = unconnectedTls(server);
        begun.wire().send(begun.hello());
        begun.wire().hasInput(Duration.ofSeconds(10));
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertThat(begun.wire().isEnded()).isTrue();
        assertThat(opened).isEmpty();
    }

    /** T21: what a record costs in garbage on the loop, both ways, is bounded. */
    @Test
    void t21ARecordsGarbageIsBounded() throws Exception {
        EvioServer server = startTls(TestHandler.echo().withoutLog());
        TlsClient client = connectTls(server, TLS13);
        for (int i = 0; i < 500; i++) {
            requireEcho(client);
        }
        LoopThread loop = LoopThread.of(server);
        long before = loop.allocatedBytes();
        for (int i = 0; i < 500; i++) {
            requireEcho(client);
        }
        assertThat((loop.allocatedBytes() - before) / 500).as("bytes per echo").isLessThan(6000);
    }
}
