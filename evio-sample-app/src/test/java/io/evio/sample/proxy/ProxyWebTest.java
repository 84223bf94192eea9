package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.Browser;
import io.evio.sample.testing.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The proxy between a site of Node.js, with a WebSocket, and a browser and npm's ws. */
@Timeout(120)
class ProxyWebTest {

    private static final Path SCRIPTS = Path.of("src/test/resources/io/evio/sample/proxy/web");

    private static Path scripts;
    private static Process site;
    private static OurProxy proxy;

    @BeforeAll
    static void start() throws Exception {
        scripts = install();
        site = new ProcessBuilder(node(), "origin.js")
                .directory(scripts.toFile())
                .redirectError(scripts.resolve("origin.log").toFile())
                .start();
        String port = site.inputReader(StandardCharsets.US_ASCII).readLine();
        assertThat(port).as(Files.readString(scripts.resolve("origin.log"))).matches("\\d+");
        proxy = OurProxy.start("tcp://127.0.0.1:" + port);
    }

    @AfterAll
    static void stop() throws IOException {
        if (proxy != null) {
            proxy.close();
        }
        if (site != null) {
            // It ends with its input.
            site.outputWriter().close();
            site.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        }
    }

    private static String node() {
        return Programs.required("node", "nodejs");
    }

    /** Returns a folder with the scripts, and what they use at the versions of package-lock.json. */
    private static Path install() throws Exception {
        String npm = Programs.required("npm", "npm");
        Path folder = Path.of("target", "proxy-web").toAbsolutePath();
        Files.createDirectories(folder);
        for (String file : new String[] {"package.json", "package-lock.json", "origin.js", "client.js"}) {
            Files.copy(SCRIPTS.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Path log = folder.resolve("npm.log");
        Process install = new ProcessBuilder(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!install.waitFor(60, TimeUnit.SECONDS) || install.exitValue() != 0) {
            install.destroy();
            Programs.unavailable("npm cannot install ws: " + Files.readString(log));
        }
        return folder;
    }

    @Test
    void webSocketsOfNpmEcho() throws Exception {
        Path log = scripts.resolve("client.log");
        Process client = new ProcessBuilder(node(), "client.js", String.valueOf(proxy.port()))
                .directory(scripts.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(client.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            client.destroy();
        }
        assertThat(Files.readString(log)).isEqualTo("ok\n");
        await().until(() -> proxy.server().stats().connectionsActive() == 0);
    }

    @Test
    void aBrowserLoadsAPageAndSpeaksToItsServer(@TempDir Path profile) throws Exception {
        try (Browser browser = new Browser(profile)) {
            browser.open("http://127.0.0.1:" + proxy.port() + "/");
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> !browser.text("body").matches("|waiting"));
            assertThat(browser.text("body")).isEqualTo("200000 true 204 3000000 1.1 evio 100000");
            assertThat(browser.complaints()).isEmpty();
        }
    }
}
