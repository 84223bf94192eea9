package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.Address;
import io.evio.Connection;
import io.evio.EvioBindException;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.Output;
import io.evio.PollerType;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** A server as an object: its starts and stops, and what it says to misuse. */
class LifecycleTest extends ConformanceTest {

    private static final int LARGE = 4 * 1024 * 1024;

    /** Sends 4 MiB to the first client alone: there may be hundreds that only look whether clients are still let in. */
    private static TestHandler pouring() {
        return new TestHandler().onOpened((connection, out) -> {
            if (connection.id() == 1) {
                out.write(PatternBytes.bytes(0, LARGE));
            }
            return Action.NONE;
        });
    }

    private static void assertRefusesClients(Address address) {
        assertThatThrownBy(() -> Client.connect(address).close()).isInstanceOf(IOException.class);
    }

    /** They have been told; a grace period is for what is pending, not for peers that stay for ever. */
    @EveryTransport
    void aStopDoesNotWaitForClientsThatDoNotLeave(Transport transport) throws IOException {
        EvioServer server = start(TestHandler.echo(), transport.address(folder));
        Client client = connect(server);
        client.send("hello").read(5);
        assertThat(server.stop(Duration.ofMinutes(10))).isTrue();
        assertThat(client.readToEnd()).isEmpty();
        assertThat(server.stats().connectionsCutOff()).isZero();
    }

    @EveryTransport
    void startsAgainOnTheSameAddress(Transport transport) throws IOException {
        String address = transport.address(folder);
        if (transport.isTcp()) {
            EvioServer first = start(TestHandler.echo(), address);
            address = first.addresses().get(0).toString();
            first.stop(Duration.ZERO);
        }
        TestHandler handler = TestHandler.echo();
        EvioServer server = stopAfterwards(builder(handler, address).build());
        for (int i = 1; i <= 5; i++) {
            server.start();
            assertThat(server.isRunning()).isTrue();
            assertThat(server.addresses()).extracting(Address::toString).containsExactly(address);
            Client client = connect(server);
            client.send("hello");
            assertThat(client.read(5)).isEqualTo("hello");
            assertThat(server.stop(Duration.ZERO)).isTrue();
            assertThat(client.readToEnd()).isEmpty();
            assertThat(server.isRunning()).isFalse();
            assertRefusesClients(Address.parse(address));
            // The counters and the ids go on.
            assertThat(server.stats().connectionsOpened()).isEqualTo(i);
            assertThat(server.stats().dataReceived()).isEqualTo(5L * i);
        }
        assertThat(handler.events("opened")).extracting(Event::id).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(handler.count("serving")).isEqualTo(5);
        assertThat(handler.count("closed")).isEqualTo(5);
    }

    @Test
    void aSecondStartIsRefusedAndHarmsNothing() throws IOException {
        EvioServer server = start(TestHandler.echo(), ANY_PORT);
        assertThatIllegalStateException().isThrownBy(server::start).withMessageContaining("running already");
        assertThatIllegalStateException().isThrownBy(server::serve).withMessageContaining("running already");
        Client client = connect(server);
        client.send("hello");
        assertThat(client.read(5)).isEqualTo("hello");
    }

    @Test
    void aStopOfWhatDoesNotRunIsDoneAtOnce() throws IOException {
        EvioServer server = builder(TestHandler.echo(), ANY_PORT).build();
        assertThat(server.stop(Duration.ofHours(1))).isTrue();
        server.start();
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertThat(server.stop(Duration.ofHours(1))).isTrue();
    }

    @Test
    void severalMayStopItAtTheSameTime() throws Exception {
        EvioServer server = start(TestHandler.echo(), ANY_PORT);
        connect(server);
        try (Crowd crowd = Crowd.start(
                4, i -> assertThat(server.stop(Duration.ofMillis(100))).isTrue())) {
            crowd.join();
        }
        assertThat(server.isRunning()).isFalse();
    }

    @EveryTransport
    void aStopOnTheLoopThreadComesAfterTheEvent(Transport transport) throws Exception {
        AtomicReference<Boolean> answer = new AtomicReference<>();
        TestHandler handler = new TestHandler();
        handler.onData((connection, in, out) -> {
            answer.set(handler.server().stop(Duration.ofSeconds(5)));
            out.writeAscii("still here");
            in.position(in.limit());
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        client.send("x");
        assertThat(client.readToEnd()).isEqualTo("still here");
        client.close();
        Eventually.isTrue("the end", () -> !server.isRunning());
        assertThat(answer.get()).isFalse();
        assertThat(handler.await("closed").error()).isNull();
    }

    /** P12. */
    @EveryTransport
    void aStopDrainsASlowReader(Transport transport) throws Exception {
        TestHandler handler = pouring();
        EvioServer server = start(handler, transport.address(folder));
        Address address = server.addresses().get(0);
        Client client = connectSlowReader(server);
        handler.await("postwrite", event -> event.remaining() > 0);
        try (Crowd stopping =
                Crowd.one(i -> assertThat(server.stop(Duration.ofSeconds(20))).isTrue())) {
            Eventually.isTrue("no more clients", () -> refuses(address));
            // The one that looks whether there are clients any more may have been the last.
            assertThat(handler.names(1)).doesNotContain("closed");
            PatternBytes.check(0, LARGE, client.readBytesToEnd());
            client.close();
            stopping.join();
        }
        assertThat(handler.events("closed"))
                .filteredOn(event -> event.id() == 1)
                .singleElement()
                .satisfies(closed -> assertThat(closed.error()).isNull());
    }

    private static boolean refuses(Address address) {
        try (Client late = Client.connect(address)) {
            return late.channel() == null;
        } catch (IOException e) {
            return true;
        }
    }

    /** P12. */
    @EveryTransport
    void aStopWithAPeerThatNeverReadsEndsByItsDeadline(Transport transport) throws Exception {
        TestHandler handler = pouring();
        EvioServer server = start(handler, transport.address(folder));
        connectSlowReader(server);
        handler.await("postwrite", event -> event.remaining() > 0);
        long begin = System.nanoTime();
        assertThat(server.stop(Duration.ofMillis(300))).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isBetween(Duration.ofMillis(290), Duration.ofMillis(4900));
        assertThat(handler.count("closed")).isEqualTo(1);
        assertThat(server.stats().connectionsActive()).isZero();
        assertThat(server.stats().writePending()).isZero();
    }

    /** P12: whoever has lost patience meanwhile gets it over with. */
    @Test
    void aShorterStopOverrulesALongerOne() throws Exception {
        TestHandler handler = pouring();
        EvioServer server =
                start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withDrainTimeout(Duration.ofHours(1))));
        Address address = server.addresses().get(0);
        connectSlowReader(server);
        handler.await("postwrite", event -> event.remaining() > 0);
        try (Crowd patient =
                Crowd.one(i -> assertThat(server.stop(Duration.ofHours(1))).isTrue())) {
            Eventually.isTrue("no more clients", () -> refuses(address));
            assertThat(server.stop(Duration.ZERO)).isTrue();
            patient.join();
        }
        assertThat(handler.names(1)).endsWith("closed").containsOnlyOnce("closed");
    }

    @Test
    void aShutdownFromAnEventHasItsGracePeriod() throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.write(PatternBytes.bytes(0, LARGE));
            return Action.SHUTDOWN;
        });
        EvioServer server = start(builder(handler, ANY_PORT).gracePeriod(Duration.ofSeconds(20)));
        Client client = connectSlowReader(server);
        PatternBytes.check(0, LARGE, client.readBytesToEnd());
        client.close();
        Eventually.isTrue("the end", () -> !server.isRunning());
    }

    @Test
    void anInterruptedStopSaysSo() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            inside.countDown();
            released.await();
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        connect(server);
        Eventually.reached(inside);
        Thread.currentThread().interrupt();
        assertThat(server.stop(Duration.ofSeconds(1))).isFalse();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(server.isRunning()).isTrue();
        released.countDown();
        assertThat(server.stop(Duration.ZERO)).isTrue();
    }

    @Test
    void theLoopThreadIsGoneAfterTheStop() throws Exception {
        EvioServer server = start(TestHandler.echo(), ANY_PORT);
        Thread loop = loopThread(server);
        server.stop(Duration.ZERO);
        assertThat(loop.isAlive()).isFalse();
    }

    @Test
    void itsEndIsToldWithNullOrTheCause() throws Exception {
        BlockingQueue<Optional<Throwable>> ends = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler();
        EvioServer server = stopAfterwards(builder(handler, ANY_PORT)
                .onStopped(failure -> ends.add(Optional.ofNullable(failure)))
                .build());
        server.start();
        assertThat(ends).isEmpty();
        server.stop(Duration.ZERO);
        assertThat(ends.poll(10, TimeUnit.SECONDS)).isEmpty();
        IllegalStateException cause = new IllegalStateException("as asked for");
        handler.onServing(again -> {
            throw cause;
        });
        assertThatThrownBy(server::start).hasCause(cause);
        assertThat(ends.poll(10, TimeUnit.SECONDS)).containsSame(cause);
        handler.onServing(again -> Action.SHUTDOWN);
        server.start();
        assertThat(ends.poll(10, TimeUnit.SECONDS)).isEmpty();
        assertThat(ends).isEmpty();
    }

    @Test
    void aListenerOfItsEndThatThrowsDoesNotKeepItFromEnding() throws Exception {
        try (LogCapture log = new LogCapture()) {
            for (Throwable thrown : new Throwable[] {new IllegalStateException("one"), new AssertionError("two")}) {
                CountDownLatch stopped = new CountDownLatch(1);
                EvioServer server = start(builder(TestHandler.echo(), ANY_PORT).onStopped(failure -> {
                    stopped.countDown();
                    if (thrown instanceof RuntimeException e) {
                        throw e;
                    }
                    throw (Error) thrown;
                }));
                assertThat(server.stop(Duration.ZERO)).isTrue();
                assertThat(stopped.getCount()).isZero();
            }
            assertThat(log.lines(Level.ERROR)).hasSize(2);
        }
    }

    @EveryTransport
    void serveRunsEverythingOnTheCallingThreadUntilShutdown(Transport transport) throws Exception {
        TestHandler handler = TestHandler.echo();
        handler.onData((connection, in, out) -> {
            boolean last = in.get(in.position()) == 'b';
            if (in.remaining() < (last ? 3 : 5)) {
                return Action.NONE;
            }
            out.write(in);
            return last ? Action.SHUTDOWN : Action.NONE;
        });
        EvioServer server =
                stopAfterwards(builder(handler, transport.address(folder)).build());
        try (Crowd serving = Crowd.one(i -> server.serve())) {
            handler.await("serving");
            Client client = connect(server);
            client.send("hello");
            assertThat(client.read(5)).isEqualTo("hello");
            assertThat(serving.isDone()).isFalse();
            client.send("bye");
            assertThat(client.readToEnd()).isEqualTo("bye");
            serving.join();
            assertThat(handler.events())
                    .allSatisfy(event -> assertThat(event.thread()).isSameAs(serving.thread()));
        }
        assertThat(handler.turns())
                .containsExactly(
                        "serving",
                        "tick",
                        "opened",
                        "data",
                        "prewrite",
                        "postwrite",
                        "data",
                        "prewrite",
                        "postwrite",
                        "closed");
    }

    @Test
    void aServeOnAnotherThreadCanBeStopped() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = builder(handler, ANY_PORT).build();
        try (Crowd serving = Crowd.one(i -> server.serve())) {
            handler.await("serving");
            assertThat(server.stop(Duration.ZERO)).isTrue();
            serving.join();
        }
    }

    @Test
    void aFailedBindLeavesNothingBound() throws IOException {
        Path file = folder.resolve("s");
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(Client.socketAddress(Address.parse("127.0.0.1:0")));
            TestHandler handler = new TestHandler();
            EvioServer server = builder(handler, "unix://" + file, "tcp://127.0.0.1:" + taken.getLocalPort())
                    .build();
            assertThatThrownBy(server::start)
                    .isInstanceOf(EvioBindException.class)
                    .hasMessageContaining("EADDRINUSE");
            assertThatThrownBy(server::serve).isInstanceOf(EvioBindException.class);
            assertThat(server.isRunning()).isFalse();
            assertThat(file).doesNotExist();
            assertThat(handler.names()).isEmpty();
        }
    }

    @Test
    void itsAddressesAreThoseConfiguredUnlessItRuns() throws IOException {
        EvioServer server =
                stopAfterwards(builder(TestHandler.echo(), ANY_PORT, ANY_PORT).build());
        assertThat(server.addresses()).extracting(Address::port).containsExactly(0, 0);
        server.start();
        assertThat(server.addresses())
                .extracting(Address::port)
                .doesNotContain(0)
                .doesNotHaveDuplicates();
        server.stop(Duration.ZERO);
        assertThat(server.addresses()).extracting(Address::port).containsExactly(0, 0);
    }

    @Test
    void anOutputIsRefusedOnceItsEventIsOver() throws Exception {
        AtomicReference<Output> kept = new AtomicReference<>();
        AtomicReference<ByteBuffer> keptIn = new AtomicReference<>();
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> {
                    kept.set(out);
                    keptIn.set(in);
                    out.write(in);
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    assertThatIllegalStateException()
                            .isThrownBy(() -> kept.get().write(keptIn.get()))
                            .withMessageContaining("has ended");
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        client.send("hello");
        assertThat(client.read(5)).isEqualTo("hello");
        assertRefused(kept.get(), ByteBuffer.allocate(3));
        client.send("again");
        assertThat(client.read(5)).isEqualTo("again");
        client.close();
        handler.await("closed");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    private static void assertRefused(Output out, ByteBuffer buffer) {
        ThrowingCallable[] calls = {
            () -> out.write(1),
            () -> out.write(new byte[2]),
            () -> out.write(new byte[200_000]),
            () -> out.write(new byte[5], 1, 2),
            () -> out.write(buffer),
            () -> out.write(ByteBuffer.allocate(200_000)),
            () -> out.writeAscii("text"),
            () -> out.writeUtf8("text"),
            () -> out.writeDecimal(7),
            () -> out.writeDecimal(Long.MIN_VALUE),
        };
        for (ThrowingCallable call : calls) {
            assertThatIllegalStateException().isThrownBy(call).withMessageContaining("Connection.send");
        }
    }

    @Test
    void aConnectionBelongsToItsLoopThread() throws Exception {
        BlockingQueue<Connection> connections = new LinkedBlockingQueue<>();
        TestHandler handler = TestHandler.echo();
        handler.onOpened((connection, out) -> {
            connection.noDelay(false);
            connection.keepAlive(Duration.ofSeconds(30));
            connection.keepAlive(Duration.ZERO);
            connection.attach(connection.pendingOutput());
            connections.add(connection);
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        Connection connection = connections.take();
        ThrowingCallable[] calls = {
            () -> connection.attach("mine"),
            connection::pendingOutput,
            connection::isInputEnded,
            connection::endOutput,
            connection::tcpInfo,
            () -> connection.allowHalfOpen(true),
            () -> connection.wakeAfter(Duration.ofSeconds(1)),
            () -> connection.fail("no"),
            () -> connection.unread(ByteBuffer.allocate(3)),
            () -> connection.noDelay(true),
            () -> connection.keepAlive(Duration.ofMinutes(1)),
        };
        for (ThrowingCallable call : calls) {
            assertThatIllegalStateException()
                    .isThrownBy(call)
                    .withMessageContaining("evio-test")
                    .withMessageContaining(Thread.currentThread().getName());
        }
        assertThat(connection.<Integer>attachment()).isZero();
        assertThat(connection.id()).isEqualTo(1);
        assertThat(connection.addressIndex()).isZero();
        assertThat(connection.remoteAddress()).isEqualTo(client.channel().getLocalAddress());
        assertThat(connection.localAddress()).isEqualTo(client.channel().getRemoteAddress());
        assertThat(connection.toString())
                .contains("1", connection.remoteAddress().toString());
        client.send("hello");
        assertThat(client.read(5)).isEqualTo("hello");
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void whatItIsMadeOfIsChecked() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EvioServer.builder().addresses(ANY_PORT).build())
                .withMessageContaining("handler");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PollerType.of("telepathy"))
                .withMessageContaining("telepathy")
                .withMessageContaining(poller);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder(TestHandler.echo()).gracePeriod(Duration.ofMillis(-1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder(TestHandler.echo()).backlog(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder(TestHandler.echo(), "localhost"))
                .withMessageContaining("'localhost' is malformed");
    }
}
