package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EventDurations;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.SlowestEvent;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The time of the application's code on the loop is counted, and the slowest event has a name. */
class EventDurationsTest extends ConformanceTest {

    private static final Duration SLOW = Duration.ofMillis(60);

    /** Echoes, and counts nothing of writes. */
    private static class EchoHandler implements EvioHandler {
        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            out.write(in);
            return Action.NONE;
        }
    }

    /** Takes its time, on the thread that it is about. */
    private static Action takeTime() {
        long until = System.nanoTime() + SLOW.toNanos();
        for (long left = SLOW.toNanos(); left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        return Action.NONE;
    }

    @EveryTransport
    void everyEventIsCountedOnce(Transport transport) throws Exception {
        EvioServer server = start(new EchoHandler(), transport.address(folder));
        EventDurations before = server.stats().eventDurations();
        // Of serving and the only tick; the latter may come after the start.
        assertThat(before.count()).isBetween(1L, 2L);
        for (int i = 0; i < 3; i++) {
            Client client = connect(server);
            for (int j = 0; j < 10; j++) {
                client.send("ping").read(4);
            }
            client.close();
        }
        Eventually.holds(() -> assertThat(server.stats().connectionsClosed()).isEqualTo(3));
        // opened, ten times data or more where bytes came in pieces, closed.
        long data = 30;
        Eventually.holds(() ->
                assertThat(server.stats().eventDurations().count()).isBetween(2 + 3 + data + 3, 2 + 3 + 2 * data + 3));
        EventDurations after = server.stats().eventDurations();
        assertThat(after.total()).isBetween(Duration.ofNanos(1), Duration.ofSeconds(30));
        assertThat(after.bounds()).hasSize(12).isSorted().startsWith(Duration.ofNanos(10_000));
        long last = 0;
        for (int i = 0; i < after.bounds().size(); i++) {
            assertThat(after.count(i)).isGreaterThanOrEqualTo(last);
            last = after.count(i);
        }
        assertThat(after.count(after.bounds().size())).isEqualTo(after.count());
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> after.count(after.bounds().size() + 1));
        assertThat(server.stats().eventDurations()).isEqualTo(after).hasSameHashCodeAs(after);
        assertThat(server.stats()).isEqualTo(server.stats());
        assertThat(after.toString()).contains("count=" + after.count());
    }

    @Test
    void aSlowEventIsInItsBucketAndHasItsName() throws Exception {
        EvioServer server = start(
                new EchoHandler() {
                    @Override
                    public Action opened(Connection connection, Output out) {
                        return takeTime();
                    }
                },
                ANY_PORT);
        Instant before = Instant.now();
        connect(server).send("x").read(1);
        EvioStats stats = server.stats();
        EventDurations durations = stats.eventDurations();
        assertThat(durations.count(durations.bounds().indexOf(Duration.ofMillis(50))))
                .isLessThan(durations.count());
        assertThat(durations.total()).isGreaterThanOrEqualTo(SLOW);
        SlowestEvent slowest = stats.slowestEvent();
        assertThat(slowest).isNotNull();
        assertThat(slowest.event()).isEqualTo("opened");
        assertThat(slowest.handler()).startsWith(EventDurationsTest.class.getName());
        assertThat(slowest.duration()).isBetween(SLOW, Duration.ofSeconds(30));
        assertThat(slowest.at()).isBetween(before, Instant.now());
    }

    /** Does what brings an event about. */
    private interface Cause {
        void of(Client client, Connection connection) throws Exception;
    }

    /** Whatever the loop runs of the application is timed, also what throws. */
    @Test
    void everyKindOfEventHasItsName() throws Exception {
        OffLoop offLoop = new OffLoop(Runnable::run);
        Cause nothing = (client, connection) -> {};
        Cause request = (client, connection) -> client.send("x");
        Cause end = (client, connection) -> client.close();
        assertThat(slowest(new TestHandler().onServing(server -> takeTime()), nothing))
                .isEqualTo("serving");
        assertThat(slowest(
                        new TestHandler().onTick(() -> {
                            takeTime();
                            return Tick.NEVER;
                        }),
                        nothing))
                .isEqualTo("tick");
        assertThat(slowest(new TestHandler().onData((connection, in, out) -> takeTime()), request))
                .isEqualTo("data");
        assertThat(slowest(TestHandler.echo().onPrewrite((connection, amount) -> takeTime()), request))
                .isEqualTo("prewrite");
        assertThat(slowest(TestHandler.echo().onPostwrite((connection, amount, left) -> takeTime()), request))
                .isEqualTo("postwrite");
        assertThat(slowest(
                        new TestHandler()
                                .onData((connection, in, out) -> Action.DETACH)
                                .onDetached((connection, detached) -> {
                                    detached.close();
                                    return takeTime();
                                }),
                        request))
                .isEqualTo("detached");
        assertThat(slowest(
                        new TestHandler().onClosed((connection, error) -> {
                            takeTime();
                            throw new IllegalStateException("late, and wrong");
                        }),
                        end))
                .isEqualTo("closed");
        assertThat(slowest(new TestHandler(), (client, connection) -> connection.execute(EventDurationsTest::takeTime)))
                .isEqualTo("execute");
        assertThat(slowest(
                        new TestHandler(),
                        (client, connection) -> connection.send(new byte[] {1}, EventDurationsTest::takeTime)))
                .isEqualTo("whenSent");
        assertThat(slowest(
                        new TestHandler()
                                .onData((connection, in, out) ->
                                        offLoop.call(connection, () -> 1, (one, late) -> takeTime())),
                        request))
                .isEqualTo("work off the loop");
    }

    private String slowest(TestHandler handler, Cause cause) throws Exception {
        Connections connections = new Connections();
        EvioServer server = start(handler.onOpened(connections), ANY_PORT);
        cause.of(connect(server), connections.next());
        Eventually.holds(() -> assertThat(server.stats().slowestEvent())
                .isNotNull()
                .satisfies(event -> assertThat(event.duration()).isGreaterThanOrEqualTo(SLOW)));
        SlowestEvent slowest = server.stats().slowestEvent();
        assertThat(slowest.handler()).isEqualTo(TestHandler.class.getName());
        server.stop(Duration.ZERO);
        return slowest.event();
    }

    @Test
    void loopsAreTimedApart() throws Exception {
        EvioServer server = start(builder(new EchoHandler(), ANY_PORT).loops(2));
        for (int i = 0; i < 20; i++) {
            connect(server).send("x").read(1);
        }
        Eventually.holds(() -> {
            List<EvioStats> loops = server.loopStats();
            assertThat(loops).hasSize(2);
            long sum = 0;
            for (EvioStats loop : loops) {
                assertThat(loop.eventDurations().count()).isPositive();
                sum += loop.eventDurations().count();
            }
            assertThat(server.stats().eventDurations().count()).isEqualTo(sum);
        });
    }
}
