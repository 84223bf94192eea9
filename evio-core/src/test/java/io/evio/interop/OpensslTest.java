package io.evio.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.ClientAuth;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Tls;
import io.evio.TlsInfo;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code openssl s_client}. */
class OpensslTest extends InteropTest {

    private Program client(EvioServer server, String... more) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("openssl", "s_client", "-connect", target(server), "-CAfile", keys.certificate("ca")));
        command.addAll(List.of("-verify_return_error", "-verify_hostname", "localhost"));
        command.addAll(Arrays.asList(more));
        return program(command.toArray(String[]::new));
    }

    /** Greets with what the handshake has agreed on. */
    private static TestHandler describing() {
        return TestHandler.echo().onOpened((connection, out) -> {
            TlsInfo tls = Objects.requireNonNull(connection.tls());
            out.write(("<" + tls.protocol() + " " + tls.serverName() + " " + tls.applicationProtocol() + " "
                            + subject(connection) + ">\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
            return Action.NONE;
        });
    }

    private static String subject(Connection connection) {
        return Objects.requireNonNull(connection.tls()).peerCertificates().stream()
                .findFirst()
                .map(certificate -> ((X509Certificate) certificate)
                        .getSubjectX500Principal()
                        .getName())
                .orElse("nobody");
    }

    @ParameterizedTest
    @CsvSource({"-tls1_2, TLSv1.2", "-tls1_3, TLSv1.3"})
    void echoes(String option, String protocol) throws Exception {
        EvioServer server = start(describing(), tls());
        Program client = client(server, option, "-servername", "localhost");
        client.await("<" + protocol + " localhost null nobody>").type("hello").await("\nhello\n");
        assertThat(client.end(0)).contains("Verification: OK", "New, " + protocol);
        Eventually.isTrue("the end", () -> server.stats().connectionsClosed() == 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void resumesASession(String option) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        Path session = folder.resolve("session.pem");
        Program first = client(server, option, "-sess_out", session.toString());
        first.type("first").await("\nfirst\n");
        assertThat(first.end(0)).contains("New, TLS");
        assertThat(Files.size(session)).isPositive();
        Program second = client(server, option, "-sess_in", session.toString());
        second.type("second").await("\nsecond\n");
        assertThat(second.end(0)).contains("Reused, TLS");
        assertThat(server.stats().tlsHandshakes()).isEqualTo(2);
        assertThat(server.stats().tlsResumed()).isEqualTo(1);
    }

    /** By k the client changes its own key, by K it asks for a new one of the server too. */
    @Test
    void updatesKeys() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        Program client = client(server, "-tls1_3").type("first").await("\nfirst\n");
        for (int i = 0; i < 3; i++) {
            client.type("k").await("KEYUPDATE\n", 2 * i + 1).type("one " + i).await("\none " + i + "\n");
            client.type("K").await("KEYUPDATE\n", 2 * i + 2).type("both " + i).await("\nboth " + i + "\n");
        }
        client.end(0);
    }

    /** A renegotiation that is refused is no good end, which scanners take for one that was granted. */
    @Test
    void isCutOffWhenItRenegotiates() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, tls());
        Program client = client(server, "-tls1_2").type("first").await("\nfirst\n");
        client.type("R").await("RENEGOTIATING");
        assertThat(handler.await("closed").error()).hasMessageContaining("renegotiation");
        assertThat(client.end(1)).contains("unexpected eof");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void showsItsCertificate(String option) throws Exception {
        EvioServer server = start(describing(), tls().clientAuth(ClientAuth.NEED));
        Program client = client(server, option, "-cert", keys.certificate("client"), "-key", keys.key("client"));
        client.await("CN=client>").type("hello").await("\nhello\n").end(0);
    }

    @ParameterizedTest
    @CsvSource({"-tls1_2, handshake failure", "-tls1_3, certificate required"})
    void isToldThatACertificateIsMissing(String option, String alert) throws Exception {
        TestHandler handler = describing();
        EvioServer server = start(handler, tls().clientAuth(ClientAuth.NEED));
        assertThat(client(server, option).await("alert").end()).containsAnyOf(alert, "bad certificate");
        Eventually.isTrue("the failure", () -> server.stats().tlsHandshakeErrors() == 1);
        assertThat(handler.names()).doesNotContain("opened", "data", "closed");
    }

    @Test
    void needsNoCertificateThatIsOnlyWanted() throws Exception {
        EvioServer server = start(describing(), tls().clientAuth(ClientAuth.WANT));
        client(server).await("nobody>").end(0);
        client(server, "-cert", keys.certificate("client"), "-key", keys.key("client"))
                .await("CN=client>")
                .end(0);
    }

    @ParameterizedTest
    @CsvSource({"alt.example.com, alt", "ALT.example.com, alt", "a.example.org, alt", "other.example.com, server"})
    void getsTheCertificateOfTheNameItAsksFor(String name, String certificate) throws Exception {
        Tls tls = tls().serverName("alt.example.com", keys.context("alt"))
                .serverName("*.example.org", keys.context("alt"));
        EvioServer server = start(TestHandler.echo(), tls);
        Program client = program(
                "openssl",
                "s_client",
                "-connect",
                target(server),
                "-servername",
                name,
                "-CAfile",
                keys.certificate("ca"));
        client.type("hello").await("\nhello\n");
        assertThat(client.end(0)).contains("subject=CN = " + certificate);
    }

    @Test
    void getsTheDefaultCertificateWithoutAName() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().serverName("alt.example.com", keys.context("alt")));
        assertThat(client(server, "-noservername")
                        .type("hello")
                        .await("\nhello\n")
                        .end(0))
                .contains("subject=CN = server");
    }

    @Test
    void agreesOnAnApplicationProtocol() throws Exception {
        EvioServer server = start(describing(), tls().alpn("http/1.1", "redis"));
        assertThat(client(server, "-alpn", "h2,redis,http/1.1")
                        .await(" http/1.1 ")
                        .end(0))
                .contains("ALPN protocol: http/1.1");
        assertThat(client(server, "-alpn", "h2,redis").await(" redis ").end(0)).contains("ALPN protocol: redis");
        assertThat(client(server).await(" null ").end(0)).contains("No ALPN negotiated");
    }

    @Test
    void isToldThatNoApplicationProtocolFits() throws Exception {
        EvioServer server = start(describing(), tls().alpn("http/1.1"));
        assertThat(client(server, "-alpn", "h2").await("alert").end()).contains("no application protocol");
        Eventually.isTrue("the failure", () -> server.stats().tlsHandshakeErrors() == 1);
    }

    @Test
    void isToldThatNoVersionFits() throws Exception {
        EvioServer server = start(describing(), tls().protocols("TLSv1.3"));
        assertThat(client(server, "-tls1_2").await("alert").end()).contains("alert protocol version");
    }

    /** A client that does not trust the server says so, and leaves. */
    @Test
    void distrustsTheServer() throws Exception {
        TestHandler handler = describing();
        EvioServer server = start(handler, tls());
        Program client = program(
                "openssl",
                "s_client",
                "-connect",
                target(server),
                "-CAfile",
                keys.certificate("client"),
                "-verify_return_error");
        assertThat(client.end()).contains("verify error");
        Eventually.isTrue(
                "the failure",
                () -> server.stats().tlsHandshakeErrors() + server.stats().connectionsClosed() == 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TLS_AES_128_GCM_SHA256",
                "TLS_AES_256_GCM_SHA384",
                "TLS_CHACHA20_POLY1305_SHA256",
                "ECDHE-ECDSA-AES128-GCM-SHA256",
                "ECDHE-ECDSA-CHACHA20-POLY1305",
                "ECDHE-ECDSA-AES256-SHA384"
            })
    void usesACipherSuite(String suite) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        boolean old = suite.contains("-");
        Program client = client(server, old ? "-tls1_2" : "-tls1_3", old ? "-cipher" : "-ciphersuites", suite);
        client.type("hello").await("\nhello\n");
        assertThat(client.end(0)).contains("Cipher is " + suite);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X25519", "P-256", "P-384", "X448"})
    void usesAGroup(String group) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        client(server, "-groups", group).type("hello").await("\nhello\n").end(0);
    }

    /** Small fragments on the way to the server, and a hello over several segments. */
    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void sendsSmallRecords(String option) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        String line = "x".repeat(4000);
        client(server, option, "-max_send_frag", "512", "-split_send_frag", "100")
                .type(line)
                .await("\n" + line + "\n")
                .end(0);
    }

    /** All of it comes, then the end of the server, which openssl takes for a good one only with a close_notify. */
    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void isClosedByTheServer(String option) throws Exception {
        byte[] page = new byte[3_000_000];
        Arrays.fill(page, (byte) 'p');
        EvioServer server = start(
                new TestHandler().onData((connection, in, out) -> {
                    in.position(in.limit());
                    out.write(page);
                    return Action.CLOSE;
                }),
                tls());
        Program client = client(server, option, "-quiet", "-ign_eof");
        client.type("please");
        String all = client.end(0);
        assertThat(all.chars().filter(c -> c == 'p').count()).isGreaterThanOrEqualTo(page.length);
        assertThat(all).doesNotContain("unexpected eof");
    }

    /** {@code s_time} makes as many connections as it can in a second. */
    @ParameterizedTest
    @ValueSource(strings = {"-new", "-reuse"})
    void connectsAgainAndAgain(String how) throws Exception {
        EvioServer server = start(pages(), tls());
        String output = Program.run(
                "openssl", "s_time", "-connect", target(server), how, "-time", "1", "-www", "/100", "-tls1_2");
        assertThat(output).contains("connections in ");
        Eventually.isTrue(
                "the end of all",
                () -> server.stats().connectionsActive() == 0 && server.stats().tlsHandshakes() > 1);
        assertThat(server.stats().tlsHandshakeErrors()).isLessThanOrEqualTo(1);
        if (how.equals("-reuse")) {
            assertThat(server.stats().tlsResumed()).isGreaterThan(server.stats().tlsHandshakes() / 2);
        }
    }
}
