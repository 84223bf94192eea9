package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.testing.ChildServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.LoopThread;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Out of descriptors, of room for connections, of memory: the loop lives on, does not spin, and serves who can be
 * served.
 */
class ShortageTest extends ConformanceTest {

    /** Reads the answer of the ones in front, who are served, and lets them leave, until everybody has been served. */
    private static void serveAll(Deque<Client> clients) throws IOException {
        while (!clients.isEmpty()) {
            try (Client first = clients.pop()) {
                assertThat(first.read(4)).isEqualTo("ping");
            }
        }
    }

    @Test
    void outOfDescriptorsTheLoopRestsAndServesEverybodyOnceSomeLeave() throws Exception {
        List<String> prefix = List.of("prlimit", "--nofile=100:100");
        try (ChildServer child = ChildServer.start(prefix, List.of(), poller, "echo")) {
            Deque<Client> clients = new ArrayDeque<>();
            for (int i = 0; i < 200; i++) {
                clients.add(connect(child.address()).send("ping"));
            }
            Eventually.isTrue("descriptors run out", () -> child.stats().get("acceptErrors") > 2);
            Map<String, Long> before = child.stats();
            assertThat(before.get("active")).isBetween(10L, 100L);
            // The time is what is measured over, not what is waited for.
            Thread.sleep(2000);
            Map<String, Long> after = child.stats();
            assertThat(after.get("cpuNanos") - before.get("cpuNanos")).isLessThan(200_000_000);
            assertThat(after.get("iterations") - before.get("iterations")).isLessThan(60);
            assertThat(after.get("acceptErrors") - before.get("acceptErrors")).isBetween(1L, 30L);
            assertThat(after.get("active")).isEqualTo(before.get("active"));

            serveAll(clients);
            assertThat(child.stats().get("opened")).isEqualTo(200);
            Eventually.isTrue("all have left", () -> child.stats().get("closed") == 200);
            assertThat(connect(child.address()).send("ping").read(4)).isEqualTo("ping");
            assertThat(child.logs())
                    .filteredOn(line -> line.contains("accept"))
                    .singleElement()
                    .asString()
                    .contains("WARN", "EMFILE", "paused");
        }
    }

    @EveryTransport
    void connectionsBeyondTheLimitWaitWithoutASpinAndAreServedWhenOthersLeave(Transport transport) throws Exception {
        LogCapture log = closeAfterwards(new LogCapture());
        EvioServer server = start(builder(TestHandler.echo().withoutLog(), transport.address(folder))
                .limits(Limits.DEFAULTS.withMaxConnections(10)));
        Deque<Client> clients = new ArrayDeque<>();
        for (int i = 0; i < 60; i++) {
            clients.add(connect(server).send("ping"));
        }
        Eventually.isTrue("the limit is reached", () -> server.stats().dataReceived() == 40);
        assertThat(server.stats().connectionsActive()).isEqualTo(10);
        LoopThread loop = LoopThread.of(server);
        long cpu = loop.cpuNanos();
        long iterations = server.stats().loopIterations();
        Thread.sleep(500);
        assertThat(loop.cpuNanos() - cpu).isLessThan(100_000_000);
        assertThat(server.stats().loopIterations() - iterations).isLessThan(10);
        assertThat(server.stats().connectionsActive()).isEqualTo(10);

        serveAll(clients);
        Eventually.isTrue("all have left", () -> server.stats().connectionsClosed() == 60);
        assertThat(server.stats().acceptErrors()).as("waiting is no error").isZero();
        assertThat(server.stats().acceptPauses()).isBetween(1L, 60L);
        assertThat(log.lines())
                .singleElement()
                .satisfies(line -> assertThat(line.getFormattedMessage())
                        .isEqualTo("Evio 'test': not accepting: max-connections (10) reached; resumes when a"
                                + " connection closes"));
    }

    @Test
    void limitOfConnectionsCountsOverAllAddresses() throws Exception {
        EvioServer server = start(builder(TestHandler.echo().withoutLog(), ANY_PORT, ANY_PORT, ANY_PORT)
                .limits(Limits.DEFAULTS.withMaxConnections(2)));
        List<Client> served = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Client client = connect(server.addresses().get(i));
            assertThat(client.send("ping").read(4)).isEqualTo("ping");
            served.add(client);
        }
        Client waiting = connect(server.addresses().get(2)).send("ping");
        assertThat(waiting.hasInput(Duration.ofMillis(200))).isFalse();
        served.get(0).close();
        assertThat(waiting.read(4)).isEqualTo("ping");
    }

    @Test
    void connectionThatTakesTheLastDirectMemoryIsClosedAndTheLoopLivesOn() throws Exception {
        List<String> options = List.of("-XX:MaxDirectMemorySize=4m");
        try (ChildServer child = ChildServer.start(List.of(), options, poller, "keep")) {
            Client greedy = connect(child.address());
            byte[] much = new byte[1024 * 1024];
            try {
                for (int i = 0; i < 64; i++) {
                    greedy.send(much);
                }
            } catch (IOException e) {
                // Reset meanwhile, as it should be.
                assertThat(e).isNotNull();
            }
            assertThat(greedy.isEnded()).isTrue();
            long received = child.stats().get("received");
            connect(child.address()).send("still there");
            Eventually.isTrue("another one is served", () -> child.stats().get("received") == received + 11);
            assertThat(child.stats().get("closed")).isEqualTo(1);
        }
    }
}
