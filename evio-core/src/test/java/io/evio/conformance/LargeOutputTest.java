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
import io.evio.testing.Descriptors;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.NativeCalls;
import io.evio.testing.OddReader;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Output of any size, sent over many turns, and output that is written while earlier output is still on its way. */
class LargeOutputTest extends ConformanceTest {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /**
     * The bytes that each loop keeps for later: 64 chunks of 64 KiB, as much of smaller ones as one more, and a small
     * block of unread input.
     */
    static final long POOLED = 4 * MIB + 64 * KIB + KIB;

    private static final Limits LARGE =
            Limits.DEFAULTS.withMaxPendingOutput(256 * MIB).withWaterMarks(256 * MIB, 256 * MIB);

    private static void writePattern(Output out, long position, int length) {
        for (int done = 0; done < length; ) {
            int n = Math.min(PatternBytes.MAX_LENGTH, length - done);
            out.write(PatternBytes.at(position + done, n));
            done += n;
        }
    }

    /** Sends as many bytes as the text asks for, in one event. */
    private static TestHandler sender() {
        return new TestHandler().onData((connection, in, out) -> {
            if (in.get(in.limit() - 1) == '\n') {
                byte[] text = new byte[in.remaining() - 1];
                in.get(text).position(in.limit());
                writePattern(out, 0, Integer.parseInt(new String(text, StandardCharsets.US_ASCII)));
            }
            return Action.NONE;
        });
    }

    @EveryTransport
    void anyAmountCanBeSentFromOneEvent(Transport transport) throws Exception {
        EvioServer server =
                start(builder(sender().withoutLog(), transport.address(folder)).limits(LARGE));
        Client client = connect(server);
        for (int size : new int[] {1, 2, 1000, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB, MIB + 1, 16 * MIB + 1}) {
            client.send(size + "\n");
            OddReader.read(client, 0, size);
        }
    }

    @Test
    void aQuarterOfAGigabyteCanBeSentFromOneEventAndItsMemoryComesBack() throws Exception {
        EvioServer server = start(builder(sender().withoutLog(), ANY_PORT).limits(LARGE));
        Client client = connect(server);
        client.send("1\n").readBytes(1);
        long idle = Memory.allocatedBytes();
        client.send(256 * MIB + "\n");
        OddReader.read(client, 0, 256L * MIB);
        Eventually.holds(() -> {
            assertThat(server.stats().writePending()).isZero();
            assertThat(Memory.allocatedBytes() - idle).isBetween(0L, POOLED);
        });
        EvioStats stats = server.stats();
        assertThat(stats.dataSent()).isEqualTo(256L * MIB + 1);
        // Gathered: an attempt offers up to 1 MiB, so none of the bytes is offered again and again.
        assertThat(stats.prewriteBytes()).isLessThan(stats.prewriteAttempts() * MIB + 1);
    }

    @EveryTransport
    void writesGoOnExactlyWhereTheKernelStopped(Transport transport) throws Exception {
        int size = 3 * MIB + 12_345;
        EvioServer server =
                start(builder(sender().withoutLog(), transport.address(folder)).limits(LARGE));
        Client client = connectSlowReader(server);
        client.send("1\n").readBytes(1);
        // So that the kernel stops many times, and several times within one chunk of pending output.
        NativeCalls.sendBuffer(Descriptors.accepted(server), 9_000);
        client.send(size + "\n");
        Eventually.isTrue("the kernel is full", () -> server.stats().writePending() > 0);
        OddReader.read(client, 0, size);
        Eventually.holds(() -> assertThat(server.stats().dataSent()).isEqualTo(size + 1));
        assertThat(server.stats().postwritePartial()).isGreaterThan(100);
    }

    @EveryTransport
    void attemptsAreReportedWithWhatTheKernelTookAndWhatIsLeft(Transport transport) throws Exception {
        int size = 12 * MIB;
        TestHandler handler = sender();
        EvioServer server = start(builder(handler, transport.address(folder)).limits(LARGE));
        Client client = connectSlowReader(server);
        client.send(size + "\n");
        Eventually.isTrue("the kernel is full", () -> server.stats().writePending() > 0);
        OddReader.read(client, 0, size);
        handler.await("postwrite", event -> event.remaining() == 0);
        int left = size;
        int offered = 0;
        for (Event event : handler.events()) {
            if (event.is("prewrite")) {
                offered = event.amount();
                assertThat(offered).isBetween(1, left);
            } else if (event.is("postwrite")) {
                assertThat(event.amount()).isBetween(0, offered);
                left -= event.amount();
                assertThat(event.remaining()).isEqualTo(left);
            }
        }
        assertThat(left).isZero();
    }

    @EveryTransport
    void outputWrittenWhileEarlierOutputIsPendingComesBehindIt(Transport transport) throws Exception {
        AtomicLong written = new AtomicLong();
        AtomicInteger behindPending = new AtomicInteger();
        Random random = new Random(5);
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onOpened((connection, out) -> {
                    writePattern(out, written.getAndAdd(8 * MIB), 8 * MIB);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    in.position(in.limit());
                    if (connection.pendingOutput() > 0) {
                        behindPending.incrementAndGet();
                    }
                    int n = 1 + random.nextInt(random.nextInt(3) == 0 ? 200 * KIB : 500);
                    writePattern(out, written.getAndAdd(n), n);
                    return Action.NONE;
                });
        EvioServer server = start(builder(handler, transport.address(folder)).limits(LARGE));
        Client client = connectSlowReader(server);
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 0);
        long read = 0;
        for (int i = 0; i < 200; i++) {
            // By a wake and by a byte in turns, and both while the pending output shrinks and grows.
            long events = server.stats().wakeups() + server.stats().dataReceived();
            if (i % 2 == 0) {
                server.wake(1);
            } else {
                client.send("x");
            }
            Eventually.isTrue(
                    "the event has fired",
                    () -> server.stats().wakeups() + server.stats().dataReceived() > events);
            if (i % 10 == 9) {
                OddReader.read(client, read, 100 * KIB);
                read += 100 * KIB;
            }
        }
        server.closeConnection(1);
        OddReader.read(client, read, written.get() - read);
        assertThat(client.readSome(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(behindPending).hasValueGreaterThan(100);
    }

    @Test
    void sendsFromOutsideComeBehindPendingOutputToo() throws Exception {
        TestHandler handler = new TestHandler().withoutLog().onOpened((connection, out) -> {
            writePattern(out, 0, 8 * MIB);
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, ANY_PORT).limits(LARGE));
        Client client = connectSlowReader(server);
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 0);
        long position = 8 * MIB;
        for (int i = 0; i < 300; i++) {
            int length = 1 + i * 37;
            byte[] bytes = PatternBytes.bytes(position, length);
            assertThat(i % 2 == 0 ? server.send(1, bytes) : server.send(1, ByteBuffer.wrap(bytes)))
                    .isTrue();
            position += length;
        }
        OddReader.read(client, 0, position);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1000, 100 * KIB})
    void whatWasSentFromOutsideGoesOutBeforeTheHandlersClose(int size) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.write(PatternBytes.at(0, size));
            assertThat(connection.send(PatternBytes.bytes(size, size))).isTrue();
            return Action.CLOSE;
        });
        Client client = connect(start(handler, ANY_PORT));
        client.send("x");
        PatternBytes.check(0, 2 * size, client.readBytesToEnd());
    }

    @Test
    void postwriteSaysWhenToProduceMore() throws Exception {
        int total = 32 * MIB;
        int piece = 100_000;
        AtomicLong written = new AtomicLong();
        AtomicInteger mostPending = new AtomicInteger();
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onData((connection, in, out) -> {
                    in.position(in.limit());
                    int n = (int) Math.min(piece, total - written.get());
                    writePattern(out, written.getAndAdd(n), n);
                    return written.get() == total ? Action.CLOSE : Action.NONE;
                })
                .onPostwrite((connection, amount, remaining) -> {
                    mostPending.accumulateAndGet(remaining, Math::max);
                    if (remaining == 0) {
                        connection.wake();
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        long idle = Memory.allocatedBytes();
        Client client = connect(server);
        client.send("go");
        OddReader.read(client, 0, total / 2);
        assertThat(Memory.allocatedBytes() - idle).isLessThan(POOLED);
        OddReader.read(client, total / 2, total / 2);
        assertThat(client.readSome(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThat(mostPending).hasValueLessThan(piece + 1);
    }
}
