package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Everybody gets a turn. */
class FairnessTest extends ConformanceTest {

    @EveryTransport
    void connectionThatSendsWithoutPauseDoesNotStarveTheOthers(Transport transport) throws Exception {
        AtomicLong greedyEvents = new AtomicLong();
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            if (connection.id() > 1) {
                out.write(in);
                return Action.NONE;
            }
            greedyEvents.lazySet(greedyEvents.get() + 1);
            in.position(in.limit());
            // Slower than the client: there always is more to read than was read.
            for (long until = System.nanoTime() + 100_000; System.nanoTime() < until; ) {
                Thread.onSpinWait();
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client greedy = connect(server);
        byte[] much = new byte[1024 * 1024];
        closeAfterwards(Crowd.one(index -> {
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    greedy.send(much);
                }
            } catch (IOException | ClosedSelectorException e) {
                // The test is over.
                return;
            }
        }));
        Eventually.isTrue("the greedy one is at work", () -> greedyEvents.get() > 100);
        List<Client> others = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            others.add(connect(server));
        }
        List<Long> waits = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            for (Client other : others) {
                other.send("ping");
            }
            for (Client other : others) {
                assertThat(other.read(4)).isEqualTo("ping");
            }
            for (Client other : others) {
                long before = greedyEvents.get();
                assertThat(other.send("pong").read(4)).isEqualTo("pong");
                waits.add(greedyEvents.get() - before);
            }
        }
        long during = greedyEvents.get();
        Eventually.isTrue("the greedy one still is at work", () -> greedyEvents.get() > during);
        // Between a request and its answer the greedy one had a handful of turns; more only when the client had to wait
        // for a processor.
        waits.sort(null);
        assertThat(waits.get(waits.size() / 2))
                .as("turns between, of %s", waits)
                .isLessThan(10);
    }
}
