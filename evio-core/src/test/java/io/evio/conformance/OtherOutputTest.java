package io.evio.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Output that an event writes to other connections of its loop. */
class OtherOutputTest extends ConformanceTest {

    private static final int MIB = 1024 * 1024;

    /** In the order in which they were opened. */
    private final List<Connection> connections = new CopyOnWriteArrayList<>();

    private TestHandler remembering() {
        return new TestHandler().onOpened((connection, out) -> {
            connections.add(connection);
            return Action.NONE;
        });
    }

    /** One more, when its {@code opened} is over or running. */
    private Client connectNext(EvioServer server) throws IOException {
        return opened(connect(server));
    }

    private Client connectNextSlowReader(EvioServer server) throws IOException {
        return opened(connectSlowReader(server));
    }

    private int opened;

    private Client opened(Client client) {
        opened++;
        Eventually.isTrue("opened", () -> connections.size() == opened);
        return client;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    @EveryTransport
    void isWrittenToFromData(Transport transport) throws Exception {
        TestHandler handler = remembering().onData((connection, in, out) -> {
            connections.get(0).output().write(in);
            out.writeAscii("passed on");
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client first = connectNext(server);
        Client second = connectNext(server);
        for (int i = 0; i < 100; i++) {
            second.send("message " + (100 + i));
            assertThat(second.read(9)).isEqualTo("passed on");
            assertThat(first.read(11)).isEqualTo("message " + (100 + i));
        }
        assertThat(handler.names(1))
                .startsWith("opened", "prewrite", "postwrite")
                .doesNotContain("data");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void isWrittenToFromOpenedAndClosed() throws Exception {
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    connections.forEach(other -> other.output().writeAscii(connection.id() + " comes. "));
                    connections.add(connection);
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    connections.remove(connection);
                    connections.forEach(other -> other.output().writeAscii(connection.id() + " goes. "));
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connectNext(server);
        Client second = connectNext(server);
        assertThat(first.read(9)).isEqualTo("2 comes. ");
        second.close();
        assertThat(first.read(8)).isEqualTo("2 goes. ");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    /** Each of the two says that the other one's bytes are out. */
    @Test
    void isWrittenToFromPrewriteAndPostwrite() throws Exception {
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
                    out.write(in);
                    return Action.NONE;
                })
                .onPrewrite((connection, amount) -> {
                    if (connection.id() == 1) {
                        connections.get(1).output().writeAscii("about to send " + amount + ". ");
                    }
                    return Action.NONE;
                })
                .onPostwrite((connection, amount, remaining) -> {
                    if (connection.id() == 1) {
                        connections.get(1).output().writeAscii("sent " + amount + ". ");
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connectNext(server);
        Client second = connectNext(server);
        assertThat(first.send("h").read(1)).isEqualTo("h");
        assertThat(second.read(25)).isEqualTo("about to send 1. sent 1. ");
    }

    @Test
    void isWrittenToFromATickATaskAndAFinish() throws Exception {
        ExecutorService executor = closeAfterwards(new Owned()).executor;
        OffLoop offLoop = new OffLoop(executor);
        AtomicBoolean ticked = new AtomicBoolean();
        TestHandler handler = remembering();
        handler.onTick(() -> {
                    if (connections.size() == 2 && ticked.compareAndSet(false, true)) {
                        connections.get(0).output().writeAscii("tick ");
                    }
                    return Tick.after(Duration.ofMillis(1));
                })
                .onData((connection, in, out) -> {
                    in.position(in.limit());
                    return offLoop.call(connection, () -> "finish ", (text, late) -> {
                        connections.get(0).output().writeAscii(text);
                        late.writeAscii("done");
                        return Action.NONE;
                    });
                });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connectNext(server);
        Client second = connectNext(server);
        assertThat(first.read(5)).isEqualTo("tick ");
        connections.get(1).execute(() -> connections.get(0).output().writeAscii("task "));
        assertThat(first.read(5)).isEqualTo("task ");
        assertThat(second.send("x").read(4)).isEqualTo("done");
        assertThat(first.read(7)).isEqualTo("finish ");
        connections.get(1).send(ascii("y"), () -> connections.get(0).output().writeAscii("whenSent"));
        assertThat(second.read(1)).isEqualTo("y");
        assertThat(first.read(8)).isEqualTo("whenSent");
    }

    /** The threads of a test, which end with it. */
    private static final class Owned implements AutoCloseable {

        final ExecutorService executor = Executors.newSingleThreadExecutor();

        @Override
        public void close() {
            executor.shutdownNow();
        }
    }

    @Test
    void isWrittenToFromDetached() throws Exception {
        TestHandler handler = remembering()
                .onData((connection, in, out) -> Action.DETACH)
                .onDetached((connection, detached) -> {
                    detached.close();
                    assertThatIllegalStateException()
                            .isThrownBy(() -> connection.output().write(1))
                            .withMessageContaining("has ended");
                    connections.get(0).output().writeAscii("detached");
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connectNext(server);
        connectNext(server).send("x");
        assertThat(first.read(8)).isEqualTo("detached");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void goesOutBehindWhatWasWrittenBefore() throws Exception {
        TestHandler handler = remembering().onData((connection, in, out) -> {
            in.position(in.limit());
            Connection other = connections.get(0);
            other.output().writeAscii("1");
            out.writeAscii("a");
            other.send(ascii("2"));
            connection.send(ascii("b"));
            other.output().writeAscii("3");
            out.writeAscii("c");
            other.output().writeInt('4');
            connection.output().writeAscii("d");
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connectNext(server);
        Client second = connectNext(server).send("x");
        assertThat(second.read(4)).isEqualTo("abcd");
        assertThat(first.read(7)).isEqualTo("123\0\0\0" + "4");
    }

    @Test
    void sendsOfAnotherThreadKeepTheirOrderToo() throws Exception {
        EvioServer server = start(remembering(), ANY_PORT);
        Client first = connectNext(server);
        Connection connection = connections.get(0);
        AtomicInteger called = new AtomicInteger();
        for (int i = 0; i < 1000; i += 4) {
            int n = i;
            connection.send(ascii("" + (1000 + i)), called::incrementAndGet);
            connection.send(ascii("" + (1001 + i)));
            connection.execute(() -> connection.output().writeDecimal(1002 + n));
            connection.send(ascii("" + (1003 + i)));
        }
        for (int i = 0; i < 1000; i++) {
            assertThat(first.read(4)).isEqualTo("" + (1000 + i));
        }
        Eventually.holds(() -> assertThat(called).hasValue(250));
    }

    /** Nothing of it may get into the output of the connection whose event comes next. */
    @Test
    void whatFollowsASendThatReportsStaysWithItsConnection() throws Exception {
        TestHandler handler = TestHandler.echo().onOpened((connection, out) -> {
            connections.add(connection);
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connectNext(server);
        Client second = connectNext(server);
        for (int i = 0; i < 100; i++) {
            connections.get(0).send(ascii("1"), () -> {});
            connections.get(0).send(ascii("2"));
            connections.get(1).execute(() -> {});
            assertThat(second.send("echo").read(4)).isEqualTo("echo");
            assertThat(first.read(2)).isEqualTo("12");
        }
        assertThat(second.hasInput(Duration.ofMillis(20))).isFalse();
    }

    @EveryTransport
    void theInputIsPassedOnAsItIsWhateverIsPending(Transport transport) throws Exception {
        TestHandler handler = remembering().withoutLog().onData((connection, in, out) -> {
            connections.get(0).output().write(in);
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client slow = connectNextSlowReader(server);
        Client sender = connectNext(server);
        int size = 6 * MIB;
        for (int i = 0; i < size; i += MIB) {
            sender.send(PatternBytes.bytes(i, MIB));
        }
        Eventually.holds(() -> assertThat(server.stats().dataReceived()).isEqualTo(size));
        assertThat(server.stats().writePending()).isPositive();
        for (int i = 0; i < size; i += MIB) {
            PatternBytes.check(i, MIB, slow.readBytes(MIB));
        }
        Eventually.holds(() -> assertThat(server.stats().writePending()).isZero());
    }

    /** The input is to be sent from where it lies; then more is written to this and that. */
    @Test
    void theInputIsPassedOnToSeveralAndBack() throws Exception {
        TestHandler handler = remembering().onData((connection, in, out) -> {
            if (in.remaining() < 5) {
                return Action.NONE;
            }
            connections.get(0).output().write(in.duplicate());
            connections.get(1).output().write(in);
            connections.get(1).output().writeAscii("!");
            in.rewind();
            out.write(in);
            connections.get(0).output().writeAscii("?");
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connectNext(server);
        Client second = connectNext(server);
        Client third = connectNext(server);
        for (int i = 0; i < 20; i++) {
            third.send("hello");
            assertThat(third.read(5)).isEqualTo("hello");
            assertThat(first.read(6)).isEqualTo("hello?");
            assertThat(second.read(6)).isEqualTo("hello!");
        }
    }

    @EveryTransport
    void thatHasTooMuchPendingEndsAlone(Transport transport) throws Exception {
        Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            boolean catches = in.get() == 'c';
            out.writeAscii("before ");
            try {
                connections.get(catches ? 0 : 1).output().write(new byte[MIB]);
            } catch (UncheckedIOException e) {
                thrown.add(e);
                if (!catches) {
                    throw e;
                }
            }
            out.writeAscii("after");
            return Action.NONE;
        });
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(
                    builder(handler, transport.address(folder)).limits(Limits.DEFAULTS.withMaxPendingOutput(100_000)));
            Client first = connectNext(server);
            Client second = connectNext(server);
            Client writer = connectNext(server);
            assertThat(writer.send("c").read(12)).isEqualTo("before after");
            assertThat(first.isEnded()).isTrue();
            assertThat(writer.send("t").read(7)).isEqualTo("before ");
            assertThat(second.isEnded()).isTrue();
            for (long id : new long[] {1, 2}) {
                Event closed = handler.await("closed", event -> event.id() == id);
                assertThat(closed.error()).hasMessageContaining("max-pending-output (100000)");
            }
            assertThat(connections.get(0).closeReason()).isEqualTo(CloseReason.MAX_PENDING_OUTPUT);
            assertThat(thrown)
                    .hasSize(2)
                    .allSatisfy(e -> assertThat(e.getCause()).hasMessageContaining("max-pending-output (100000)"));
            assertThat(handler.count("closed")).isEqualTo(2);
            assertThat(server.stats().handlerErrors()).isZero();
            assertThat(log.lines(Level.ERROR)).isEmpty();
        }
    }

    /** Each write is small, but between two of them there is one to another connection. */
    @Test
    void isBoundedAlsoWhenAnEventWritesByTurns() throws Exception {
        AtomicInteger written = new AtomicInteger();
        TestHandler handler = remembering().withoutLog();
        handler.onData((connection, in, out) -> {
            in.position(in.limit());
            for (int i = 0; i < 1000; i++) {
                connections.get(0).output().write(new byte[10_000]);
                written.addAndGet(10_000);
                out.writeAscii("x");
            }
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withMaxPendingOutput(200_000)));
        Client first = connectNext(server);
        Client writer = connectNext(server).send("x");
        assertThat(first.isEnded()).isTrue();
        assertThat(written.get()).isBetween(200_000, 210_000);
        assertThat(writer.read(21)).isEqualTo("x".repeat(written.get() / 10_000));
        assertThat(connections.get(1).closeReason()).isNull();
    }

    /** Output that the kernel takes is not pending, also when the event writes to others. */
    @Test
    void mayBeSentMoreThanMayBePendingWhenTheKernelTakesIt() throws Exception {
        TestHandler handler = remembering().onData((connection, in, out) -> {
            in.position(in.limit());
            connections.get(0).output().write(new byte[2000]);
            out.writeAscii("written");
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withMaxPendingOutput(100)));
        Client first = connectNext(server);
        Client writer = connectNext(server);
        for (int i = 0; i < 10; i++) {
            assertThat(writer.send("x").read(7)).isEqualTo("written");
            assertThat(first.readBytes(2000)).hasSize(2000);
        }
    }

    /** A tick, and the end of a third connection, are no fault of the handler's either. */
    @Test
    void tooMuchOfATickOrOfClosedIsNoErrorOfTheHandler() throws Exception {
        AtomicBoolean now = new AtomicBoolean();
        TestHandler handler = remembering();
        handler.onTick(() -> {
                    if (now.getAndSet(false)) {
                        connections.get(0).output().write(new byte[MIB]);
                    }
                    return Tick.after(Duration.ofMillis(1));
                })
                .onClosed((connection, error) -> {
                    if (connection.id() == 3) {
                        connections.get(1).output().write(new byte[MIB]);
                    }
                    return Action.NONE;
                });
        EvioServer server = start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withMaxPendingOutput(100_000)));
        Client first = connectNext(server);
        Client second = connectNext(server);
        Client third = connectNext(server);
        now.set(true);
        assertThat(first.isEnded()).isTrue();
        third.close();
        assertThat(second.isEnded()).isTrue();
        handler.await("closed", closed -> closed.id() == 2);
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @EveryTransport
    void thatHasEndedRefuses(Transport transport) throws Exception {
        Queue<Throwable> refused = new ConcurrentLinkedQueue<>();
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            in.position(in.limit());
            try {
                connections.get(0).output().writeAscii("x");
            } catch (IllegalStateException e) {
                refused.add(e);
            }
            assertThat(connections.get(0).send(ascii("x"))).isFalse();
            assertThat(connections.get(0).send(ascii("x"), () -> refused.add(new AssertionError("called"))))
                    .isFalse();
            out.writeAscii("alive");
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        connectNext(server).close();
        handler.await("closed");
        assertThat(connectNext(server).send("x").read(5)).isEqualTo("alive");
        assertThat(refused).singleElement().satisfies(e -> assertThat(e).hasMessageContaining("has ended"));
    }

    @Test
    void whoseOutputHasEndedRefusesInLaterEventsToo() throws Exception {
        Queue<Throwable> refused = new ConcurrentLinkedQueue<>();
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            if (in.get() == 'e') {
                out.writeAscii("last");
                connection.endOutput();
            }
            try {
                out.writeAscii("x");
            } catch (IllegalStateException e) {
                refused.add(e);
            }
            assertThat(connection.send(ascii("x"))).isFalse();
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connectNext(server).send("e");
        assertThat(client.readToEnd()).isEqualTo("last");
        client.send("x").send("y");
        Eventually.holds(() -> assertThat(server.stats().dataReceived()).isEqualTo(3));
        connections.get(0).execute(() -> {
            try {
                connections.get(0).output().writeAscii("x");
            } catch (IllegalStateException e) {
                refused.add(e);
            }
        });
        Eventually.holds(() -> assertThat(refused).hasSizeGreaterThanOrEqualTo(3));
        assertThat(refused).allSatisfy(e -> assertThat(e).hasMessageContaining("has ended its output"));
        assertThat(handler.count("closed")).isZero();
        client.shutdownOutput();
        assertThat(handler.await("closed").error()).isNull();
    }

    /** It has decided to close; what its own events write then would get lost. */
    @Test
    void thatIsToEndRefusesWhenItsBytesAreSent() throws Exception {
        AtomicReference<Throwable> refused = new AtomicReference<>();
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            in.position(in.limit());
            connection.send(new byte[6 * MIB], () -> {
                try {
                    connection.output().writeAscii("x");
                } catch (IllegalStateException e) {
                    refused.set(e);
                }
            });
            return Action.CLOSE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connectNextSlowReader(server).send("x");
        assertThat(client.readBytesToEnd()).hasSize(6 * MIB);
        Eventually.holds(() -> assertThat(refused.get()).hasMessageContaining("has ended"));
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void ofAnotherLoopOrThreadRefuses() throws Exception {
        AtomicReference<Throwable> refused = new AtomicReference<>();
        EvioServer one = start(remembering(), ANY_PORT);
        connectNext(one);
        Connection foreign = connections.get(0);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            try {
                foreign.output().writeAscii("x");
            } catch (IllegalStateException e) {
                refused.set(e);
            }
            out.writeAscii("alive");
            return Action.NONE;
        });
        EvioServer two = start(builder(handler, ANY_PORT).name("two"));
        Client client = connect(two).send("x");
        assertThat(client.read(5)).isEqualTo("alive");
        assertThat(refused.get()).hasMessageContaining("only during an event");
        Output output = foreign.output();
        for (Throwable thrown : List.of(
                catchThrowable(() -> output.write(1)),
                catchThrowable(() -> output.write(new byte[0])),
                catchThrowable(() -> output.write(ByteBuffer.allocate(1))),
                catchThrowable(() -> output.writeAscii("x")),
                catchThrowable(() -> output.writeUtf8("x")),
                catchThrowable(() -> output.writeDecimal(1)),
                catchThrowable(() -> output.writeShort(1)),
                catchThrowable(() -> output.writeInt(1)),
                catchThrowable(() -> output.writeLong(1)))) {
            assertThat(thrown).isInstanceOf(IllegalStateException.class).hasMessageContaining("only during an event");
        }
    }

    @Test
    void isNotReadAboveItsHighWaterMark() throws Exception {
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            in.position(in.limit());
            if (connection.id() == 2) {
                connections.get(0).output().write(new byte[6 * MIB]);
                out.writeDecimal(connections.get(0).pendingOutput());
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client slow = connectNextSlowReader(server);
        Client writer = connectNext(server).send("x");
        assertThat(writer.read(7)).isEqualTo("" + 6 * MIB);
        Eventually.holds(() -> assertThat(server.stats().writePending()).isGreaterThan(MIB));
        // The turn in which it was written may not be over, at whose end reading is paused.
        Connections.runOnLoop(connections.get(0), () -> {});
        slow.send("held back");
        // An event of another connection shows that the loop has had its chance.
        assertThat(connectNext(server).hasInput(Duration.ofMillis(50))).isFalse();
        assertThat(handler.names(1)).doesNotContain("data");
        slow.readBytes(6 * MIB);
        handler.await("data", event -> event.id() == 1 && event.amount() == 9);
    }

    /** The kernel is offered as many bytes as the events announce, and the peer gets as many as the kernel took. */
    @Test
    void isCountedAsItIsSent() throws Exception {
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            in.position(in.limit());
            connections.get(0).output().write(new byte[3 * MIB]);
            out.writeAscii("written");
            connections.get(0).output().write(new byte[1000]);
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client slow = connectNextSlowReader(server);
        assertThat(connectNext(server).send("x").read(7)).isEqualTo("written");
        int size = 3 * MIB + 1000;
        slow.readBytes(size);
        Eventually.holds(() -> assertThat(server.stats().writePending()).isZero());
        assertThat(server.stats().dataSent()).isEqualTo(size + 7);
        assertThat(handler.events("postwrite").stream()
                        .filter(event -> event.id() == 1)
                        .mapToLong(Event::amount)
                        .sum())
                .isEqualTo(size);
        assertThat(server.stats().postwriteBytes()).isEqualTo(size + 7);
        assertThat(handler.count("prewrite")).isEqualTo(server.stats().prewriteAttempts());
        assertThat(handler.count("postwrite")).isEqualTo(server.stats().postwriteAttempts());
        assertThat(server.connections(0, 10).get(0).dataSent()).isEqualTo(size);
    }

    /** Two that answer each other's bytes from postwrite never cease; the rest is served all the same. */
    @Test
    void writesOfPostwriteWithoutEndLeaveTheLoopToOthers() throws Exception {
        AtomicBoolean on = new AtomicBoolean(true);
        TestHandler handler = remembering().withoutLog();
        handler.onData((connection, in, out) -> {
                    out.write(in);
                    return Action.NONE;
                })
                .onPostwrite((connection, amount, remaining) -> {
                    if (connection.id() <= 2 && remaining == 0 && on.get()) {
                        connections.get(connection.id() == 1 ? 1 : 0).output().writeAscii("x");
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connectNext(server);
        connectNext(server);
        Client third = connectNext(server);
        first.send("go");
        Eventually.holds(() -> assertThat(server.stats().dataSent()).isGreaterThan(1000));
        for (int i = 0; i < 10; i++) {
            assertThat(third.send("hello").read(5)).isEqualTo("hello");
        }
        on.set(false);
    }

    @EveryTransport
    void isWrittenToWhileTheServerStops(Transport transport) throws Exception {
        TestHandler handler = remembering();
        handler.onClosed((connection, error) -> {
            connections.remove(connection);
            connections.forEach(other -> other.send(ascii(connection.id() + " ")));
            return Action.NONE;
        });
        for (Duration grace : List.of(Duration.ZERO, Duration.ofSeconds(5))) {
            connections.clear();
            opened = 0;
            EvioServer server = start(handler, transport.address(folder));
            Client first = connectNext(server);
            Client second = connectNext(server);
            Client third = connectNext(server);
            Thread stop = new Thread(() -> server.stop(grace));
            stop.start();
            String all = first.readToEnd() + second.readToEnd() + third.readToEnd();
            first.close();
            second.close();
            third.close();
            Eventually.ended(stop);
            // The first one that ends tells the two others, the second one the last.
            assertThat(all.split(" ")).hasSize(3);
            assertThat(server.stats().handlerErrors()).isZero();
        }
    }

    @Test
    void nothingIsWrittenToWhatAnEventEndsAtOnce() throws Exception {
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            in.position(in.limit());
            Connection other = connections.get(0);
            other.output().writeAscii("dropped");
            other.abort();
            out.writeAscii("alive");
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client first = connectNext(server);
        Client writer = connectNext(server);
        assertThat(writer.send("x").read(5)).isEqualTo("alive");
        assertThatThrownBy(() -> first.readBytes(1))
                .satisfiesAnyOf(
                        e -> assertThat(e).isInstanceOf(IOException.class),
                        e -> assertThat(e).isInstanceOf(AssertionError.class));
        assertThat(handler.await("closed").id()).isEqualTo(1);
    }

    /** Never throws, whatever the event does next. */
    @EveryTransport
    void aSendInAnEventOfMoreThanMayBePendingIsFalse(Transport transport) throws Exception {
        Queue<Integer> accepted = new ConcurrentLinkedQueue<>();
        TestHandler handler = remembering();
        handler.onData((connection, in, out) -> {
            Connection target = in.get() == 'o' ? connections.get(0) : connection;
            in.position(in.limit());
            int count = 0;
            while (target.send(new byte[10_000])) {
                count++;
            }
            accepted.add(count);
            assertThat(target.send(new byte[1])).isFalse();
            return Action.NONE;
        });
        EvioServer server = start(
                builder(handler, transport.address(folder)).limits(Limits.DEFAULTS.withMaxPendingOutput(200_000)));
        Client first = connectNext(server);
        Client writer = connectNext(server).send("o");
        assertThat(first.isEnded()).isTrue();
        assertThat(handler.await("closed").error()).hasMessageContaining("max-pending-output (200000)");
        writer.send("s");
        assertThat(writer.isEnded()).isTrue();
        assertThat(handler.count("closed")).isEqualTo(2);
        assertThat(accepted).hasSize(2).allSatisfy(count -> assertThat(count).isBetween(20, 27));
        assertThat(server.stats().handlerErrors()).isZero();
    }
}
