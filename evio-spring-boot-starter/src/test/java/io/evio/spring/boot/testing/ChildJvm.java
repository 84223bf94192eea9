package io.evio.spring.boot.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** An application in a JVM of its own, with a part of the tests' class path. */
public final class ChildJvm implements AutoCloseable {

    private final Process process;
    private final Path log;

    private ChildJvm(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * Starts it and returns at once.
     *
     * @param folder where its output goes to, and whose folder {@code classes}, if there is one, comes first on its
     *     class path
     * @param onClassPath by the name of a jar or folder, whether the application has it
     */
    public static ChildJvm start(Path folder, Predicate<String> onClassPath, Class<?> main, String... arguments)
            throws IOException {
        String classPath = folder.resolve("classes")
                + File.pathSeparator
                + Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(entry ->
                                onClassPath.test(Path.of(entry).getFileName().toString()))
                        .collect(Collectors.joining(File.pathSeparator));
        Path log = folder.resolve("log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.add(TestedPoller.OPTION);
        // The tests of the endpoint bring a web server.
        command.add("-Dspring.main.web-application-type=none");
        // Softly held is as good as collected.
        command.addAll(List.of(
                "-Xmx256m",
                "-XX:SoftRefLRUPolicyMSPerMB=0",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath,
                main.getName()));
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new ChildJvm(process, log);
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public String output() throws IOException {
        return Files.readString(log);
    }

    /** Waits for it to end by itself; the exit code. */
    public int awaitEnd() throws InterruptedException, IOException {
        assertThat(process.waitFor(15, TimeUnit.SECONDS)).as(output()).isTrue();
        return process.exitValue();
    }

    /** SIGTERM; the exit code, which for it is 143. */
    public int terminate() throws InterruptedException, IOException {
        process.destroy();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(output()).isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
