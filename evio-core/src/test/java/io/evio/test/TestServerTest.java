package io.evio.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.evio.Action;
import io.evio.Connection;
import io.evio.DetachedConnection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.Target;
import io.evio.Tick;
import io.evio.frame.LineScanner;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers on the real loop, with peers and a clock that the test has in hand. */
@Timeout(60)
class TestServerTest {

    private static final Duration LOGIN = Duration.ofSeconds(5);

    /** Answers each line in angle brackets; the first has to come in time, and "quit" ends. */
    private static final class Login implements EvioHandler {

        private final List<String> ends = new ArrayList<>();

        @Override
        public Action opened(Connection connection, Output out) {
            connection.attach(LineScanner.ofMaxLength(100));
            connection.wakeAfter(LOGIN);
            return Action.NONE;
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            LineScanner lines = connection.attachment();
            if (!in.hasRemaining() && !connection.isInputEnded()) {
                out.writeAscii("too late\n");
                return Action.CLOSE;
            }
            while (lines.next(in)) {
                connection.wakeAfter(Duration.ZERO);
                String line = lines.text(in, StandardCharsets.UTF_8);
                if (line.equals("quit")) {
                    return Action.CLOSE;
                }
                out.writeAscii("<" + line + ">\n");
            }
            return Action.NONE;
        }

        @Override
        public Action closed(Connection connection, IOException error) {
            ends.add(error == null ? "ended" : error.getMessage());
            return Action.NONE;
        }
    }

    @Test
    void inputIsCutAnywhere() throws IOException {
        try (TestServer server = TestServer.start(new Login())) {
            for (int size = 1; size < 12; size++) {
                TestPeer peer = server.connect();
                peer.sendInPieces("one\ntwo\r\n\nfour\nfi", size, 1).expect("<one>\n<two>\n<>\n<four>\n");
                peer.expectNothing().send("ve\nquit\nafter").expect("<five>\n").expectEnd();
            }
            assertThat(server.server().stats().connectionsClosed()).isEqualTo(11);
        }
    }

    @Test
    void aPieceIsAnEventOfItsOwn() throws IOException {
        List<String> pieces = new ArrayList<>();
        EvioHandler handler = new EvioHandler() {
            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                pieces.add(StandardCharsets.US_ASCII.decode(in).toString());
                return Action.NONE;
            }
        };
        try (TestServer server = TestServer.start(handler)) {
            server.connect().sendInPieces("abcdef", 1, 2).send("ghi");
        }
        assertThat(pieces).containsExactly("a", "bc", "d", "ef", "ghi");
    }

    @Test
    void aTimeoutTakesNoTime() throws IOException {
        long begin = System.nanoTime();
        Login login = new Login();
        try (TestServer server = TestServer.start(login)) {
            TestPeer silent = server.connect();
            server.advance(Duration.ofSeconds(1));
            TestPeer later = server.connect();
            TestPeer quick = server.connect();
            quick.send("me\n").expect("<me>\n");
            server.advance(Duration.ofMillis(3_999));
            silent.expectNothing();
            server.advance(Duration.ofMillis(1));
            silent.expect("too late\n").expectEnd();
            later.expectNothing();
            server.advance(Duration.ofHours(1));
            later.expect("too late\n").expectEnd();
            quick.expectNothing();
            // The limit of idle connections goes by the same clock.
            server.advance(Duration.ofHours(1));
            quick.expectEnd();
        }
        assertThat(login.ends).hasSize(3);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void whatIsDueHappensInItsOrder() throws IOException {
        List<String> events = new ArrayList<>();
        EvioHandler handler = new EvioHandler() {
            @Override
            public Tick tick() {
                events.add("tick");
                return Tick.after(Duration.ofSeconds(2));
            }

            @Override
            public Action opened(Connection connection, Output out) {
                connection.wakeAfter(Duration.ofSeconds(3));
                return Action.NONE;
            }

            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                events.add("wake");
                return Action.NONE;
            }
        };
        try (TestServer server = TestServer.start(handler)) {
            server.connect();
            server.advance(Duration.ofSeconds(4));
            assertThat(events).containsExactly("tick", "tick", "wake", "tick");
        }
    }

    @Test
    void outputIsTakenInAnyPieces() throws IOException {
        byte[] random = new byte[300_000];
        new Random(1).nextBytes(random);
        EvioHandler echo = new EvioHandler() {
            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                out.write(in);
                return Action.NONE;
            }
        };
        try (TestServer server = TestServer.start(echo)) {
            TestPeer peer = server.connect().takeInPieces(1, 70_000, 3);
            peer.sendInPieces(random, 100_000, 7).expect(random).expectNothing();
        }
    }

    @Test
    void aSlowReaderIsSeen() throws IOException {
        List<Integer> remaining = new ArrayList<>();
        EvioHandler handler = new EvioHandler() {
            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                out.write(in);
                return Action.NONE;
            }

            @Override
            public Action postwrite(Connection connection, int amount, int left) {
                remaining.add(left);
                return Action.NONE;
            }
        };
        try (TestServer server = TestServer.start(handler)) {
            TestPeer peer = server.connect().takeAtMost(4);
            peer.send("0123456789").expect("0123").expectNothing();
            assertThat(server.server().stats().writePending()).isEqualTo(6);
            peer.takeAtMost(1).expect("4").expectNothing();
            peer.takeAtMost(Long.MAX_VALUE).expect("56789").expectNothing();
            assertThat(remaining).containsExactly(6, 5, 0);
        }
    }

    @Test
    void everyEndIsToldFromTheOthers() throws IOException {
        Login login = new Login();
        try (TestServer server = TestServer.start(login)) {
            server.connect().send("a\n").expect("<a>\n").endOutput().expectEnd();
            server.connect().reset();
            assertThat(login.ends).hasSize(2);
            assertThat(login.ends.get(0)).isEqualTo("ended");
            assertThat(login.ends.get(1)).contains("ECONNRESET");
        }
        EvioHandler aborts = new EvioHandler() {
            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                connection.abort();
                return Action.NONE;
            }
        };
        try (TestServer server = TestServer.start(aborts)) {
            TestPeer peer = server.connect();
            peer.expectNothing().send("x").expectReset();
            assertThatThrownBy(peer::expectEnd)
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("Expected the end of input\n but came nothing,\n then a reset");
        }
    }

    @Test
    void failuresShowWhatCame() throws IOException {
        try (TestServer server = TestServer.start(new Login())) {
            TestPeer peer = server.connect().send("a\nb\n").expect("<a>");
            assertThatThrownBy(() -> peer.expect("\n<c>"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("Expected 4 bytes: \"\\n<c>\" (0a 3c 63 3e)\n"
                            + " but came 5 bytes: \"\\n<b>\\n\" (0a 3c 62 3e 0a),\n which differs at byte 2");
            assertThatThrownBy(() -> peer.expect("\n<b>\n<c>"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageEndingWith(" but came 5 bytes: \"\\n<b>\\n\" (0a 3c 62 3e 0a),\n and it goes on");
            assertThatThrownBy(peer::expectNothing)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("Expected nothing\n but came 5 bytes");
            assertThat(peer.expect("\n<b>\n").received()).isEmpty();
        }
    }

    @Test
    void workOffTheLoopIsOverWhenItsExecutorRunsAtOnce() throws IOException {
        OffLoop offLoop = new OffLoop(Runnable::run);
        EvioHandler handler = new EvioHandler() {
            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                int length = in.remaining();
                in.position(in.limit());
                offLoop.call(connection, () -> "got " + length, (text, to) -> {
                    to.writeAscii(text);
                    return Action.NONE;
                });
                return Action.NONE;
            }
        };
        try (TestServer server = TestServer.start(handler)) {
            server.connect().send("abc").expect("got 3");
        }
    }

    @Test
    void peersAreOfThisMachineAndNobodyListensWhereNoTargetIs() throws IOException {
        List<Object> seen = new ArrayList<>();
        EvioHandler handler = new EvioHandler() {
            @Override
            public Action opened(Connection connection, Output out) {
                seen.add(((InetSocketAddress) connection.remoteAddress())
                        .getAddress()
                        .isLoopbackAddress());
                connection.connect(Target.of("tcp://127.0.0.1:80"), new EvioHandler() {
                    @Override
                    public Action closed(Connection to, IOException error) {
                        seen.add(error.getMessage());
                        return Action.NONE;
                    }
                });
                return Action.NONE;
            }
        };
        try (TestServer server = TestServer.start(handler)) {
            server.connect();
            assertThat(seen.get(0)).isEqualTo(true);
            assertThat(seen.get(1).toString()).contains("ECONNREFUSED");
        }
    }

    private static final String BACKEND = "tcp://10.0.0.7:8080";

    /** Ties each client to the backend. */
    private static EvioHandler gateway(String target, List<String> ends) {
        return new EvioHandler() {
            @Override
            public Action opened(Connection connection, Output out) {
                connection.relay(connection.connect(
                        Target.of(target).timeout(Duration.ofSeconds(3)), new EvioHandler() {
                            @Override
                            public Action closed(Connection backend, IOException error) {
                                ends.add(error == null ? "ended" : error.getMessage());
                                return Action.NONE;
                            }
                        }));
                return Action.NONE;
            }
        };
    }

    @Test
    void aTargetIsPlayedByTheTest() throws IOException {
        for (String address : List.of(BACKEND, "tcp://[2001:db8::7]:8080", "unix:///run/app.sock")) {
            List<String> ends = new ArrayList<>();
            try (TestServer server = TestServer.start(gateway(address, ends))) {
                TestTarget target = server.target(address);
                assertThat(target.waiting()).isZero();
                TestPeer client = server.connect();
                TestPeer backend = target.accept();
                assertThat(target.waiting()).isZero();
                client.sendInPieces("ping", 1);
                backend.expect("ping").sendInPieces("pong", 3).endOutput();
                client.expect("pong").expectEnd();
                backend.expectNothing();
                client.send("more").endOutput();
                backend.expect("more").expectEnd();
                assertThat(ends).containsExactly("ended");
                server.connect();
                target.accept().reset();
                assertThat(ends.get(1)).contains("ECONNRESET");
                target.close();
                server.connect().expectReset();
                assertThat(ends.get(2)).contains("ECONNREFUSED");
                assertThat(server.server().stats().outboundActive()).isZero();
            }
        }
    }

    /** More than there are ports: those that have ended take nothing with them. */
    @Test
    void manyConnectionsMayFollowOneAnother() throws IOException {
        List<String> ends = new ArrayList<>();
        try (TestServer server = TestServer.start(gateway(BACKEND, ends))) {
            TestTarget target = server.target(BACKEND);
            for (int i = 0; i < 17_000; i++) {
                TestPeer client = server.connect();
                TestPeer backend = target.accept();
                client.endOutput();
                backend.endOutput();
            }
            assertThat(ends).hasSize(17_000).containsOnly("ended");
            server.connect().send("x");
            target.accept().expect("x");
        }
    }

    @Test
    void aSlowClientHoldsTheTargetBack() throws IOException {
        try (TestServer server = TestServer.start(gateway(BACKEND, new ArrayList<>()))) {
            TestTarget target = server.target(BACKEND);
            TestPeer client = server.connect().takeAtMost(0);
            byte[] large = new byte[5_000_000];
            target.accept().sendInPieces(large, 100_000);
            assertThat(server.server().stats().writePending()).isBetween(1_000_000L, 2_000_000L);
            client.takeAtMost(Long.MAX_VALUE).expect(large);
        }
    }

    @Test
    void aSilentTargetIsGivenUpByTheClock() throws IOException {
        List<String> ends = new ArrayList<>();
        try (TestServer server = TestServer.start(gateway(BACKEND, ends))) {
            TestTarget target = server.silentTarget(BACKEND);
            TestPeer client = server.connect();
            server.advance(Duration.ofMillis(2_999));
            client.expectNothing();
            server.advance(Duration.ofMillis(1));
            assertThat(ends).singleElement().asString().contains("timeout (3000 ms)");
            client.expectReset();
            assertThat(target.waiting()).isZero();
        }
    }

    @Test
    void whatIsNoTargetIsRefused() throws IOException {
        try (TestServer server = TestServer.start(new Login())) {
            TestTarget target = server.target(BACKEND);
            assertThat(target).hasToString(BACKEND);
            assertThatThrownBy(() -> server.target(BACKEND)).hasMessage("There is a target at " + BACKEND + " already");
            assertThatThrownBy(() -> server.target("tcp://backend:80"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tcp://backend:80 is a name");
            assertThatThrownBy(target::accept)
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("Expected a connection to " + BACKEND + "\n but came none");
        }
    }

    @Test
    void aDetachedConnectionHasItsPeerAtTheOtherEnd() throws Exception {
        List<DetachedConnection> taken = new ArrayList<>();
        EvioHandler handler = new EvioHandler() {
            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                out.writeAscii("yours\n");
                return Action.DETACH;
            }

            @Override
            public Action detached(Connection connection, DetachedConnection detached) {
                taken.add(detached);
                return Action.NONE;
            }
        };
        try (TestServer server = TestServer.start(handler)) {
            TestPeer peer = server.connect().send("begin ").expect("yours\n");
            try (DetachedConnection detached = taken.get(0)) {
                peer.send("and end").endOutput();
                InputStream in = detached.inputStream();
                assertThat(new String(in.readAllBytes(), StandardCharsets.US_ASCII))
                        .isEqualTo("begin and end");
                detached.outputStream().write("answer".getBytes(StandardCharsets.US_ASCII));
                peer.expect("answer").expectNothing();
                detached.shutdownOutput();
                peer.expectEnd();
            }
            // One that waits, for input and for room, goes on when the peer does.
            TestPeer slow = server.connect().send("x").expect("yours\n").takeAtMost(2);
            DetachedConnection echo = taken.get(1);
            CompletableFuture<Void> echoing = CompletableFuture.runAsync(() -> {
                try (echo) {
                    echo.inputStream().transferTo(echo.outputStream());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            slow.send("yz").takeAtMost(Long.MAX_VALUE).endOutput();
            echoing.get(10, TimeUnit.SECONDS);
            slow.expect("xyz").expectEnd();
            // Closing wakes one that waits.
            server.connect().send("x");
            DetachedConnection silent = taken.get(2);
            CompletableFuture<Throwable> waiting = CompletableFuture.supplyAsync(
                    () -> catchThrowable(() -> silent.inputStream().transferTo(OutputStream.nullOutputStream())));
            silent.close();
            assertThat(waiting.get(10, TimeUnit.SECONDS)).isInstanceOf(ClosedChannelException.class);
        }
    }

    @Test
    void messagesGoBetweenPeers() throws IOException {
        List<Connection> all = new ArrayList<>();
        EvioHandler chat = new EvioHandler() {
            @Override
            public Action opened(Connection connection, Output out) {
                all.add(connection);
                return Action.NONE;
            }

            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                byte[] text = new byte[in.remaining()];
                in.get(text);
                all.forEach(other -> other.send(text));
                return Action.NONE;
            }
        };
        try (TestServer server = TestServer.start(chat)) {
            List<TestPeer> peers =
                    IntStream.range(0, 5).mapToObj(i -> server.connect()).toList();
            peers.get(2).send("hello");
            peers.forEach(peer -> peer.expect("hello").expectNothing());
        }
    }

    @Test
    void severalLoopsAreRefused() {
        assertThatThrownBy(() -> TestServer.start(
                        EvioServer.builder().handlers(loop -> new Login()).loops(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A server in memory has one loop, and not 2");
    }
}
