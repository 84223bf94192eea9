package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.Address;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each of the eight events with each of the four actions returned from it. */
class ActionsTest extends ConformanceTest {

    private static final List<String> EVENTS =
            List.of("serving", "tick", "opened", "data", "prewrite", "postwrite", "detached", "closed");

    private static Stream<Arguments> withoutEffect() {
        List<Arguments> all = new ArrayList<>();
        for (String event : EVENTS) {
            all.add(Arguments.of(event, Action.NONE));
            if (!event.equals("opened") && !event.equals("data")) {
                all.add(Arguments.of(event, Action.CLOSE));
                all.add(Arguments.of(event, Action.DETACH));
            }
        }
        return all.stream();
    }

    /**
     * Greets with "hi", echoes, detaches on "D"; the first event of the given name on the first address returns the
     * given action.
     */
    private static TestHandler returning(String event, Action action) {
        AtomicBoolean used = new AtomicBoolean();
        TestHandler handler = new TestHandler();
        return handler.onServing(server -> once(used, "serving", event, action))
                .onTick(() -> new Tick(Duration.ofMillis(1), once(used, "tick", event, action)))
                .onOpened((connection, out) -> {
                    out.writeAscii("hi");
                    return once(used, connection, "opened", event, action);
                })
                .onData((connection, in, out) -> {
                    boolean detach = in.get(in.position()) == 'D';
                    out.write(in);
                    return detach ? Action.DETACH : once(used, connection, "data", event, action);
                })
                .onPrewrite((connection, amount) -> once(used, connection, "prewrite", event, action))
                .onPostwrite((connection, amount, remaining) -> once(used, connection, "postwrite", event, action))
                .onDetached((connection, detached) -> {
                    detached.close();
                    return once(used, connection, "detached", event, action);
                })
                .onClosed((connection, error) -> once(used, connection, "closed", event, action));
    }

    private static Action once(AtomicBoolean used, Connection connection, String current, String event, Action action) {
        return connection.addressIndex() == 0 ? once(used, current, event, action) : Action.NONE;
    }

    private static Action once(AtomicBoolean used, String current, String event, Action action) {
        return current.equals(event) && used.compareAndSet(false, true) ? action : Action.NONE;
    }

    @ParameterizedTest(name = "{1} from {0}")
    @MethodSource("withoutEffect")
    void changesNothing(String event, Action action) throws IOException {
        TestHandler handler = returning(event, action);
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        assertThat(client.read(2)).isEqualTo("hi");
        for (String message : List.of("one", "two")) {
            client.send(message);
            assertThat(client.read(3)).isEqualTo(message);
        }
        Client detaching = connect(server);
        detaching.send("D");
        assertThat(detaching.readToEnd()).isEqualTo("hiD");
        client.close();
        handler.await("closed");
        // The loop lives on.
        Client later = connect(server);
        later.send("x");
        assertThat(later.read(3)).isEqualTo("hix");
        handler.await("tick", tick -> handler.count("tick") > 2);
        assertThat(handler.events("closed")).hasSize(1).first().satisfies(closed -> {
            assertThat(closed.id()).isEqualTo(1);
            assertThat(closed.error()).isNull();
        });
        assertThat(handler.events("detached")).extracting(Event::id).containsExactly(2L);
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"opened", "data"})
    void closeEndsTheConnection(String event) throws IOException {
        TestHandler handler = returning(event, Action.CLOSE);
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        if (event.equals("data")) {
            client.send("x");
        }
        assertThat(client.readToEnd()).isEqualTo(event.equals("data") ? "hix" : "hi");
        assertThat(handler.await("closed").error()).isNull();
        assertThat(handler.count("detached")).isZero();
        assertThat(server.isRunning()).isTrue();
        Client later = connect(server);
        later.send("y");
        assertThat(later.read(3)).isEqualTo("hiy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"opened", "data"})
    void detachHandsTheConnectionOver(String event) throws IOException {
        TestHandler handler = returning(event, Action.DETACH);
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        if (event.equals("data")) {
            client.send("x");
        }
        assertThat(client.readToEnd()).isEqualTo(event.equals("data") ? "hix" : "hi");
        handler.await("detached");
        assertThat(server.isRunning()).isTrue();
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertThat(handler.count("closed")).isZero();
        assertThat(server.stats().connectionsDetached()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"serving", "tick", "opened", "data", "prewrite", "postwrite", "detached", "closed"})
    void shutdownEndsTheServer(String event) throws Exception {
        TestHandler handler = returning(event, Action.SHUTDOWN);
        CompletableFuture<Boolean> stopped = new CompletableFuture<>();
        EvioServer server = stopAfterwards(builder(handler, ANY_PORT, "unix://" + folder.resolve("s"))
                .onStopped(failure -> stopped.complete(failure == null))
                .build());
        server.start();
        if (!event.equals("serving") && !event.equals("tick")) {
            List<Address> addresses = server.addresses();
            Client other = connect(addresses.get(1));
            assertThat(other.read(2)).isEqualTo("hi");
            Client client = connect(addresses.get(0));
            if (event.equals("data") || event.equals("detached")) {
                client.send(event.equals("detached") ? "D" : event);
            } else if (event.equals("closed")) {
                client.close();
            }
            Eventually.isTrue("the server's end", () -> !server.isRunning());
            assertThat(other.readToEnd()).isEmpty();
            if (event.equals("data")) {
                assertThat(client.readToEnd()).isEqualTo("hidata");
            }
            assertThatThrownBy(() -> connect(addresses.get(0))).isInstanceOf(IOException.class);
        }
        assertThat(stopped.get()).isTrue();
        assertThat(server.isRunning()).isFalse();
        assertThat(folder.resolve("s")).doesNotExist();
        // Whoever was opened has ended, in one way.
        assertThat(handler.events().stream().filter(e -> e.is("closed") || e.is("detached")))
                .extracting(Event::id)
                .containsExactlyInAnyOrderElementsOf(
                        handler.events("opened").stream().map(Event::id).toList());
        if (event.equals("serving")) {
            assertThat(handler.names()).containsExactly("serving");
        }
    }
}
