package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.testing.FreePort;
import io.evio.sample.testing.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy between the client and the server of varnishtest, by scripts in its language: vtc(7). */
@Timeout(60)
class ProxyVarnishTest {

    private static final Path SCRIPTS = Path.of("src/test/resources/io/evio/sample/proxy/varnishtest");

    @TempDir
    private static Path folder;

    private static int port;
    private static OurProxy proxy;

    @BeforeAll
    static void start() throws IOException {
        port = FreePort.find();
        proxy = OurProxy.start("tcp://127.0.0.1:" + port);
    }

    @AfterAll
    static void stop() {
        proxy.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"requests", "bodies", "pipelining", "refusals", "interim", "reuse"})
    void theScriptHolds(String script) throws Exception {
        Path out = Files.createTempFile(folder, script, "");
        ProcessBuilder varnishtest = new ProcessBuilder(
                        Programs.required("varnishtest", "varnish"),
                        "-t20",
                        "-Dproxy=127.0.0.1:" + proxy.port(),
                        "-Dorigin=127.0.0.1:" + port,
                        SCRIPTS.resolve(script + ".vtc").toAbsolutePath().toString())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        varnishtest.environment().put("TMPDIR", folder.toString());
        Process process = varnishtest.start();
        try {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroy();
        }
        assertThat(process.exitValue())
                .as(Files.readString(out, StandardCharsets.ISO_8859_1))
                .isZero();
    }
}
