package io.evio.sample.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The runnable jar as a process of its own, whose output is kept in a file. */
public final class SampleProcess implements AutoCloseable {

    private final Process process;
    private final Path output;

    private SampleProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** Starts it; {@code arguments} override ports that are free ones, and no unix sockets. */
    public static SampleProcess start(Path folder, String... arguments) throws IOException {
        return startWith(folder, List.of(), arguments);
    }

    /** As {@link #start}, with options of the JVM. */
    public static SampleProcess startWith(Path folder, List<String> options, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(java());
        command.addAll(1, options);
        command.addAll(List.of(
                "--server.port=0",
                "--evio.servers.echo.addresses=tcp://127.0.0.1:0",
                "--evio.servers.redis.addresses=tcp://127.0.0.1:0",
                "--evio.servers.http.addresses=tcp://127.0.0.1:0"));
        // The last one of a name would be another value of a list, and not its only one.
        for (String argument : arguments) {
            String name = argument.substring(0, argument.indexOf('=') + 1);
            command.removeIf(before -> before.startsWith(name));
            command.add(argument);
        }
        Path output = Files.createTempFile(folder, "sample", ".log");
        return new SampleProcess(
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start(),
                output);
    }

    /** How to start the jar. */
    public static List<String> java() {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                Objects.requireNonNull(System.getProperty("sample.jar"), "sample.jar"));
    }

    public Process process() {
        return process;
    }

    public String output() throws IOException {
        return Files.readString(output);
    }

    /** The port of a server, once it is up. */
    public int port(String server) throws IOException {
        return logged("Evio '" + server + "' started on tcp://127\\.0\\.0\\.1:(\\d+)");
    }

    /** Waits for a line and returns the number in it. */
    public int logged(String line) throws IOException {
        Pattern pattern = Pattern.compile(line);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> pattern.matcher(output()).find() || !process.isAlive());
        Matcher matcher = pattern.matcher(output());
        assertThat(matcher.find()).as("%s in %s", line, output()).isTrue();
        return matcher.groupCount() == 0 ? 0 : Integer.parseInt(matcher.group(1));
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
