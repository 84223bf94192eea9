package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioServer;
import io.evio.FaultyServers;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.FaultyPoller;
import io.evio.testing.FaultyPoller.Sleep;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * With busy-poll a loop that has nothing to do looks for work before it sleeps, and keeps its deadlines; without, it
 * sleeps.
 */
class BusyPollTest extends ConformanceTest {

    /** A second is the most there can be. */
    private static final Duration LONG = Duration.ofSeconds(1);

    private final List<FaultyPoller> pollers = new ArrayList<>();
    private final TestHandler handler = TestHandler.echo();

    private EvioServer start(Duration busyPoll) throws IOException {
        return start(FaultyServers.over(poller, pollers)
                .name("test")
                .handler(handler)
                .loops(2)
                .busyPoll(busyPoll)
                .addresses(ANY_PORT));
    }

    @Test
    void everyLoopLooksSeveralTimesBeforeItSleeps() throws IOException {
        EvioServer server = start(Duration.ofMillis(300));

        assertThat(server.busyPoll()).isEqualTo(Duration.ofMillis(300));
        assertThat(pollers).hasSize(2).allSatisfy(watched -> {
            Eventually.isTrue("sleep", () -> !watched.sleeps().isEmpty());
            Sleep first = watched.sleeps().get(0);
            assertThat(first.timeoutMillis()).as("nothing is to come").isEqualTo(-1);
            assertThat(first.looks()).isGreaterThan(1);
            // And so it does each time.
            watched.wakeup();
            Eventually.isTrue("next sleep", () -> watched.sleeps().size() > 1);
            assertThat(watched.sleeps().get(1).looks()).isGreaterThan(1);
        });
    }

    /** Thirty seconds, if each of them came when the loop had looked to the end. */
    @Test
    void aTickThatIsDueEarlierEndsTheLooking() throws IOException {
        handler.onTick(() -> Tick.after(Duration.ofMillis(1)));
        start(LONG);

        Eventually.isTrue("ticks", () -> handler.count("tick") > 30);
    }

    @Test
    void whatComesWhileItLooksIsServed() throws IOException {
        EvioServer server = start(LONG);
        for (int i = 0; i < 4; i++) {
            Client client = connect(server);
            assertThat(client.send("abc").read(3)).isEqualTo("abc");
        }
        assertThat(pollers)
                .allSatisfy(watched -> Eventually.isTrue("looks", () -> {
                    // It may have slept meanwhile.
                    watched.wakeup();
                    return watched.looks() > 0;
                }));

        assertThat(server.wake(handler.events("opened").get(0).id())).isTrue();
        handler.await("data", event -> event.amount() == 0);
        assertThat(server.stop(Duration.ofSeconds(10))).isTrue();
        assertThat(handler.count("closed")).isEqualTo(4);
    }

    @Test
    void withoutItALoopWithNothingToDoSleepsAtOnce() throws IOException {
        EvioServer server = start(Duration.ZERO);

        assertThat(server.busyPoll()).isZero();
        assertThat(pollers).hasSize(2).allSatisfy(watched -> {
            for (int turn = 1; turn <= 50; turn++) {
                int sleeps = turn;
                Eventually.isTrue("sleep", () -> watched.sleeps().size() >= sleeps);
                watched.wakeup();
            }
            assertThat(watched.sleeps()).containsOnly(new Sleep(-1, 0));
        });
    }
}
