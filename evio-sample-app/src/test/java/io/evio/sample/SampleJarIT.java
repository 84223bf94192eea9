package io.evio.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The runnable jar as a process of its own, from {@code java -jar} to SIGTERM. */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@Timeout(120)
class SampleJarIT {

    @TempDir
    private Path folder;

    private Process process;

    @AfterEach
    void kill() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void servesUntilSigtermAndLeavesNothingBehind() throws Exception {
        start();
        int echoPort = logged("Evio 'echo' started on tcp://127\\.0\\.0\\.1:(\\d+), unix://.* \\(epoll\\)");
        int redisPort = logged("Evio 'redis' started on tcp://127\\.0\\.0\\.1:(\\d+), unix://");
        int httpPort = logged("Evio 'http' started on tcp://127\\.0\\.0\\.1:(\\d+) ");
        int actuatorPort = logged("Tomcat started on port (\\d+)");
        assertThat(folder.resolve("echo.sock")).exists();
        assertThat(folder.resolve("redis.sock")).exists();
        assertThat(exchange(echoPort, "hello")).isEqualTo("hello");
        assertThat(exchange(redisPort, "PING\r\n")).isEqualTo("+PONG\r\n");
        assertThat(get(httpPort, "/")).contains("It works");
        assertThat(get(actuatorPort, "/actuator/health")).contains("UP");
        assertThat(get(actuatorPort, "/")).contains("dashboard.js");
        assertThat(get(actuatorPort, "/actuator/prometheus"))
                .contains("evio_data_received_bytes_total{server=\"echo\"} 5.0");

        // SHUTDOWN is the redis server's, and the application's others go on.
        assertThat(exchange(redisPort, "SHUTDOWN\r\n")).isEmpty();
        await().until(() -> out().contains("Evio 'redis' stopped"));
        assertThat(folder.resolve("redis.sock")).doesNotExist();

        AtomicLong echoed = new AtomicLong();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            clients.add(new Thread(() -> echoUntilTheEnd(echoPort, echoed)));
        }
        clients.forEach(Thread::start);
        await().until(() -> echoed.get() > 1_000);

        process.destroy(); // SIGTERM
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + 15);
        for (Thread client : clients) {
            client.join(10_000);
            assertThat(client.isAlive()).isFalse();
        }
        assertThat(folder.resolve("echo.sock")).doesNotExist();
        assertThat(folder.resolve("redis.sock")).doesNotExist();
        assertThat(out())
                .contains("Evio 'echo' stopped", "Evio 'redis' stopped", "Evio 'http' stopped")
                .doesNotContain("ERROR", " WARN ");
        // Where a JVM would warn about native access.
        assertThat(Files.readString(folder.resolve("err"))).isEmpty();
    }

    private void start() throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        Objects.requireNonNull(System.getProperty("sample.jar"), "sample.jar"),
                        "--server.port=0",
                        "--evio.servers.echo.addresses=tcp://127.0.0.1:0,unix://" + folder.resolve("echo.sock"),
                        "--evio.servers.redis.addresses=tcp://127.0.0.1:0,unix://" + folder.resolve("redis.sock"),
                        "--evio.servers.http.addresses=tcp://127.0.0.1:0")
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
    }

    /** Waits for the line and returns the number in it. */
    private int logged(String line) throws IOException {
        Pattern pattern = Pattern.compile(line);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> pattern.matcher(out()).find() || !process.isAlive());
        Matcher matcher = pattern.matcher(out());
        assertThat(matcher.find()).as("%s in %s", line, out()).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    private String out() throws IOException {
        return Files.readString(folder.resolve("out"));
    }

    private static void echoUntilTheEnd(int port, AtomicLong echoed) {
        byte[] message = new byte[1024];
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            do {
                socket.getOutputStream().write(message);
                echoed.incrementAndGet();
            } while (socket.getInputStream().readNBytes(message.length).length == message.length);
        } catch (SocketException e) {
            // Reset, because the server ended while a message was on its way.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends, shuts the writing side and returns all that comes. */
    private static String exchange(int port, String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static String get(int port, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }
}
