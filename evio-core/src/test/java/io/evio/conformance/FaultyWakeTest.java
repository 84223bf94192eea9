package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.FaultyServers;
import io.evio.Limits;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.FaultyPoller;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A loop cannot be woken: the others of its server are told all the same, and nothing that it was given is lost. */
class FaultyWakeTest extends ConformanceTest {

    private final List<FaultyPoller> pollers = new ArrayList<>();
    private final TestHandler handler = TestHandler.echo();

    private EvioServer start(Limits limits) throws IOException {
        return start(FaultyServers.over(poller, pollers)
                .name("test")
                .handler(handler)
                .loops(3)
                .limits(limits)
                .addresses("unix://" + folder.resolve("s.sock")));
    }

    private void failWakes(boolean failing) {
        pollers.get(0).failWakes(failing);
    }

    private static List<String> loopThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("evio-test-"))
                .toList();
    }

    @Test
    void theOtherLoopsEndWhenTheServerIsStopped() throws IOException {
        EvioServer server = start(Limits.DEFAULTS);
        failWakes(true);

        assertThatThrownBy(() -> server.stop(Duration.ZERO))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("The loop could not be woken");

        // The first one may have seen it by itself, before it came to wait.
        Eventually.holds(() -> assertThat(loopThreads()).doesNotContain("evio-test-1", "evio-test-2"));
        failWakes(false);
        assertThat(server.stop(Duration.ZERO)).isTrue();
    }

    /**
     * Whatever a wake throws: the caller is told, and the next request wakes the loop, which finds what was given
     * before.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatCouldNotWakeItsLoopGoesOutWithTheNextRequest(boolean error) throws Exception {
        CompletableFuture<Connection> opened = new CompletableFuture<>();
        handler.onOpened((connection, out) -> {
            opened.complete(connection);
            return Action.NONE;
        });
        start(FaultyServers.over(poller, pollers)
                .name("test")
                .handler(handler)
                .addresses("unix://" + folder.resolve("s.sock")));
        FaultyPoller faulty = pollers.get(0);
        Client client = connect(handler.server());
        Connection connection = opened.get();
        // Until then it looks up every second, and finds what no wake has told it of.
        Eventually.isTrue("the loop sleeps for minutes", () -> {
            List<FaultyPoller.Sleep> sleeps = faulty.sleeps();
            return !sleeps.isEmpty() && sleeps.get(sleeps.size() - 1).timeoutMillis() > 60_000;
        });
        if (error) {
            faulty.failWakesWith(new OutOfMemoryError("as the test wants it"));
        } else {
            faulty.failWakes(true);
        }

        assertThatThrownBy(() -> connection.send(new byte[] {'a'}))
                .isInstanceOf(error ? OutOfMemoryError.class : UncheckedIOException.class);
        assertThat(faulty.failedWakes()).isEqualTo(1);
        faulty.failWakes(false);
        assertThat(connection.send(new byte[] {'b'})).isTrue();

        assertThat(client.read(2)).isEqualTo("ab");
    }

    /** A loop waits for a free seat, and cannot be told of it; the next one that is free it is told of. */
    @Test
    void aConnectionThatLeavesIsClosedAndTheNextOneTellsOfItsSeat() throws Exception {
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(Limits.DEFAULTS.withMaxConnections(3));
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Client client = connect(server);
                clients.add(client);
                assertThat(client.send("x").read(1)).isEqualTo("x");
            }
            Client waiting = connect(server);
            waiting.send("y");
            Eventually.isTrue(
                    "the pause",
                    () -> log.lines().stream()
                            .anyMatch(line -> line.getFormattedMessage().contains("not accepting")));

            failWakes(true);
            // Of the last loop, as each loop has one.
            clients.get(2).close();
            Eventually.isTrue("a wake that fails", () -> pollers.get(0).failedWakes() > 0);
            failWakes(false);
            assertThat(handler.count("closed")).isEqualTo(1);
            clients.get(1).close();

            assertThat(waiting.read(1)).isEqualTo("y");
            assertThat(clients.get(0).send("z").read(1)).isEqualTo("z");
            assertThat(server.isRunning()).isTrue();
        }
    }
}
