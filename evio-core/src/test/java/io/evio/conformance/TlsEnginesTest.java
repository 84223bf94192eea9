package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Tls;
import io.evio.TlsInfo;
import io.evio.testing.Certificates;
import io.evio.testing.OpenSsl;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import java.io.IOException;
import java.security.Provider;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.jsse.provider.BouncyCastleJsseProvider;
import org.conscrypt.Conscrypt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Engines of several providers, through {@link io.evio.TlsEngines}. */
class TlsEnginesTest extends TlsConformanceTest {

    private static SSLContext context(String provider) {
        return switch (provider) {
            case "JDK" -> Certificates.LOCALHOST.serverContext();
            case "Conscrypt" -> Certificates.LOCALHOST.serverContext(Conscrypt.newProvider(), null);
            default -> {
                Provider bouncy = new BouncyCastleJsseProvider(new BouncyCastleProvider());
                yield Certificates.LOCALHOST.serverContext(bouncy, bouncy);
            }
        };
    }

    @ParameterizedTest
    @CsvSource({
        "JDK, TLSv1.2", "JDK, TLSv1.3",
        "Conscrypt, TLSv1.2", "Conscrypt, TLSv1.3",
        "BouncyCastle, TLSv1.2", "BouncyCastle, TLSv1.3"
    })
    void everyEngineServes(String provider, String version) throws Exception {
        SSLContext context = context(provider);
        BlockingQueue<TlsInfo> opened = new LinkedBlockingQueue<>();
        TestHandler handler = TestHandler.echo().onOpened((connection, out) -> {
            opened.add(connection.tls());
            return Action.NONE;
        });
        EvioServer server = startTls(
                handler,
                Tls.of((serverName, peer) -> context.createSSLEngine())
                        .alpn("http/1.1")
                        .handshakeTimeout(Duration.ofSeconds(30)));
        TlsClient client = TlsClient.over(connect(server), Certificates.LOCALHOST.trustingContext(), version)
                .alpn("http/1.1")
                .handshake();
        for (int size : new int[] {1, 1000, 16_384, 16_385, 70_000}) {
            client.send(PatternBytes.bytes(size, size));
            PatternBytes.check(size, size, client.readBytes(size));
        }
        client.sendInSmallRecords(PatternBytes.bytes(0, 300));
        PatternBytes.check(0, 300, client.readBytes(300));
        TlsInfo info = opened.poll(10, TimeUnit.SECONDS);
        assertThat(info.protocol()).isEqualTo(version);
        assertThat(info.applicationProtocol()).isEqualTo("http/1.1");
        client.send("last").closeOutput();
        assertThat(client.readToEnd()).isEqualTo("last");
        handler.await("closed");
        assertThat(server.stats().tlsHandshakes()).isEqualTo(1);
        assertThat(handler.count("opened")).isEqualTo(1);
        // A peer that leaves in the middle, and one that speaks plain text behind its hello.
        TlsClient half = unconnectedTls(server, version);
        half.wire().send(half.hello());
        half.wire().readBytes(5);
        half.wire().send(new byte[] {23, 3, 3, 0, 1, 1});
        assertThat(half.wire().isEnded()).isTrue();
        assertThatThrownBy(() -> TlsClient.over(connect(server), Certificates.OTHER.trustingContext(), version)
                        .handshake())
                .isInstanceOf(IOException.class);
        requireEcho(connectTls(server, version));
    }

    /** OpenSSL's key updates, towards those that speak TLS 1.3. */
    @ParameterizedTest
    @CsvSource({"JDK", "Conscrypt", "BouncyCastle"})
    void t9EveryEngineUpdatesItsKeys(String provider) throws Exception {
        SSLContext context = context(provider);
        EvioServer server = startTls(
                TestHandler.echo(),
                Tls.of((serverName, peer) -> context.createSSLEngine()).handshakeTimeout(Duration.ofSeconds(30)));
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), "-tls1_3", "-msg")) {
            client.type("first\n").await("\nfirst\n");
            client.type("K\n").await(">>> TLS 1.3, Handshake [length 0005], KeyUpdate");
            // An engine may answer at once or with its next record.
            client.type("second\n").await("\nsecond\n");
            client.await("<<< TLS 1.3, Handshake [length 0005], KeyUpdate");
        }
    }

    /** Conscrypt and Bouncy Castle know renegotiation too, or refuse it themselves: it never succeeds. */
    @ParameterizedTest
    @CsvSource({"Conscrypt", "BouncyCastle"})
    void t13NoEngineRenegotiates(String provider) throws Exception {
        SSLContext context = context(provider);
        TestHandler handler = TestHandler.echo();
        EvioServer server = startTls(
                handler,
                Tls.of((serverName, peer) -> context.createSSLEngine()).handshakeTimeout(Duration.ofSeconds(30)));
        try (OpenSsl client = OpenSsl.connect(server.addresses().get(0), "-tls1_2")) {
            client.type("first\n").await("\nfirst\n");
            client.type("R\n").await("RENEGOTIATING");
            client.awaitEnd();
        }
        handler.await("closed");
        assertThat(server.stats().tlsHandshakes()).isEqualTo(1);
    }
}
