package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.DetachedConnection;
import io.evio.EvioServer;
import io.evio.LayeredServers;
import io.evio.Limits;
import io.evio.OffLoop;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import io.evio.testing.PatternBytes;
import io.evio.testing.PlainLayer;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A layer between the wire and the handler: how it opens, answers, holds back, ends, fails, and leaves the loop. */
@WithoutLayer("has layers of its own")
class LayerTest extends ConformanceTest {

    private static final String GREETING = "HELLO\n";

    /** Needs a greeting before it opens, and answers it. */
    private static class Greeted extends PlainLayer {

        private String greeting = "";

        @Override
        protected void received(char letter, Sink plain, Sink wire) throws IOException {
            if (isOpen()) {
                super.received(letter, plain, wire);
                return;
            }
            greeting += letter;
            if (!GREETING.startsWith(greeting)) {
                write(wire, "sorry\n");
                throw new IOException("no greeting");
            }
            if (isOpen()) {
                write(wire, "WELCOME\n");
            }
        }

        @Override
        public boolean isOpen() {
            return greeting.equals(GREETING);
        }
    }

    /** Ends either side by a byte of its own. */
    private static class Marked extends PlainLayer {

        private boolean inputEnded;

        @Override
        protected void received(char letter, Sink plain, Sink wire) throws IOException {
            if (letter == '!') {
                inputEnded = true;
            } else if (!inputEnded) {
                super.received(letter, plain, wire);
            }
        }

        @Override
        public void inputEnded(Sink plain) throws IOException {
            throw new IOException("cut short");
        }

        @Override
        public boolean isInputEnded() {
            return inputEnded;
        }

        @Override
        public void endOutput(Sink wire) throws IOException {
            write(wire, "!");
        }
    }

    /** Gives one byte per turn. */
    private static class Slow extends PlainLayer {

        private final StringBuilder held = new StringBuilder();

        @Override
        public void received(ByteBuffer bytes, Sink plain, Sink wire) throws IOException {
            while (bytes.hasRemaining()) {
                held.append((char) bytes.get());
            }
            if (held.length() > 0) {
                write(plain, held.substring(0, 1));
                held.deleteCharAt(0);
            }
        }

        @Override
        public boolean hasMore() {
            return held.length() > 0;
        }

        @Override
        public void inputEnded(Sink plain) throws IOException {
            write(plain, held.toString());
            held.setLength(0);
        }
    }

    private final List<PlainLayer> layers = new CopyOnWriteArrayList<>();
    private final BlockingQueue<DetachedConnection> channels = new LinkedBlockingQueue<>();

    private EvioServer start(TestHandler handler, Limits limits, Supplier<PlainLayer> made) throws IOException {
        return start(LayeredServers.with(builder(handler, ANY_PORT).limits(limits), (remote, host) -> {
            PlainLayer layer = made.get();
            layers.add(layer);
            return layer;
        }));
    }

    private EvioServer start(TestHandler handler, Supplier<PlainLayer> made) throws IOException {
        return start(handler, Limits.DEFAULTS, made);
    }

    /** Keeps what it hands over in {@link #channels}. */
    private TestHandler detaching(TestHandler handler) {
        return handler.onDetached((connection, channel) -> {
            channels.add(closeAfterwards(channel));
            return Action.NONE;
        });
    }

    private DetachedConnection channel() throws InterruptedException {
        DetachedConnection channel = channels.poll(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(channel).isNotNull();
        return channel;
    }

    private static String read(DetachedConnection channel, int length) throws IOException {
        return new String(channel.inputStream().readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    private void assertEachClosedOnce(int count) {
        Eventually.holds(() -> assertThat(layers)
                .hasSize(count)
                .allSatisfy(layer -> assertThat(layer.closed()).isEqualTo(1)));
    }

    @Test
    void opensOnceTheLayerAgrees() throws Exception {
        TestHandler handler = TestHandler.echo().onOpened((connection, out) -> {
            out.writeAscii("open " + connection.id() + "\n");
            return Action.NONE;
        });
        EvioServer server = start(handler, Greeted::new);
        connect(server).send("HEL").close();
        Client client = connect(server).send("HEL");
        Eventually.isTrue("both have begun", () -> server.stats().dataReceived() == 6);
        assertThat(handler.names()).doesNotContain("opened", "data");
        assertThat(server.stats().connectionsOpened()).isZero();
        assertThat(server.wake(2)).isFalse();

        client.send("LO\nping");
        assertThat(client.read(23 - 4)).isEqualTo("WELCOME\nopen 2\nping");
        assertThat(handler.names(2)).containsSequence("opened", "prewrite", "postwrite");
        assertThat(server.stats().connectionsActive()).isEqualTo(1);
        client.close();
        handler.await("closed");
        assertThat(handler.count("closed")).isEqualTo(1);
        assertEachClosedOnce(2);
    }

    @Test
    void whatComesWithTheGreetingIsDetachedToo() throws Exception {
        TestHandler handler = detaching(new TestHandler()).onOpened((connection, out) -> {
            out.writeAscii("bye\n");
            return Action.DETACH;
        });
        Client client = connect(start(handler, Greeted::new)).send(GREETING + "ping");
        DetachedConnection channel = channel();
        assertThat(read(channel, 4)).isEqualTo("ping");
        channel.write(ByteBuffer.wrap("pong".getBytes(StandardCharsets.ISO_8859_1)));
        assertThat(client.read(16)).isEqualTo("WELCOME\nbye\npong");
        assertThat(handler.names()).doesNotContain("data");
    }

    @Test
    void whatComesWithTheGreetingWaitsWhileReadingIsPaused() throws Exception {
        BlockingQueue<Connection> opened = new LinkedBlockingQueue<>();
        TestHandler handler = TestHandler.echo().onOpened((connection, out) -> {
            connection.pauseReading();
            opened.add(connection);
            return Action.NONE;
        });
        Client client = connect(start(handler, Greeted::new)).send(GREETING + "ping");
        assertThat(client.read(8)).isEqualTo("WELCOME\n");
        Connection connection = opened.poll(15, TimeUnit.SECONDS);
        assertThat(client.hasInput(Duration.ofMillis(200))).isFalse();
        assertThat(handler.names()).doesNotContain("data");
        connection.resumeReading();
        assertThat(client.read(4)).isEqualTo("ping");
    }

    @Test
    void whatComesWithTheGreetingWaitsForWorkOffTheLoop() throws Exception {
        CountDownLatch work = new CountDownLatch(1);
        OffLoop offLoop = new OffLoop(task -> {
            Thread thread = new Thread(task, "work");
            thread.setDaemon(true);
            thread.start();
        });
        TestHandler handler = TestHandler.echo()
                .onOpened((connection, out) -> offLoop.call(
                        connection,
                        () -> {
                            Eventually.reached(work);
                            return "worked\n";
                        },
                        (text, answer) -> {
                            answer.writeAscii(text);
                            return Action.NONE;
                        }));
        Client client = connect(start(handler, Greeted::new)).send(GREETING + "ping");
        assertThat(client.read(8)).isEqualTo("WELCOME\n");
        assertThat(client.hasInput(Duration.ofMillis(200))).isFalse();
        assertThat(handler.names()).doesNotContain("data");
        work.countDown();
        assertThat(client.read(11)).isEqualTo("worked\nping");
    }

    @Test
    void aLayerThatDoesNotOpenInItsTimeIsEnded() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, () -> new Greeted() {
            @Override
            public long openingNanos() {
                return TimeUnit.MILLISECONDS.toNanos(300);
            }
        });
        Client client = connect(server).send("HEL");
        assertThat(client.isEnded()).isTrue();
        assertEachClosedOnce(1);
        assertThat(handler.names()).doesNotContain("opened", "data", "closed");
        assertThat(server.stats().connectionsActive()).isZero();
        assertThat(server.stats().connectionsClosed()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 60})
    void aStopWaitsForASecondAtMostForALayerThatIsNotOpen(int graceSeconds) throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, Greeted::new);
        Client client = connect(server).send("HEL");
        Eventually.isTrue("it has begun", () -> server.stats().dataReceived() == 3);
        assertThat(server.stop(Duration.ofSeconds(graceSeconds))).isTrue();
        assertThat(client.isEnded()).isTrue();
        assertEachClosedOnce(1);
        assertThat(handler.names()).doesNotContain("opened", "closed");
        assertThat(server.stats().connectionsCutOff()).isZero();
    }

    /** The places at which a layer fails. */
    enum Place {
        BEGIN,
        RECEIVED,
        SEND,
        END_OUTPUT,
        INPUT_ENDED
    }

    private static class Failing extends PlainLayer {

        private final Place place;
        private final boolean unchecked;

        Failing(Place place, boolean unchecked) {
            this.place = place;
            this.unchecked = unchecked;
        }

        private void fail(Place at) throws IOException {
            if (at == place && unchecked) {
                throw new IllegalStateException("broken");
            }
            if (at == place) {
                throw new IOException("broken");
            }
        }

        @Override
        public void begin(Sink wire) throws IOException {
            write(wire, "begin ");
            fail(Place.BEGIN);
        }

        @Override
        public void received(ByteBuffer bytes, Sink plain, Sink wire) throws IOException {
            super.received(bytes, plain, wire);
            write(wire, "received ");
            fail(Place.RECEIVED);
        }

        @Override
        public void send(byte[] bytes, int offset, int length, Sink wire) throws IOException {
            super.send(bytes, offset, length, wire);
            fail(Place.SEND);
        }

        @Override
        public void inputEnded(Sink plain) throws IOException {
            write(plain, "rest");
            fail(Place.INPUT_ENDED);
        }

        @Override
        public void endOutput(Sink wire) throws IOException {
            write(wire, "end ");
            fail(Place.END_OUTPUT);
        }
    }

    private void assertFails(Place place, boolean unchecked, String plain, String wire) throws Exception {
        StringBuffer seen = new StringBuffer();
        BlockingQueue<CloseReason> reasons = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> {
                    seen.append(StandardCharsets.ISO_8859_1.decode(in));
                    out.writeAscii("reply ");
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    reasons.add(connection.closeReason());
                    return Action.NONE;
                });
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(handler, () -> new Failing(place, unchecked));
            Client client = connect(server).send("ping");
            Eventually.isTrue("its bytes", () -> server.stats().dataReceived() == 4 || place == Place.BEGIN);
            client.shutdownOutput();
            assertThat(client.readToEnd()).isEqualTo(wire);
            if (place != Place.BEGIN) {
                assertThat(handler.await("closed").error()).hasMessageContaining("broken");
                assertThat(reasons.poll(15, TimeUnit.SECONDS)).isEqualTo(CloseReason.FAILURE);
            }
            assertThat(seen).hasToString(plain);
            assertEachClosedOnce(1);
            assertThat(handler.count("closed")).isEqualTo(handler.count("opened"));
            assertThat(connect(server).read(6)).isEqualTo("begin ");
            assertThat(log.lines()).hasSize(unchecked ? 1 : 0);
        } finally {
            layers.clear();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatAFailedLayerHasPutOnTheWireGoesOutFirst(boolean unchecked) throws Exception {
        assertFails(Place.BEGIN, unchecked, "", "begin ");
        assertFails(Place.RECEIVED, unchecked, "ping", "begin received ");
        assertFails(Place.SEND, unchecked, "ping", "begin received reply ");
        assertFails(Place.INPUT_ENDED, unchecked, "pingrest", "begin received reply ");
        assertFails(Place.END_OUTPUT, unchecked, "pingrest", "begin received reply reply end ");
    }

    @Test
    void aGreetingThatIsRefusedIsAnswered() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, Greeted::new);
        assertThat(connect(server).send("HELP").readToEnd()).isEqualTo("sorry\n");
        assertEachClosedOnce(1);
        assertThat(handler.names()).doesNotContain("opened", "closed");
    }

    /** Channels note in a buffer what is gathered of it: the next connection that gets that memory must not see it. */
    @Test
    void aThrowInPrewriteLeavesTheMemoryOfPendingOutputUsable() throws Exception {
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    out.writeAscii("hi");
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    out.write(in);
                    return Action.NONE;
                })
                .onPrewrite((connection, amount) -> {
                    if (connection.id() == 2) {
                        throw new IllegalStateException("careless");
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, PlainLayer::new);
        Client client = connect(server);
        assertThat(client.read(2)).isEqualTo("hi");
        assertThat(connect(server).isEnded()).isTrue();
        assertThat(client.send("0123456789").read(10)).isEqualTo("0123456789");
    }

    private static class Expanding extends PlainLayer {
        @Override
        public void received(ByteBuffer bytes, Sink plain, Sink wire) throws IOException {
            byte[] sixteen = new byte[16];
            while (bytes.hasRemaining()) {
                java.util.Arrays.fill(sixteen, bytes.get());
                plain.write(sixteen, 0, 16);
            }
        }
    }

    private static final int WIRE = 64 * 1024;

    @Test
    void aReadMayMeanAMegabyte() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (in.remaining() == 16 * WIRE) {
                byte[] sent = PatternBytes.bytes(0, WIRE);
                int wrong = 0;
                for (int i = 0; i < 16 * WIRE; i++) {
                    wrong += in.get() == sent[i / 16] ? 0 : 1;
                }
                assertThat(wrong).isZero();
                out.writeAscii("done");
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, Limits.DEFAULTS.withMaxPendingInput(16 * WIRE), Expanding::new);
        for (int i = 0; i < 3; i++) {
            Client client = connect(server).send(PatternBytes.bytes(0, WIRE));
            assertThat(client.read(4)).isEqualTo("done");
        }
    }

    @Test
    void plainBytesAreWhatMaxPendingInputBounds() throws Exception {
        BlockingQueue<CloseReason> reasons = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> Action.NONE)
                .onClosed((connection, error) -> {
                    reasons.add(connection.closeReason());
                    return Action.NONE;
                });
        EvioServer server = start(handler, Limits.DEFAULTS.withMaxPendingInput(1024 * 1024), Expanding::new);
        Client client = connect(server).send(new byte[WIRE + 1]);
        assertThat(reasons.poll(15, TimeUnit.SECONDS)).isEqualTo(CloseReason.MAX_PENDING_INPUT);
        assertThat(client.isEnded()).isTrue();
    }

    @Test
    void writeEventsAndStatisticsCountWireBytes() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, () -> new PlainLayer() {
            @Override
            public void received(ByteBuffer bytes, Sink plain, Sink wire) throws IOException {
                bytes.get();
                super.received(bytes, plain, wire);
            }

            @Override
            public void send(byte[] bytes, int offset, int length, Sink wire) throws IOException {
                super.send(bytes, offset, length, wire);
                super.send(bytes, offset, length, wire);
            }
        });
        Client client = connect(server).send("-ping");
        assertThat(client.read(8)).isEqualTo("pingping");
        Event written = handler.await("postwrite");
        assertThat(written.amount()).isEqualTo(8);
        assertThat(written.remaining()).isZero();
        assertThat(handler.await("prewrite").amount()).isEqualTo(8);
        assertThat(handler.await("data").amount()).isEqualTo(4);
        assertThat(server.stats().dataSent()).isEqualTo(8);
        assertThat(server.stats().dataReceived()).isEqualTo(5);
    }

    @Test
    void whatIsHeldBackComesInLaterTurnsAndAtTheEnd() throws Exception {
        StringBuffer seen = new StringBuffer();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            seen.append(StandardCharsets.ISO_8859_1.decode(in));
            return Action.NONE;
        });
        EvioServer server = start(handler, Slow::new);
        Client client = connect(server).send("abc");
        Eventually.isTrue("all of it", () -> seen.toString().equals("abc"));
        assertThat(handler.count("data")).isEqualTo(3);
        client.send("defghijk").shutdownOutput();
        handler.await("closed");
        assertThat(seen).hasToString("abcdefghijk");
    }

    @Test
    void aStopServesWhatTheLayerHasHeldBack() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        StringBuffer seen = new StringBuffer();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (seen.isEmpty()) {
                Eventually.reached(stopped);
            }
            seen.append(StandardCharsets.ISO_8859_1.decode(in));
            return Action.NONE;
        });
        EvioServer server = start(handler, Slow::new);
        connect(server).send("abcdefgh");
        handler.await("data");
        try (Crowd stop =
                Crowd.one(i -> assertThat(server.stop(Duration.ofSeconds(20))).isTrue())) {
            stopped.countDown();
            stop.join();
        }
        assertThat(seen).hasToString("abcdefgh");
    }

    @Test
    void aLoopRestsWhileWorkIsOffItAndTheLayerHoldsBack() throws Exception {
        CountDownLatch work = new CountDownLatch(1);
        OffLoop offLoop = new OffLoop(task -> {
            Thread thread = new Thread(task, "work");
            thread.setDaemon(true);
            thread.start();
        });
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            char letter = (char) in.get();
            return offLoop.call(
                    connection,
                    () -> {
                        Eventually.reached(work);
                        return letter;
                    },
                    (same, answer) -> {
                        answer.writeAscii(String.valueOf(same));
                        return Action.NONE;
                    });
        });
        EvioServer server = start(handler, Slow::new);
        Client client = connect(server).send("abcdef");
        handler.await("data");
        long before = server.stats().loopIterations();
        assertThat(client.hasInput(Duration.ofMillis(300))).isFalse();
        assertThat(server.stats().loopIterations() - before).isLessThan(20);
        assertThat(handler.count("data")).isEqualTo(1);
        work.countDown();
        assertThat(client.read(6)).isEqualTo("abcdef");
    }

    @Test
    void aLayerSaysItselfWhenItsStreamEnds() throws Exception {
        List<String> events = new CopyOnWriteArrayList<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            events.add(in.remaining() + (connection.isInputEnded() ? " ended" : ""));
            if (connection.isInputEnded()) {
                out.write(in);
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, Marked::new);
        // Our side of the wire stays open.
        assertThat(connect(server).send("abc!").readToEnd()).isEqualTo("abc!");
        assertThat(events).containsExactly("3", "3 ended");
        assertThat(handler.await("closed").error()).isNull();

        connect(server).send("abc").shutdownOutput();
        Eventually.isTrue("both", () -> handler.count("closed") == 2);
        assertThat(handler.events("closed").get(1).error()).hasMessage("cut short");
        assertEachClosedOnce(2);
    }

    @Test
    void halfOpenTheHandlerEndsItsSideThroughTheLayer() throws Exception {
        BlockingQueue<Connection> ended = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    connection.allowHalfOpen(true);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    in.position(in.limit());
                    if (connection.isInputEnded()) {
                        ended.add(connection);
                    }
                    return Action.NONE;
                });
        Client client = connect(start(handler, Marked::new)).send("abc!");
        Connection connection = ended.poll(15, TimeUnit.SECONDS);
        assertThat(connection.send("later".getBytes(StandardCharsets.ISO_8859_1)))
                .isTrue();
        assertThat(client.read(5)).isEqualTo("later");
        connection.execute(connection::endOutput);
        assertThat(client.readToEnd()).isEqualTo("!");
        assertEachClosedOnce(1);
    }

    /** Answers a question by itself. */
    private static class Answering extends Marked {
        @Override
        protected void received(char letter, Sink plain, Sink wire) throws IOException {
            if (letter == '?') {
                write(wire, "=");
            } else {
                super.received(letter, plain, wire);
            }
        }
    }

    @Test
    void aDetachedChannelGoesOnThroughItsLayer() throws Exception {
        TestHandler handler = detaching(new TestHandler()).onData((connection, in, out) -> Action.DETACH);
        Client client = connect(start(handler, Answering::new)).send("ab");
        DetachedConnection channel = channel();
        assertThat(read(channel, 2)).isEqualTo("ab");
        client.send("?c?");
        assertThat(read(channel, 1)).isEqualTo("c");
        assertThat(client.read(2)).isEqualTo("==");
        client.send("d!");
        assertThat(read(channel, 9)).isEqualTo("d");
        channel.write(ByteBuffer.wrap("e".getBytes(StandardCharsets.ISO_8859_1)));
        channel.shutdownOutput();
        channel.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("e!");
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
        assertThat(layers.get(0).closed()).isZero();
        channel.close();
        channel.close();
        assertEachClosedOnce(1);
    }

    @Test
    void ourSideIsEndedBeforeItIsDetached() throws Exception {
        TestHandler handler = detaching(new TestHandler()).onData((connection, in, out) -> {
            in.position(in.limit());
            out.writeAscii("bye");
            connection.endOutput();
            return Action.DETACH;
        });
        Client client = connect(start(handler, Marked::new)).send("a");
        assertThat(client.readToEnd()).isEqualTo("bye!");
        client.send("b!");
        DetachedConnection channel = channel();
        assertThat(read(channel, 9)).isEqualTo("b");
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
        channel.close();
        assertEachClosedOnce(1);
    }

    @Test
    void aDetachedChannelGetsWhatItsLayerFailsWith() throws Exception {
        TestHandler handler = detaching(new TestHandler()).onData((connection, in, out) -> Action.DETACH);
        Client client = connect(start(handler, Marked::new)).send("ab").shutdownOutput();
        DetachedConnection channel = channel();
        assertThat(read(channel, 2)).isEqualTo("ab");
        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1))).hasMessage("cut short");
        assertThat(channel.isOpen()).isTrue();
        channel.close();
        assertThat(client.readToEnd()).isEmpty();
        assertEachClosedOnce(1);
    }

    @Test
    void aHandlerThatThrowsInDetachedLeavesNoLayerOpen() throws Exception {
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> Action.DETACH)
                .onDetached((connection, channel) -> {
                    throw new IllegalStateException("careless");
                });
        Client client = connect(start(handler, PlainLayer::new)).send("a");
        assertThat(client.isEnded()).isTrue();
        assertEachClosedOnce(1);
    }
}
