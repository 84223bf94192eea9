package io.evio.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import io.evio.sample.testing.SampleJar;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The runnable jar as a process of its own, from {@code java -jar} to SIGTERM. */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@Timeout(300)
class SampleJarIT {

    private static final int MANY = 10_000;

    @TempDir
    private Path folder;

    @Test
    void servesUntilSigtermAndLeavesNothingBehind() throws Exception {
        try (SampleJar app = SampleJar.startPlain(folder)) {
            int echoPort = app.port("echo");
            int redisPort = app.port("redis");
            int httpPort = app.port("http");
            int actuatorPort = app.actuatorPort();
            app.awaitStarted();
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
            await().until(() -> app.out().contains("Evio 'redis' stopped"));
            assertThat(folder.resolve("redis.sock")).doesNotExist();

            AtomicLong echoed = new AtomicLong();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(new Thread(() -> echoUntilTheEnd(echoPort, echoed)));
            }
            clients.forEach(Thread::start);
            await().until(() -> echoed.get() > 1_000);

            assertThat(app.stop()).isZero();
            for (Thread client : clients) {
                client.join(10_000);
                assertThat(client.isAlive()).isFalse();
            }
            assertThat(folder.resolve("echo.sock")).doesNotExist();
            assertThat(folder.resolve("redis.sock")).doesNotExist();
            assertThat(app.out())
                    .contains("Evio 'echo' stopped", "Evio 'redis' stopped", "Evio 'http' stopped")
                    .doesNotContain("ERROR", " WARN ");
            // Where a JVM would warn about native access.
            assertThat(app.err()).isEmpty();
        }
    }

    @Test
    void ctrlCEndsItInOrder() throws Exception {
        try (SampleJar app = SampleJar.start(folder)) {
            app.awaitStarted();
            app.signal("INT");
            assertThat(app.exitStatus()).isZero();
            assertThat(app.out()).contains("Stopping on SIGINT", "Evio 'http' stopped");
        }
    }

    @Test
    void repliesAreDeliveredBeforeItEnds() throws Exception {
        try (SampleJar app = SampleJar.start(folder)) {
            int port = app.port("http");
            app.awaitStarted();
            try (Socket client = connect(port)) {
                write(client, "GET /slow?millis=1500 HTTP/1.1\r\nHost: a\r\n\r\n");
                awaitReceived(app, "http");
                app.signal("TERM");
                assertThat(readAll(client)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("done in 1500 ms\n");
            }
            assertThat(app.exitStatus()).isZero();
        }
    }

    @Test
    void itsStatusSaysThatRepliesWereCutOff() throws Exception {
        try (SampleJar app = SampleJar.start(folder, "--evio.shutdown.grace-period=200ms")) {
            int port = app.port("http");
            app.awaitStarted();
            try (Socket client = connect(port)) {
                write(client, "GET /slow?millis=6000 HTTP/1.1\r\nHost: a\r\n\r\n");
                awaitReceived(app, "http");
                assertThat(app.stop()).isEqualTo(1);
            }
            assertThat(app.out()).contains("Evio 'http' stopped; 1 connection was cut off");
        }
    }

    @Test
    void aSecondSignalEndsItAtOnce() throws Exception {
        try (SampleJar app = SampleJar.start(folder, "--evio.shutdown.grace-period=50s")) {
            int port = app.port("http");
            app.awaitStarted();
            try (Socket client = connect(port)) {
                write(client, "GET /slow?millis=10000 HTTP/1.1\r\nHost: a\r\n\r\n");
                awaitReceived(app, "http");
                app.signal("INT");
                await().until(() -> app.out().contains("Evio 'echo' stopped"));
                app.signal("INT");
                assertThat(app.exitStatus()).isEqualTo(128 + 2);
            }
            assertThat(app.out()).doesNotContain("Evio 'http' stopped");
        }
    }

    @Test
    void aTakenPortIsOneMessage() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            int port = taken.getLocalPort();
            String address = "tcp://127.0.0.1:" + port;
            Path one = Files.createDirectory(folder.resolve("one"));
            Path other = Files.createDirectory(folder.resolve("other"));
            try (SampleJar ofServer = SampleJar.start(one, "--evio.servers.echo.addresses=" + address);
                    SampleJar ofActuator = SampleJar.start(other, "--server.port=" + port)) {
                assertOneMessage(ofServer, "Evio 'echo' cannot listen on " + address);
                assertOneMessage(ofActuator, "Web server failed to start. Port " + port + " was already in use.");
            }
        }
    }

    private static void assertOneMessage(SampleJar app, String message) throws Exception {
        assertThat(app.exitStatus()).isEqualTo(1);
        assertThat(app.out()).containsOnlyOnce(message).doesNotContain("\tat ", " WARN ");
        assertThat(app.out().split("ERROR", -1)).as("parts around errors").hasSize(2);
        assertThat(app.err()).isEmpty();
    }

    private record Exchange(String server, String request, String reply) {}

    /** Of each server in turn, all open at the same time and each answered while they are. */
    @Test
    void aSmallHeapServesTenThousandConnections() throws Exception {
        UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        assumeThat(system.getMaxFileDescriptorCount())
                .as("descriptors of a process")
                .isGreaterThan(MANY + 1_000);
        try (SampleJar app = SampleJar.start(folder, "-Xmx64m")) {
            app.awaitStarted();
            for (Exchange exchange : List.of(
                    new Exchange("echo", "x", "x"),
                    new Exchange("redis", "PING\r\n", "+PONG\r\n"),
                    new Exchange("http", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200"))) {
                servesManyAtATime(app, exchange);
            }
            assertThat(app.stop()).isZero();
            assertThat(app.out() + app.err()).doesNotContain("OutOfMemoryError", "ERROR", " WARN ");
        }
    }

    private static void servesManyAtATime(SampleJar app, Exchange exchange) throws Exception {
        byte[] sent = exchange.request.getBytes(StandardCharsets.US_ASCII);
        byte[] expected = exchange.reply.getBytes(StandardCharsets.US_ASCII);
        int port = app.port(exchange.server);
        List<Socket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < MANY; i++) {
                clients.add(connect(port));
            }
            for (Socket client : clients) {
                client.getOutputStream().write(sent);
            }
            for (Socket client : clients) {
                assertThat(client.getInputStream().readNBytes(expected.length)).isEqualTo(expected);
            }
            assertThat(app.meter("evio_connections_active_connections", exchange.server))
                    .isEqualTo(MANY);
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
        await().until(() -> app.meter("evio_connections_active_connections", exchange.server) == 0);
    }

    private static void awaitReceived(SampleJar app, String server) {
        await().until(() -> app.meter("evio_data_received_bytes_total", server) > 0);
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String readAll(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
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
        try (Socket socket = connect(port)) {
            write(socket, request);
            socket.shutdownOutput();
            return readAll(socket);
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
