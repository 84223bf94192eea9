package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.FreePort;
import io.evio.sample.testing.Programs;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The clients that people use, each as it comes. */
@Timeout(120)
class HttpClientsTest {

    @TempDir
    private static Path folder;

    private static OurHttp http;

    @BeforeAll
    static void start() throws IOException {
        http = OurHttp.start();
    }

    @AfterAll
    static void stop() {
        http.close();
    }

    @Test
    void curl() throws Exception {
        assertThat(curl("/")).contains("It works");
        assertThat(curl("--http1.0", "/")).contains("It works");
        assertThat(curl("--head", "/")).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\n");
        assertThat(curl("-d", "a=b", "/upload")).isEqualTo("3 bytes\n");
        assertThat(curl("/slow?millis=10")).isEqualTo("done in 10 ms\n");
        assertThat(curl("--request", "OPTIONS", "--request-target", "*", "-i", "/"))
                .contains("\r\nAllow: GET, ");
        assertThat(curl("/stream?size=1000000")).hasSize(1_000_000);
        assertThat(curl("--http1.0", "/stream?size=1000000")).hasSize(1_000_000);
        assertThat(curl("-w", "%{http_code} %{num_connects}", "-o", "/dev/null", "/x", "-o", "/dev/null", "/x"))
                .isEqualTo("404 1404 0");
        assertThat(curl(
                        "-d",
                        "a=b",
                        "-w",
                        "%{http_code} %{num_connects}",
                        "-o",
                        "/dev/null",
                        "/",
                        "-o",
                        "/dev/null",
                        "/"))
                .isEqualTo("405 1405 0");
        assertThat(curl("-w", "%{http_code}", "-o", "/dev/null", "-X", "BREW", "/"))
                .isEqualTo("501");
    }

    @Test
    void curlUploads() throws Exception {
        Path file = folder.resolve("file");
        Files.write(file, new byte[5_000_000]);
        assertThat(curl("-T", file.toString(), "/upload")).isEqualTo("5000000 bytes\n");
        assertThat(curl("-T", file.toString(), "-H", "Transfer-Encoding: chunked", "/upload"))
                .isEqualTo("5000000 bytes\n");
        // It waits a minute for leave to send, and would run into its time limit.
        for (String framing : new String[] {"Content-Length: 5000000", "Transfer-Encoding: chunked"}) {
            assertThat(curl(
                            "-i",
                            "--expect100-timeout",
                            "60",
                            "-H",
                            "Expect: 100-continue",
                            "-H",
                            framing,
                            "-T",
                            file.toString(),
                            "/upload"))
                    .startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
                    .endsWith("\r\n\r\n5000000 bytes\n");
        }
    }

    @Test
    void javaClient() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        assertThat(send(client, request("/")).body()).contains("It works");
        assertThat(send(client, request("/slow?millis=10")).body()).isEqualTo("done in 10 ms\n");
        assertThat(send(client, request("/stream?size=1000000")).body()).hasSize(1_000_000);
        assertThat(send(client, request("/").method("HEAD", BodyPublishers.noBody()))
                        .headers()
                        .firstValueAsLong("Content-Length")
                        .orElseThrow())
                .isPositive();
        assertThat(send(client, request("/upload").POST(BodyPublishers.ofByteArray(new byte[100_000])))
                        .body())
                .isEqualTo("100000 bytes\n");
        assertThat(send(
                                client,
                                request("/upload")
                                        .expectContinue(true)
                                        .POST(BodyPublishers.fromPublisher(
                                                BodyPublishers.ofByteArray(new byte[100_000]))))
                        .body())
                .isEqualTo("100000 bytes\n");
        List<CompletableFuture<HttpResponse<String>>> replies = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            replies.add(client.sendAsync(
                    request(i % 2 == 0 ? "/slow?millis=" + i : "/x").build(), BodyHandlers.ofString()));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(replies.get(i).get(20, TimeUnit.SECONDS).body())
                    .isEqualTo(i % 2 == 0 ? "done in " + i + " ms\n" : "not found\n");
        }
    }

    @Test
    void behindHaproxy() throws Exception {
        String haproxy = Programs.required("haproxy", "haproxy");
        int port = FreePort.find();
        int stats = FreePort.find();
        Path config = folder.resolve("haproxy.cfg");
        Files.writeString(config, """
                defaults
                    mode http
                    timeout connect 5s
                    timeout client 30s
                    timeout server 30s
                frontend stats
                    bind 127.0.0.1:%d
                    stats enable
                    stats uri /
                listen evio
                    bind 127.0.0.1:%d
                    option httpchk
                    http-reuse always
                    server evio 127.0.0.1:%d check inter 100ms rise 2
                """.formatted(stats, port, http.port()));
        Process process = new ProcessBuilder(haproxy, "-db", "-f", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("haproxy.log").toFile())
                .start();
        try {
            HttpClient client = HttpClient.newHttpClient();
            await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> {
                String[] row = checked(client, stats);
                return row[0].equals("UP") && row[1].equals("L7OK") && row[2].equals("200");
            });
            assertThat(get(client, port, "/").body()).contains("It works");
            assertThat(get(client, port, "/stream?size=1000000").body()).hasSize(1_000_000);
            for (int i = 0; i < 50; i++) {
                assertThat(get(client, port, "/slow?millis=1").body()).isEqualTo("done in 1 ms\n");
                assertThat(get(client, port, "/x").statusCode()).isEqualTo(404);
            }
            HttpRequest upload = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/upload"))
                    .POST(BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(new byte[1_000_000])))
                    .build();
            assertThat(client.send(upload, BodyHandlers.ofString()).body()).isEqualTo("1000000 bytes\n");
            assertThat(checked(client, stats)[0]).isEqualTo("UP");
        } finally {
            process.destroy();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

    /** Of haproxy's only server: its status, and what came of the last check with which status code. */
    private static String[] checked(HttpClient client, int stats) throws Exception {
        String[] lines = get(client, stats, "/;csv").body().split("\n", -1);
        List<String> names = List.of(lines[0].replace("# ", "").split(",", -1));
        for (String line : lines) {
            if (line.startsWith("evio,evio,")) {
                String[] values = line.split(",", -1);
                return new String[] {
                    values[names.indexOf("status")],
                    values[names.indexOf("check_status")],
                    values[names.indexOf("check_code")]
                };
            }
        }
        throw new IllegalStateException("no server in " + List.of(lines));
    }

    private static HttpResponse<String> get(HttpClient client, int port, String target) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
                        .build(),
                BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + target));
    }

    private static HttpResponse<String> send(HttpClient client, HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    /** Returns what curl prints; arguments that begin with a slash and are no file's are targets. */
    private static String curl(String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(Programs.required("curl", "curl"), "-sS", "--max-time", "20", "--http1.1"));
        for (String argument : arguments) {
            boolean target = argument.startsWith("/") && !Files.exists(Path.of(argument)) || argument.equals("/");
            command.add(target ? "http://127.0.0.1:" + http.port() + argument : argument);
        }
        Path output = Files.createTempFile(folder, "curl", "");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as("%s ends", command)
                    .isTrue();
            String printed = Files.readString(output, StandardCharsets.ISO_8859_1);
            assertThat(process.exitValue()).as("%s: %s", command, printed).isZero();
            return printed;
        } finally {
            process.destroyForcibly();
        }
    }
}
