package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.Output;
import io.evio.internal.sys.Memory;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.PatternBytes;
import io.evio.testing.ScramblingLayer;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Input as a handler finds it in {@code in}, and the fate of the part that it leaves there. */
class InputTest extends ConformanceTest {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** Answers each frame, an int with the length and then so many bytes, with its length and its checksum. */
    private static Action answerFrames(Connection connection, ByteBuffer in, Output out) {
        while (in.remaining() >= 4) {
            int length = in.getInt(in.position());
            if (in.remaining() - 4 < length) {
                break;
            }
            CRC32 checksum = new CRC32();
            int limit = in.limit();
            in.position(in.position() + 4).limit(in.position() + length);
            checksum.update(in);
            in.limit(limit);
            out.writeAscii(length + " " + checksum.getValue() + "\n");
        }
        return Action.NONE;
    }

    private static byte[] frame(long position, int length) {
        return ByteBuffer.allocate(4 + length)
                .putInt(length)
                .put(PatternBytes.bytes(position, length))
                .array();
    }

    private static String answer(byte[] frame) {
        CRC32 checksum = new CRC32();
        checksum.update(frame, 4, frame.length - 4);
        return frame.length - 4 + " " + checksum.getValue() + "\n";
    }

    @EveryTransport
    void unreadBytesComeBackInFrontOfTheNext(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            int end = in.limit() - 1;
            if (in.get(end) == '\n') {
                out.write(in);
            }
            return Action.NONE;
        });
        Client client = connect(start(handler, transport.address(folder)));
        client.send("un");
        handler.await("data", event -> event.amount() == 2);
        client.send("broke");
        handler.await("data", event -> event.amount() == 7);
        client.send("n\n");
        assertThat(client.read(9)).isEqualTo("unbroken\n");
    }

    @EveryTransport
    void frameMayBeSplitAtEveryByte(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData(InputTest::answerFrames);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        if (transport.isTcp()) {
            client.channel().setOption(StandardSocketOptions.TCP_NODELAY, true);
        }
        byte[] two = ByteBuffer.allocate(4 + 23 + 4 + 14)
                .put(frame(0, 23))
                .put(frame(23, 14))
                .array();
        String answers = answer(frame(0, 23)) + answer(frame(23, 14));
        long received = 0;
        for (int split = 1; split < two.length; split++) {
            client.send(Arrays.copyOf(two, split));
            received += split;
            long before = received;
            Eventually.isTrue("the first part is there", () -> server.stats().dataReceived() == before);
            client.send(Arrays.copyOfRange(two, split, two.length));
            received += two.length - split;
            assertThat(client.read(answers.length())).as("split at %d", split).isEqualTo(answers);
        }
    }

    @EveryTransport
    void frameMayBeLargerThanTheReadBufferOnSeveralConnectionsAtOnce(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().withoutLog().onData(InputTest::answerFrames);
        EvioServer server = start(handler, transport.address(folder));
        int[][] sizes = {
            {MIB, 100, 64 * KIB, 64 * KIB - 4},
            {10 * MIB, 0, 3 * MIB},
            {64 * KIB + 1, 16 * KIB, 16 * KIB + 1, 128 * KIB, 700_001},
            {1, 10 * MIB, 20_000, 80_000}
        };
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < sizes.length; i++) {
            clients.add(connect(server));
        }
        closeAfterwards(Crowd.start(sizes.length, index -> {
                    for (int i = 0; i < sizes[index].length; i++) {
                        byte[] frame = frame(i * 1_234_567L, sizes[index][i]);
                        clients.get(index).send(frame);
                        String answer = answer(frame);
                        assertThat(clients.get(index).read(answer.length())).isEqualTo(answer);
                    }
                }))
                .join();
    }

    /**
     * A handler that takes any part of its input in any of the ways there are, and sends it back in any of the ways
     * there are. What it leaves, it asks to see again by a wake.
     */
    private static final class Nibbler {
        private final Random random;
        private final long total;
        private final Queue<String> mistakes = new ConcurrentLinkedQueue<>();
        private long taken;

        Nibbler(long seed, long total) {
            this.random = new Random(seed);
            this.total = total;
        }

        Action data(Connection connection, ByteBuffer in, Output out) {
            try {
                PatternBytes.check(taken, in);
            } catch (AssertionError e) {
                mistakes.add(e.getMessage());
                return Action.CLOSE;
            }
            int limit = in.limit();
            for (int pieces = random.nextInt(3); pieces > 0 && in.hasRemaining(); pieces--) {
                take(connection, in, out, some(in.remaining()));
                if (random.nextBoolean()) {
                    in.limit(limit);
                }
            }
            if (in.position() < limit) {
                connection.wake();
            }
            return taken == total ? Action.CLOSE : Action.NONE;
        }

        /** Often nearly nothing or nearly all, where mistakes are made. */
        private int some(int available) {
            return switch (random.nextInt(4)) {
                case 0 -> Math.min(available, 1 + random.nextInt(3));
                case 1 -> available - random.nextInt(Math.min(3, available));
                default -> 1 + random.nextInt(available);
            };
        }

        private void take(Connection connection, ByteBuffer in, Output out, int count) {
            int start = in.position();
            int limit = in.limit();
            switch (random.nextInt(5)) {
                case 0 -> {
                    in.limit(start + count);
                    out.write(in);
                    in.limit(limit);
                }
                case 1 -> {
                    // The limit stays where it is put: no byte behind it may be lost.
                    in.limit(start + count);
                    out.write(in);
                }
                case 2 -> {
                    out.write(in.slice(start, count));
                    in.position(start + count);
                }
                case 3 -> {
                    out.write(connection.unread(in), 0, count);
                    in.position(start + count);
                }
                default -> {
                    byte[] copy = new byte[count];
                    in.get(copy);
                    out.write(copy);
                }
            }
            taken += count;
        }
    }

    @EveryTransport
    void anyPartialReadingKeepsTheStreamExact(Transport transport) throws Exception {
        for (int round = 0; round < 4; round++) {
            long seed = System.nanoTime();
            int total = 3 * MIB;
            Nibbler nibbler = new Nibbler(seed, total);
            TestHandler handler = new TestHandler().withoutLog().onData(nibbler::data);
            Client client = connect(start(handler, transport.address(folder)));
            Crowd sender = closeAfterwards(Crowd.one(index -> {
                Random sizes = new Random(seed);
                for (int sent = 0; sent < total; ) {
                    int n = Math.min(total - sent, 1 + sizes.nextInt(200 * KIB));
                    client.send(PatternBytes.bytes(sent, n));
                    sent += n;
                }
            }));
            byte[] echoed = client.readBytesToEnd();
            assertThat(nibbler.mistakes).as("seed %d", seed).isEmpty();
            assertThat(echoed).as("seed %d", seed).hasSize(total);
            PatternBytes.check(0, ByteBuffer.wrap(echoed));
            sender.join();
        }
    }

    @Test
    void frontOfALargeInputIsSentExactlyWhileTheRestStaysUnread() throws Exception {
        int front = 40_000;
        int rest = 60_000;
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (in.remaining() == front + rest) {
                in.limit(front);
                out.write(in);
            } else if (in.remaining() == rest) {
                out.write(in);
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        client.send(PatternBytes.bytes(0, front + rest));
        PatternBytes.check(0, front, client.readBytes(front));
        server.wake(1);
        PatternBytes.check(front, rest, client.readBytes(rest));
    }

    @Test
    void unreadIsTheSameBytesAndMovesNothing() throws Exception {
        Queue<String> mistakes = new ConcurrentLinkedQueue<>();
        List<byte[]> arrays = new ArrayList<>();
        int[] skip = {0};
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(Math.min(in.limit(), skip[0]));
            int position = in.position();
            int limit = in.limit();
            byte[] heap = connection.unread(in);
            if (in.position() != position || in.limit() != limit) {
                mistakes.add(position + " to " + limit + " became " + in);
            }
            if (ByteBuffer.wrap(heap, 0, in.remaining()).mismatch(in) != -1) {
                mistakes.add("other bytes from " + position + " to " + limit);
            }
            arrays.add(heap);
            skip[0] = (skip[0] + 977) % 5_000;
            if (limit >= 2 * MIB) {
                in.position(limit);
                out.writeAscii("seen");
            } else {
                in.position(0);
            }
            return Action.NONE;
        });
        EvioServer server;
        // In debug mode each event has an array of its own.
        System.setProperty(Memory.DEBUG, "false");
        try {
            server = start(handler, ANY_PORT);
        } finally {
            System.setProperty(Memory.DEBUG, "true");
        }
        Client client = connect(server);
        client.send("a");
        handler.await("data");
        client.send("b");
        handler.await("data", event -> event.amount() == 2);
        if (!ScramblingLayer.isOn()) {
            // Over a layer it is the input's own as long as nothing of that was read.
            assertThat(arrays.get(0)).as("one array of the loop").isSameAs(arrays.get(1));
        }
        client.send(PatternBytes.bytes(0, 2 * MIB - 2));
        assertThat(client.read(4)).isEqualTo("seen");
        assertThat(mistakes).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 16 * KIB, 100_000, MIB})
    void tooMuchUnreadInputClosesWithTheLimitNamed(int limit) throws Exception {
        TestHandler handler = new TestHandler();
        handler.onData((connection, in, out) -> Action.NONE);
        EvioServer server = start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withMaxPendingInput(limit)));
        long idle = Memory.allocatedBytes();
        Client client = connect(server);
        client.send(PatternBytes.bytes(0, limit));
        handler.await("data", event -> event.amount() == limit);
        assertThat(handler.events("closed")).as("the limit itself is allowed").isEmpty();
        client.send("x");
        Event closed = handler.await("closed");
        assertThat(closed.error())
                .hasMessageContaining("max-pending-input (" + limit + " bytes)")
                .hasMessageContaining("connection 1 of test");
        assertThat(client.isEnded()).isTrue();
        Eventually.holds(() -> assertHoldsNoMore(server, idle));
        assertThat(connect(server).send("still there").channel().isOpen()).isTrue();
        handler.await("data", event -> event.id() == 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 16 * KIB, 16 * KIB + 1, 300_000})
    void unreadInputTakesNoMemoryOnceItIsReadOrTheClientHasLeft(int size) throws Exception {
        boolean[] read = {false};
        CompletableFuture<byte[]> input = new CompletableFuture<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (read[0]) {
                byte[] bytes = new byte[in.remaining()];
                in.get(bytes);
                input.complete(bytes);
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        long idle = Memory.allocatedBytes();
        Client leaving = connect(server);
        leaving.send(PatternBytes.bytes(0, size));
        handler.await("data", event -> event.amount() == size);
        leaving.close();
        handler.await("closed", event -> event.id() == 1);
        Eventually.holds(() -> assertHoldsNoMore(server, idle));

        Client reading = connect(server);
        reading.send(PatternBytes.bytes(0, size));
        handler.await("data", event -> event.id() == 2 && event.amount() == size);
        read[0] = true;
        assertThat(server.wake(2)).isTrue();
        PatternBytes.check(0, size, input.get(15, TimeUnit.SECONDS));
        Eventually.holds(() -> assertHoldsNoMore(server, idle));
    }

    /**
     * No connection holds memory for unread input. The loop may keep a small block of it for the next one, and of each
     * smaller size when it came in pieces.
     */
    private static void assertHoldsNoMore(EvioServer server, long idle) {
        long kept = ScramblingLayer.isOn() ? 2 * 16 * KIB : 16 * KIB;
        assertThat(server.stats().pendingMemory()).isZero();
        assertThat(Memory.allocatedBytes() - idle).isBetween(0L, kept);
    }

    @EveryTransport
    void wakeWithoutUnreadInputHasAnEmptyOne(Transport transport) throws Exception {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (in.hasRemaining() && in.remaining() < 3) {
                return Action.NONE;
            }
            seen.add(in.remaining() + " from " + in.position());
            in.position(in.limit());
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        handler.await("opened");
        server.wake(1);
        Eventually.isTrue("the wake before the first byte fires", () -> seen.size() == 1);
        client.send("abc");
        Eventually.isTrue("the bytes are read", () -> seen.size() == 2);
        server.wake(1);
        Eventually.isTrue("the wake after them fires", () -> seen.size() == 3);
        assertThat(seen).containsExactly("0 from 0", "3 from 0", "0 from 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 16 * KIB, 16 * KIB + 1, 200_000})
    void wakeHasWhatIsStillUnread(int size) throws Exception {
        Queue<String> mistakes = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            try {
                PatternBytes.check(0, in);
            } catch (AssertionError e) {
                mistakes.add(e.getMessage());
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        client.send(PatternBytes.bytes(0, size));
        handler.await("data", event -> event.amount() == size);
        long events = handler.count("data");
        server.wake(1);
        Eventually.isTrue("the wake fires", () -> handler.count("data") == events + 1);
        client.send(PatternBytes.bytes(size, 5));
        handler.await("data", event -> event.amount() == size + 5);
        assertThat(handler.events("data").get((int) events).amount()).isEqualTo(size);
        assertThat(mistakes).isEmpty();
    }

    @Test
    void loweringTheLimitLosesNothing() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            // Three at a time, as a parser does that marks off what it hands on; the rest is not given back by hand.
            if (in.remaining() >= 3) {
                in.limit(3);
                out.write(in);
                connection.wake();
            }
            return Action.NONE;
        });
        Client client = connect(start(handler, ANY_PORT));
        client.send("abcdefgh");
        assertThat(client.read(6)).isEqualTo("abcdef");
        client.send("i");
        assertThat(client.read(3)).isEqualTo("ghi");
    }
}
