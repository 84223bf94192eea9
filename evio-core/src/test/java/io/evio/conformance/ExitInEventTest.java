package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.PollerType;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import java.io.BufferedReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * An event that calls System.exit, in a JVM of its own whose shutdown hook stops the server: neither can wait for the
 * other.
 */
class ExitInEventTest extends ConformanceTest {

    private static final int EXIT_CODE = 3;

    private static final Duration GRACE = Duration.ofSeconds(60);

    /** The child: exits in its first event, and stops its server in a shutdown hook. */
    static final class Child {

        private Child() {}

        public static void main(String[] args) throws Exception {
            TestHandler handler = new TestHandler().onData((connection, in, out) -> {
                System.exit(EXIT_CODE);
                return Action.NONE;
            });
            EvioServer server = EvioServer.builder()
                    .poller(PollerType.of(args[0]))
                    .name("child")
                    .handler(handler)
                    .loops(Integer.parseInt(args[1]))
                    .addresses("tcp://127.0.0.1:0")
                    .build();
            server.start();
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(() -> System.out.println("stopped: " + server.stop(GRACE))));
            System.out.println(server.addresses().get(0).port());
        }
    }

    private Process start(int loops) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, Child.class.getName(), poller, String.valueOf(loops)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        closeAfterwards(process::destroyForcibly);
        return process;
    }

    private void assertThatItEndsAndSaysWhy(int loops) throws Exception {
        Process child = start(loops);
        try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
            String port;
            do {
                port = lines.readLine();
            } while (port != null && !port.matches("\\d+"));
            assertThat(port).isNotNull();
            try (Socket client = new Socket()) {
                client.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(port)));
                client.getOutputStream().write('x');
                assertThat(child.waitFor(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                        .as("it ends long before the grace period")
                        .isTrue();
            }
            assertThat(child.exitValue()).isEqualTo(EXIT_CODE);
            assertThat(lines.lines().collect(Collectors.joining("\n")))
                    .contains("stopped: false")
                    .contains("Evio 'child' cannot stop: an event has called System.exit")
                    .doesNotContain("has not stopped");
        }
    }

    @Test
    void theStopDoesNotWaitForIt() throws Exception {
        assertThatItEndsAndSaysWhy(1);
    }

    /** The other loops have ended by then. */
    @Test
    void norOfSeveralLoops() throws Exception {
        assertThatItEndsAndSaysWhy(3);
    }
}
