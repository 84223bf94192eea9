package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.EvioServer;
import io.evio.EvioUnsupportedException;
import io.evio.PollerType;
import io.evio.testing.Client;
import io.evio.testing.TestHandler;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A system whose own poller cannot be used: named, it says why and what to do, at the second try as at the first;
 * {@code auto} says the same in one line and goes on with nio. In JVMs of their own.
 */
@Timeout(60)
class UnsupportedSystemTest {

    private static final String DENIED = "This JVM denies native access, which jnr-ffi needs to make system calls";

    private static final String DENIED_ADVICE =
            "Start it with --enable-native-access=ALL-UNNAMED, or put Enable-Native-Access: ALL-UNNAMED into the"
                    + " manifest of the runnable jar";

    private static final String LOADING_ADVICE =
            "It is unpacked to the folder of -Djffi.extract.dir, or else of -Djava.io.tmpdir, which this user must be"
                    + " able to write to and which must not be mounted noexec. It needs glibc: on musl, as in Alpine's"
                    + " images, it cannot be loaded";

    @TempDir
    private Path folder;

    /**
     * Starts two servers, one after the other, and has an echo from each. Prints the poller, or the reason and the
     * advice.
     */
    public static final class Twice {

        private Twice() {}

        public static void main(String[] arguments) throws IOException {
            for (int i = 0; i < 2; i++) {
                EvioServer server = EvioServer.builder()
                        .poller(PollerType.of(arguments[0]))
                        .handler(TestHandler.echo())
                        .addresses("tcp://127.0.0.1:0")
                        .build();
                try {
                    server.start();
                } catch (EvioUnsupportedException e) {
                    System.out.println(e.reason());
                    System.out.println(e.advice());
                    continue;
                }
                try (Client client = Client.connect(server.addresses().get(0))) {
                    System.out.println(
                            server.poller().id() + " " + client.send("echo").read(4));
                }
                server.stop(Duration.ZERO);
            }
        }
    }

    /** Its output, without the time in front of log lines. */
    private static List<String> run(String poller, Predicate<String> onClassPath, String... options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(List.of(options));
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String filtered = Arrays.stream(classPath.split(File.pathSeparator))
                .filter(entry -> onClassPath.test(Path.of(entry).getFileName().toString()))
                .collect(Collectors.joining(File.pathSeparator));
        command.addAll(List.of("-cp", filtered, Twice.class.getName(), poller));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.onExit().orTimeout(40, TimeUnit.SECONDS).whenComplete((ended, late) -> process.destroyForcibly());
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            return output.lines()
                    .map(line -> line.replaceFirst("^[0-9:.]+ (WARN|INFO) +\\[main] io.evio - ", "$1 "))
                    .toList();
        } finally {
            process.destroyForcibly();
        }
    }

    /** By name the start is refused, twice; by auto there is one line, and servers that echo. */
    private static void assertFallsBack(List<String> named, List<String> auto, String reason, String advice) {
        assertThat(named).containsExactly(reason, advice, reason, advice);
        assertThat(auto)
                .containsExactly(
                        "WARN Evio uses the poller nio, because epoll cannot be used: " + reason + ". " + advice,
                        "nio echo",
                        "nio echo");
    }

    private static void assertFallsBack(String reason, String advice, String... options) throws Exception {
        assertFallsBack(run("epoll", jar -> true, options), run("auto", jar -> true, options), reason, advice);
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_24, disabledReason = "older JVMs do not deny native access")
    void deniedNativeAccessIsNamed() throws Exception {
        assertFallsBack(DENIED, DENIED_ADVICE, "--illegal-native-access=deny");
    }

    @Test
    void aFolderThatIsMountedNoexecIsNamed() throws Exception {
        Path mount = Files.createDirectory(folder.resolve("noexec"));
        Process mounted = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "noexec,size=8m", "tmpfs", mount.toString())
                .redirectErrorStream(true)
                .start();
        assumeTrue(mounted.waitFor() == 0, "only root may mount a folder noexec");
        try {
            assertFallsBack(
                    "The native library of jnr-ffi cannot be loaded: could not load jffi library from " + mount,
                    LOADING_ADVICE,
                    "-Djffi.extract.dir=" + mount);
        } finally {
            assertThat(new ProcessBuilder("umount", mount.toString()).start().waitFor())
                    .isZero();
        }
    }

    @Test
    void aJvmOf32BitsIsNamed() throws Exception {
        assertFallsBack(
                "epoll needs a JVM of 64 bits, and this one has 32 (i386)",
                "Start it with a JVM of 64 bits",
                "-Dos.arch=i386");
    }

    @Test
    void anotherProcessorIsNamed() throws Exception {
        assertFallsBack(
                "epoll needs a processor of x86-64 or arm64, and this is s390x",
                "Run it on one of those",
                "-Dos.arch=s390x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"(jnr-.*|jffi)-\\d.*", "jnr-ffi-\\d.*", "jffi-\\d.*", "jnr-constants-\\d.*"})
    void jnrThatIsNotOnTheClassPathIsNamed(String jars) throws Exception {
        Predicate<String> others = jar -> !jar.matches(jars);
        assertFallsBack(
                run("epoll", others),
                run("auto", others),
                "jnr-ffi, which makes the system calls, is not on the class path, or not all of it",
                "Add com.github.jnr:jnr-ffi with all that it brings");
    }

    @Test
    void anotherSystemIsNamed() throws Exception {
        String reason = "epoll needs Linux, and this is Plan 9";
        String advice = "Leave the poller at auto, which takes one that this system has";
        assertThat(run("epoll", jar -> true, "-Dos.name=Plan 9")).containsExactly(reason, advice, reason, advice);
        assertThat(run("auto", jar -> true, "-Dos.name=Plan 9"))
                .containsExactly(
                        "INFO Evio uses the poller nio, because Plan 9 has none of the native ones; choosing it by"
                                + " name, as with evio.poller=nio, spares this line",
                        "nio echo",
                        "nio echo");
    }

    /** A user that has chosen it knows the reason. */
    @Test
    void nioThatWasChosenByNameSaysNothing() throws Exception {
        assertThat(run("nio", jar -> !jar.matches("(jnr-.*|jffi)-\\d.*"))).containsExactly("nio echo", "nio echo");
        assertThat(run("nio", jar -> true, "-Dos.arch=i386")).containsExactly("nio echo", "nio echo");
    }
}
