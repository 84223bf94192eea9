package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.OffLoop;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stop that an event asks for: the call returns at once, and the stop comes after the event, as one from outside. */
class StopInEventTest extends ConformanceTest {

    private static final Duration GRACE = Duration.ofSeconds(30);

    /** Far below the grace period, and the five seconds that a stop waits longer. */
    private static final Duration AT_ONCE = Duration.ofSeconds(2);

    private final AtomicBoolean asked = new AtomicBoolean();
    private final CompletableFuture<Boolean> answer = new CompletableFuture<>();
    private final CompletableFuture<Duration> took = new CompletableFuture<>();
    private final TestHandler handler = new TestHandler();

    /** The first event of all that is of the wanted kind stops its server. */
    private void stopIn(String event, String wanted) {
        if (event.equals(wanted) && asked.compareAndSet(false, true)) {
            assertThat(handler.server().isLoopThread()).isTrue();
            long began = System.nanoTime();
            answer.complete(handler.server().stop(GRACE));
            took.complete(Duration.ofNanos(System.nanoTime() - began));
        }
    }

    /** Answers each request; detaches on "D". */
    private TestHandler stoppingIn(String wanted, OffLoop offLoop) {
        return handler.onServing(server -> {
                    stopIn("serving", wanted);
                    return Action.NONE;
                })
                .onTick(() -> {
                    stopIn("tick", wanted);
                    return Tick.after(Duration.ofMillis(5));
                })
                .onOpened((connection, out) -> {
                    out.writeAscii("hi ");
                    stopIn("opened", wanted);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    boolean detach = in.get(in.position()) == 'D';
                    in.position(in.limit());
                    if (wanted.equals("finish")) {
                        return offLoop.call(connection, () -> "answer", (result, reply) -> {
                            stopIn("finish", wanted);
                            reply.writeAscii(result);
                            return Action.NONE;
                        });
                    }
                    out.writeAscii("answer");
                    stopIn("data", wanted);
                    return detach ? Action.DETACH : Action.NONE;
                })
                .onPrewrite((connection, amount) -> {
                    stopIn("prewrite", wanted);
                    return Action.NONE;
                })
                .onPostwrite((connection, amount, remaining) -> {
                    stopIn("postwrite", wanted);
                    return Action.NONE;
                })
                .onDetached((connection, detached) -> {
                    stopIn("detached", wanted);
                    detached.close();
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    stopIn("closed", wanted);
                    return Action.NONE;
                });
    }

    private void assertThatItWasOnlyAskedFor() throws Exception {
        assertThat(answer.get()).isFalse();
        assertThat(took.get()).isLessThan(AT_ONCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"opened", "data", "finish", "prewrite", "postwrite", "detached", "closed"})
    void theCallReturnsAtOnceAndEveryReplyArrives(String event) throws Exception {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        closeAfterwards(executor::shutdownNow);
        EvioServer server = start(stoppingIn(event, new OffLoop(executor)), ANY_PORT);
        if (event.equals("opened") || event.equals("prewrite") || event.equals("postwrite")) {
            // Already the first connection's greeting ends it.
            Client client = connect(server);
            assertThat(client.readToEnd()).isEqualTo("hi ");
            client.close();
        } else {
            Client bystander = connect(server);
            assertThat(bystander.read(3)).isEqualTo("hi ");
            Client client = connect(server);
            assertThat(client.read(3)).isEqualTo("hi ");
            client.send(event.equals("detached") ? "D" : "x");
            if (event.equals("closed")) {
                client.shutdownOutput();
            }
            assertThat(client.readToEnd()).isEqualTo("answer");
            client.close();
            assertThat(bystander.readToEnd()).isEmpty();
            bystander.close();
        }
        Eventually.isTrue("the end", () -> !server.isRunning());
        assertThatItWasOnlyAskedFor();
        assertThat(handler.events("closed")).extracting(Event::error).containsOnlyNulls();
        assertThat(server.stop(GRACE)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"serving", "tick"})
    void alsoInAnEventWithoutAConnection(String event) throws Exception {
        EvioServer server = start(stoppingIn(event, new OffLoop(Runnable::run)), ANY_PORT);
        Eventually.isTrue("the end", () -> !server.isRunning());
        assertThatItWasOnlyAskedFor();
    }

    /** Whichever loop the event runs on. */
    @Test
    void alsoOnOneOfSeveralLoops() throws Exception {
        EvioServer server =
                start(builder(stoppingIn("data", new OffLoop(Runnable::run)), "unix://" + folder.resolve("s"))
                        .loops(3));
        Client[] clients = {connect(server), connect(server), connect(server)};
        for (Client client : clients) {
            assertThat(client.read(3)).isEqualTo("hi ");
        }
        // Of a unix socket each loop has one of them.
        clients[2].send("x");
        assertThat(clients[2].readToEnd()).isEqualTo("answer");
        for (Client client : clients) {
            assertThat(client.readToEnd()).isEmpty();
            client.close();
        }
        Eventually.isTrue("the end", () -> !server.isRunning());
        assertThatItWasOnlyAskedFor();
    }

    @Test
    void alsoOnTheThreadThatServes() throws Exception {
        EvioServer server = builder(stoppingIn("data", new OffLoop(Runnable::run)), ANY_PORT)
                .build();
        try (Crowd serving = Crowd.one(index -> server.serve())) {
            handler.await("serving");
            Client client = connect(server);
            assertThat(client.send("x").readToEnd()).isEqualTo("hi answer");
            client.close();
            serving.join();
        }
        assertThatItWasOnlyAskedFor();
    }

    /** The event goes on after it has asked: another thread's stop waits for its end, as ever. */
    @Test
    void aSecondStopFromOutsideWaitsForTheEvent() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> release = new CompletableFuture<>();
        CompletableFuture<Connection> stopped = new CompletableFuture<>();
        handler.onData((connection, in, out) -> {
            in.position(in.limit());
            handler.server().stop(GRACE);
            stopped.complete(connection);
            release.get();
            over.set(true);
            out.writeAscii("late");
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        assertThat(server.isLoopThread()).isFalse();
        Client client = connect(server).send("x");
        stopped.get();
        try (Crowd second = Crowd.one(index -> {
            assertThat(server.stop(GRACE)).isTrue();
            assertThat(over).isTrue();
        })) {
            Eventually.isTrue("it waits", () -> second.thread().getState() == Thread.State.TIMED_WAITING);
            release.complete(null);
            assertThat(client.readToEnd()).isEqualTo("late");
            client.close();
            second.join();
        }
    }
}
