package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.ProxyProtocol;
import io.evio.Target;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.FreePort;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Connections that a server makes itself: how they come about, and how they do not. */
@WithoutLayer("the other side is a plain socket")
class OutboundTest extends ConformanceTest {

    private final Connections accepted = new Connections();
    private final StringBuffer atBackend = new StringBuffer();
    private final StringBuffer atUpstream = new StringBuffer();
    private final TestHandler backendHandler = new TestHandler().onData((connection, in, out) -> {
        ByteBuffer copy = in.duplicate();
        append(atBackend, in);
        out.write(copy);
        return Action.NONE;
    });
    private final TestHandler front = new TestHandler().onOpened(accepted);
    private final TestHandler upstream = new TestHandler().onData((connection, in, out) -> {
        append(atUpstream, in);
        return Action.NONE;
    });

    private static void append(StringBuffer text, ByteBuffer in) {
        byte[] bytes = new byte[in.remaining()];
        in.get(bytes);
        text.append(new String(bytes, StandardCharsets.US_ASCII));
    }

    private EvioServer server(String... addresses) throws IOException {
        return start(builder(front, addresses).name("front"));
    }

    private Target backend(String address) throws IOException {
        return Target.of(start(builder(backendHandler, address).name("backend"))
                .addresses()
                .get(0)
                .toString());
    }

    /** Connects for a client of a new server, on its loop. */
    private Connection connectFor(Client[] client, Target target) throws Exception {
        EvioServer server = server(ANY_PORT);
        client[0] = connect(server);
        Connection from = accepted.next();
        return Connections.onLoop(from, () -> from.connect(target, upstream));
    }

    private Connection connect(Target target) throws Exception {
        return connectFor(new Client[1], target);
    }

    @Test
    void opensAndEchoesOverTcpAndUnix() throws Exception {
        for (String address : List.of(ANY_PORT, "unix://" + folder.resolve("b.sock"))) {
            Target target = backend(address);
            Connection made = connect(target);
            upstream.await("opened", event -> event.id() == made.id());
            assertThat(made.addressIndex()).isEqualTo(-1);
            assertThat(made.send("ping".getBytes(StandardCharsets.US_ASCII))).isTrue();
            Eventually.isTrue("it is echoed", () -> atUpstream.toString().equals("ping"));
            atUpstream.setLength(0);
        }
    }

    @Test
    void aNameIsLookedUpOffTheLoop() throws Exception {
        int port = start(builder(backendHandler, "tcp://localhost:0").name("backend"))
                .addresses()
                .get(0)
                .port();
        connect(Target.of("localhost:" + port));
        upstream.await("opened");
    }

    @Test
    void whatIsWrittenBeforeItOpensGoesOutFirstAndInOrder() throws Exception {
        Target target = backend(ANY_PORT);
        upstream.onOpened((connection, out) -> {
            out.writeAscii("3");
            return Action.NONE;
        });
        EvioServer server = server(ANY_PORT);
        connect(server);
        Connection from = accepted.next();
        Connections.runOnLoop(from, () -> {
            Connection made = from.connect(target, upstream);
            made.output().writeAscii("1");
            made.send("2".getBytes(StandardCharsets.US_ASCII));
            assertThat(made.pendingOutput()).isEqualTo(2);
        });
        Eventually.isTrue("it is all there", () -> atBackend.toString().equals("123"));
    }

    @Test
    void aRefusedOneIsClosedWithItsCauseAndNeverOpened() throws Exception {
        connect(Target.of("tcp://127.0.0.1:" + FreePort.find()));
        upstream.await("closed");
        assertThat(upstream.names()).containsExactly("closed");
        assertThat(upstream.events("closed").get(0).error()).hasMessageContaining("ECONNREFUSED");
        assertThat(front.server().stats().outboundErrors()).isEqualTo(1);
        assertThat(front.server().stats().outboundActive()).isZero();
    }

    @Test
    void aMissingUnixSocketIsClosedWithItsCause() throws Exception {
        connect(Target.of("unix://" + folder.resolve("none.sock")));
        upstream.await("closed");
        assertThat(upstream.events("closed").get(0).error()).hasMessageContaining("ENOENT");
    }

    @Test
    void anUnknownNameIsClosedWithItsCause() throws Exception {
        connect(Target.of("tcp://no-such-host.invalid:80"));
        upstream.await("closed");
        assertThat(upstream.names()).containsExactly("closed");
        assertThat(upstream.events("closed").get(0).error()).hasMessageContaining("no-such-host.invalid");
    }

    @Test
    void oneThatGetsNoAnswerIsEndedByItsTimeout() throws Exception {
        List<Socket> fillers = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            // Beyond its backlog Linux drops what would open a connection.
            for (int i = 0; i < 4; i++) {
                Socket socket = new Socket();
                fillers.add(socket);
                try {
                    socket.connect(full.getLocalSocketAddress(), 200);
                } catch (IOException e) {
                    break;
                }
            }
            connect(Target.of("tcp://127.0.0.1:" + full.getLocalPort()).timeout(Duration.ofMillis(300)));
            upstream.await("closed");
            assertThat(upstream.names()).containsExactly("closed");
            assertThat(upstream.events("closed").get(0).error()).hasMessageContaining("timeout (300 ms)");
        } finally {
            for (Socket socket : fillers) {
                socket.close();
            }
        }
    }

    @Test
    void aUnixSocketWithAFullBacklogIsTriedAgain() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("full.sock"));
        try (ServerSocketChannel full = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            full.bind(address, 1);
            for (int i = 0; i < 2; i++) {
                SocketChannel filler = closeAfterwards(SocketChannel.open(StandardProtocolFamily.UNIX));
                filler.configureBlocking(false);
                filler.connect(address);
            }
            connect(Target.of("unix://" + address.getPath()));
            assertThat(upstream.names()).isEmpty();
            for (int i = 0; i < 3; i++) {
                closeAfterwards(full.accept());
            }
            upstream.await("opened");
        }
    }

    @Test
    void closedWhileItConnectsItIsToldSo() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Target target = Target.of("tcp://127.0.0.1:" + silent.getLocalPort());
            EvioServer server = server(ANY_PORT);
            connect(server);
            Connection from = accepted.next();
            Connection made = Connections.onLoop(from, () -> {
                Connection connecting = from.connect(target, upstream);
                connecting.close();
                return connecting;
            });
            upstream.await("closed");
            assertThat(upstream.names()).containsExactly("closed");
            assertThat(upstream.events("closed").get(0).error()).isNull();
            assertThat(made.closeReason()).isEqualTo(CloseReason.HANDLER);
            assertThat(made.send(new byte[1])).isFalse();
        }
    }

    @Test
    void fromAnotherThreadAndOfAServerWithoutAddresses() throws Exception {
        Target target = backend(ANY_PORT);
        upstream.onOpened((connection, out) -> {
            out.writeAscii("hello");
            return Action.NONE;
        });
        EvioServer server = server();
        server.connect(target, upstream);
        Eventually.isTrue("it is echoed", () -> atUpstream.toString().equals("hello"));
        assertThat(server.stats().outboundActive()).isEqualTo(1);
        assertThat(server.stats().connectionsActive()).isZero();
        assertThat(server.stop(Duration.ofSeconds(5))).isTrue();
        upstream.await("closed");
        assertThatIllegalStateException()
                .isThrownBy(() -> server.connect(target, upstream))
                .withMessageContaining("not running");
    }

    @Test
    void moreThanMayBeIsRefused() throws Exception {
        Target target = backend(ANY_PORT);
        EvioServer server = start(builder(front).limits(Limits.DEFAULTS.withMaxOutboundConnections(1)));
        server.connect(target, upstream);
        upstream.await("opened");
        TestHandler second = new TestHandler();
        server.connect(target, second);
        second.await("closed");
        assertThat(second.events("closed").get(0).error()).hasMessageContaining("max-outbound-connections (1)");
        AtomicReference<CloseReason> reason = new AtomicReference<>();
        server.connect(target, new TestHandler().onClosed((connection, error) -> {
                    reason.set(connection.closeReason());
                    return Action.NONE;
                }));
        Eventually.holds(() -> assertThat(reason).hasValue(CloseReason.MAX_OUTBOUND_CONNECTIONS));
        // Those that were refused have taken no room, and the one that ends has given it back in its last event.
        TestHandler third = new TestHandler();
        upstream.onClosed((connection, error) -> {
            connection.connect(target, third);
            return Action.NONE;
        });
        long id = upstream.events("opened").get(0).id();
        assertThat(server.closeConnection(id)).isTrue();
        third.await("opened");
    }

    @Test
    void outboundOnesAreNoneOfMaxConnections() throws Exception {
        Target target = backend(ANY_PORT);
        EvioServer server = start(builder(front, ANY_PORT).limits(Limits.DEFAULTS.withMaxConnections(1)));
        server.connect(target, upstream);
        server.connect(target, upstream);
        Eventually.isTrue("both are open", () -> upstream.count("opened") == 2);
        connect(server);
        accepted.next();
        assertThat(server.stats().connectionsActive()).isEqualTo(1);
        assertThat(server.stats().outboundActive()).isEqualTo(2);
    }

    @Test
    void aServersOwnGoToTheLoopWithTheFewest() throws Exception {
        Target target = backend(ANY_PORT);
        EvioServer server = start(builder(front).loops(2));
        for (int i = 0; i < 6; i++) {
            server.connect(target, upstream);
        }
        Eventually.isTrue("all are open", () -> upstream.count("opened") == 6);
        // The loops number theirs by turns.
        assertThat(upstream.events("opened"))
                .extracting(event -> event.id() % 2)
                .containsExactlyInAnyOrder(0L, 0L, 0L, 1L, 1L, 1L);
    }

    @Test
    void oneConnectsFromItsSource() throws Exception {
        try (ServerSocket recording = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Target target = Target.of("tcp://127.0.0.1:" + recording.getLocalPort());
            connect(target.source(InetAddress.getByName("127.0.0.2")));
            try (Socket taken = recording.accept()) {
                assertThat(taken.getInetAddress().getHostAddress()).isEqualTo("127.0.0.2");
            }
        }
    }

    /** A server that refuses what is too large for it ends the connection although more is on its way to it. */
    @Test
    void theAnswerOfAServerThatTakesNothingMoreIsRead() throws Exception {
        try (ServerSocket refusing = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Connection made = connect(Target.of("tcp://127.0.0.1:" + refusing.getLocalPort()));
            try (Socket taken = refusing.accept()) {
                // More than the sockets between them take.
                Connections.runOnLoop(made, () -> {
                    made.pauseReading();
                    made.output().write(new byte[32 << 20]);
                });
                assertThat(taken.getInputStream().readNBytes(1)).hasSize(1);
                taken.getOutputStream().write("too large".getBytes(StandardCharsets.US_ASCII));
                // With input unread: a reset.
            }
            // One that has failed to send does not end before it has read what there is.
            made.resumeReading();
            upstream.await("closed");
            assertThat(atUpstream).hasToString("too large");
            assertThat(made.closeReason()).isEqualTo(CloseReason.PEER_RESET);
        }
    }

    @Test
    void aHeaderOfTheProxyProtocolGoesFirst() throws Exception {
        try (ServerSocket recording = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Target target = Target.of("tcp://127.0.0.1:" + recording.getLocalPort());
            Client[] client = new Client[1];
            connectFor(client, target.proxyProtocol(ProxyProtocol.V1));
            InetSocketAddress local = (InetSocketAddress) client[0].channel().getLocalAddress();
            InetSocketAddress remote = (InetSocketAddress) client[0].channel().getRemoteAddress();
            String expected = "PROXY TCP4 127.0.0.1 127.0.0.1 " + local.getPort() + " " + remote.getPort() + "\r\n";
            try (Socket taken = recording.accept()) {
                assertThat(new String(taken.getInputStream().readNBytes(expected.length()), StandardCharsets.US_ASCII))
                        .isEqualTo(expected);
            }
            connectFor(client, target.proxyProtocol(ProxyProtocol.V2));
            try (Socket taken = recording.accept()) {
                byte[] header = taken.getInputStream().readNBytes(28);
                assertThat(header).startsWith(13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10, 0x21, 0x11, 0, 12);
            }
        }
    }

    @Test
    void resultsNeverComeInsideConnect() throws Exception {
        Target target = Target.of("unix://" + folder.resolve("none.sock"));
        AtomicReference<List<String>> seen = new AtomicReference<>();
        EvioServer server = server(ANY_PORT);
        connect(server);
        Connection from = accepted.next();
        Connections.runOnLoop(from, () -> {
            from.connect(target, upstream);
            seen.set(List.copyOf(upstream.names()));
        });
        assertThat(seen.get()).isEmpty();
        upstream.await("closed");
    }

    @Test
    void anAcceptedConnectionIsAnsweredThroughItWhileTheServerStops() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (ServerSocket slow = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread backend = new Thread(() -> {
                try (Socket taken = slow.accept()) {
                    taken.getInputStream().readNBytes(4);
                    asked.countDown();
                    answer.await();
                    taken.getOutputStream().write("pong".getBytes(StandardCharsets.US_ASCII));
                    taken.getInputStream().readAllBytes();
                } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            backend.start();
            Target target = Target.of("tcp://127.0.0.1:" + slow.getLocalPort());
            front.onOpened((connection, out) -> {
                Connection made = connection.connect(target, upstream);
                connection.relay(made);
                return Action.NONE;
            });
            EvioServer server = server(ANY_PORT);
            Client client = connect(server).send("ping");
            Eventually.reached(asked);
            Thread stopping = new Thread(() -> server.stop(Duration.ofSeconds(20)));
            stopping.start();
            Eventually.isTrue("it stops", server::isStopping);
            answer.countDown();
            assertThat(client.readToEnd()).isEqualTo("pong");
            Eventually.ended(stopping);
            Eventually.ended(backend);
        }
    }

    @Test
    void whatIsNoTargetIsRefused() {
        for (String address : List.of("tcp://:80", "tcp://host:0", "nonsense://x")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Target.of(address))
                    .withMessageContaining(address);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Target.of("tcp://host:80").serverName("x"))
                .withMessageContaining("tls://");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Target.of("tcp://host:80").timeout(Duration.ZERO));
    }
}
