package io.evio.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.Target;
import io.evio.Tick;
import io.evio.frame.LineScanner;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
    void peersAreOfThisMachineAndOutboundConnectionsAreRefused() throws IOException {
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
