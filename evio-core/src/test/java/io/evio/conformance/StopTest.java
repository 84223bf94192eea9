package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.testing.BusyClients;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A stop with a grace period, under load: what had arrived is answered, and every reply arrives whole. */
class StopTest extends ConformanceTest {

    private static final Duration GRACE = Duration.ofSeconds(30);

    /** Echoes, but waits at the first byte of all until it may go on. */
    private static TestHandler blockedEcho(CountDownLatch blocked, CountDownLatch release) {
        return new TestHandler().withoutLog().onData((connection, in, out) -> {
            if (connection.id() == 1) {
                blocked.countDown();
                Eventually.reached(release);
            }
            out.write(in);
            return Action.NONE;
        });
    }

    @EveryTransport
    void requestsThatHadArrivedAreAnsweredThoughNobodyHadReadThem(Transport transport) throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        EvioServer server = start(blockedEcho(blocked, release), transport.address(folder));
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            clients.add(connect(server));
        }
        Eventually.isTrue("half of them are accepted", () -> server.stats().connectionsOpened() == 100);
        clients.get(0).send("first");
        Eventually.reached(blocked);
        for (int i = 0; i < 100; i++) {
            clients.add(connect(server));
        }
        for (int i = 1; i < clients.size(); i++) {
            clients.get(i).send("one of " + i + " and two");
        }
        // More than one read brings, and than the socket's buffer at the start.
        byte[] large = PatternBytes.bytes(0, 100_000);
        Client uploading = connect(server);
        int arrived = uploading.offer(large);
        assertThat(arrived).isPositive();
        try (Crowd stop = Crowd.one(index -> assertThat(server.stop(GRACE)).isTrue())) {
            Eventually.isTrue("it waits for the loop", () -> stop.thread().getState() == Thread.State.TIMED_WAITING);
            release.countDown();
            assertThat(clients.get(0).readToEnd()).isEqualTo("first");
            for (int i = 1; i < clients.size(); i++) {
                assertThat(clients.get(i).readToEnd()).isEqualTo("one of " + i + " and two");
            }
            assertThat(uploading.readBytesToEnd()).isEqualTo(PatternBytes.bytes(0, arrived));
            for (Client client : clients) {
                client.close();
            }
            uploading.close();
            stop.join();
        }
        assertThat(server.stats().connectionsOpened()).isEqualTo(201);
        assertThat(server.stats().connectionsCutOff()).isZero();
    }

    /**
     * Each sends its next four requests when it has four replies. What the handler has answered, the clients have got.
     */
    @EveryTransport
    void thousandBusyConnectionsLoseNoReply(Transport transport) throws Exception {
        AtomicLong answered = new AtomicLong();
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            int whole = in.remaining() / BusyClients.REQUEST * BusyClients.REQUEST;
            answered.addAndGet(whole / BusyClients.REQUEST);
            out.write(in.slice(in.position(), whole));
            in.position(in.position() + whole);
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        try (BusyClients clients =
                BusyClients.connect(Client.socketAddress(server.addresses().get(0)), 1000)) {
            Eventually.isTrue("all are busy", () -> clients.fewestReplies() >= 8);
            assertThat(server.stop(GRACE)).isTrue();
            clients.awaitEnd();
            assertThat(clients.resets()).isZero();
            assertThat(clients.wrong()).isZero();
            assertThat(clients.replies()).isEqualTo(answered.get());
        }
        assertThat(server.stats().connectionsCutOff()).isZero();
        assertThat(server.stats().connectionsClosed()).isEqualTo(1000);
    }

    /** A reply that is made piece by piece, whenever the last piece is out. */
    @Test
    void replyThatHasBegunIsFinished() throws Exception {
        int piece = 256 * 1024;
        int pieces = 40;
        AtomicLong made = new AtomicLong();
        TestHandler handler = new TestHandler().withoutLog();
        handler.onData((connection, in, out) -> {
                    in.position(in.limit());
                    if (made.get() < pieces && connection.pendingOutput() == 0) {
                        out.write(PatternBytes.bytes(made.getAndIncrement() * piece, piece));
                    }
                    return Action.NONE;
                })
                .onPostwrite((connection, amount, remaining) -> {
                    if (remaining == 0) {
                        connection.wake();
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connectSlowReader(server).send("x");
        Eventually.isTrue("it is under way", () -> server.stats().writePending() > 0);
        try (Crowd stop = Crowd.one(index -> assertThat(server.stop(GRACE)).isTrue())) {
            Eventually.isTrue("it stops", server::isStopping);
            assertThat(made).hasValueLessThan(pieces);
            assertThat(client.readBytesToEnd()).isEqualTo(PatternBytes.bytes(0, piece * pieces));
            client.close();
            stop.join();
        }
        assertThat(server.isStopping()).isFalse();
    }

    @EveryTransport
    void clientThatNeverCeasesToSendDoesNotHoldItUp(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            in.position(in.limit());
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        AtomicBoolean ended = new AtomicBoolean();
        try (Crowd flood = Crowd.one(index -> {
            byte[] much = new byte[256 * 1024];
            try {
                while (!ended.get()) {
                    client.send(much);
                }
            } catch (IOException e) {
                // The server has ended.
                ended.set(true);
            }
        })) {
            Eventually.isTrue("it floods", () -> server.stats().dataReceived() > 10_000_000);
            long begun = System.nanoTime();
            assertThat(server.stop(Duration.ofMinutes(10))).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
            ended.set(true);
            flood.join();
        }
    }
}
