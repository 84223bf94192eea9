package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.Action;
import io.evio.Address;
import io.evio.EvioBindException;
import io.evio.EvioServer;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Programs;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unix sockets with a name instead of a file, which Linux has and Java cannot make. */
class AbstractSocketTest extends ConformanceTest {

    private final String name = "@evio-test-" + Long.toString(System.nanoTime(), 36);
    private final String address = "unix://" + name;

    private void assumeThatThePollerHasThem() {
        assumeFalse(isNio(), "Java has none, see the refusal below");
    }

    private EvioBindException refusal(EvioServer.Builder builder) {
        EvioBindException failure =
                catchThrowableOfType(EvioBindException.class, stopAfterwards(builder.build())::start);
        assertThat(failure).as("the start has to fail").isNotNull();
        return failure;
    }

    private static void assertEchoes(String name) throws Exception {
        Programs.require("nc", "netcat-openbsd");
        Process client = new ProcessBuilder("nc", "-N", "-U", name)
                .redirectErrorStream(true)
                .start();
        try {
            client.outputWriter().append("ping").close();
            assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .isEqualTo("ping");
        } finally {
            client.destroyForcibly().waitFor();
        }
    }

    private static boolean isBound(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/net/unix"), StandardCharsets.UTF_8).stream()
                .anyMatch(line -> line.endsWith(" " + name));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void clientsAreServedWithoutAFile(int loops) throws Exception {
        assumeThatThePollerHasThem();
        AtomicReference<SocketAddress> local = new AtomicReference<>();
        AtomicReference<SocketAddress> peer = new AtomicReference<>();
        TestHandler handler = TestHandler.echo();
        handler.onOpened((connection, out) -> {
            local.set(connection.localAddress());
            peer.set(connection.remoteAddress());
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, address).loops(loops));
        assertThat(server.addresses()).containsExactly(Address.parse(address));
        assertEchoes(name);
        assertEchoes(name);
        assertThat(local.get()).hasToString(address);
        assertThat(peer.get()).isEqualTo(UnixDomainSocketAddress.of(""));
        assertThat(Files.exists(Path.of(name), LinkOption.NOFOLLOW_LINKS)).isFalse();
        server.stop(Duration.ZERO);
        assertThat(isBound(name)).isFalse();
    }

    @Test
    void nameIsFreeAgainAfterEachStop() throws Exception {
        assumeThatThePollerHasThem();
        EvioServer server = start(TestHandler.echo(), address);
        for (int i = 0; i < 3; i++) {
            assertEchoes(name);
            server.stop(Duration.ZERO);
            server.start();
        }
    }

    @Test
    void nameInUseIsRefused() throws Exception {
        assumeThatThePollerHasThem();
        start(TestHandler.echo(), address);
        assertThat(refusal(builder(TestHandler.echo(), address)))
                .hasMessage("Cannot listen on " + address
                        + ": another server listens on this socket (EADDRINUSE). Stop it or" + " choose another name");
        assertEchoes(name);
    }

    @Test
    void nameIsUtf8AndHasItsRoom() throws Exception {
        assumeThatThePollerHasThem();
        String longest = name + "é".repeat(20);
        longest += "x".repeat(108 - longest.getBytes(StandardCharsets.UTF_8).length);
        start(TestHandler.echo(), "unix://" + longest);
        assertThat(isBound(longest)).isTrue();
        EvioBindException failure = refusal(builder(TestHandler.echo(), "unix://" + longest + "x"));
        assertThat(failure.errno()).isEqualTo("ENAMETOOLONG");
        assertThat(failure.reason())
                .isEqualTo("the name is too long for an abstract socket, which takes at most 107 bytes");
    }

    /** Rather than to leave out what was asked for. */
    @Test
    void permissionsAreRefused() throws Exception {
        assumeThatThePollerHasThem();
        EvioBindException failure = refusal(builder(TestHandler.echo(), "unix://" + folder.resolve("s"), address)
                .unixPermissions(PosixFilePermissions.fromString("rw-rw----")));
        assertThat(failure.address()).isEqualTo(address);
        assertThat(failure.reason()).startsWith("an abstract unix socket has no file, and so none of the permissions");
        assertThat(failure.advice()).contains("Use a path, as in unix:///run/" + name.substring(1) + ".sock");
        assertThat(folder.resolve("s")).doesNotExist();
    }

    @Test
    void fileOfThatNameIsAnotherAddress() throws Exception {
        String path = "./" + name;
        EvioServer server = start(TestHandler.echo(), "unix://" + path);
        assertThat(Path.of(path)).exists();
        server.stop(Duration.ZERO);
        assertThat(Path.of(path)).doesNotExist();
    }

    @Test
    void nioRefusesThemByItsName() throws Exception {
        assumeTrue(isNio(), "the others have them");
        assertThat(refusal(builder(TestHandler.echo(), address)))
                .hasMessage("Cannot listen on " + address
                        + ": it is an abstract unix socket, which the poller nio cannot have"
                        + " because Java has none. Use the poller epoll, or a path, as in unix:///run/"
                        + name.substring(1) + ".sock");
        assertThat(Files.exists(Path.of(name), LinkOption.NOFOLLOW_LINKS)).isFalse();
    }
}
