package io.evio.sample.testing;

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
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;

/**
 * The runnable jar as a process of its own, on free ports and on unix sockets in a folder of the test, unless its
 * arguments say otherwise.
 */
public final class SampleJar implements AutoCloseable {

    /** Half of the processor time of a start goes into code that does not run for long, and into the heap's threads. */
    private static final List<String> QUICK = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    private final Path folder;
    private final Path out;
    private final Path err;
    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();

    private SampleJar(Path folder, List<String> command) throws IOException {
        this.folder = folder;
        this.out = Files.createTempFile(folder, "sample", ".out");
        this.err = Files.createTempFile(folder, "sample", ".err");
        this.process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
    }

    /**
     * Starts it so that the start is quick.
     *
     * @param folder for its unix sockets and what it writes
     * @param args {@code --property=value} for the application, in place of those it has here; all others for the JVM
     */
    public static SampleJar start(Path folder, String... args) throws IOException, InterruptedException {
        return startUnder(List.of(), folder, args);
    }

    /** As {@link #start}, by another program, such as {@code strace}, and with its arguments. */
    public static SampleJar startUnder(List<String> program, Path folder, String... args)
            throws IOException, InterruptedException {
        return start(program, quick(), folder, args);
    }

    /** Starts it by {@code java -jar} with no option of the JVM but those of {@code args}. */
    public static SampleJar startPlain(Path folder, String... args) throws IOException {
        return start(List.of(), List.of("-jar", jar().toString()), folder, args);
    }

    private static SampleJar start(List<String> program, List<String> java, Path folder, String... args)
            throws IOException {
        Map<String, String> properties = new TreeMap<>(Map.of(
                "--server.port",
                "0",
                "--evio.poller",
                TestedPoller.NAME,
                "--evio.servers.echo.addresses",
                "tcp://127.0.0.1:0,unix://" + folder.resolve("echo.sock"),
                "--evio.servers.redis.addresses",
                "tcp://127.0.0.1:0,unix://" + folder.resolve("redis.sock"),
                "--evio.servers.http.addresses",
                "tcp://127.0.0.1:0",
                "--evio.servers.gateway.addresses",
                "tcp://127.0.0.1:0",
                "--evio.servers.proxy.addresses",
                "tcp://127.0.0.1:0",
                "--evio.upstreams.echo.targets",
                "unix://" + folder.resolve("echo.sock")));
        List<String> options = new ArrayList<>();
        for (String arg : args) {
            if (arg.startsWith("--")) {
                properties.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
            } else {
                options.add(arg);
            }
        }
        List<String> command = new ArrayList<>(program);
        // A test that runs in the background of a shell would hand down to it that SIGINT is ignored.
        command.addAll(List.of("env", "--default-signal=INT"));
        command.add(java());
        command.addAll(options);
        command.addAll(java);
        properties.forEach((name, value) -> command.add(name + "=" + value));
        return new SampleJar(folder, command);
    }

    /** Returns how to start it quickly. */
    public static List<String> command() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(quick());
        command.add(0, java());
        return command;
    }

    private static List<String> quick() throws IOException, InterruptedException {
        return UnpackedSample.java(jar(), QUICK, SampleJar::live);
    }

    /** Starts it by such a command line, and stops it once it is up. */
    private static void live(List<String> java) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("sample");
        try (SampleJar sample = start(List.of(), java, folder)) {
            sample.awaitStarted();
            assertThat(sample.stop()).isZero();
        } finally {
            FileSystemUtils.deleteRecursively(folder);
        }
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static Path jar() {
        return Path.of(Objects.requireNonNull(System.getProperty("sample.jar"), "sample.jar"));
    }

    public long pid() {
        return process.pid();
    }

    /** The port that a server of ours listens on, once it is up. */
    public int port(String server) throws IOException {
        return logged(
                "Evio '" + server + "' started on tcp://127\\.0\\.0\\.1:(\\d+)[, ].*\\(" + TestedPoller.NAME + "\\)");
    }

    /** The port on which a server of ours speaks TLS, its second address, once it is up. */
    public int tlsPort(String server) throws IOException {
        return logged("Evio '" + server + "' started on tcp://[^,]*, tls://127\\.0\\.0\\.1:(\\d+)");
    }

    public SocketAddress tcp(String server) throws IOException {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port(server));
    }

    public SocketAddress unix(String server) {
        return UnixDomainSocketAddress.of(folder.resolve(server + ".sock"));
    }

    /** The port of actuator. */
    public int actuatorPort() throws IOException {
        return logged("Tomcat started on port (\\d+)");
    }

    public void awaitStarted() throws IOException {
        logged("Started EvioSampleApplication in (\\d+)");
    }

    /** Waits for the line and returns the number in it. */
    private int logged(String line) throws IOException {
        Pattern pattern = Pattern.compile(line);
        await().atMost(Duration.ofMinutes(2)).until(() -> pattern.matcher(out()).find() || !process.isAlive());
        Matcher matcher = pattern.matcher(out());
        assertThat(matcher.find()).as("%s in %s%s", line, out(), err()).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    public String out() throws IOException {
        return Files.readString(out);
    }

    /** The file to which a JVM writes warnings of its own. */
    public String err() throws IOException {
        return Files.readString(err);
    }

    /** A meter of a server as it is now, summed over its loops. */
    public long meter(String name, String server) throws IOException, InterruptedException {
        return meter(name, "server", server);
    }

    /** A meter as it is now, summed over all that have this value of the tag. */
    public long meter(String name, String tag, String tagged) throws IOException, InterruptedException {
        String text = actuator("prometheus");
        List<Double> values = Pattern.compile(
                        "(?m)^" + name + "\\{[^}]*" + tag + "=\"" + Pattern.quote(tagged) + "\"[^}]*} (\\S+)$")
                .matcher(text)
                .results()
                .map(found -> Double.valueOf(found.group(1)))
                .toList();
        assertThat(values).as("%s of %s", name, tagged).isNotEmpty();
        return (long) values.stream().mapToDouble(Double::doubleValue).sum();
    }

    /** Returns what actuator says at the path below its own. */
    public String actuator(String path) throws IOException, InterruptedException {
        URI page = URI.create("http://127.0.0.1:" + actuatorPort() + "/actuator/" + path);
        HttpResponse<String> response =
                http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(path).isEqualTo(200);
        return response.body();
    }

    /** Bytes of memory that the process has, see proc_pid_status(5). */
    public long residentBytes() throws IOException {
        return Files.readAllLines(proc("status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElseThrow();
    }

    /** Open descriptors of the process. */
    public long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(proc("fd"))) {
            return open.count();
        }
    }

    private Path proc(String file) {
        return Path.of("/proc", Long.toString(pid()), file);
    }

    /** @param name as in {@code INT} */
    public void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /**
     * Waits for its end; its exit status is that of a shell, 128 and the signal's number for one that a signal killed.
     */
    public int exitStatus() throws IOException, InterruptedException {
        if (!process.waitFor(90, TimeUnit.SECONDS)) {
            throw new AssertionError("The application does not end: " + out() + err());
        }
        return process.exitValue();
    }

    /** Ends it by SIGTERM; its exit status. */
    public int stop() throws IOException, InterruptedException {
        signal("TERM");
        return exitStatus();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
