package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.Output;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Events of all kinds write at random to several connections: each peer reads its own bytes, in the order of the calls.
 */
class OtherOutputRandomTest extends ConformanceTest {

    private static final int PEERS = 4;
    private static final int KIB = 1024;

    /** Enough for every write to be pending at the same time. */
    private static final Limits WIDE = Limits.DEFAULTS
            .withMaxPendingOutput(256 * KIB * KIB)
            .withMaxPendingTotal(1024L * KIB * KIB)
            .withMaxPendingInput(KIB * KIB);

    private final List<Connection> connections = new CopyOnWriteArrayList<>();

    /** The bytes that each peer is to read; of the loop's thread until the end. */
    private final ByteArrayOutputStream[] expected = new ByteArrayOutputStream[PEERS];

    private final AtomicLong total = new AtomicLong();

    /** Writes something to one of the connections, and notes what. */
    private void writeSomewhere(Random random, int largest, ByteBuffer in) {
        int peer = random.nextInt(PEERS);
        Connection connection = connections.get(peer);
        if (connection.closeReason() != null) {
            return; // the stop has ended it before the others
        }
        Output out = connection.output();
        ByteBuffer expects;
        int size = random.nextInt(4) == 0 ? random.nextInt(largest + 1) : random.nextInt(100);
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        switch (random.nextInt(8)) {
            case 0 -> {
                out.write(in.duplicate());
                expects = in.duplicate();
            }
            case 1 -> {
                expects = copyOf(in);
                int start = in.position();
                out.write(in);
                in.position(start);
            }
            case 2 -> {
                assertThat(connection.send(bytes)).isTrue();
                expects = ByteBuffer.wrap(bytes);
            }
            case 3 -> {
                assertThat(connection.send(bytes, () -> {})).isTrue();
                expects = ByteBuffer.wrap(bytes);
            }
            case 4 -> {
                out.writeLong(size);
                out.writeInt(size);
                out.writeShort(size);
                out.write(size);
                expects = ByteBuffer.allocate(15)
                        .putLong(size)
                        .putInt(size)
                        .putShort((short) size)
                        .put((byte) size)
                        .flip();
            }
            case 5 -> {
                out.write(ByteBuffer.wrap(bytes));
                expects = ByteBuffer.wrap(bytes);
            }
            default -> {
                out.write(bytes);
                expects = ByteBuffer.wrap(bytes);
            }
        }
        total.addAndGet(expects.remaining());
        byte[] noted = copyOf(expects).array();
        expected[peer].write(noted, 0, noted.length);
    }

    private static ByteBuffer copyOf(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    }

    @ParameterizedTest
    @CsvSource({
        "1,TCP4,204800",
        "2,TCP4,204800",
        "3,TCP4,70000",
        "4,TCP4,500",
        "5,UNIX,204800",
        "6,UNIX,70000",
        "7,UNIX,500"
    })
    void eachPeerReadsItsOwnBytes(long seed, Transport transport, int largest) throws Exception {
        Arrays.setAll(expected, i -> new ByteArrayOutputStream());
        Random random = new Random(seed);
        TestHandler handler = new TestHandler().withoutLog();
        ByteBuffer nothing = ByteBuffer.allocate(0);
        handler.onOpened((connection, out) -> {
                    connections.add(connection);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    for (int n = random.nextInt(20); n > 0; n--) {
                        writeSomewhere(random, largest, in);
                    }
                    in.position(in.limit());
                    return Action.NONE;
                })
                .onTick(() -> {
                    if (connections.size() > PEERS && total.get() > 0) {
                        writeSomewhere(random, 1000, nothing);
                    }
                    return Tick.after(Duration.ofMillis(5));
                })
                .onPostwrite((connection, amount, remaining) -> {
                    if (random.nextInt(4) == 0) {
                        writeSomewhere(random, 1000, nothing);
                    }
                    return Action.NONE;
                });
        EvioServer server = start(builder(handler, transport.address(folder)).limits(WIDE));
        Client[] peers = new Client[PEERS];
        for (int i = 0; i < PEERS; i++) {
            peers[i] = i % 2 == 0 ? connect(server) : connectSlowReader(server);
            int opened = i + 1;
            Eventually.isTrue("opened", () -> connections.size() == opened);
        }
        Client writer = connect(server);
        byte[][] read = new byte[PEERS][];
        try (Crowd readers = Crowd.start(PEERS, i -> {
            read[i] = peers[i].readBytesToEnd();
            peers[i].close();
        })) {
            byte[] request = new byte[300];
            for (int i = 0; i < 60; i++) {
                new Random(seed + i).nextBytes(request);
                (i % 3 == 0 ? peers[i % PEERS] : writer).send(Arrays.copyOf(request, 1 + i * 5));
                Connection some = connections.get(i % PEERS);
                some.execute(() -> writeSomewhere(random, largest, nothing));
                Thread.yield();
            }
            Eventually.holds(() -> assertThat(server.stats().dataReceived()).isEqualTo(received()));
            writer.close();
            // Sends what is pending, which the readers take.
            server.stop(Duration.ofSeconds(30));
            readers.join();
        }
        assertThat(server.stats().handlerErrors()).isZero();
        assertThat(server.stats().dataSent()).isEqualTo(total.get());
        for (int i = 0; i < PEERS; i++) {
            byte[] all = expected[i].toByteArray();
            assertThat(Arrays.mismatch(read[i], all))
                    .as("where the %s bytes of peer %s are wrong", all.length, i)
                    .isEqualTo(-1);
        }
    }

    private static long received() {
        long bytes = 0;
        for (int i = 0; i < 60; i++) {
            bytes += 1 + i * 5;
        }
        return bytes;
    }
}
