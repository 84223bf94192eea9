package io.evio.sample.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The runnable jar as a process of its own, on free ports unless its arguments say otherwise. */
public final class SampleJar implements AutoCloseable {

    private final Path folder;
    private final Process process;

    private SampleJar(Path folder, Process process) {
        this.folder = folder;
        this.process = process;
    }

    /**
     * Starts it.
     *
     * @param folder for its unix sockets and what it writes
     * @param args {@code -X…} for the JVM, {@code --property=value} for the application, in place of those it has here
     */
    public static SampleJar start(Path folder, String... args) throws IOException {
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
                "tcp://127.0.0.1:0"));
        // A test that runs in the background of a shell would hand down to it that SIGINT is ignored.
        List<String> command = new ArrayList<>(List.of(
                "env",
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        for (String arg : args) {
            if (arg.startsWith("-X")) {
                command.add(arg);
            } else {
                properties.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
            }
        }
        command.addAll(Arrays.asList("-jar", Objects.requireNonNull(System.getProperty("sample.jar"), "sample.jar")));
        properties.forEach((name, value) -> command.add(name + "=" + value));
        return new SampleJar(
                folder,
                new ProcessBuilder(command)
                        .redirectOutput(folder.resolve("out").toFile())
                        .redirectError(folder.resolve("err").toFile())
                        .start());
    }

    /** The port that a server of ours listens on, once it is up. */
    public int port(String server) throws IOException {
        return logged(
                "Evio '" + server + "' started on tcp://127\\.0\\.0\\.1:(\\d+)[, ].*\\(" + TestedPoller.NAME + "\\)");
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
        assertThat(matcher.find()).as("%s in %s", line, out()).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    public String out() throws IOException {
        return Files.readString(folder.resolve("out"));
    }

    /** Where a JVM writes warnings of its own. */
    public String err() throws IOException {
        return Files.readString(folder.resolve("err"));
    }

    /** @param name as in {@code INT} */
    public void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Waits for its end; its exit status is that of a shell, 128 and the signal's number for one that a signal killed. */
    public int exitStatus() throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("has ended").isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
