package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.PollerType;
import io.evio.Target;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Namespace;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A system that has only one port to connect from, and a name that has several addresses. In a JVM of its own: the
 * first in a network namespace with such a range of ports, the second with a file of names.
 */
@WithoutLayer("the other side is a plain socket")
class OutboundAddressesTest extends ConformanceTest {

    private static final int OWN_PORT = 41_000;
    private static final String NAME = "several.example";

    /** In front of the lines that are results; the others are logs. */
    private static final String RESULT = "= ";

    private List<String> results(Process child) throws Exception {
        closeAfterwards(() -> child.destroyForcibly().waitFor());
        String all = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor(10, TimeUnit.SECONDS)).as(all).isTrue();
        List<String> results = all.lines()
                .filter(line -> line.startsWith(RESULT))
                .map(line -> line.substring(RESULT.length()))
                .toList();
        assertThat(results).as(all).isNotEmpty();
        return results;
    }

    private String java(String what) {
        String warnings = Runtime.version().feature() >= 24
                ? "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow "
                : "";
        return Path.of(System.getProperty("java.home"), "bin", "java") + " -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
                + warnings + "-Djdk.net.hosts.file=" + folder.resolve("hosts") + " -cp "
                + System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")) + " "
                + OutboundAddressesTest.class.getName() + " " + poller + " " + what;
    }

    @Test
    void onePortIsEnoughForAConnectionToEachTargetAndForNoneToItself() throws Exception {
        try (Namespace namespace = Namespace.create()) {
            List<String> results = results(namespace.start("sh", "-c", "ip link set lo up && exec " + java("ports")));
            assertThat(results).hasSize(5);
            assertThat(results.get(0)).startsWith("itself: closed").contains("ECONNREFUSED");
            assertThat(results.get(1)).isEqualTo("one: opened");
            assertThat(results.get(2)).startsWith("same: closed").contains("EADDRNOTAVAIL");
            // Over nio a source is bound before the target is known, and then the port counts for all targets.
            assertThat(results.get(3)).startsWith(isNio() ? "other: " : "other: opened");
            assertThat(Integer.parseInt(results.get(4))).isBetween(2, 3);
        }
    }

    @Test
    void theNextAddressIsTriedWhenOneFailsOrDoesNotAnswer() throws Exception {
        Files.writeString(folder.resolve("hosts"), "127.0.0.2 " + NAME + "\n127.0.0.3 " + NAME + "\n");
        List<String> results = results(new ProcessBuilder("sh", "-c", "exec " + java("names"))
                .redirectErrorStream(true)
                .start());
        assertThat(results).hasSize(4);
        assertThat(results.get(0)).isEqualTo("refused: opened");
        assertThat(Long.parseLong(results.get(1))).isLessThan(200);
        assertThat(results.get(2)).isEqualTo("silent: opened");
        // The next one is begun a quarter of a second later (RFC 8305, 5), long before a SYN is sent again.
        assertThat(Long.parseLong(results.get(3))).isBetween(240L, 900L);
    }

    // The child's side.

    private static void say(Object result) {
        System.out.println(RESULT + result);
    }

    /** Connects, and returns how that went once it is known. */
    private static String connect(EvioServer server, Target target) throws Exception {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        server.connect(target, new EvioHandler() {
            @Override
            public Action opened(Connection connection, Output out) {
                outcome.complete("opened");
                return Action.NONE;
            }

            @Override
            public Action closed(Connection connection, IOException error) {
                outcome.complete("closed " + error);
                return Action.NONE;
            }
        });
        return outcome.get(20, TimeUnit.SECONDS);
    }

    public static void main(String[] args) throws Exception {
        EvioServer server = EvioServer.builder()
                .poller(PollerType.of(args[0]))
                .name("child")
                .handler(new EvioHandler() {})
                .build();
        server.start();
        if (args[1].equals("ports")) {
            ports(server);
        } else {
            names(server);
        }
        server.stop(Duration.ZERO);
    }

    private static void ports(EvioServer server) throws Exception {
        try (ServerSocket one = new ServerSocket(OWN_PORT + 1);
                ServerSocket other = new ServerSocket(OWN_PORT + 2)) {
            Files.writeString(Path.of("/proc/sys/net/ipv4/ip_local_port_range"), OWN_PORT + " " + OWN_PORT);
            say("itself: " + connect(server, Target.of("tcp://127.0.0.1:" + OWN_PORT)));
            Target first = Target.of("tcp://127.0.0.1:" + one.getLocalPort());
            say("one: " + connect(server, first));
            say("same: " + connect(server, first));
            Target second = Target.of("tcp://127.0.0.1:" + other.getLocalPort());
            say("other: " + connect(server, second.source(InetAddress.getByName("127.0.0.1"))));
            say(server.stats().outboundErrors());
        }
    }

    private static void names(EvioServer server) throws Exception {
        try (ServerSocket last = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.3"))) {
            Target target = Target.of("tcp://" + NAME + ":" + last.getLocalPort());
            // Whatever is slow the first time.
            connect(server, target);
            long began = System.nanoTime();
            say("refused: " + connect(server, target));
            say(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
            List<Socket> fillers = new ArrayList<>();
            try (ServerSocket full = new ServerSocket(last.getLocalPort(), 1, InetAddress.getByName("127.0.0.2"))) {
                // Beyond its backlog Linux drops what would open a connection.
                for (int i = 0; i < 2; i++) {
                    fillers.add(new Socket("127.0.0.2", full.getLocalPort()));
                }
                began = System.nanoTime();
                say("silent: " + connect(server, target));
                say(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
                awaitNoAttempt(full.getLocalPort());
            } finally {
                for (Socket filler : fillers) {
                    filler.close();
                }
            }
        }
    }

    /** The address that lost is let go of: none of its attempts is left, in state SYN_SENT. */
    private static void awaitNoAttempt(int port) throws Exception {
        String attempt = String.format("0200007F:%04X 02", port);
        long began = System.nanoTime();
        while (Files.readString(Path.of("/proc/net/tcp")).contains(attempt)) {
            if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(5)) {
                throw new AssertionError("An attempt is left");
            }
            Thread.onSpinWait();
        }
    }
}
