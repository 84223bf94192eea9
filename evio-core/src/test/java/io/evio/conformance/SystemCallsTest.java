package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LoopThread;
import io.evio.testing.OddReader;
import io.evio.testing.PatternBytes;
import io.evio.testing.Strace;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import io.evio.testing.WithoutLayer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The calls that the loop makes, as strace sees them: the fewest that will do. */
@WithoutLayer("counts the calls of a loop whose input and output come in the pieces of the wire")
class SystemCallsTest extends ConformanceTest {

    @BeforeEach
    void onlyEpoll() {
        assumeTrue(poller.equals("epoll"), "the calls of " + poller + " are others");
    }

    private Strace trace(EvioServer server) throws Exception {
        return closeAfterwards(Strace.attach(LoopThread.of(server).taskId(), folder));
    }

    @EveryTransport
    void requestCostsOneWaitOneReadAndOneWrite(Transport transport) throws Exception {
        EvioServer server = start(TestHandler.echo().withoutLog(), transport.address(folder));
        Client client = connect(server);
        assertThat(client.send("ping").read(4)).isEqualTo("ping");
        Strace trace = trace(server);
        int requests = 300;
        for (int i = 0; i < requests; i++) {
            assertThat(client.send("ping").read(4)).isEqualTo("ping");
        }
        Map<String, Integer> calls = Strace.count(trace.calls());
        assertThat(calls).containsOnlyKeys("epoll_wait", "recvfrom", "sendto");
        assertThat(calls).containsEntry("recvfrom", requests).containsEntry("sendto", requests);
        // The one that was under way when the trace began may be missing, as the one in which it ended; either may be
        // there.
        assertThat(calls.get("epoll_wait")).isBetween(requests - 1, requests + 2);
    }

    @EveryTransport
    void connectionCostsOneRegistrationAndNoOptions(Transport transport) throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, transport.address(folder));
        try (Client first = connect(server)) {
            first.send("warm").read(4);
        }
        handler.await("closed");
        Strace trace = trace(server);
        try (Client client = connect(server)) {
            assertThat(client.send("ping").read(4)).isEqualTo("ping");
        }
        Eventually.isTrue("it is closed", () -> handler.count("closed") == 2);
        // One more turn, after which the descriptor is closed.
        connect(server).send("x").read(1);
        List<String> calls = trace.calls();
        assertThat(calls)
                .filteredOn(call -> call.startsWith("accept4(") && !call.contains("EAGAIN"))
                .hasSize(2)
                .allMatch(call -> call.contains("SOCK_CLOEXEC") && call.contains("SOCK_NONBLOCK"));
        Map<String, Integer> counts = Strace.count(calls);
        assertThat(counts).containsOnlyKeys("accept4", "close", "epoll_ctl", "epoll_wait", "recvfrom", "sendto");
        assertThat(counts)
                .containsEntry("epoll_ctl", 2)
                .containsEntry("close", 1)
                .containsEntry("sendto", 2);
    }

    @Test
    void writabilityIsWatchedOnlyWhileOutputIsPending() throws Exception {
        int size = 8 * PatternBytes.MAX_LENGTH;
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            for (int done = 0; in.hasRemaining() && done < size; done += PatternBytes.MAX_LENGTH) {
                out.write(PatternBytes.at(done, PatternBytes.MAX_LENGTH));
            }
            in.position(in.limit());
            return Action.NONE;
        });
        EvioServer server =
                start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withWaterMarks(4 * size, 4 * size)));
        Client client = connectSlowReader(server);
        Eventually.isTrue("it is accepted", () -> server.stats().connectionsOpened() == 1);
        Strace trace = trace(server);
        client.send("x");
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 0);
        OddReader.read(client, 0, size);
        Eventually.isTrue("all is out", () -> server.stats().writePending() == 0);
        // A turn behind the last write, so that its end is in the trace.
        long iterations = server.stats().loopIterations();
        server.wake(1);
        Eventually.isTrue("it turns", () -> server.stats().loopIterations() > iterations);
        assertThat(trace.calls())
                .filteredOn(call -> call.startsWith("epoll_ctl("))
                .satisfiesExactlyInAnyOrder(
                        call -> assertThat(call).contains("EPOLL_CTL_MOD", "EPOLLIN|EPOLLOUT"),
                        call -> assertThat(call).contains("EPOLL_CTL_MOD", "EPOLLIN,"));
    }
}
