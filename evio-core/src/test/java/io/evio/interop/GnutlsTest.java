package io.evio.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.ClientAuth;
import io.evio.EvioServer;
import io.evio.testing.Eventually;
import io.evio.testing.Programs;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code gnutls-cli}. */
class GnutlsTest extends InteropTest {

    private static final String TLS_1_2 = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
    private static final String TLS_1_3 = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

    @BeforeEach
    void require() {
        Programs.require("gnutls-cli", "gnutls-bin");
    }

    private Program client(EvioServer server, String priority, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of("gnutls-cli", "--port", String.valueOf(port(server))));
        command.addAll(List.of("--x509cafile", keys.certificate("ca"), "--verify-hostname", "localhost"));
        command.addAll(List.of("--priority", priority));
        command.addAll(Arrays.asList(more));
        command.add("127.0.0.1");
        return program(command.toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({TLS_1_2 + ", (TLS1.2-", TLS_1_3 + ", (TLS1.3-"})
    void echoes(String priority, String description) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        Program client = client(server, priority);
        client.await("Simple Client Mode").type("hello").await("\nhello\n");
        assertThat(client.end(0)).contains(description, "The certificate is trusted");
        Eventually.isTrue("the end", () -> server.stats().connectionsClosed() == 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS_1_2, TLS_1_3})
    void resumesASession(String priority) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        Program client = client(server, priority, "--resume", "--waitresumption");
        client.await("Simple Client Mode", 1).type("hello").await("\nhello\n");
        assertThat(client.end(0)).contains("This is a resumed session");
        assertThat(server.stats().tlsHandshakes()).isEqualTo(2);
        assertThat(server.stats().tlsResumed()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS_1_2, TLS_1_3})
    void showsItsCertificate(String priority) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().clientAuth(ClientAuth.NEED));
        Program client = client(
                server, priority, "--x509certfile", keys.certificate("client"), "--x509keyfile", keys.key("client"));
        client.await("Simple Client Mode").type("hello").await("\nhello\n").end(0);
    }

    @Test
    void isToldThatACertificateIsMissing() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().clientAuth(ClientAuth.NEED));
        assertThat(client(server, TLS_1_2).end()).contains("Received alert");
        Eventually.isTrue("the failure", () -> server.stats().tlsHandshakeErrors() == 1);
    }

    @Test
    void getsTheCertificateOfTheNameItAsksFor() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().serverName("alt.example.com", keys.context("alt")));
        Program client = program(
                "gnutls-cli",
                "--port",
                String.valueOf(port(server)),
                "--x509cafile",
                keys.certificate("ca"),
                "--sni-hostname",
                "alt.example.com",
                "--verify-hostname",
                "alt.example.com",
                "127.0.0.1");
        client.await("Simple Client Mode").type("hello").await("\nhello\n");
        assertThat(client.end(0)).contains("subject `CN=alt'");
    }

    @Test
    void agreesOnAnApplicationProtocol() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().alpn("http/1.1"));
        Program client = client(server, "NORMAL", "--alpn=h2", "--alpn=http/1.1");
        client.await("Simple Client Mode").type("hello").await("\nhello\n");
        assertThat(client.end(0)).contains("Application protocol: http/1.1");
    }

    /** By record_size_limit, and before it max_fragment_length (RFC 8449 and RFC 6066, 4). */
    @ParameterizedTest
    @ValueSource(strings = {TLS_1_2, TLS_1_3})
    void asksForSmallRecords(String priority) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        // It shows one record per event of its socket, so a reply has to fit in one.
        String line = "x".repeat(500);
        client(server, priority, "--recordsize=512")
                .await("Simple Client Mode")
                .type(line)
                .await("\n" + line + "\n")
                .end(0);
    }
}
