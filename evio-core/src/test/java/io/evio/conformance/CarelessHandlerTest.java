package io.evio.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.evio.Action;
import io.evio.Connection;
import io.evio.DetachedConnection;
import io.evio.EvioServer;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.internal.sys.Memory;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Things that a handler must not do: keep what is only lent, use what has ended, call from elsewhere. Each time it is
 * told, the JVM lives, and nobody sees another client's bytes.
 */
class CarelessHandlerTest extends ConformanceTest {

    private static final byte POISON = (byte) 0xdd;

    /** The objects that the first client's event kept. */
    private record Kept(Connection connection, ByteBuffer in, ByteBuffer duplicate, byte[] array, Output out) {}

    private final AtomicReference<Kept> kept = new AtomicReference<>();

    @AfterEach
    void switchMemoryDebugOn() {
        System.setProperty(Memory.DEBUG, "true");
    }

    /** Uses, by another client's event or another thread, with what was kept. */
    @FunctionalInterface
    private interface Misuse {
        void of(Kept kept, Connection connection, Output out) throws Throwable;
    }

    /**
     * Keeps all that the first client's first event is given; does something with it in every event of another one, and
     * echoes.
     */
    private TestHandler keeper(Misuse misuse) {
        return new TestHandler().onData((connection, in, out) -> {
            if (kept.get() == null) {
                ByteBuffer duplicate = in.duplicate();
                kept.set(new Kept(connection, in, duplicate, connection.unread(in), out));
            } else if (connection != kept.get().connection()) {
                misuse.of(kept.get(), connection, out);
            }
            out.write(in);
            return Action.NONE;
        });
    }

    private static void assertHasNoByte(ByteBuffer in) {
        assertThat(in.hasRemaining()).isFalse();
        assertThatThrownBy(in::get).isInstanceOf(BufferUnderflowException.class);
        assertThatThrownBy(in::getLong).isInstanceOf(BufferUnderflowException.class);
        assertThatThrownBy(() -> in.get(new byte[1])).isInstanceOf(BufferUnderflowException.class);
        assertThatThrownBy(() -> in.get(0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> in.getInt(0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> in.get(0, new byte[1])).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> in.position(1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(in.slice().capacity()).isZero();
    }

    private static void assertEchoes(Client client, String text) throws IOException {
        assertThat(client.send(text).read(text.length())).isEqualTo(text);
    }

    /** As in production, and as in tests. */
    @ParameterizedTest(name = "debug {0}")
    @ValueSource(booleans = {false, true})
    void keptInputHasNoByteInAnotherClientsEventOnAnotherThreadAndAfterTheEnd(boolean debug) throws Exception {
        System.setProperty(Memory.DEBUG, Boolean.toString(debug));
        EvioServer server = start(keeper((kept, connection, out) -> assertHasNoByte(kept.in())), ANY_PORT);
        Client first = connect(server);
        assertEchoes(first, "the first one's");
        assertHasNoByte(kept.get().in());
        Client second = connect(server);
        assertEchoes(second, "the second one's, which is secret");
        assertHasNoByte(kept.get().in());
        first.close();
        Eventually.isTrue("the first has left", () -> server.stats().connectionsClosed() == 1);
        assertEchoes(second, "still secret");
        server.stop(Duration.ZERO);
        assertHasNoByte(kept.get().in());
        assertThat(server.stats().handlerErrors()).isZero();
    }

    /** It cannot be taken back. In debug mode it shows nothing all the same; in production the JVM lives. */
    @ParameterizedTest(name = "debug {0}")
    @ValueSource(booleans = {false, true})
    void keptDuplicateAndArrayCrashNothingAndInDebugModeShowNothing(boolean debug) throws Exception {
        System.setProperty(Memory.DEBUG, Boolean.toString(debug));
        EvioServer server = start(
                keeper((kept, connection, out) -> {
                    if (debug) {
                        assertIsPoisoned(kept);
                    } else {
                        kept.duplicate().clear();
                        kept.duplicate().get(new byte[kept.duplicate().remaining()]);
                    }
                }),
                ANY_PORT);
        assertEchoes(connect(server), "the first one's");
        Client second = connect(server);
        for (int i = 0; i < 100; i++) {
            assertEchoes(second, "the second one's, which is secret");
        }
        second.close();
        server.stop(Duration.ZERO);
        assertThat(kept.get().duplicate().clear().get(new byte[1]).position()).isEqualTo(1);
        assertThat(server.stats().handlerErrors()).isZero();
        if (debug) {
            assertIsPoisoned(kept.get());
        }
    }

    /** Each server reads into memory of its own, which lives as long as anything can reach it. */
    @WithoutLayer("looks at what lies in the read buffer once all of it has come at once")
    @Test
    void aKeptDuplicateNeverShowsAnotherServersBytes() throws Exception {
        System.setProperty(Memory.DEBUG, "false");
        EvioServer server = start(keeper((kept, connection, out) -> {}), ANY_PORT);
        assertEchoes(connect(server), "of the first server");
        server.stop(Duration.ZERO);
        ByteBuffer duplicate = kept.get().duplicate().clear();
        byte[] left = new byte[duplicate.remaining()];
        duplicate.get(0, left);

        for (int i = 0; i < 10; i++) {
            EvioServer next = start(TestHandler.echo(), ANY_PORT);
            assertEchoes(connect(next), "secret of server " + i);
            next.stop(Duration.ZERO);
            System.gc();
            byte[] now = new byte[left.length];
            duplicate.get(0, now);
            assertThat(now).isEqualTo(left);
        }
        assertThat(new String(left, US_ASCII)).startsWith("of the first server");
    }

    private static void assertIsPoisoned(Kept kept) {
        ByteBuffer duplicate = kept.duplicate().clear();
        while (duplicate.hasRemaining()) {
            assertThat(duplicate.get()).isEqualTo(POISON);
        }
        for (byte b : kept.array()) {
            assertThat(b).isEqualTo(POISON);
        }
    }

    /** A length that is taken from the peer and never checked, as one knows it from Heartbleed. */
    @ParameterizedTest(name = "debug {0}")
    @ValueSource(booleans = {false, true})
    void whoReadsBeyondItsInputSeesNobodyElsesBytes(boolean debug) throws Exception {
        System.setProperty(Memory.DEBUG, Boolean.toString(debug));
        EvioServer server = start(
                new TestHandler().withoutLog().onData((connection, in, out) -> {
                    byte[] array = connection.unread(in);
                    ByteBuffer beyond = in.duplicate().clear();
                    in.position(in.limit());
                    for (byte b : array) {
                        out.write(b == 's' ? '!' : '.');
                    }
                    while (beyond.hasRemaining()) {
                        out.write(beyond.get() == 's' ? '!' : '.');
                    }
                    out.write('\n');
                    return Action.NONE;
                }),
                ANY_PORT);
        Client rich = connect(server);
        for (int size : new int[] {50_000, 10}) {
            rich.send("s".repeat(size));
            Eventually.isTrue("it is read", () -> rich.hasInput(Duration.ofMillis(1)));
        }
        Client curious = connect(server);
        assertThat(curious.send("x").shutdownOutput().readToEnd()).isNotEmpty().doesNotContain("!");
    }

    @Test
    void onlyTheRunningEventsInputComesAsAnArray() throws Exception {
        EvioServer server = start(
                new TestHandler().onData((connection, in, out) -> {
                    for (ByteBuffer other : new ByteBuffer[] {in.duplicate(), in.slice(), ByteBuffer.allocate(3)}) {
                        assertThatIllegalStateException()
                                .isThrownBy(() -> connection.unread(other))
                                .withMessageContaining("running event of connection");
                    }
                    assertThat(connection.unread(in)[0]).isEqualTo((byte) 'h');
                    out.write(in);
                    return Action.NONE;
                }),
                ANY_PORT);
        assertEchoes(connect(server), "hello");
        EvioServer other = start(
                keeper((kept, connection, out) -> {
                    assertThatIllegalStateException().isThrownBy(() -> connection.unread(kept.in()));
                    assertThatIllegalStateException()
                            .isThrownBy(() -> kept.connection().unread(kept.in()));
                }),
                ANY_PORT);
        assertEchoes(connect(other), "one");
        assertEchoes(connect(other), "two");
        assertThat(other.stats().handlerErrors()).isZero();
    }

    private static Map<String, ThrowingCallable> everyWayToWrite(Output out) {
        Map<String, ThrowingCallable> ways = new LinkedHashMap<>();
        ways.put("write(int)", () -> out.write('x'));
        ways.put("write(byte[])", () -> out.write(new byte[1]));
        ways.put("write(byte[], int, int)", () -> out.write(new byte[1], 0, 1));
        ways.put("write(ByteBuffer)", () -> out.write(ByteBuffer.allocate(1)));
        ways.put("writeAscii", () -> out.writeAscii("x"));
        ways.put("writeUtf8", () -> out.writeUtf8("x"));
        ways.put("writeDecimal", () -> out.writeDecimal(1));
        ways.put("writeUtf8 of nothing", () -> out.writeUtf8(""));
        return ways;
    }

    private static void assertIsOfNoUse(Output out) {
        everyWayToWrite(out)
                .forEach((way, call) -> assertThat(catchThrowable(call))
                        .as(way)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("valid only during an event"));
    }

    /** Its bytes would be another client's. */
    @Test
    void keptOutputWritesToNobodyElse() throws Exception {
        AtomicBoolean written = new AtomicBoolean();
        EvioServer server = start(
                keeper((kept, connection, out) -> {
                    if (kept.connection().wake()) {
                        // Once, however many pieces the other one's input comes in.
                        if (written.compareAndSet(false, true)) {
                            kept.out().writeAscii("from " + connection.id());
                        }
                    } else {
                        assertThatThrownBy(() -> kept.out().write('x'))
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("has ended");
                    }
                }),
                ANY_PORT);
        Client first = connect(server);
        assertEchoes(first, "one");
        assertIsOfNoUse(kept.get().out());
        Client second = connect(server);
        assertEchoes(second, "two");
        assertThat(first.read(6)).isEqualTo("from 2");
        assertEchoes(first, "three");
        first.close();
        Eventually.isTrue("the first has left", () -> server.stats().connectionsClosed() == 1);
        assertThat(second.send("four").shutdownOutput().readToEnd()).isEqualTo("four");
        assertThat(server.stats().handlerErrors()).isZero();
        server.stop(Duration.ZERO);
        server.start();
        assertIsOfNoUse(kept.get().out());
    }

    @Test
    void outputIsOfNoUseToAnotherThreadWhileItsEventRuns() throws Exception {
        EvioServer server = start(
                new TestHandler().onData((connection, in, out) -> {
                    Crowd.one(i -> assertIsOfNoUse(out)).join();
                    out.write(in);
                    return Action.NONE;
                }),
                ANY_PORT);
        assertEchoes(connect(server), "alone");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void closedConnectionSaysThatItHasEnded() throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        OffLoop offLoop = new OffLoop(task -> {
            throw new AssertionError("No work may begin");
        });
        TestHandler handler = keeper((kept, connection, out) -> {
            Connection ended = kept.connection();
            assertHasEnded(ended, offLoop);
            assertThatIllegalStateException().isThrownBy(() -> ended.unread(kept.in()));
            assertThat(ended.<Object>attachment()).isEqualTo("state");
            ended.attach(null);
            assertThat(ended.<Object>attachment()).isNull();
            done.complete(null);
        });
        handler.onClosed((connection, error) -> {
            assertHasEnded(connection, offLoop);
            connection.attach("state");
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        try (Client first = connect(server)) {
            assertEchoes(first, "one");
        }
        handler.await("closed");
        assertEchoes(connect(server), "two");
        done.get(10, TimeUnit.SECONDS);
        assertThat(server.stats().handlerErrors()).isZero();
    }

    private static void assertHasEnded(Connection connection, OffLoop offLoop) {
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> connection.noDelay(true),
            () -> connection.keepAlive(Duration.ofSeconds(10)),
            () -> offLoop.call(connection, () -> 1, (one, out) -> Action.NONE)
        }) {
            assertThatThrownBy(call).isInstanceOf(IllegalStateException.class).hasMessageContaining("has ended");
        }
        assertThat(connection.wake()).isFalse();
        assertThat(connection.send(new byte[1])).isFalse();
        assertThat(connection.close()).isFalse();
        assertThat(connection.pendingOutput()).isZero();
        assertThat(connection.id()).isPositive();
        assertThat(connection.remoteAddress()).isNotNull();
        assertThat(connection.toString()).contains("connection " + connection.id());
    }

    /** The descriptor may be another connection's by now. */
    @Test
    void connectionOfAnEarlierRunReachesNobody() throws Exception {
        EvioServer server = start(keeper((kept, connection, out) -> {}), ANY_PORT);
        assertEchoes(connect(server), "one");
        server.stop(Duration.ZERO);
        server.start();
        Client second = connect(server);
        assertEchoes(second, "two");
        Connection earlier = kept.get().connection();
        assertThat(earlier.send("for nobody".getBytes(US_ASCII))).isFalse();
        assertThat(earlier.wake()).isFalse();
        assertThat(earlier.close()).isFalse();
        assertThat(server.send(earlier.id(), new byte[1])).isFalse();
        assertThat(second.send("three").shutdownOutput().readToEnd()).isEqualTo("three");
    }

    @Test
    void detachedChannelThatWasClosedIsClosedToEveryCall() throws Exception {
        AtomicReference<DetachedConnection> channel = new AtomicReference<>();
        CountDownLatch closed = new CountDownLatch(1);
        EvioServer server = start(
                new TestHandler().onData((connection, in, out) -> Action.DETACH).onDetached((connection, detached) -> {
                    channel.set(detached);
                    Crowd.start(4, i -> detached.close()).join();
                    closed.countDown();
                    return Action.NONE;
                }),
                ANY_PORT);
        Client client = connect(server).send("x");
        Eventually.reached(closed);
        assertThat(client.isEnded()).isTrue();
        // Another one, which may have the descriptor.
        Client bystander = connect(server);
        DetachedConnection detached = channel.get();
        ByteBuffer one = ByteBuffer.allocate(1);
        assertThatThrownBy(() -> detached.read(one)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> detached.write(one)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> detached.write(ByteBuffer.allocate(0))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(detached::shutdownOutput).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> detached.inputStream().read()).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> detached.outputStream().write(1)).isInstanceOf(ClosedChannelException.class);
        detached.close();
        assertThat(bystander.hasInput(Duration.ofMillis(50))).isFalse();
    }

    @Test
    void serverThatIsToldToStartOrStopFromItsOwnEventsDoesNotHang() throws Exception {
        AtomicReference<Throwable> refusal = new AtomicReference<>();
        EvioServer server = start(
                new TestHandler().onServing(serving -> {
                    refusal.set(catchThrowable(serving::start));
                    return Action.NONE;
                }),
                ANY_PORT);
        assertThat(refusal.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("running already");
        assertThat(server.isRunning()).isTrue();
        TestHandler stopping = new TestHandler();
        EvioServer other = start(
                stopping.onData((connection, in, out) -> {
                    assertThat(stopping.server().stop(Duration.ZERO)).isFalse();
                    out.write(in);
                    return Action.NONE;
                }),
                ANY_PORT);
        assertThat(connect(other).send("last").readToEnd()).isEqualTo("last");
        Eventually.isTrue("its end", () -> !other.isRunning());
        assertThat(other.stats().handlerErrors()).isZero();
    }
}
