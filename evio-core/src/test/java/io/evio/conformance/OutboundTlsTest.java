package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.ClientAuth;
import io.evio.EvioServer;
import io.evio.Target;
import io.evio.Tls;
import io.evio.testing.Certificates;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsConformanceTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;

/** TLS as a client: whom it trusts, what it asks for, and what becomes of what was written before. */
class OutboundTlsTest extends TlsConformanceTest {

    private final TestHandler upstream = new TestHandler();

    private Target target(EvioServer backend, String host) {
        return Target.of("tls://" + host + ":" + backend.addresses().get(0).port());
    }

    private EvioServer backend(Certificates shown) throws IOException {
        return start(
                tlsBuilder(TestHandler.echo(), Tls.of(shown.serverContext()).alpn("http/1.1"))
                        .name("backend"));
    }

    private void connect(Target target) throws IOException {
        start(builder(new TestHandler())).connect(target, upstream);
    }

    @Test
    void aTrustedServerOfThatNameIsTakenAndWhatWasWrittenIsEchoed() throws Exception {
        StringBuffer echoed = new StringBuffer();
        upstream.onOpened((connection, out) -> {
                    assertThat(connection.tls()).isNotNull();
                    assertThat(connection.tls().applicationProtocol()).isEqualTo("http/1.1");
                    assertThat(connection.tls().serverName()).isEqualTo("localhost");
                    assertThat(connection.tls().peerCertificates()).hasSize(1);
                    out.writeAscii("ping");
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    byte[] bytes = new byte[in.remaining()];
                    in.get(bytes);
                    echoed.append(new String(bytes, StandardCharsets.US_ASCII));
                    return Action.NONE;
                });
        EvioServer backend = backend(Certificates.LOCALHOST);
        connect(target(backend, "localhost")
                .tls(Certificates.LOCALHOST.trustingContext())
                .alpn("http/1.1"));
        Eventually.isTrue("it is echoed", () -> echoed.toString().equals("ping"));
        assertThat(backend.stats().tlsHandshakes()).isEqualTo(1);
    }

    @Test
    void aServerThatIsNotTrustedIsRefused() throws Exception {
        connect(target(backend(Certificates.LOCALHOST), "localhost").tls(Certificates.OTHER.trustingContext()));
        upstream.await("closed");
        assertThat(upstream.names()).containsExactly("closed");
        assertThat(upstream.events("closed").get(0).error()).hasMessageContaining("certification path");
    }

    @Test
    void aServerOfAnotherNameIsRefusedUnlessThatIsAllowed() throws Exception {
        Target target = target(backend(Certificates.OTHER), "localhost").tls(Certificates.OTHER.trustingContext());
        connect(target);
        upstream.await("closed");
        assertThat(upstream.names()).containsExactly("closed");
        assertThat(upstream.events("closed").get(0).error()).hasMessageContaining("localhost");
        for (Target other : new Target[] {target.verifyHostName(false), target.serverName("alt.example.com")}) {
            TestHandler taken = new TestHandler();
            start(builder(new TestHandler())).connect(other, taken);
            taken.await("opened");
        }
    }

    @Test
    void aClientCertificateIsShown() throws Exception {
        TestHandler seen = new TestHandler().onOpened((connection, out) -> {
            assertThat(connection.tls().peerCertificates()).containsExactly(Certificates.CLIENT.certificate());
            out.writeAscii("welcome");
            return Action.NONE;
        });
        EvioServer backend =
                start(tlsBuilder(seen, tls().clientAuth(ClientAuth.NEED)).name("backend"));
        connect(target(backend, "localhost").tls(Certificates.CLIENT.serverContext()));
        upstream.await("data");
        assertThat(backend.stats().handlerErrors()).isZero();
    }

    @Test
    void aServerThatSaysNothingIsEndedByTheTimeout() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            connect(Target.of("tls://127.0.0.1:" + silent.getLocalPort()).timeout(Duration.ofMillis(300)));
            try (Socket taken = silent.accept()) {
                assertThat(taken.getInputStream().read()).isEqualTo(22);
                upstream.await("closed");
            }
        }
        assertThat(upstream.names()).containsExactly("closed");
        assertThat(upstream.events("closed").get(0).error()).hasMessageContaining("timeout (300 ms)");
    }

    @Test
    void aServerThatSpeaksPlainTextIsRefused() throws Exception {
        EvioServer plain = start(builder(
                        new TestHandler().onOpened((connection, out) -> {
                            out.writeAscii("220 hello\r\n");
                            return Action.NONE;
                        }),
                        ANY_PORT)
                .name("backend"));
        connect(target(plain, "127.0.0.1"));
        upstream.await("closed");
        assertThat(upstream.names()).containsExactly("closed");
        assertThat(upstream.events("closed").get(0).error()).isNotNull();
    }

    /** Checks of certificates may ask others whether they are revoked. */
    @Test
    void aCheckOfACertificateThatTakesLongHoldsNobodyUp() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<String> checkedOn = new CompletableFuture<>();
        EvioServer server = start(builder(TestHandler.echo(), ANY_PORT));
        server.connect(
                target(backend(Certificates.LOCALHOST), "localhost").tls(checking(() -> {
                    checkedOn.complete(Thread.currentThread().getName());
                    if (!goOn.await(10, TimeUnit.SECONDS)) {
                        throw new IllegalStateException("nobody was served meanwhile");
                    }
                })),
                upstream);
        assertThat(checkedOn.get(10, TimeUnit.SECONDS)).startsWith("evio-test-tls-");
        assertThat(connect(server).send("meanwhile").read(9)).isEqualTo("meanwhile");
        assertThat(upstream.names()).isEmpty();
        goOn.countDown();
        upstream.await("opened");
    }

    @Test
    void handshakesAreDoneOnTheLoopWhereTheServerWantsThat() throws Exception {
        CompletableFuture<String> checkedOn = new CompletableFuture<>();
        EvioServer server = start(tlsBuilder(TestHandler.echo(), tls().tasksOnLoop()));
        server.connect(
                target(backend(Certificates.LOCALHOST), "localhost")
                        .tls(checking(
                                () -> checkedOn.complete(Thread.currentThread().getName()))),
                upstream);
        upstream.await("opened");
        assertThat(checkedOn.get()).isEqualTo("evio-test");
    }

    private interface Check {
        void run() throws InterruptedException;
    }

    private static SSLContext checking(Check check) throws GeneralSecurityException {
        X509TrustManager manager = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String authType) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String authType) {
                try {
                    check.run();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {manager}, null);
        return context;
    }
}
