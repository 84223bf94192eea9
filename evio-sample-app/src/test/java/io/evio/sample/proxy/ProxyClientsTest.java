package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import io.evio.sample.testing.FreePort;
import io.evio.sample.testing.Programs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The proxy between programs that people use: curl, h2load and wrk before it, nginx behind it. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class ProxyClientsTest {

    private static final String CONFIG = """
            daemon off;
            error_log stderr crit;
            pid %1$s/nginx.pid;
            events {}
            http {
                access_log off;
                client_max_body_size 0;
                client_body_temp_path %1$s/a;
                proxy_temp_path %1$s/b;
                fastcgi_temp_path %1$s/c;
                uwsgi_temp_path %1$s/d;
                scgi_temp_path %1$s/e;
                keepalive_timeout 3s 3s;
                server {
                    listen 127.0.0.1:%2$d;
                    root %1$s/pages;
                    location /upload {
                        client_body_in_file_only off;
                        proxy_pass http://127.0.0.1:%2$d/empty;
                    }
                    location /empty {
                        return 204;
                    }
                    location /limited {
                        client_max_body_size 1k;
                        proxy_pass http://127.0.0.1:%2$d/empty;
                    }
                }
            }
            """;

    @TempDir
    private static Path folder;

    private static Process nginx;
    private static OurProxy proxy;

    @BeforeAll
    static void start() throws IOException {
        // nginx reads them as another user when it was started by root.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path pages = Files.createDirectory(folder.resolve("pages"));
        Files.writeString(pages.resolve("index.html"), "It works\n");
        Files.write(pages.resolve("large"), new byte[3_000_000]);
        int port = FreePort.find();
        Path config = Files.writeString(folder.resolve("origin.conf"), CONFIG.formatted(folder, port));
        nginx = new ProcessBuilder(
                        Programs.required("nginx", "nginx"),
                        "-c",
                        config.toString(),
                        "-e",
                        "stderr",
                        "-p",
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("nginx.log").toFile())
                .start();
        proxy = OurProxy.start("tcp://127.0.0.1:" + port);
        await().ignoreExceptions().until(() -> curl("/").equals("It works\n"));
    }

    @AfterAll
    static void stop() {
        proxy.close();
        nginx.descendants().forEach(ProcessHandle::destroy);
        nginx.destroy();
        nginx.onExit().join();
    }

    private static String curl(String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(Programs.required("curl", "curl"), "-s", "-m", "60"));
        for (String arg : args) {
            command.add(
                    arg.startsWith("/") && !arg.startsWith("/dev") && !arg.startsWith(folder.toString())
                            ? "http://127.0.0.1:" + proxy.port() + arg
                            : arg);
        }
        return run(command);
    }

    private static String run(List<String> command) throws Exception {
        Path out = Files.createTempFile(folder, "out", "");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
        return Files.readString(out, StandardCharsets.ISO_8859_1);
    }

    @Test
    void curlGetsWhatNginxHas() throws Exception {
        assertThat(curl("--head", "/")).startsWith("HTTP/1.1 200 OK\r\n").contains("\r\nServer: nginx");
        assertThat(curl("--http1.0", "/")).isEqualTo("It works\n");
        assertThat(curl("/large")).hasSize(3_000_000);
        assertThat(curl("-r", "0-4", "-i", "/large"))
                .startsWith("HTTP/1.1 206 ")
                .endsWith("\0\0\0\0\0");
        assertThat(curl("-o", "/dev/null", "-w", "%{http_code} ", "/none", "-o", "/dev/null", "/none", "/none"))
                .startsWith("404 404 ");
        assertThat(curl("-z", "1 Jan 2035", "-w", "%{http_code}", "/")).isEqualTo("304");
    }

    @Test
    void curlUploadsToNginx() throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[5_000_000]);
        for (String framing : new String[] {"X: y", "Transfer-Encoding: chunked", "Expect: 100-continue"}) {
            assertThat(curl("-o", "/dev/null", "-w", "%{http_code}", "-T", file.toString(), "-H", framing, "/upload"))
                    .isEqualTo("204");
        }
        // nginx answers before it has read the body, and ends the connection.
        assertThat(curl("-o", "/dev/null", "-w", "%{http_code}", "-T", file.toString(), "/limited"))
                .isEqualTo("413");
    }

    @Test
    void underLoadNoRequestIsLost() throws Exception {
        String report = run(List.of(
                Programs.required("h2load", "nghttp2-client"),
                "--h1",
                "-n",
                "20000",
                "-c",
                "50",
                "http://127.0.0.1:" + proxy.port() + "/"));
        assertThat(report)
                .contains("20000 succeeded, 0 failed, 0 errored, 0 timeout")
                .contains("20000 2xx");
    }

    @Test
    void wrkMeetsNoErrorOnConnectionsThatAreKept() throws Exception {
        String report = run(List.of(
                Programs.required("wrk", "wrk"), "-t2", "-c50", "-d2s", "http://127.0.0.1:" + proxy.port() + "/"));
        // It says so of errors and of other answers only when there are some.
        assertThat(report)
                .containsPattern("[1-9]\\d+ requests in ")
                .doesNotContain("Socket errors")
                .doesNotContain("Non-2xx");
    }

    @Test
    void everyRequestHasALineInTheAccessLog(CapturedOutput output) throws Exception {
        try (RecordingOrigin origin = new RecordingOrigin();
                OurProxy logging =
                        OurProxy.start(origin.address(), "--logging.level.io.evio.sample.proxy.access=info");
                HttpSocket client = logging.connect()) {
            client.send("GET /a?b HTTP/1.1\r\nHost: a\r\nReferer: http://c/\r\nUser-Agent: say \"d\"\\\u00e9\r\n\r\n");
            origin.take().answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            client.receiveHead();
            client.receive(2);
            client.send("nothing\r\n\r\n");
            client.receiveAll();
            String time = "\\[\\d\\d/[A-Z][a-z][a-z]/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}]";
            await().untilAsserted(() -> assertThat(output.getOut())
                    .containsPattern("127\\.0\\.0\\.1 - - " + time
                            + " \"GET /a\\?b HTTP/1\\.1\" 200 2 \"http://c/\" \"say \\\\x22d\\\\x22\\\\x5C\\\\xE9\"")
                    .containsPattern("127\\.0\\.0\\.1 - - " + time + " \"-\" 400 \\d+ \"-\" \"-\""));
        }
    }

    @Test
    void aTargetThatIsDrainedGetsNoNewRequests() throws Exception {
        try (RecordingOrigin one = new RecordingOrigin();
                RecordingOrigin two = new RecordingOrigin()) {
            try (OurProxy checked = OurProxy.start(
                            one.address() + "," + two.address(),
                            "--sample.proxy.pool-idle-time=30s",
                            "--evio.upstreams.http.health.path=/health",
                            "--evio.upstreams.http.health.interval=100ms",
                            "--evio.upstreams.http.health.fall=1");
                    HttpSocket client = checked.connect();
                    HttpSocket other = checked.connect()) {
                HealthAnswers answersOfOne = new HealthAnswers(one);
                HealthAnswers answersOfTwo = new HealthAnswers(two);
                await().until(() -> answersOfOne.checks.get() > 0 && answersOfTwo.checks.get() > 0);
                // One request is under way at each.
                client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
                other.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
                Received ofOne = answersOfOne.take();
                Received ofTwo = answersOfTwo.take();
                answersOfOne.isUp = false;
                int before = answersOfOne.checks.get();
                await().until(() -> answersOfOne.checks.get() > before + 2);
                ofOne.answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
                ofTwo.answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
                for (HttpSocket each : List.of(client, other)) {
                    assertThat(each.receiveHead()).startsWith("HTTP/1.1 200 ");
                    each.receive(1);
                }
                for (int i = 0; i < 4; i++) {
                    client.send("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
                    answersOfTwo.take().answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
                }
                answersOfTwo.isUp = false;
                await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                    client.send("GET /4 HTTP/1.1\r\nHost: a\r\n\r\n");
                    Received late = answersOfTwo.poll();
                    if (late != null) {
                        late.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    }
                    assertThat(client.receiveHead()).startsWith("HTTP/1.1 503 ");
                });
            }
        }
    }

    /** Answers the health checks that a server gets, and keeps its other requests. */
    private static final class HealthAnswers {

        private final RecordingOrigin origin;
        private final BlockingQueue<Received> requests = new LinkedBlockingQueue<>();
        private volatile boolean isUp = true;
        private final AtomicInteger checks = new AtomicInteger();

        HealthAnswers(RecordingOrigin origin) {
            this.origin = origin;
            Thread thread = new Thread(this::answer, "health-answers");
            thread.setDaemon(true);
            thread.start();
        }

        private void answer() {
            try {
                while (true) {
                    Received next = origin.poll(10_000);
                    if (next == null) {
                        return;
                    }
                    if (next.head().startsWith("GET /health ")) {
                        next.answer("HTTP/1.1 " + (isUp ? "200" : "503") + " X\r\nContent-Length: 0\r\n\r\n");
                        checks.incrementAndGet();
                    } else {
                        requests.add(next);
                    }
                }
            } catch (IOException | InterruptedException e) {
                // The test is over.
            }
        }

        Received take() throws InterruptedException {
            Received next = requests.poll(10, TimeUnit.SECONDS);
            assertThat(next).isNotNull();
            return next;
        }

        Received poll() throws InterruptedException {
            return requests.poll(100, TimeUnit.MILLISECONDS);
        }
    }
}
