package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.evio.Action;
import io.evio.ConnectionStats;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.Limits;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The counts of a server are exact once it is quiet. */
class StatsTest extends ConformanceTest {

    @EveryTransport
    void countEveryConnectionAndByte(Transport transport) throws Exception {
        int connections = 12;
        int bytes = 300_000;
        TestHandler handler = TestHandler.echo();
        EvioServer server =
                start(builder(handler, transport.address(folder)).limits(Limits.DEFAULTS.withMaxConnections(100)));
        assertThat(server.stats().connectionsMax()).isEqualTo(100);
        CountDownLatch echoed = new CountDownLatch(connections);
        CountDownLatch leave = new CountDownLatch(1);
        try (Crowd crowd = Crowd.start(connections, index -> {
            Random random = new Random(index);
            try (Client client = Client.connect(server.addresses().get(0))) {
                for (int left = bytes; left > 0; ) {
                    int n = Math.min(left, 1 + random.nextInt(20_000));
                    client.send(new byte[n]);
                    client.readBytes(n);
                    left -= n;
                }
                echoed.countDown();
                Eventually.reached(leave);
            }
        })) {
            Eventually.reached(echoed);
            assertThat(server.stats().connectionsActive()).isEqualTo(connections);
            leave.countDown();
            crowd.join();
        }
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
        EvioStats stats = server.stats();
        long total = (long) connections * bytes;
        assertThat(stats.dataReceived()).isEqualTo(total);
        assertThat(stats.dataSent()).isEqualTo(total);
        assertThat(stats.postwriteBytes()).isEqualTo(total);
        assertThat(stats.connectionsOpened()).isEqualTo(connections);
        assertThat(stats.connectionsClosed()).isEqualTo(connections);
        assertThat(stats.connectionsDetached()).isZero();
        assertThat(stats.acceptErrors()).isZero();
        assertThat(stats.handlerErrors()).isZero();
        assertThat(stats.writePending()).isZero();
        assertThat(stats.wakeups()).isZero();
        assertThat(stats.ticks()).isEqualTo(1);
        assertSameAsHandlerSaw(stats, handler);
    }

    @EveryTransport
    void countEveryAttemptToWriteToASlowReader(Transport transport) throws Exception {
        int bytes = 5_000_000;
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.write(new byte[bytes]);
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        Event partial = handler.await("postwrite", event -> event.remaining() > 0);
        Eventually.holds(() -> assertThat(server.stats().writePending())
                .isEqualTo(bytes - server.stats().dataSent())
                .isPositive());
        assertThat(server.stats().writePending()).isLessThanOrEqualTo(partial.remaining());
        client.readBytes(bytes);
        Eventually.holds(() -> assertThat(server.stats().writePending()).isZero());
        EvioStats stats = server.stats();
        assertThat(stats.dataSent()).isEqualTo(bytes);
        assertThat(stats.postwriteBytes()).isEqualTo(bytes);
        assertThat(stats.postwritePartial()).isPositive();
        assertSameAsHandlerSaw(stats, handler);
    }

    private static void assertSameAsHandlerSaw(EvioStats stats, TestHandler handler) {
        List<Event> before = handler.events("prewrite");
        List<Event> after = handler.events("postwrite");
        assertThat(stats.prewriteAttempts()).isEqualTo(before.size());
        assertThat(stats.prewriteBytes())
                .isEqualTo(before.stream().mapToLong(Event::amount).sum());
        assertThat(stats.postwriteAttempts()).isEqualTo(after.size());
        assertThat(stats.postwriteBytes())
                .isEqualTo(after.stream().mapToLong(Event::amount).sum());
        assertThat(stats.postwritePartial())
                .isEqualTo(after.stream().filter(event -> event.remaining() > 0).count());
    }

    /** A meter that never falls back is as bad as one that goes flat. */
    @Test
    void nothingStaysPendingOfAConnectionThatIsCutOff() throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.write(new byte[5_000_000]);
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connectSlowReader(server);
        Eventually.holds(() -> assertThat(server.stats().writePending()).isPositive());
        client.reset();
        Eventually.holds(() -> assertThat(server.stats().writePending()).isZero());
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
    }

    @Test
    void countWakesTicksAndTurns() throws Exception {
        TestHandler handler = TestHandler.echo();
        handler.onTick(() -> handler.count("tick") < 5 ? Tick.after(Tick.MIN_DELAY) : Tick.NEVER)
                .onOpened((connection, out) -> connection.id() == 2 ? Action.DETACH : Action.NONE);
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        client.send("x");
        client.read(1);
        for (int i = 1; i <= 3; i++) {
            server.wake(1);
            long data = 1L + i;
            Eventually.isTrue("data", () -> handler.count("data") == data);
        }
        connect(server);
        handler.await("detached");
        Eventually.holds(() -> assertThat(server.stats().ticks()).isEqualTo(5));
        EvioStats stats = server.stats();
        assertThat(stats.wakeups()).isEqualTo(3);
        assertThat(stats.connectionsDetached()).isEqualTo(1);
        assertThat(stats.connectionsActive()).isEqualTo(1);
        assertThat(stats.loopIterations()).isPositive();
        // Two that come at the same time may be one.
        assertThat(stats.loopEvents()).isGreaterThanOrEqualTo(4);
        assertThat(stats.loopBusyNanos()).isPositive();
    }

    @EveryTransport
    void everyOpenConnectionIsListed(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            out.write(new byte[10 * in.remaining()]);
            in.position(in.limit());
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT, transport.address(folder));
        for (int i = 1; i <= 5; i++) {
            Client client = connect(server.addresses().get(i == 1 ? 0 : 1));
            client.send(new byte[i]).readBytes(10 * i);
        }
        assertThat(server.connections(0, 100)).extracting(ConnectionStats::id).containsExactly(1L, 2L, 3L, 4L, 5L);
        Client gone = connect(server);
        gone.close();
        handler.await("closed");
        assertThat(server.connections(0, 2)).extracting(ConnectionStats::id).containsExactly(1L, 2L);
        assertThat(server.connections(2, 2)).extracting(ConnectionStats::id).containsExactly(3L, 4L);
        assertThat(server.connections(4, 2)).extracting(ConnectionStats::id).containsExactly(5L);
        assertThat(server.connections(5, 2)).isEmpty();
        assertThat(server.connections(0, 0)).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> server.connections(0, -1));
        ConnectionStats third = server.connections(2, 1).get(0);
        assertThat(third.addressIndex()).isEqualTo(1);
        assertThat(third.dataReceived()).isEqualTo(3);
        assertThat(third.dataSent()).isEqualTo(30);
        assertThat(third.writePending()).isZero();
        assertThat(third.age()).isBetween(Duration.ZERO, Duration.ofMinutes(1));
        assertThat(server.connections(0, 1).get(0).age()).isGreaterThan(third.age());
        assertThat(server.connections(0, 1).get(0).remoteAddress()).isInstanceOf(InetSocketAddress.class);
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertThat(server.connections(0, 100)).isEmpty();
    }

    @EveryTransport
    void aConnectionSaysWhatItHasPending(Transport transport) throws Exception {
        int bytes = 20_000_000;
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.write(new byte[bytes]);
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        handler.await("postwrite");
        Eventually.holds(() -> {
            ConnectionStats stats = server.connections(0, 1).get(0);
            assertThat(stats.writePending()).isPositive().isEqualTo(bytes - stats.dataSent());
        });
        client.readBytes(bytes);
        Eventually.holds(
                () -> assertThat(server.connections(0, 1).get(0).writePending()).isZero());
    }
}
