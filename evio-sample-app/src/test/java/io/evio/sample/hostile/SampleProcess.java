package io.evio.sample.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The runnable jar as a process of its own, with a heap that is in memory from the start: what grows is something else. */
final class SampleProcess {

    private static final String HEAP = "96m";

    private final Process process;
    private final Path folder;
    private final HttpClient http = HttpClient.newHttpClient();

    SampleProcess(Path folder) throws IOException {
        this.folder = folder;
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms" + HEAP,
                "-Xmx" + HEAP,
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-jar",
                Objects.requireNonNull(System.getProperty("sample.jar"), "sample.jar"),
                "--server.port=0",
                "--evio.servers.echo.addresses=tcp://127.0.0.1:0,unix://" + folder.resolve("echo.sock"),
                "--evio.servers.redis.addresses=tcp://127.0.0.1:0,unix://" + folder.resolve("redis.sock"),
                "--evio.servers.http.addresses=tcp://127.0.0.1:0"));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
    }

    /** The server's TCP address. */
    SocketAddress tcp(String server) throws IOException {
        return new InetSocketAddress(
                InetAddress.getLoopbackAddress(),
                logged("Evio '" + server + "' started on tcp://127\\.0\\.0\\.1:(\\d+)"));
    }

    SocketAddress unix(String server) {
        return UnixDomainSocketAddress.of(folder.resolve(server + ".sock"));
    }

    /** A meter of the server as it is now, summed over its loops. */
    long meter(String name, String server) throws IOException, InterruptedException {
        URI page = URI.create("http://127.0.0.1:" + logged("Tomcat started on port (\\d+)") + "/actuator/prometheus");
        String text = http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
                .body();
        List<Double> values = Pattern.compile("(?m)^" + name + "\\{[^}]*server=\"" + server + "\"[^}]*} (\\S+)$")
                .matcher(text)
                .results()
                .map(found -> Double.valueOf(found.group(1)))
                .toList();
        assertThat(values).as("%s of %s", name, server).isNotEmpty();
        return (long) values.stream().mapToDouble(Double::doubleValue).sum();
    }

    /** Bytes of memory that the process has, see proc(5). */
    long residentBytes() throws IOException {
        return Files.readAllLines(proc("status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }

    long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(proc("fd"))) {
            return open.count();
        }
    }

    String log() throws IOException {
        return Files.readString(folder.resolve("out"));
    }

    private Path proc(String file) {
        return Path.of("/proc", String.valueOf(process.pid()), file);
    }

    /** Waits for the line and returns the number in it. */
    private int logged(String line) throws IOException {
        Pattern pattern = Pattern.compile(line);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> pattern.matcher(log()).find() || !process.isAlive());
        Matcher matcher = pattern.matcher(log());
        assertThat(matcher.find()).as("%s in %s", line, log()).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    /** Ends it by SIGTERM. */
    void stop() throws InterruptedException, IOException {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("The application does not end: " + log());
        }
    }
}
