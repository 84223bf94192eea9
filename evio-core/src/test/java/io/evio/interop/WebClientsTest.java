package io.evio.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.ClientAuth;
import io.evio.EvioServer;
import io.evio.testing.Eventually;
import io.evio.testing.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code curl} and {@code h2load}. */
class WebClientsTest extends InteropTest {

    private static final String URL = "https://localhost:";

    @ParameterizedTest
    @CsvSource({"1.2, 1000", "1.2, 3000000", "1.3, 1000", "1.3, 3000000"})
    void curlGetsAPage(String version, int size) throws Exception {
        Programs.require("curl", "curl");
        EvioServer server = start(pages(), tls());
        Path page = folder.resolve("page");
        String output = Program.run(
                "curl",
                "-sSv",
                "--tlsv" + version,
                "--tls-max",
                version,
                "--cacert",
                keys.certificate("ca"),
                "--resolve",
                "localhost:" + port(server) + ":127.0.0.1",
                "-o",
                page.toString(),
                URL + port(server) + "/" + size);
        assertThat(output).contains("SSL connection using TLSv" + version, "HTTP/1.1 200 OK");
        assertThat(Files.readAllBytes(page)).isEqualTo(body("/" + size));
    }

    @Test
    void curlUsesOneConnectionForSeveralPages() throws Exception {
        Programs.require("curl", "curl");
        EvioServer server = start(pages(), tls().alpn("http/1.1"));
        String url = URL + port(server);
        String resolve = "localhost:" + port(server) + ":127.0.0.1";
        String output = Program.run(
                "curl", "-sS", "--cacert", keys.certificate("ca"), "--resolve", resolve, url + "/[100-119]");
        assertThat(output).hasSize((100 + 119) * 10);
        assertThat(server.stats().tlsHandshakes()).isEqualTo(1);
    }

    @Test
    void curlShowsItsCertificate() throws Exception {
        Programs.require("curl", "curl");
        EvioServer server = start(pages(), tls().clientAuth(ClientAuth.NEED));
        String[] command = {
            "curl",
            "-sS",
            "--cacert",
            keys.certificate("ca"),
            "--resolve",
            "localhost:" + port(server) + ":127.0.0.1",
            URL + port(server) + "/100",
            "--cert",
            keys.certificate("client"),
            "--key",
            keys.key("client")
        };
        assertThat(Program.run(command)).hasSize(100);
        Program without = program(Arrays.copyOf(command, 7));
        // 56: failure in receiving; 35: no handshake.
        assertThat(without.end()).containsPattern("curl: \\((35|56)\\)").contains("alert");
        Eventually.isTrue("the failure", () -> server.stats().tlsHandshakeErrors() == 1);
    }

    /** 20 connections with up to 8 requests each under way. */
    @ParameterizedTest
    @ValueSource(ints = {100, 20_000})
    void h2loadGetsManyPages(int size) throws Exception {
        Programs.require("h2load", "nghttp2-client");
        EvioServer server = start(pages(), tls().alpn("http/1.1"));
        String output = Program.run(
                "h2load", "--h1", "-n", "4000", "-c", "20", "-m", "8", "https://" + target(server) + "/" + size);
        assertThat(output).contains("4000 succeeded, 0 failed, 0 errored", "Application protocol: http/1.1");
        assertThat(server.stats().tlsHandshakes()).isEqualTo(20);
        Eventually.isTrue("the end of all", () -> server.stats().connectionsClosed() == 20);
    }
}
