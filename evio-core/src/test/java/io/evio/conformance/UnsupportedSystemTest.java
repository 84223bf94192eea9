package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.EvioUnsupportedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

/** Where no server can run the start says why and what to do; at the second try as at the first. In JVMs of their own. */
@Timeout(60)
class UnsupportedSystemTest {

    private static final String LOADING_ADVICE =
            "It is unpacked to the folder of -Djffi.extract.dir, or else of -Djava.io.tmpdir, which this user must be able"
                    + " to write to and which must not be mounted noexec. It needs glibc: on musl, as in Alpine's images,"
                    + " it cannot be loaded";

    @TempDir
    private Path folder;

    /** Starts a server twice and prints what that throws: reason, then advice. */
    public static final class Twice {

        private Twice() {}

        public static void main(String[] arguments) throws IOException {
            for (int i = 0; i < 2; i++) {
                try {
                    Evio.serve(new EvioHandler() {}, "tcp://127.0.0.1:0");
                } catch (EvioUnsupportedException e) {
                    System.out.println(e.reason());
                    System.out.println(e.advice());
                }
            }
        }
    }

    private static List<String> run(String... options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1");
        command.addAll(List.of(options));
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, Twice.class.getName()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return output.lines().toList();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_24, disabledReason = "older JVMs do not deny native access")
    void deniedNativeAccessIsNamed() throws Exception {
        String reason = "This JVM denies native access, which jnr-ffi needs to make system calls";
        String advice =
                "Start it with --enable-native-access=ALL-UNNAMED, or put Enable-Native-Access: ALL-UNNAMED into"
                        + " the manifest of the runnable jar";
        assertThat(run("--illegal-native-access=deny")).containsExactly(reason, advice, reason, advice);
    }

    @Test
    void aFolderThatIsMountedNoexecIsNamed() throws Exception {
        Path mount = Files.createDirectory(folder.resolve("noexec"));
        Process mounted = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "noexec,size=8m", "tmpfs", mount.toString())
                .redirectErrorStream(true)
                .start();
        assumeTrue(mounted.waitFor() == 0, "only root may mount a folder noexec");
        try {
            List<String> lines = run("-Djffi.extract.dir=" + mount);
            assertThat(lines).hasSize(4);
            assertThat(lines.get(0))
                    .isEqualTo(
                            "The native library of jnr-ffi cannot be loaded: could not load jffi library from " + mount)
                    .isEqualTo(lines.get(2));
            assertThat(lines.get(1)).isEqualTo(LOADING_ADVICE).isEqualTo(lines.get(3));
        } finally {
            assertThat(new ProcessBuilder("umount", mount.toString()).start().waitFor())
                    .isZero();
        }
    }

    @Test
    void anotherSystemIsNamed() throws Exception {
        String reason = "There is no poller for Plan 9 yet: epoll needs Linux";
        String advice = "Run it on Linux on x86-64 or arm64, with a JVM of 64 bits, as in a container";
        assertThat(run("-Dos.name=Plan 9")).containsExactly(reason, advice, reason, advice);
    }

    @Test
    void anotherProcessorIsNamed() throws Exception {
        assertThat(run("-Dos.arch=i386"))
                .hasSize(4)
                .startsWith("epoll needs a JVM of 64 bits, and this one has 32 (i386)");
    }
}
