package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.Tls;
import io.evio.TlsEngines;
import io.evio.testing.Certificates;
import io.evio.testing.Client;
import io.evio.testing.Eventually;
import io.evio.testing.FakeEngine;
import io.evio.testing.LogCapture;
import io.evio.testing.LoopThread;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** T4: engines that answer anything. The loop goes on, the connection ends within bounds, and the others are served. */
class TlsFakeEngineTest extends TlsConformanceTest {

    /** As a hello begins, for engines that do not look at it. */
    private static final byte[] RECORD = {22, 3, 1, 0, 3, 'a', 'b', 'c'};

    /** Calls of one engine for one connection that gets so little; a thousand would be a loop. */
    private static final int MOST_CALLS = 1000;

    private static final int ENGINES = 300;

    private static final Duration HANDSHAKE = Duration.ofSeconds(3);

    /** The engines of the connections that come, the real one when there is none. */
    private final BlockingQueue<FakeEngine> next = new LinkedBlockingQueue<>();

    private final TlsEngines engines = (serverName, peer) -> {
        FakeEngine fake = next.poll();
        return fake != null ? fake : Certificates.LOCALHOST.serverContext().createSSLEngine();
    };

    private LogCapture log;

    @BeforeEach
    void catchLog() {
        log = new LogCapture();
    }

    @AfterEach
    void releaseLog() {
        log.close();
    }

    private EvioServer startFake(TestHandler handler, boolean tasksOnLoop) throws IOException {
        Tls tls = Tls.of(engines).handshakeTimeout(HANDSHAKE);
        return start(tlsBuilder(handler, tasksOnLoop ? tls.tasksOnLoop() : tls)
                .limits(Limits.DEFAULTS.withIdleTimeout(HANDSHAKE).withDrainTimeout(HANDSHAKE)));
    }

    /** Engines that answer the same for ever. */
    static Map<String, Supplier<FakeEngine>> stubborn() {
        Map<String, Supplier<FakeEngine>> all = new ConcurrentHashMap<>();
        for (HandshakeStatus status : HandshakeStatus.values()) {
            all.put(status + ", OK with nothing", () -> new FakeEngine(status));
            for (Status outcome : Status.values()) {
                all.put(status + ", " + outcome, () -> answering(status, outcome));
            }
        }
        all.put(
                "NEED_WRAP that produces for ever",
                () -> new FakeEngine(HandshakeStatus.NEED_WRAP).onWrap((engine, source, target) -> {
                    target.put(new byte[100]);
                    return engine.result(Status.OK, 0, 100);
                }));
        all.put(
                "NEED_WRAP and NEED_UNWRAP in turn",
                () -> new FakeEngine(HandshakeStatus.NEED_WRAP)
                        .onWrap((engine, source, target) ->
                                engine.status(HandshakeStatus.NEED_UNWRAP).result(Status.OK, 0, 0))
                        .onUnwrap((engine, source, target) ->
                                engine.status(HandshakeStatus.NEED_WRAP).result(Status.OK, 0, 0)));
        all.put(
                "plain text from nothing",
                () -> new FakeEngine(HandshakeStatus.NOT_HANDSHAKING).onUnwrap((engine, source, target) -> {
                    target.put(new byte[1000]);
                    return engine.result(Status.OK, 0, 1000);
                }));
        all.put("tasks for ever", () -> new FakeEngine(HandshakeStatus.NEED_TASK).onTask(() -> () -> {}));
        all.put("one task after the other", () -> {
            AtomicInteger turn = new AtomicInteger();
            return new FakeEngine(HandshakeStatus.NEED_TASK)
                    .onTask(() -> turn.incrementAndGet() % 2 == 0 ? null : () -> {});
        });
        all.put(
                "a task that throws",
                () -> new FakeEngine(HandshakeStatus.NEED_TASK).onTask(() -> () -> {
                    throw new IllegalStateException("no");
                }));
        all.put(
                "an unwrap that throws",
                () -> new FakeEngine(HandshakeStatus.NEED_UNWRAP).onUnwrap((engine, source, target) -> {
                    throw new IllegalStateException("no");
                }));
        all.put(
                "an unwrap with an error",
                () -> new FakeEngine(HandshakeStatus.NEED_UNWRAP).onUnwrap((engine, source, target) -> {
                    throw new AssertionError("no");
                }));
        all.put(
                "a failure that fails again",
                () -> new FakeEngine(HandshakeStatus.NEED_UNWRAP)
                        .onUnwrap((engine, source, target) -> {
                            engine.status(HandshakeStatus.NEED_WRAP);
                            throw new SSLException("no");
                        })
                        .onWrap((engine, source, target) -> {
                            throw new IllegalStateException("no");
                        }));
        return all;
    }

    private static int calls(List<FakeEngine> engines) {
        return engines.stream().mapToInt(engine -> engine.calls.get()).sum();
    }

    private static FakeEngine answering(HandshakeStatus status, Status outcome) {
        FakeEngine.Answer answer = (engine, source, target) -> engine.result(outcome, 0, 0);
        return new FakeEngine(status).onWrap(answer).onUnwrap(answer);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Timeout(120)
    void t4EnginesThatAnswerTheSameForEverHoldNobodyUp(boolean tasksOnLoop) throws Exception {
        EvioServer server = startFake(TestHandler.echo().withoutLog(), tasksOnLoop);
        Map<String, FakeEngine> started = new LinkedHashMap<>();
        List<Client> clients = new ArrayList<>();
        stubborn().forEach((name, supplier) -> started.put(name, supplier.get()));
        for (FakeEngine engine : started.values()) {
            next.add(engine);
            clients.add(connect(server).send(RECORD));
            Eventually.isTrue("its engine", next::isEmpty);
        }
        requireOthersAreServed(server);
        for (Client client : clients) {
            assertThat(client.isEnded()).isTrue();
        }
        started.forEach((name, engine) ->
                assertThat(engine.calls.get()).as("calls with " + name).isBetween(1, MOST_CALLS));
        requireOthersAreServed(server);
        Eventually.isTrue("no connection", () -> server.stats().connectionsActive() == 0);
    }

    /** Once the engine that is next is taken. */
    private void requireOthersAreServed(EvioServer server) throws IOException {
        Eventually.isTrue("its engine", next::isEmpty);
        TlsClient good = connectTls(server);
        requireEcho(good);
        good.close();
    }

    /** All at the same time, so that what they cost the loop shows. */
    @Test
    @Timeout(120)
    void t4TogetherTheyCostTheLoopNothingWhileTheyWait() throws Exception {
        Tls tls = Tls.of(engines).handshakeTimeout(Duration.ofSeconds(30));
        EvioServer server = startTls(TestHandler.echo().withoutLog(), tls);
        TlsClient good = connectTls(server);
        List<FakeEngine> started = new ArrayList<>();
        for (Supplier<FakeEngine> one : stubborn().values()) {
            FakeEngine engine = one.get();
            started.add(engine);
            next.add(engine);
            connect(server).send(RECORD);
            Eventually.isTrue("the engine is taken", next::isEmpty);
        }
        // An engine whose tasks never end is given up after many of them.
        Eventually.isTrue("no engine is called any more", () -> {
            int before = calls(started);
            // The time is what is measured over, not what is waited for.
            Thread.sleep(200);
            return calls(started) == before;
        });
        for (int i = 0; i < 10; i++) {
            requireEcho(good);
        }
        LoopThread loop = LoopThread.of(server);
        long iterations = server.stats().loopIterations();
        long cpu = loop.cpuNanos();
        // The others have nothing to say for this second.
        assertThat(good.wire().hasInput(Duration.ofSeconds(1))).isFalse();
        assertThat(server.stats().loopIterations() - iterations).isLessThan(50);
        assertThat(loop.cpuNanos() - cpu).isLessThan(200_000_000);
    }

    /** Answers that are legal and that are not, by chance. */
    private static final class RandomEngine extends FakeEngine {

        private final Random random;

        RandomEngine(long seed) {
            super(HandshakeStatus.NOT_HANDSHAKING);
            random = new Random(seed);
            status(any(HandshakeStatus.values()));
            protocol(random.nextBoolean() ? "TLSv1.3" : "TLSv1.2");
            onWrap(this::answer);
            onUnwrap(this::answer);
            onTask(() -> random.nextInt(4) > 0
                    ? null
                    : () -> {
                        if (random.nextInt(4) == 0) {
                            throw new IllegalStateException("a task, by chance");
                        }
                    });
        }

        private <T> T any(T[] values) {
            return values[random.nextInt(values.length)];
        }

        private SSLEngineResult answer(FakeEngine self, ByteBuffer source, ByteBuffer target) throws SSLException {
            switch (random.nextInt(30)) {
                case 0 -> throw new SSLException("by chance");
                case 1 -> throw new IllegalArgumentException("by chance");
                default -> {}
            }
            if (random.nextBoolean()) {
                status(any(HandshakeStatus.values()));
            }
            if (random.nextInt(3) > 0) {
                source.position(source.position() + random.nextInt(Math.min(100, source.remaining()) + 1));
            }
            if (random.nextInt(3) > 0) {
                byte[] bytes = new byte[random.nextInt(Math.min(100, target.remaining()) + 1)];
                target.put(bytes);
            }
            HandshakeStatus told = random.nextInt(4) > 0 ? getHandshakeStatus() : any(HandshakeStatus.values());
            // What it says of the amounts is its own affair too.
            return new SSLEngineResult(any(Status.values()), told, random.nextInt(3), random.nextInt(3));
        }

        @Override
        public boolean isOutboundDone() {
            return random.nextInt(10) == 0 || super.isOutboundDone();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Timeout(180)
    void t4EnginesThatAnswerAnythingHoldNobodyUp(boolean tasksOnLoop) throws Exception {
        TestHandler handler = TestHandler.echo().withoutLog();
        EvioServer server = startFake(handler, tasksOnLoop);
        List<FakeEngine> started = new ArrayList<>();
        List<Client> clients = new ArrayList<>();
        for (int seed = 0; seed < ENGINES; seed++) {
            FakeEngine engine = new RandomEngine(seed);
            started.add(engine);
            next.add(engine);
            Client client = connect(server);
            clients.add(client);
            Random random = new Random(seed);
            try {
                for (int i = 0; i < 5; i++) {
                    byte[] bytes = new byte[1 + random.nextInt(2000)];
                    random.nextBytes(bytes);
                    bytes[0] = 22;
                    client.send(bytes);
                }
                if (random.nextBoolean()) {
                    client.shutdownOutput();
                }
            } catch (IOException e) {
                // It has ended already.
            }
            Eventually.isTrue("its engine", next::isEmpty);
            if (seed % 50 == 0) {
                requireOthersAreServed(server);
            }
        }
        for (int seed = 0; seed < ENGINES; seed++) {
            assertThat(clients.get(seed).isEnded()).as("seed " + seed).isTrue();
            assertThat(started.get(seed).calls.get())
                    .as("calls of seed " + seed)
                    .isLessThan(20 * MOST_CALLS);
        }
        requireOthersAreServed(server);
        Eventually.isTrue("no connection", () -> server.stats().connectionsActive() == 0);
    }

    /** T1: what wraps has room for a whole packet, in one array for all connections of the loop. */
    @Test
    @SuppressWarnings("ByteBufferBackingArray") // whose it is, and not what is in it
    void t1TheArraysAreTheLoops() throws Exception {
        Map<byte[], Integer> targets = Collections.synchronizedMap(new IdentityHashMap<>());
        EvioServer server = startFake(TestHandler.echo(), false);
        for (int i = 0; i < 10; i++) {
            next.add(FakeEngine.transparent().onWrap((self, source, target) -> {
                assertThat(target.remaining()).isGreaterThanOrEqualTo(16_709);
                targets.put(target.array(), 1);
                return self.pass(source, target);
            }));
            Client client = connect(server);
            assertThat(client.send("\u0016ten bytes").read(10)).isEqualTo("\u0016ten bytes");
        }
        assertThat(server.stats().connectionsActive()).isEqualTo(10);
        assertThat(targets).hasSize(1);
    }

    /** T11: 32 empty records in a row are taken, or 4 warnings before TLS 1.3; more end the connection. */
    @ParameterizedTest
    @CsvSource({
        "TLSv1.3, 23, 32, records in a row without data",
        "TLSv1.2, 23, 32, records in a row without data",
        "TLSv1.3, 21, 32, records in a row without data",
        "TLSv1.2, 21, 4, warning alerts in a row"
    })
    void t11WhatBringsNothingInARowEndsTheConnection(String version, int type, int most, String why) throws Exception {
        // A record of one byte: the letters are data, and anything else brings nothing.
        Supplier<FakeEngine> engine =
                () -> FakeEngine.transparent().protocol(version).onUnwrap((self, source, target) -> {
                    byte one = source.get();
                    if (Character.isLetter(one)) {
                        target.put(one);
                        return self.result(Status.OK, 1, 1);
                    }
                    return self.result(Status.OK, 1, 0);
                });
        TestHandler handler = TestHandler.echo();
        EvioServer server = startFake(handler, false);
        next.add(engine.get());
        // The first byte is of a hello.
        Client client = connect(server).send("\u0016x");
        assertThat(client.read(1)).isEqualTo("x");
        String empty = String.valueOf((char) type);
        for (int i = 0; i < 3; i++) {
            client.send(empty.repeat(most) + "y");
            assertThat(client.read(1)).isEqualTo("y");
        }
        client.send(empty.repeat(most + 1) + "z");
        assertThat(client.readToEnd()).isEmpty();
        assertThat(handler.await("closed").error()).hasMessageContaining(why);
    }

    /** T2: an engine that wants more room once more than its session says fails its connection. */
    @Test
    void t2OverflowIsAskedForOnceMore() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        FakeEngine engine = FakeEngine.transparent().onUnwrap((self, source, target) -> {
            asked.incrementAndGet();
            return self.result(Status.BUFFER_OVERFLOW, 0, 0);
        });
        EvioServer server = startFake(TestHandler.echo(), false);
        next.add(engine);
        Client client = connect(server);
        client.send(RECORD);
        assertThat(client.isEnded()).isTrue();
        assertThat(asked.get()).isBetween(1, 2);
    }

    /** T2: plain text of the size that RFC 5246 allows has room, though the session says less. */
    @Test
    void t2PlainTextMayBeAsLongAsARecord() throws Exception {
        int size = 16 * 1024 + 2048;
        FakeEngine engine = FakeEngine.transparent().onUnwrap((self, source, target) -> {
            source.position(source.limit());
            target.put(new byte[size]);
            return self.result(Status.OK, 1, size);
        });
        TestHandler handler = new TestHandler();
        EvioServer server = startFake(handler, false);
        next.add(engine);
        connect(server).send(RECORD);
        assertThat(handler.await("data").amount()).isEqualTo(size);
    }

    /** T20: an engine that decrypts where it reads spoils nothing of others, and nothing that is still to come. */
    @Test
    void t20TheSourceIsTheEnginesToWriteTo() throws Exception {
        Supplier<FakeEngine> scribbling = () -> FakeEngine.transparent().onUnwrap((self, source, target) -> {
            assertThat(source.isReadOnly()).isFalse();
            assertThat(source.hasArray()).isTrue();
            assertThat(target.hasArray()).isTrue();
            int count = Math.min(3, source.remaining());
            for (int i = 0; i < count; i++) {
                target.put(source.get(source.position()));
                source.put((byte) '#');
            }
            return self.result(Status.OK, count, count);
        });
        EvioServer server = startFake(TestHandler.echo(), false);
        TlsClient good = connectTls(server);
        next.add(scribbling.get());
        next.add(scribbling.get());
        Client first = connect(server);
        Client second = connect(server);
        String text = "\u0016abcdefghijklmnopqrstuvwxyz";
        for (int i = 0; i < 10; i++) {
            first.send(text);
            second.send(text);
            requireEcho(good);
            assertThat(first.read(text.length())).isEqualTo(text);
            assertThat(second.read(text.length())).isEqualTo(text);
        }
    }

    /** T6: an engine that says FINISHED whenever it is asked opens its connection once. */
    @Test
    void t6OpensOnceHoweverOftenTheHandshakeIsOver() throws Exception {
        FakeEngine engine = FakeEngine.transparent().onUnwrap((self, source, target) -> {
            int count = self.pass(source, target).bytesConsumed();
            return new SSLEngineResult(Status.OK, HandshakeStatus.FINISHED, count, count);
        });
        TestHandler handler = TestHandler.echo();
        EvioServer server = startFake(handler, false);
        next.add(engine);
        Client client = connect(server);
        for (int i = 0; i < 5; i++) {
            client.send("\u0016again");
            assertThat(client.read(6)).isEqualTo("\u0016again");
        }
        assertThat(handler.count("opened")).isEqualTo(1);
        assertThat(server.stats().tlsHandshakes()).isEqualTo(1);
        assertThat(server.stats().tlsActive()).isEqualTo(1);
    }

    /** One whose engine cannot be closed without an exception. */
    private static class CloseableEngine extends FakeEngine implements AutoCloseable {

        private final AtomicInteger closed = new AtomicInteger();
        private final boolean throwing;

        CloseableEngine(HandshakeStatus status, boolean throwing) {
            super(status);
            this.throwing = throwing;
        }

        @Override
        public void close() {
            closed.incrementAndGet();
            if (throwing) {
                throw new IllegalStateException("cannot be closed");
            }
        }
    }

    /** T25: closed exactly once, in whatever state its connection ends. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void t25EnginesThatCanBeClosedAreClosedOnce(boolean throwing) throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = startFake(handler, false);
        for (HandshakeStatus status : HandshakeStatus.values()) {
            CloseableEngine engine = new CloseableEngine(status, throwing);
            next.add(engine);
            Client client = connect(server);
            client.send(RECORD);
            Eventually.isTrue("its engine", next::isEmpty);
            client.close();
            Eventually.holds(() -> assertThat(engine.closed).as(status.name()).hasValue(1));
        }
        CloseableEngine last = new CloseableEngine(HandshakeStatus.NEED_UNWRAP, throwing);
        next.add(last);
        connect(server).send(RECORD);
        Eventually.isTrue("its engine", next::isEmpty);
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertThat(last.closed).hasValue(1);
    }

    /** T25: not while a task still uses it, but right after that. */
    @Test
    void t25AnEngineIsClosedAfterItsTask() throws Exception {
        BlockingQueue<String> order = new LinkedBlockingQueue<>();
        CountDownLatch release = new CountDownLatch(1);
        CloseableEngine engine = new CloseableEngine(HandshakeStatus.NEED_TASK, false) {
            @Override
            public void close() {
                order.add("closed");
            }
        };
        AtomicInteger tasks = new AtomicInteger();
        engine.onTask(() -> tasks.incrementAndGet() > 1
                ? null
                : () -> {
                    order.add("begun");
                    try {
                        Eventually.reached(release);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    order.add("done");
                });
        EvioServer server = startFake(TestHandler.echo(), false);
        next.add(engine);
        Client client = connect(server);
        client.send(RECORD);
        assertThat(order.poll(10, TimeUnit.SECONDS)).isEqualTo("begun");
        client.reset();
        // The handshake's time ends, and with it the connection; its task goes on.
        Eventually.isTrue(
                "no connection",
                () -> server.stats().cutByHandshakeTimeout() == 1
                        || server.stats().tlsHandshakeErrors() == 1);
        assertThat(order).isEmpty();
        release.countDown();
        assertThat(order.poll(10, TimeUnit.SECONDS)).isEqualTo("done");
        assertThat(order.poll(10, TimeUnit.SECONDS)).isEqualTo("closed");
        assertThat(order).isEmpty();
    }

    /** A factory that throws, or gives nothing, ends its connection alone. */
    @Test
    void aFactoryThatFailsEndsItsConnectionAlone() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        SSLEngine[] none = new SSLEngine[1];
        TlsEngines failing = (serverName, peer) -> switch (calls.getAndIncrement()) {
            case 0 -> throw new IllegalStateException("no key today");
            case 1 -> none[0];
            case 2 -> throw new NoClassDefFoundError("a provider");
            default -> Certificates.LOCALHOST.serverContext().createSSLEngine();
        };
        EvioServer server = startTls(TestHandler.echo(), Tls.of(failing));
        for (int i = 0; i < 3; i++) {
            Client client = connect(server);
            client.send(RECORD);
            assertThat(client.isEnded()).isTrue();
        }
        requireEcho(connectTls(server));
        assertThat(server.stats().tlsHandshakeErrors()).isEqualTo(3);
    }

    /** An engine that takes nothing to send ends its connection with an error for {@code closed}. */
    @Test
    void anEngineThatTakesNothingToSendFailsItsConnection() throws Exception {
        FakeEngine engine = FakeEngine.transparent().onWrap((self, source, target) -> self.result(Status.OK, 0, 0));
        BlockingQueue<CloseReason> reasons = new LinkedBlockingQueue<>();
        TestHandler handler = TestHandler.echo().onClosed((connection, error) -> {
            reasons.add(connection.closeReason());
            return Action.NONE;
        });
        EvioServer server = startFake(handler, false);
        next.add(engine);
        Client client = connect(server);
        client.send("\u0016x");
        assertThat(client.isEnded()).isTrue();
        assertThat(handler.await("closed").error()).hasMessageContaining("takes nothing");
        assertThat(reasons.poll(10, TimeUnit.SECONDS)).isEqualTo(CloseReason.FAILURE);
    }

    /** Nor does one that sends for ever without taking anything. */
    @Test
    void anEngineThatOnlyProducesFailsItsConnection() throws Exception {
        FakeEngine engine = FakeEngine.transparent().onWrap((self, source, target) -> {
            target.put(new byte[100]);
            return self.result(Status.OK, 0, 100);
        });
        TestHandler handler = TestHandler.echo();
        EvioServer server = startFake(handler, false);
        TlsClient good = connectTls(server);
        next.add(engine);
        Client client = connect(server);
        client.send("\u0016x");
        assertThat(client.isEnded()).isTrue();
        requireEcho(good);
        assertThat(engine.calls.get()).isLessThan(MOST_CALLS);
    }
}
