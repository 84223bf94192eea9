package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.Target;
import io.evio.internal.sys.Memory;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Long streams both ways through a relay, against readers that stop and go on. */
@WithoutLayer("the other side is a plain socket")
class RelayStreamsTest extends ConformanceTest {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** The times that each reader stops until everything stands still. */
    private static final int STOPS = 4;

    /** For so long nothing moves in something that stands still. */
    private static final Duration STILL = Duration.ofMillis(50);

    /** Unsent output of two connections up to the high-water mark, what one read brings, and what rounds them up. */
    private static final int MOST_PENDING = 2 * MIB;

    /** The loop's own buffers besides. */
    private static final int MOST_MEMORY = 4 * MIB;

    private ServerSocketChannel backend;
    private EvioServer server;
    private final AtomicLong mostPending = new AtomicLong();
    private final AtomicLong mostMemory = new AtomicLong();

    @BeforeEach
    void listen() throws IOException {
        backend = closeAfterwards(ServerSocketChannel.open());
        backend.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Target target = Target.of("tcp://127.0.0.1:" + backend.socket().getLocalPort());
        TestHandler upstream = new TestHandler().withoutLog();
        TestHandler front = new TestHandler().withoutLog().onOpened((connection, out) -> {
            connection.relay(connection.connect(target, upstream));
            return Action.NONE;
        });
        server = start(builder(front, ANY_PORT).limits(Limits.DEFAULTS.withWaterMarks(64 * KIB, 256 * KIB)));
    }

    @AfterEach
    void stayedWithinBounds() {
        assertThat(mostPending).as("bytes pending").hasValueLessThan(MOST_PENDING);
        assertThat(mostMemory).as("native memory").hasValueLessThan(MOST_MEMORY);
    }

    private SocketChannel client() throws IOException {
        return closeAfterwards(SocketChannel.open(new InetSocketAddress(
                InetAddress.getLoopbackAddress(), server.addresses().get(0).port())));
    }

    private SocketChannel taken() throws IOException {
        return closeAfterwards(backend.accept());
    }

    private void look() {
        mostPending.accumulateAndGet(server.stats().pendingMemory(), Math::max);
        mostMemory.accumulateAndGet(Memory.allocatedBytes(), Math::max);
    }

    private static void send(SocketChannel to, long size) throws IOException {
        for (long sent = 0; sent < size; ) {
            ByteBuffer piece = PatternBytes.at(sent, (int) Math.min(MIB, size - sent));
            sent += piece.remaining();
            while (piece.hasRemaining()) {
                to.write(piece);
            }
        }
    }

    /** Reads so many bytes and the end, and stops on the way. */
    private void receive(SocketChannel from, long size, CyclicBarrier stops) throws Exception {
        ByteBuffer buffer = ByteBuffer.allocateDirect(MIB);
        long next = 0;
        long received = 0;
        while (from.read(buffer.clear()) >= 0) {
            PatternBytes.check(received, buffer.flip());
            received += buffer.remaining();
            look();
            if (received >= next) {
                next += size / STOPS;
                stops.await();
                awaitStandstill();
                stops.await();
            }
        }
        assertThat(received).isEqualTo(size);
    }

    /** Neither side reads: soon the server reads nothing any more. */
    private void awaitStandstill() {
        long received = -1;
        for (long stillSince = System.nanoTime(); System.nanoTime() - stillSince < STILL.toNanos(); ) {
            look();
            if (received != server.stats().dataReceived()) {
                received = server.stats().dataReceived();
                stillSince = System.nanoTime();
            }
            Thread.onSpinWait();
        }
    }

    /** 1 GiB each way over epoll, and a quarter of it over the others. */
    @Test
    void twoStreamsAtOnceKeepMemoryFlatAndLoseNothing() throws Exception {
        long size = poller.equals("epoll") ? 1024L * MIB : 256L * MIB;
        SocketChannel client = client();
        SocketChannel other = taken();
        CyclicBarrier stops = new CyclicBarrier(2);
        Crowd all = closeAfterwards(Crowd.start(4, i -> {
            switch (i) {
                case 0 -> {
                    send(client, size);
                    client.shutdownOutput();
                }
                case 1 -> {
                    send(other, size);
                    other.shutdownOutput();
                }
                case 2 -> receive(client, size, stops);
                default -> receive(other, size, stops);
            }
        }));
        all.join();
        assertThat(server.stats().dataReceived()).isEqualTo(2 * size);
        assertThat(server.stats().dataSent()).isEqualTo(2 * size);
    }

    /** One side ends in the middle; what the other sends goes on, to its end. */
    @Test
    void aStreamGoesOnAfterTheOtherHasEnded() throws Exception {
        long size = 64L * MIB;
        SocketChannel client = client();
        SocketChannel other = taken();
        CyclicBarrier stops = new CyclicBarrier(1);
        Crowd sender = closeAfterwards(Crowd.one(i -> {
            send(other, size);
            other.shutdownOutput();
        }));
        send(client, MIB);
        client.shutdownOutput();
        receive(other, MIB, stops);
        receive(client, size, stops);
        sender.join();
    }

    /** The bytes that have come by then are right, and behind them is a reset and no end. */
    @Test
    void aResetInTheMiddleResetsTheOtherSide() throws Exception {
        long size = 64L * MIB;
        SocketChannel client = client();
        SocketChannel other = taken();
        Crowd sender = closeAfterwards(Crowd.one(i -> {
            send(other, size);
            other.setOption(StandardSocketOptions.SO_LINGER, 0);
            other.close();
        }));
        AtomicLong received = new AtomicLong();
        ByteBuffer buffer = ByteBuffer.allocateDirect(MIB);
        assertThatThrownBy(() -> {
                    while (client.read(buffer.clear()) >= 0) {
                        PatternBytes.check(received.get(), buffer.flip());
                        received.addAndGet(buffer.remaining());
                        look();
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("reset");
        sender.join();
        assertThat(received).hasValueBetween(1L, size);
    }
}
