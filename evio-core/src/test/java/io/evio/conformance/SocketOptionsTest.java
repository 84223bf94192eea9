package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.evio.Action;
import io.evio.EvioBindException;
import io.evio.EvioServer;
import io.evio.KeepAlive;
import io.evio.Target;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Descriptors;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LoopThread;
import io.evio.testing.NativeCalls;
import io.evio.testing.OddReader;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** The options and flags of the sockets, as the kernel says they are. */
class SocketOptionsTest extends ConformanceTest {

    private int acceptedAfter(EvioServer server) throws Exception {
        Client client = connect(server);
        assertThat(client.send("x").read(1)).isEqualTo("x");
        return Descriptors.accepted(server);
    }

    /** With nio it is the JDK that keeps its descriptors from other programs, see the test below. */
    @EveryTransport
    void descriptorsAreNonBlockingAndCloseOnExec(Transport transport) throws Exception {
        assumeFalse(isNio(), "the JDK's descriptors are not close-on-exec: it closes them in its child processes");
        Set<Integer> before = Descriptors.open().keySet();
        EvioServer server = start(TestHandler.echo(), transport.address(folder));
        Map<Integer, String> opened = Descriptors.open();
        opened.keySet().removeAll(before);
        opened.values().removeIf(target -> !target.startsWith("socket:") && !target.startsWith("anon_inode:[event"));
        assertThat(opened.values().stream().filter(target -> target.startsWith("socket:")))
                .as("the listener, and what libkqueue has of its own")
                .isNotEmpty();
        opened.forEach((descriptor, target) -> {
            int flags = Descriptors.flags(descriptor);
            assertThat(flags & Descriptors.CLOSE_ON_EXEC)
                    .as("close-on-exec of %s", target)
                    .isPositive();
            if (!target.contains("eventpoll")) {
                assertThat(flags & Descriptors.NON_BLOCKING)
                        .as("non-blocking of %s", target)
                        .isPositive();
            }
        });
        int flags = Descriptors.flags(acceptedAfter(server));
        assertThat(flags & Descriptors.CLOSE_ON_EXEC).isPositive();
        assertThat(flags & Descriptors.NON_BLOCKING).isPositive();
    }

    @EveryTransport
    void childProcessesGetNoneOfThem(Transport transport) throws Exception {
        EvioServer server = start(TestHandler.echo(), transport.address(folder));
        Client client = connect(server);
        assertThat(client.send("x").read(1)).isEqualTo("x");
        Process child = new ProcessBuilder("ls", "-l", "/proc/self/fd").start();
        String descriptors = new String(child.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(child.waitFor()).isZero();
        assertThat(descriptors).contains("pipe:").doesNotContain("socket:", "anon_inode:");
    }

    @Test
    void noDelayIsOnAndKeepAliveOffByDefault() throws Exception {
        for (Transport transport : new Transport[] {Transport.TCP4, Transport.TCP6}) {
            int descriptor = acceptedAfter(start(TestHandler.echo(), transport.address(folder)));
            assertThat(NativeCalls.noDelay(descriptor)).isTrue();
            assertThat(NativeCalls.keepAlive(descriptor)).isFalse();
        }
    }

    @Test
    void serverMaySetThemForAllItsConnections() throws Exception {
        EvioServer server =
                start(builder(TestHandler.echo(), ANY_PORT).noDelay(false).keepAlive(true));
        int descriptor = acceptedAfter(server);
        assertThat(NativeCalls.noDelay(descriptor)).isFalse();
        assertThat(NativeCalls.keepAlive(descriptor)).isTrue();
    }

    @Test
    void theTimesOfKeepAliveAreWhatTheServerSays() throws Exception {
        KeepAlive times = KeepAlive.ON
                .idle(Duration.ofSeconds(61))
                .interval(Duration.ofSeconds(7))
                .count(4);
        for (boolean on : new boolean[] {true, false}) {
            EvioServer server = start(builder(TestHandler.echo(), ANY_PORT).keepAlive(times.enabled(on)));
            int descriptor = acceptedAfter(server);
            assertThat(NativeCalls.keepAlive(descriptor)).isEqualTo(on);
            if (on) {
                assertThat(NativeCalls.keepAliveIdle(descriptor)).isEqualTo(61);
                assertThat(NativeCalls.keepAliveInterval(descriptor)).isEqualTo(7);
                assertThat(NativeCalls.keepAliveCount(descriptor)).isEqualTo(4);
            }
            assertThat(server.keepAlive()).isEqualTo(times.enabled(on));
        }
    }

    /** The times that are not set stay the system's. */
    @Test
    void oneTimeOfKeepAliveMayBeSetAlone() throws Exception {
        int plain = acceptedAfter(start(TestHandler.echo(), ANY_PORT));
        int descriptor =
                acceptedAfter(start(builder(TestHandler.echo(), ANY_PORT).keepAlive(KeepAlive.ON.count(3))));
        assertThat(NativeCalls.keepAliveIdle(descriptor)).isEqualTo(NativeCalls.keepAliveIdle(plain));
        assertThat(NativeCalls.keepAliveInterval(descriptor)).isEqualTo(NativeCalls.keepAliveInterval(plain));
        assertThat(NativeCalls.keepAliveCount(descriptor)).isEqualTo(3);
    }

    @Test
    void theUserTimeoutIsSetOrRefusedByNio() throws Exception {
        EvioServer.Builder builder = builder(TestHandler.echo(), ANY_PORT).userTimeout(Duration.ofMillis(12_345));
        if (isNio()) {
            assertThatThrownBy(() -> start(builder))
                    .isInstanceOf(EvioBindException.class)
                    .hasMessageContaining(
                            "the poller nio cannot set user-timeout, because Java has no TCP_USER_TIMEOUT")
                    .hasMessageContaining("Leave user-timeout out, or use another poller");
            // It is of no concern to unix sockets.
            start(builder(TestHandler.echo(), Transport.UNIX.address(folder)).userTimeout(Duration.ofSeconds(5)));
        } else {
            EvioServer server = start(builder);
            assertThat(NativeCalls.userTimeout(acceptedAfter(server))).isEqualTo(12_345);
            assertThat(server.userTimeout()).isEqualTo(Duration.ofMillis(12_345));
            assertThat(NativeCalls.userTimeout(acceptedAfter(start(TestHandler.echo(), ANY_PORT))))
                    .isZero();
        }
    }

    /** The server probes what it connects to like its clients. */
    @Test
    void outboundConnectionsHaveThemToo() throws Exception {
        TestHandler backend = TestHandler.echo();
        EvioServer target = start(builder(backend, ANY_PORT).name("backend"));
        EvioServer.Builder builder = builder(new TestHandler())
                .noDelay(false)
                .keepAlive(KeepAlive.ON.idle(Duration.ofSeconds(61)).count(4));
        EvioServer server = start(isNio() ? builder : builder.userTimeout(Duration.ofSeconds(9)));
        TestHandler upstream = new TestHandler();
        server.connect(Target.of(target.addresses().get(0).toString()), upstream);
        upstream.await("opened");
        backend.await("opened");
        int descriptor = Descriptors.connectedTo(target.addresses().get(0).port());
        assertThat(NativeCalls.noDelay(descriptor)).isFalse();
        assertThat(NativeCalls.keepAlive(descriptor)).isTrue();
        assertThat(NativeCalls.keepAliveIdle(descriptor)).isEqualTo(61);
        assertThat(NativeCalls.keepAliveCount(descriptor)).isEqualTo(4);
        assertThat(NativeCalls.userTimeout(descriptor)).isEqualTo(isNio() ? 0 : 9_000);
    }

    @Test
    void timesOutOfRangeAreRefusedWithTheRange() {
        for (Duration wrong : new Duration[] {
            Duration.ZERO, Duration.ofMillis(999), Duration.ofMillis(1500), Duration.ofSeconds(32_768)
        }) {
            assertThatThrownBy(() -> KeepAlive.ON.idle(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("A keep-alive's idle must be from 1 to 32767 whole seconds, but was " + wrong);
            assertThatThrownBy(() -> KeepAlive.ON.interval(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("A keep-alive's interval must be from 1 to 32767 whole seconds, but was " + wrong);
        }
        for (int wrong : new int[] {0, -1, 128}) {
            assertThatThrownBy(() -> KeepAlive.ON.count(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("A keep-alive's count must be from 1 to 127, but was " + wrong);
        }
        for (Duration wrong : new Duration[] {Duration.ofNanos(1), Duration.ofMillis(-1), Duration.ofDays(25)}) {
            assertThatThrownBy(() -> EvioServer.builder().userTimeout(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "user-timeout must be from 1 ms to 24 days, or zero for the system's, but was " + wrong);
        }
    }

    @Test
    void handlerMaySetThemForAConnection() throws Exception {
        TestHandler handler = TestHandler.echo().onOpened((connection, out) -> {
            connection.noDelay(false);
            connection.keepAlive(Duration.ofSeconds(75));
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        assertThat(client.send("x").read(1)).isEqualTo("x");
        int descriptor = Descriptors.accepted(server);
        assertThat(NativeCalls.noDelay(descriptor)).isFalse();
        assertThat(NativeCalls.keepAlive(descriptor)).isTrue();
        assertThat(NativeCalls.keepAliveIdle(descriptor)).isEqualTo(75);
        handler.onData((connection, in, out) -> {
            connection.noDelay(true);
            connection.keepAlive(Duration.ZERO);
            out.write(in);
            return Action.NONE;
        });
        assertThat(client.send("y").read(1)).isEqualTo("y");
        assertThat(NativeCalls.noDelay(descriptor)).isTrue();
        assertThat(NativeCalls.keepAlive(descriptor)).isFalse();
    }

    @Test
    void keepAliveOutOfRangeIsRefusedWithTheRange() throws Exception {
        Queue<String> messages = new ConcurrentLinkedQueue<>();
        TestHandler handler = TestHandler.echo().onOpened((connection, out) -> {
            connection.keepAlive(Duration.ofSeconds(1));
            connection.keepAlive(Duration.ofSeconds(32_767));
            for (Duration wrong :
                    new Duration[] {Duration.ofMillis(999), Duration.ofSeconds(32_768), Duration.ofSeconds(-1)}) {
                assertThatThrownBy(() -> connection.keepAlive(wrong))
                        .isInstanceOf(IllegalArgumentException.class)
                        .satisfies(e -> messages.add(e.getMessage()));
            }
            return Action.NONE;
        });
        acceptedAfter(start(handler, ANY_PORT));
        assertThat(messages).hasSize(3).allMatch(message -> message.contains("from 1 to 32767 seconds"));
        assertThat(messages).first().asString().contains("PT0.999S");
    }

    @Test
    void settersDoNothingOnUnixSocketsAndThrowAfterTheEnd() throws Exception {
        TestHandler handler = TestHandler.echo()
                .onOpened((connection, out) -> {
                    connection.noDelay(true);
                    connection.keepAlive(Duration.ofSeconds(10));
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    assertThatThrownBy(() -> connection.noDelay(true))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("has ended");
                    assertThatThrownBy(() -> connection.keepAlive(Duration.ofSeconds(10)))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("has ended");
                    return Action.NONE;
                });
        EvioServer server = start(handler, Transport.UNIX.address(folder), ANY_PORT);
        for (int i = 0; i < 2; i++) {
            long id = i + 1L;
            try (Client client = connect(server.addresses().get(i))) {
                assertThat(client.send("x").read(1)).isEqualTo("x");
            }
            assertThat(handler.await("closed", event -> event.id() == id).error())
                    .isNull();
        }
        server.stop(Duration.ZERO);
        assertThat(server.stats().handlerErrors()).isZero();
    }

    /** P21: EINTR. */
    @EveryTransport
    void signalsInTheMiddleOfCallsAreOfNoConsequence(Transport transport) throws Exception {
        TestHandler handler = TestHandler.echo().withoutLog();
        EvioServer server = start(handler, transport.address(folder));
        int task = LoopThread.of(server).taskId();
        Crowd signals = closeAfterwards(Crowd.one(index -> {
            while (!Thread.currentThread().isInterrupted()) {
                NativeCalls.interrupt(task);
            }
        }));
        Client client = connect(server);
        for (int i = 0; i < 500; i++) {
            assertThat(client.send("ping").read(4)).isEqualTo("ping");
        }
        int total = 16 * PatternBytes.MAX_LENGTH;
        Crowd sender = closeAfterwards(Crowd.one(index -> {
            for (int sent = 0; sent < total; sent += PatternBytes.MAX_LENGTH) {
                client.send(PatternBytes.bytes(sent, PatternBytes.MAX_LENGTH));
            }
        }));
        OddReader.read(client, 0, total);
        sender.join();
        for (int i = 0; i < 50; i++) {
            connect(server).send("x").read(1);
        }
        assertThat(signals.isDone()).isFalse();
        signals.interrupt();
        signals.join();
        assertThat(server.stats().acceptErrors()).isZero();
        assertThat(server.stats().connectionsClosed()).isZero();
        Eventually.isTrue("all is quiet", () -> server.stats().writePending() == 0);
    }
}
