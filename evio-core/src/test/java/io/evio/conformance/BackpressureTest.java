package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.Limits;
import io.evio.Output;
import io.evio.internal.sys.Memory;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Descriptors;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LoopThread;
import io.evio.testing.OddReader;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Peers that read slowly, late or never: what they cost is bounded, and they cost nobody else anything. */
class BackpressureTest extends ConformanceTest {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    private static final int LOW = 64 * KIB;
    private static final int HIGH = 256 * KIB;

    /** The most that one event can add: one read, echoed. */
    private static final int TURN = 64 * KIB;

    private static final Limits MARKS = Limits.DEFAULTS.withWaterMarks(LOW, HIGH);

    private static final Limits NEVER_PAUSED = Limits.DEFAULTS.withWaterMarks(64 * MIB, 64 * MIB);

    /** A client that sends far more than there is room for, and reads nothing yet. */
    private Crowd flood(Client client, int total, AtomicLong sent) {
        return closeAfterwards(Crowd.one(index -> {
            int piece = 256 * KIB;
            for (int i = 0; i < total; i += piece) {
                client.send(PatternBytes.bytes(i, piece));
                sent.addAndGet(piece);
            }
        }));
    }

    /** Waits until the server reads nothing any more: the flood has come to a stand. */
    private static void awaitStand(EvioServer server) {
        Eventually.isTrue(
                "more is pending than the high-water mark", () -> server.stats().writePending() > HIGH);
        long[] last = {-1, System.nanoTime()};
        Eventually.isTrue("nothing is read any more", () -> {
            long received = server.stats().dataReceived();
            if (received != last[0]) {
                last[0] = received;
                last[1] = System.nanoTime();
            }
            return System.nanoTime() - last[1] > 200_000_000;
        });
    }

    @EveryTransport
    void slowReaderIsNotReadAboveTheHighWaterMarkAndGetsEverythingInTheEnd(Transport transport) throws Exception {
        EvioServer server = start(builder(TestHandler.echo().withoutLog(), transport.address(folder))
                .limits(MARKS));
        long idle = Memory.allocatedBytes();
        int total = 48 * MIB;
        AtomicLong sent = new AtomicLong();
        Client slow = connectSlowReader(server);
        Crowd flood = flood(slow, total, sent);
        awaitStand(server);
        assertThat(flood.isDone()).as("the client is held back").isFalse();
        assertThat(server.stats().writePending()).isBetween((long) HIGH, (long) HIGH + TURN);
        // Chunks are whole, of 64 KiB: one may be nearly empty at each end.
        assertThat(Memory.allocatedBytes() - idle).isBetween((long) HIGH, (long) HIGH + TURN + 128 * KIB);

        OddReader.read(slow, 0, total);
        flood.join();
        assertThat(sent).hasValue(total);
        Eventually.holds(() -> assertThat(server.stats().writePending()).isZero());
        // The loop keeps them for later, and as much of smaller ones as one whole chunk.
        assertThat(Memory.allocatedBytes() - idle).isLessThanOrEqualTo(HIGH + TURN + 128 * KIB + 64 * KIB);
    }

    @Test
    void readingGoesOnOnlyBelowTheLowWaterMark() throws Exception {
        // Far apart, so that the kernel does not take what is between them in one go.
        int high = 8 * MIB;
        Queue<String> mistakes = new ConcurrentLinkedQueue<>();
        AtomicInteger pauses = new AtomicInteger();
        boolean[] paused = {false};
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            int pending = connection.pendingOutput();
            if (paused[0]) {
                paused[0] = false;
                if (pending >= LOW) {
                    mistakes.add("read again with " + pending + " bytes pending");
                }
            }
            // Behind pending output nothing is offered at once, so this is what will be pending.
            if (pending > 0 && pending + in.remaining() > high) {
                paused[0] = true;
                pauses.incrementAndGet();
            }
            out.write(in);
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withWaterMarks(LOW, high)));
        int total = 48 * MIB;
        Client slow = connectSlowReader(server);
        Crowd flood = flood(slow, total, new AtomicLong());
        awaitStand(server);
        OddReader.read(slow, 0, total);
        flood.join();
        assertThat(mistakes).isEmpty();
        assertThat(pauses).hasPositiveValue();
    }

    @EveryTransport
    void slowReaderDoesNotSlowTheOthers(Transport transport) throws Exception {
        EvioServer server = start(builder(TestHandler.echo().withoutLog(), transport.address(folder))
                .limits(MARKS));
        Client slow = connectSlowReader(server);
        flood(slow, 48 * MIB, new AtomicLong());
        awaitStand(server);
        Client other = connect(server);
        long received = server.stats().dataReceived();
        long iterations = server.stats().loopIterations();
        for (int i = 0; i < 1000; i++) {
            assertThat(other.send("ping").read(4)).isEqualTo("ping");
        }
        // Not a turn was spent on the slow one, apart from the rare bits its kernel still takes.
        assertThat(server.stats().dataReceived() - received).isEqualTo(4000);
        assertThat(server.stats().loopIterations() - iterations).isLessThan(1100);
    }

    /** The loop is at rest: some turns a second at the most, and no CPU time to speak of. */
    private static void assertRest(EvioServer server) throws InterruptedException {
        LoopThread loop = LoopThread.of(server);
        long cpu = loop.cpuNanos();
        long iterations = server.stats().loopIterations();
        // The time is what is measured over, not what is waited for.
        Thread.sleep(600);
        assertThat(server.stats().loopIterations() - iterations).isLessThan(40);
        assertThat(loop.cpuNanos() - cpu).isLessThan(100_000_000);
    }

    @EveryTransport
    void peerThatSendsButDoesNotReadMakesNoSpin(Transport transport) throws Exception {
        EvioServer server = start(builder(TestHandler.echo().withoutLog(), transport.address(folder))
                .limits(MARKS));
        Client slow = connectSlowReader(server);
        flood(slow, 48 * MIB, new AtomicLong());
        awaitStand(server);
        assertRest(server);
    }

    /** Answers the first bytes with much, and closes. */
    private static TestHandler refusing(int answer) {
        return new TestHandler().onData((connection, in, out) -> {
            write(out, 0, answer);
            return Action.CLOSE;
        });
    }

    private static void write(Output out, long position, int length) {
        for (int done = 0; done < length; ) {
            int n = Math.min(PatternBytes.MAX_LENGTH, length - done);
            out.write(PatternBytes.at(position + done, n));
            done += n;
        }
    }

    @EveryTransport
    void closingConnectionWhosePeerSendsButDoesNotReadMakesNoSpin(Transport transport) throws Exception {
        EvioServer server =
                start(builder(refusing(16 * MIB), transport.address(folder)).limits(NEVER_PAUSED));
        Client slow = connectSlowReader(server);
        flood(slow, 48 * MIB, new AtomicLong());
        // Not before the event is over, which takes its time to write so much.
        Eventually.isTrue(
                "output is pending",
                () -> server.stats().writePending() > HIGH && server.stats().postwritePartial() > 0);
        long[] sent = {-1};
        Eventually.isTrue(
                "the kernel is full", () -> sent[0] == (sent[0] = server.stats().dataSent()));
        assertRest(server);
    }

    @EveryTransport
    void halfClosedPeerThatDoesNotReadMakesNoSpinAndStillGetsEverything(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            write(out, 0, 16 * MIB);
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, transport.address(folder)).limits(NEVER_PAUSED));
        Client slow = connectSlowReader(server);
        slow.send("x").shutdownOutput();
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > HIGH);
        assertRest(server);
        OddReader.read(slow, 0, 16 * MIB);
        assertThat(slow.readSome(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(handler.await("closed").error()).isNull();
    }

    /** P10: closing with unread input makes TCP reset the connection, and the reset destroys what is on its way. */
    @EveryTransport
    void finalAnswerReachesAClientThatSendsMuchAndReadsLate(Transport transport) throws Exception {
        int answer = 100 * KIB;
        TestHandler handler = refusing(answer);
        EvioServer server = start(handler, transport.address(folder));
        for (int i = 0; i < 5; i++) {
            Client client = connect(server);
            AtomicLong sent = new AtomicLong();
            flood(client, 24 * MIB, sent).join();
            OddReader.read(client, 0, answer);
            assertThat(client.readSome(ByteBuffer.allocate(1))).isEqualTo(-1);
            client.close();
        }
        Eventually.isTrue("all are closed", () -> handler.count("closed") == 5);
        assertThat(handler.events("closed")).allMatch(event -> event.error() == null);
        assertThat(handler.count("data")).as("no event after CLOSE").isEqualTo(5);
    }

    @EveryTransport
    void largeFinalAnswerReachesAClientThatSendsOnMeanwhile(Transport transport) throws Exception {
        int answer = 12 * MIB;
        TestHandler handler = refusing(answer);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        Crowd flood = flood(client, 24 * MIB, new AtomicLong());
        handler.await("postwrite", event -> event.remaining() > 0);
        OddReader.read(client, 0, answer);
        assertThat(client.readSome(ByteBuffer.allocate(1))).isEqualTo(-1);
        flood.join();
        assertThat(handler.await("closed").error()).isNull();
    }

    @EveryTransport
    void peerThatNeverEndsItsOwnSideIsLetGo(Transport transport) throws Exception {
        TestHandler handler = refusing(10);
        EvioServer server = start(handler, transport.address(folder));
        long idle = Descriptors.countOfSockets();
        Client client = connect(server);
        client.send("x");
        OddReader.read(client, 0, 10);
        assertThat(client.readSome(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(handler.await("closed").error()).isNull();
        Eventually.isTrue("only the client's side is left", () -> Descriptors.countOfSockets() == idle + 1);
        long iterations = server.stats().loopIterations();
        Thread.sleep(300);
        assertThat(server.stats().loopIterations() - iterations)
                .as("nothing is timed any more")
                .isLessThan(3);
    }

    @Test
    void moreOutputThanTheLimitClosesWithTheLimitNamedAndItsMemoryComesBack() throws Exception {
        Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            try {
                write(out, 0, 3 * MIB);
            } catch (UncheckedIOException e) {
                thrown.add(e);
                throw e;
            }
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withMaxPendingOutput(2 * MIB + 1)));
        long idle = Memory.allocatedBytes();
        Client client = connect(server);
        client.send("x");
        assertOverflow(server, handler, 2 * MIB + 1);
        assertThat(thrown).hasSize(1);
        assertThat(client.isEnded()).isTrue();
        assertMemoryIsBack(idle);
        assertThat(server.stats().handlerErrors()).as("not the handler's fault").isZero();
    }

    @Test
    void handlerThatHidesTheOverflowIsClosedAllTheSame() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            try {
                write(out, 0, 3 * MIB);
            } catch (UncheckedIOException e) {
                out.writeAscii("ignored");
            }
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withMaxPendingOutput(MIB)));
        connect(server).send("x");
        assertOverflow(server, handler, MIB);
    }

    private static void assertOverflow(EvioServer server, TestHandler handler, int limit) {
        Event closed = handler.await("closed");
        assertThat(closed.error())
                .hasMessageContaining("max-pending-output (" + limit + ")")
                .hasMessageContaining("connection 1 of test");
        assertThat(handler.count("closed")).isEqualTo(1);
        Eventually.holds(() -> assertThat(server.stats().writePending()).isZero());
    }

    /** Waits until all is freed but what each loop keeps for later. */
    private static void assertMemoryIsBack(long idle) {
        Eventually.holds(() -> assertThat(Memory.allocatedBytes() - idle).isBetween(0L, LargeOutputTest.POOLED));
    }

    @EveryTransport
    void outputThatPilesUpBeyondTheLimitClosesThatConnectionAlone(Transport transport) throws Exception {
        TestHandler handler = TestHandler.echo();
        // Marks above the limit, so that reading is never paused.
        Limits limits = Limits.DEFAULTS.withMaxPendingOutput(2 * MIB).withWaterMarks(64 * MIB, 64 * MIB);
        EvioServer server = start(builder(handler, transport.address(folder)).limits(limits));
        long idle = Memory.allocatedBytes();
        Client slow = connectSlowReader(server);
        handler.await("opened");
        Client other = connect(server);
        AtomicLong most = new AtomicLong();
        handler.onPostwrite((connection, amount, remaining) -> {
            most.accumulateAndGet(remaining, Math::max);
            return Action.NONE;
        });
        flood(slow, 48 * MIB, new AtomicLong());
        assertOverflow(server, handler, 2 * MIB);
        assertThat(most).hasValueLessThan(2 * MIB + 1);
        assertThat(other.send("ping").read(4)).isEqualTo("ping");
        assertMemoryIsBack(idle);
    }

    @Test
    void sendsFromOutsideThatPileUpBeyondTheLimitCloseTheConnection() throws Exception {
        TestHandler handler = new TestHandler();
        EvioServer server = start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withMaxPendingOutput(2 * MIB)));
        long idle = Memory.allocatedBytes();
        connectSlowReader(server);
        handler.await("opened");
        byte[] piece = new byte[256 * KIB];
        Eventually.isTrue("the connection is gone", () -> !server.send(1, piece));
        assertOverflow(server, handler, 2 * MIB);
        assertMemoryIsBack(idle);
    }

    @EveryTransport
    void closingToAPeerThatNeverReadsEndsByTheDrainTimeout(Transport transport) throws Exception {
        TestHandler handler = refusing(16 * MIB);
        EvioServer server = start(builder(handler, transport.address(folder))
                .limits(Limits.DEFAULTS.withDrainTimeout(Duration.ofMillis(300))));
        long idle = Memory.allocatedBytes();
        Client client = connectSlowReader(server);
        long begun = System.nanoTime();
        client.send("x");
        Event closed = handler.await("closed");
        assertThat(System.nanoTime() - begun).isBetween(300_000_000L, 10_000_000_000L);
        assertThat(closed.error())
                .hasMessageContaining("drain-timeout (300 ms)")
                .hasMessageContaining("connection 1 of test");
        assertMemoryIsBack(idle);
        assertThat(client.isEnded()).isTrue();
    }

    @Test
    void peerThatReadsSlowlyIsNotCutOffByTheDrainTimeout() throws Exception {
        int answer = 12 * MIB;
        TestHandler handler = refusing(answer);
        EvioServer server =
                start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withDrainTimeout(Duration.ofMillis(700))));
        Client client = connectSlowReader(server);
        client.send("x");
        handler.await("postwrite", event -> event.remaining() > 0);
        long begun = System.nanoTime();
        long read = 0;
        while (System.nanoTime() - begun < 2_000_000_000L) {
            // Some of it now and then, so that all of it takes longer than the timeout.
            int piece = 256 * KIB;
            if (read + piece < answer) {
                OddReader.read(client, read, piece);
                read += piece;
            }
            Thread.sleep(50);
        }
        OddReader.read(client, read, answer - read);
        assertThat(handler.await("closed").error()).isNull();
    }

    @Test
    void idleTimeoutClosesSilentConnectionsOnly() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            return Action.NONE;
        });
        EvioServer server =
                start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withIdleTimeout(Duration.ofMillis(800))));
        List<Client> clients = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            long id = i;
            clients.add(connect(server));
            handler.await("opened", event -> event.id() == id);
        }
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < 1_800_000_000L) {
            clients.get(0).send("x");
            server.send(2, new byte[1]);
            Thread.sleep(20);
        }
        Event closed = handler.await("closed");
        assertThat(closed.id()).isEqualTo(3);
        assertThat(closed.error())
                .hasMessageContaining("idle-timeout (800 ms)")
                .hasMessageContaining("connection 3 of test");
        assertThat(clients.get(2).isEnded()).isTrue();
        assertThat(handler.count("closed"))
                .as("the two that send or receive stay")
                .isEqualTo(1);
        handler.await("closed", event -> event.id() == 1);
        handler.await("closed", event -> event.id() == 2);
    }

    @Test
    void silenceUnderTheDefaultIdleTimeoutCostsNothing() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, ANY_PORT);
        connect(server);
        handler.await("opened");
        EvioStats before = server.stats();
        Thread.sleep(300);
        assertThat(server.stats().loopIterations() - before.loopIterations()).isLessThan(3);
    }
}
