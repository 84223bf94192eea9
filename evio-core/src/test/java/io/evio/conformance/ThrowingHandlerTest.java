package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ThrowableProxy;
import io.evio.Action;
import io.evio.Address;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Handlers that throw: what it costs, and whom. */
class ThrowingHandlerTest extends ConformanceTest {

    private LogCapture log;

    @BeforeEach
    void catchLog() {
        log = new LogCapture();
    }

    @AfterEach
    void releaseLog() {
        log.close();
    }

    /** Things that an event may do instead of returning an action; a null throwable is the return of null. */
    private static Stream<Arguments> throwsInEvents() {
        List<Arguments> all = new ArrayList<>();
        List<Supplier<Throwable>> kinds = List.of(
                () -> new IllegalStateException("runtime"),
                () -> new AssertionError("error"),
                () -> new StackOverflowError("overflow"),
                () -> new IOException("checked"),
                () -> new InterruptedException("interrupted"),
                () -> null);
        for (String event : List.of("opened", "data", "prewrite", "postwrite", "detached", "closed")) {
            for (Supplier<Throwable> kind : kinds) {
                Throwable thrown = kind.get();
                all.add(Arguments.of(event, thrown == null ? "null" : thrown.getMessage(), thrown));
            }
        }
        return all.stream();
    }

    /** Echoes, detaches on "D"; the event of this name throws for every connection of the first address. */
    private static TestHandler throwingIn(String event, Throwable thrown) {
        return new TestHandler()
                .onOpened((connection, out) -> {
                    out.writeAscii("hi");
                    return act(connection.addressIndex(), "opened", event, thrown);
                })
                .onData((connection, in, out) -> {
                    boolean detach = in.get(in.position()) == 'D';
                    out.write(in);
                    return detach ? Action.DETACH : act(connection.addressIndex(), "data", event, thrown);
                })
                .onPrewrite((connection, amount) -> act(connection.addressIndex(), "prewrite", event, thrown))
                .onPostwrite(
                        (connection, amount, remaining) -> act(connection.addressIndex(), "postwrite", event, thrown))
                .onDetached((connection, detached) -> act(connection.addressIndex(), "detached", event, thrown))
                .onClosed((connection, error) -> act(connection.addressIndex(), "closed", event, thrown));
    }

    private static Action act(int address, String current, String event, Throwable thrown) throws Throwable {
        if (address != 0 || !current.equals(event)) {
            return Action.NONE;
        }
        if (thrown == null) {
            return null;
        }
        throw thrown;
    }

    /** P8, P16: it costs that connection, and nobody else. */
    @ParameterizedTest(name = "{1} in {0}")
    @MethodSource("throwsInEvents")
    void closesThatClientAlone(String event, String kind, Throwable thrown) throws IOException {
        TestHandler handler = throwingIn(event, thrown);
        EvioServer server = start(handler, ANY_PORT, ANY_PORT);
        Client bystander = connect(server.addresses().get(1));
        assertThat(bystander.read(2)).isEqualTo("hi");

        Client client = connect(server.addresses().get(0));
        if (event.equals("data") || event.equals("detached")) {
            client.send(event.equals("detached") ? "D" : "x");
        } else if (event.equals("closed")) {
            client.shutdownOutput();
        }
        assertThat(client.isEnded()).isTrue();

        Eventually.holds(() -> assertThat(server.stats().handlerErrors()).isEqualTo(1));
        if (event.equals("detached")) {
            assertThat(handler.count("closed")).isZero();
        } else {
            Event closed = handler.await("closed");
            assertThat(closed.id()).isEqualTo(2);
            if (event.equals("closed")) {
                assertThat(closed.error()).isNull();
            } else {
                assertThat(closed.error()).isInstanceOf(IOException.class).hasMessageContaining(event);
                if (thrown == null) {
                    assertThat(closed.error()).hasCauseInstanceOf(NullPointerException.class);
                } else {
                    assertThat(closed.error()).hasCause(thrown);
                }
            }
        }
        assertThat(log.lines(Level.ERROR)).singleElement().satisfies(line -> {
            assertThat(line.getFormattedMessage())
                    .contains("'test'", event + " of connection 2 of test (/127.0.0.1:" + localPort(client) + " to ");
            Throwable cause = ((ThrowableProxy) line.getThrowableProxy()).getThrowable();
            if (thrown == null) {
                assertThat(cause).isInstanceOf(NullPointerException.class);
            } else {
                assertThat(cause).isSameAs(thrown);
            }
        });
        bystander.send("still here");
        assertThat(bystander.read(10)).isEqualTo("still here");
        assertThat(handler.count("closed")).isLessThanOrEqualTo(1);
        assertThat(server.isRunning()).isTrue();
    }

    private static int localPort(Client client) throws IOException {
        return ((InetSocketAddress) client.channel().getLocalAddress()).getPort();
    }

    /** A real one, from the depth of a recursion. */
    @Test
    void surviveTheEndOfTheStack() throws IOException {
        TestHandler handler = TestHandler.echo();
        handler.onData((connection, in, out) -> {
            if (in.get(in.position()) == 'r') {
                return Action.values()[depth(0)];
            }
            out.write(in);
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        client.send("recurse");
        assertThat(client.isEnded()).isTrue();
        assertThat(handler.await("closed").error()).hasCauseInstanceOf(StackOverflowError.class);
        Client next = connect(server);
        next.send("echo");
        assertThat(next.read(4)).isEqualTo("echo");
    }

    @SuppressWarnings("InfiniteRecursion")
    private static int depth(int n) {
        return depth(n + 1) + 1;
    }

    @EveryTransport
    void aThousandThrowsAreOneLine(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            throw new IllegalStateException("for " + connection.id());
        });
        EvioServer server = start(handler, transport.address(folder));
        try (Crowd crowd = Crowd.start(4, index -> {
            for (int i = 0; i < 250; i++) {
                try (Client client = Client.connect(server.addresses().get(0))) {
                    client.send("x");
                    assertThat(client.isEnded()).isTrue();
                }
            }
        })) {
            crowd.join();
        }
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
        assertThat(server.stats().handlerErrors()).isEqualTo(1000);
        assertThat(server.stats().connectionsClosed()).isEqualTo(1000);
        assertThat(log.lines(Level.ERROR))
                .singleElement()
                .satisfies(line -> assertThat(line.getThrowableProxy()).isNotNull());
    }

    @Test
    void throwsOfAnotherKindAreAnotherLine() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (in.get(in.position()) == '1') {
                throw new IllegalStateException("first");
            }
            throw new IllegalArgumentException("second");
        });
        EvioServer server = start(handler, ANY_PORT);
        for (String kind : List.of("1", "2", "1", "2")) {
            Client client = connect(server);
            client.send(kind);
            assertThat(client.isEnded()).isTrue();
        }
        assertThat(log.lines(Level.ERROR)).hasSize(2);
        assertThat(server.stats().handlerErrors()).isEqualTo(4);
    }

    private static Stream<Throwable> throwables() {
        return Stream.of(
                new IllegalStateException("runtime"),
                new AssertionError("error"),
                new IOException("checked"),
                new InterruptedException("checked too"),
                null);
    }

    private static TestHandler notServing(AtomicReference<Integer> port, Throwable thrown) {
        return new TestHandler().onServing(server -> {
            port.set(server.addresses().get(0).port());
            return act(0, "serving", "serving", thrown);
        });
    }

    private static void assertFree(int port) throws IOException {
        Address address = Address.parse("tcp://127.0.0.1:" + port);
        try (ServerSocket free = new ServerSocket()) {
            free.setReuseAddress(true);
            free.bind(Client.socketAddress(address));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("throwables")
    void inServingFailsTheStart(Throwable thrown) throws IOException {
        AtomicReference<Integer> port = new AtomicReference<>();
        TestHandler handler = notServing(port, thrown);
        EvioServer server = stopAfterwards(
                builder(handler, ANY_PORT, "unix://" + folder.resolve("s")).build());
        assertThatThrownBy(server::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'test'")
                .hasMessageContaining("serving")
                .satisfies(failure -> assertThat(failure.getCause())
                        .isInstanceOf(thrown == null ? NullPointerException.class : thrown.getClass()));
        assertThat(server.isRunning()).isFalse();
        assertThat(handler.names()).containsExactly("serving");
        assertFree(port.get());
        assertThat(folder.resolve("s")).doesNotExist();
        // Nothing of it is left in the way of the next start.
        handler.onServing(again -> Action.NONE);
        server.start();
        assertThat(server.isRunning()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("throwables")
    void inServingIsRethrownByServe(Throwable thrown) throws IOException {
        AtomicReference<Integer> port = new AtomicReference<>();
        EvioServer server =
                stopAfterwards(builder(notServing(port, thrown), ANY_PORT).build());
        Throwable failure = catchThrowable(server::serve);
        if (thrown == null) {
            assertThat(failure).isInstanceOf(NullPointerException.class);
        } else if (failure != thrown) {
            assertThat(failure).isNotNull().hasCause(thrown);
        }
        assertThat(server.isRunning()).isFalse();
        assertFree(port.get());
    }
}
