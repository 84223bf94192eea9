package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.Target;
import io.evio.TargetChooser;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two connections tied together: what goes through, and how they end. */
@WithoutLayer("the other side is a plain socket")
class RelayTest extends ConformanceTest {

    private static final int MIB = 1024 * 1024;

    private ServerSocket backend;
    private final TestHandler upstream = new TestHandler();
    private final AtomicReference<Connection> made = new AtomicReference<>();

    @BeforeEach
    void listen() throws IOException {
        backend = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        backend.close();
    }

    private EvioServer relay(Limits limits) throws IOException {
        Target target = Target.of("tcp://127.0.0.1:" + backend.getLocalPort());
        TestHandler front = new TestHandler().onOpened((connection, out) -> {
            Connection other = connection.connect(target, upstream);
            made.set(other);
            connection.relay(other);
            return Action.NONE;
        });
        return start(builder(front.withoutLog(), ANY_PORT).limits(limits));
    }

    private Socket slowReader(EvioServer server) throws IOException {
        Socket socket = closeAfterwards(new Socket());
        socket.setReceiveBufferSize(4096);
        socket.connect(Client.socketAddress(server.addresses().get(0)));
        socket.setSoTimeout(15_000);
        return socket;
    }

    private Socket taken() throws IOException {
        Socket socket = closeAfterwards(backend.accept());
        socket.setSoTimeout(15_000);
        return socket;
    }

    @Test
    void bytesGoBothWaysWithoutDataEvents() throws Exception {
        Client client = connect(relay(Limits.DEFAULTS)).send("ping");
        Socket socket = taken();
        assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("ping");
        socket.getOutputStream().write("pong".getBytes(StandardCharsets.US_ASCII));
        assertThat(client.read(4)).isEqualTo("pong");
        assertThat(upstream.names()).contains("opened").doesNotContain("data");
    }

    @Test
    void theEndOfASideIsPassedOnAndTheOtherGoesOn() throws Exception {
        Client client = connect(relay(Limits.DEFAULTS)).send("question").shutdownOutput();
        Socket socket = taken();
        assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("question");
        socket.getOutputStream().write("answer".getBytes(StandardCharsets.US_ASCII));
        assertThat(client.read(6)).isEqualTo("answer");
        socket.shutdownOutput();
        assertThat(client.isEnded()).isTrue();
        upstream.await("closed");
        assertThat(upstream.events("closed").get(0).error()).isNull();
    }

    @Test
    void theBackendMayEndFirst() throws Exception {
        Client client = connect(relay(Limits.DEFAULTS)).send("x");
        Socket socket = taken();
        assertThat(socket.getInputStream().read()).isEqualTo('x');
        socket.getOutputStream().write("bye".getBytes(StandardCharsets.US_ASCII));
        socket.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("bye");
        client.send("more").shutdownOutput();
        assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("more");
    }

    @Test
    void aResetIsPassedOn() throws Exception {
        Client client = connect(relay(Limits.DEFAULTS)).send("x");
        Socket socket = taken();
        assertThat(socket.getInputStream().read()).isEqualTo('x');
        socket.setSoLinger(true, 0);
        socket.close();
        assertThat(client.isEnded()).isTrue();
        upstream.await("closed");
        assertThat(upstream.events("closed").get(0).error()).isNotNull();
    }

    @Test
    void memoryStaysFlatAgainstReadersThatStop() throws Exception {
        int size = 48 * MIB;
        EvioServer server = relay(Limits.DEFAULTS.withWaterMarks(64 * 1024, 256 * 1024));
        Socket client = slowReader(server);
        Socket socket = taken();
        byte[] sent = pattern(size);
        Thread up = writer(client.getOutputStream(), sent);
        Thread down = writer(socket.getOutputStream(), sent);
        // Both stand still now: neither side reads.
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 256 * 1024);
        long most = 0;
        for (long before = -1; before != server.stats().dataReceived(); ) {
            before = server.stats().dataReceived();
            most = Math.max(most, server.stats().pendingMemory());
            Thread.onSpinWait();
        }
        assertThat(most).isLessThan(2 * MIB);
        Thread reader = new Thread(() -> {
            try {
                assertThat(socket.getInputStream().readNBytes(size)).isEqualTo(sent);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        AtomicReference<Throwable> failure = new AtomicReference<>();
        reader.setUncaughtExceptionHandler((thread, thrown) -> failure.set(thrown));
        reader.start();
        assertThat(client.getInputStream().readNBytes(size)).isEqualTo(sent);
        Eventually.ended(up);
        Eventually.ended(down);
        Eventually.ended(reader);
        assertThat(failure.get()).isNull();
        assertThat(server.stats().pendingMemory()).isLessThan(2 * MIB);
    }

    private static byte[] pattern(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 11));
        }
        return bytes;
    }

    private static Thread writer(OutputStream out, byte[] bytes) {
        Thread thread = new Thread(() -> {
            try {
                out.write(bytes);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        thread.start();
        return thread;
    }

    @Test
    void whatIsUnreadGoesFirst() throws Exception {
        Target target = Target.of("tcp://127.0.0.1:" + backend.getLocalPort());
        TestHandler front = new TestHandler().onData((connection, in, out) -> {
            connection.relay(connection.connect(target, upstream));
            return Action.NONE;
        });
        Client client = connect(start(front, ANY_PORT)).send("unread ");
        front.await("data");
        client.send("then more");
        assertThat(taken().getInputStream().readNBytes(16)).asString().isEqualTo("unread then more");
    }

    @Test
    void anotherTargetMayBeTriedWhenOneCannotBeReached() throws Exception {
        Target good = Target.of("tcp://127.0.0.1:" + backend.getLocalPort());
        Target bad = Target.of("unix://" + folder.resolve("none.sock"));
        AtomicReference<Connection> client = new AtomicReference<>();
        TestHandler failing = new TestHandler().onClosed((connection, error) -> {
            Connection from = client.get();
            from.relay(from.connect(good, upstream));
            return Action.NONE;
        });
        TestHandler front = new TestHandler().onOpened((connection, out) -> {
            client.set(connection);
            connection.relay(connection.connect(bad, failing));
            return Action.NONE;
        });
        Client from = connect(start(front, ANY_PORT)).send("ping");
        Socket socket = taken();
        assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("ping");
        socket.getOutputStream().write('!');
        assertThat(from.read(1)).isEqualTo("!");
    }

    @Test
    void targetsAreTriedOneAfterTheOtherUnderOneConnection() throws Exception {
        Target good = Target.of("tcp://127.0.0.1:" + backend.getLocalPort());
        Deque<Target> left = new ArrayDeque<>(List.of(
                Target.of("unix://" + folder.resolve("none.sock")),
                Target.of("tcp://no-such-host.invalid:80"),
                Target.of("tls://127.0.0.1:" + backend.getLocalPort()).timeout(Duration.ofSeconds(5)),
                good));
        List<String> failures = new CopyOnWriteArrayList<>();
        TargetChooser inTurn = failure -> {
            if (failure != null) {
                failures.add(String.valueOf(failure.getMessage()));
            }
            return left.pop();
        };
        TestHandler front = new TestHandler().onOpened((connection, out) -> {
            Connection other = connection.connect(inTurn, upstream);
            other.output().writeAscii("first ");
            connection.relay(other);
            return Action.NONE;
        });
        Client from = connect(start(front, ANY_PORT)).send("ping").shutdownOutput();
        // The one that begins with a handshake.
        Socket plain = taken();
        assertThat(plain.getInputStream().read()).isEqualTo(22);
        plain.getOutputStream().write("SSH-2.0-no\r\n".getBytes(StandardCharsets.US_ASCII));
        Socket socket = taken();
        assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("first ping");
        socket.getOutputStream().write("!".getBytes(StandardCharsets.US_ASCII));
        assertThat(from.read(1)).isEqualTo("!");
        socket.close();
        assertThat(from.isEnded()).isTrue();
        upstream.await("closed");
        assertThat(upstream.names()).startsWith("opened").endsWith("closed").containsOnlyOnce("opened", "closed");
        assertThat(failures).hasSize(3);
        assertThat(failures.get(0)).contains("ENOENT");
        assertThat(failures.get(1)).contains("no-such-host.invalid");
    }

    @Test
    void whenTargetsRunOutTheReasonIsTheChoosers() throws Exception {
        Target bad = Target.of("unix://" + folder.resolve("none.sock"));
        TargetChooser twice = new TargetChooser() {
            private int tried;

            @Override
            public Target next(@Nullable IOException failure) throws IOException {
                if (tried++ == 2) {
                    throw new IOException("nothing left", failure);
                }
                return bad;
            }
        };
        TestHandler front = new TestHandler().onOpened((connection, out) -> {
            connection.connect(twice, upstream);
            return Action.NONE;
        });
        EvioServer server = start(front, ANY_PORT);
        connect(server);
        upstream.await("closed");
        assertThat(upstream.names()).containsExactly("closed");
        assertThat(upstream.events("closed").get(0).error()).hasMessage("nothing left");
        assertThat(server.stats().outboundErrors()).isEqualTo(1);
        assertThat(server.stats().outboundActive()).isZero();
    }

    /** So that it can count its targets' connections. */
    @Test
    void theChooserIsToldOfTheConnectionBeforeTheHandlerIs() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        Target bad = Target.of("unix://" + folder.resolve("none.sock"));
        Target good = Target.of("tcp://127.0.0.1:" + backend.getLocalPort());
        TargetChooser chooser = new TargetChooser() {
            @Override
            public Target next(@Nullable IOException failure) {
                told.add("next");
                return failure == null ? bad : good;
            }

            @Override
            public void opened(Connection connection) {
                told.add("opened " + ((InetSocketAddress) connection.remoteAddress()).getPort());
            }

            @Override
            public void ended(Connection connection) {
                told.add("ended");
            }
        };
        upstream.onOpened((connection, out) -> {
                    told.add("handler opened");
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    told.add("handler closed");
                    return Action.NONE;
                });
        connect(start(
                new TestHandler().onOpened((connection, out) -> {
                    connection.connect(chooser, upstream);
                    return Action.NONE;
                }),
                ANY_PORT));
        taken().close();
        upstream.await("closed");
        Eventually.holds(() -> assertThat(told)
                .containsExactly(
                        "next",
                        "next",
                        "opened " + backend.getLocalPort(),
                        "handler opened",
                        "ended",
                        "handler closed"));
    }

    @Test
    void oneThatIsEndedBeforeItOpensGoesNowhereElse() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Target silent = Target.of("tls://127.0.0.1:" + backend.getLocalPort()).timeout(Duration.ofSeconds(30));
        TargetChooser same = failure -> {
            asked.incrementAndGet();
            return silent;
        };
        TestHandler front = new TestHandler().onOpened((connection, out) -> {
            made.set(connection.connect(same, upstream));
            return Action.NONE;
        });
        connect(start(front, ANY_PORT));
        assertThat(taken().getInputStream().read()).isEqualTo(22);
        assertThat(made.get().abort()).isTrue();
        upstream.await("closed");
        assertThat(upstream.events("closed").get(0).error()).isNull();
        assertThat(asked).hasValue(1);
    }

    @Test
    void withoutAnotherTheClientIsReset() throws Exception {
        Target bad = Target.of("unix://" + folder.resolve("none.sock"));
        TestHandler front = new TestHandler().onOpened((connection, out) -> {
            connection.relay(connection.connect(bad, upstream));
            return Action.NONE;
        });
        assertThat(connect(start(front, ANY_PORT)).isEnded()).isTrue();
        front.await("closed");
    }

    @Test
    void aThrottledOneIsNotRead() throws Exception {
        Target target = Target.of("tcp://127.0.0.1:" + backend.getLocalPort());
        TestHandler front = new TestHandler().withoutLog();
        AtomicReference<Connection> other = new AtomicReference<>();
        front.onOpened((connection, out) -> {
                    other.set(connection.connect(target, upstream));
                    connection.throttle(other.get());
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    other.get().output().write(in);
                    return Action.NONE;
                });
        EvioServer server =
                start(builder(front, ANY_PORT).limits(Limits.DEFAULTS.withWaterMarks(64 * 1024, 256 * 1024)));
        Socket client = slowReader(server);
        Socket socket = taken();
        byte[] sent = pattern(32 * MIB);
        Thread writer = writer(client.getOutputStream(), sent);
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 256 * 1024);
        assertThat(server.stats().pendingMemory()).isLessThan(2 * MIB);
        assertThat(socket.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
        Eventually.ended(writer);
    }

    @Test
    void misuseIsRefused() throws Exception {
        Connections connections = new Connections();
        EvioServer server = start(builder(new TestHandler().onOpened(connections), ANY_PORT));
        connect(server);
        connect(server);
        Connection first = connections.next();
        Connection second = connections.next();
        assertThatIllegalStateException().isThrownBy(() -> first.relay(second)).withMessageContaining("thread");
        Connections.runOnLoop(first, () -> {
            assertThatIllegalArgumentException().isThrownBy(() -> first.relay(first));
            first.relay(second);
            assertThatIllegalStateException().isThrownBy(() -> second.relay(first));
            assertThatIllegalStateException().isThrownBy(() -> first.throttle(null));
        });
    }
}
