package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.Address;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Ends of a server, and of its connections by their ids. */
class ServerCloseTest extends ConformanceTest {

    private final Connections connections = new Connections();

    @EveryTransport
    void tryWithResourcesStopsIt(Transport transport) throws Exception {
        TestHandler handler = TestHandler.echo();
        Address address;
        Client client;
        EvioServer kept;
        try (EvioServer server = builder(handler, transport.address(folder)).build()) {
            kept = server;
            server.start();
            address = server.addresses().get(0);
            client = connect(address);
            assertThat(client.send("x").read(1)).isEqualTo("x");
        }
        assertThat(kept.isRunning()).isFalse();
        assertThat(client.readToEnd()).isEmpty();
        assertThat(handler.await("closed").error()).isNull();
        assertThatThrownBy(() -> Client.connect(address).close()).isInstanceOf(IOException.class);
    }

    @Test
    void closeOfOneThatWasNeverStartedAndAgainDoesNothing() throws Exception {
        EvioServer server = builder(TestHandler.echo(), ANY_PORT).build();
        server.close();
        server.start();
        server.close();
        server.close();
        server.shutdown();
        assertThat(server.isRunning()).isFalse();
        assertThat(server.closeConnection(1)).isFalse();
    }

    @EveryTransport
    void startsAgainAfterClose(Transport transport) throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server =
                stopAfterwards(builder(handler, transport.address(folder)).build());
        for (int i = 1; i <= 5; i++) {
            server.start();
            assertThatIllegalStateException().isThrownBy(server::start).withMessageContaining("running already");
            Client client = connect(server);
            assertThat(client.send("again").read(5)).isEqualTo("again");
            server.close();
            assertThat(client.readToEnd()).isEmpty();
            assertThat(handler.count("serving")).isEqualTo(i);
            assertThat(handler.count("closed")).isEqualTo(i);
        }
    }

    /** Pending output goes out within the grace period that the server was built with. */
    @EveryTransport
    void closeHasTheServersGracePeriod(Transport transport) throws Exception {
        int size = 8 * 1024 * 1024;
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(builder(handler, transport.address(folder)).gracePeriod(Duration.ofSeconds(10)));
        Client client = connectSlowReader(server);
        Connection connection = connections.next();
        assertThat(connection.send(new byte[size])).isTrue();
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 0);
        Thread closing = new Thread(server::close, "closing");
        closing.start();
        assertThat(client.readBytesToEnd()).hasSize(size);
        client.close();
        Eventually.ended(closing);
        assertThat(handler.await("closed").error()).isNull();
        assertThat(server.isRunning()).isFalse();
    }

    @EveryTransport
    void shutdownReturnsAtOnceFromAnyThread(Transport transport) throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            in.position(in.limit());
            blocked.countDown();
            Eventually.reached(released);
            out.writeAscii("answered");
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, transport.address(folder)).gracePeriod(Duration.ofSeconds(10)));
        Client client = connect(server).send("x");
        Eventually.reached(blocked);
        server.shutdown();
        server.shutdown();
        assertThat(server.isRunning()).as("an event is running").isTrue();
        released.countDown();
        assertThat(client.readToEnd()).isEqualTo("answered");
        client.close();
        Eventually.isTrue("it has ended", () -> !server.isRunning());
        server.start();
        assertThat(connect(server).send("x").read(8)).isEqualTo("answered");
    }

    @EveryTransport
    void anEventCanCloseOrShutDownItsServer(Transport transport) throws Exception {
        for (boolean close : new boolean[] {true, false}) {
            AtomicBoolean onLoop = new AtomicBoolean();
            TestHandler handler = new TestHandler();
            handler.onData((connection, in, out) -> {
                in.position(in.limit());
                onLoop.set(handler.server().isLoopThread());
                if (close) {
                    handler.server().close();
                } else {
                    handler.server().shutdown();
                }
                out.writeAscii("bye");
                return Action.NONE;
            });
            EvioServer server = start(handler, transport.address(folder));
            assertThat(server.isLoopThread()).isFalse();
            assertThat(connect(server).send("x").readToEnd()).isEqualTo("bye");
            Eventually.isTrue("it has ended", () -> !server.isRunning());
            assertThat(onLoop).isTrue();
            assertThat(handler.await("closed").error()).isNull();
        }
    }

    @EveryTransport
    void closeConnectionEndsTheOneWithTheId(Transport transport) throws Exception {
        TestHandler handler = TestHandler.echo().onOpened(connections);
        EvioServer server = start(builder(handler, transport.address(folder)).loops(2));
        Client first = connect(server);
        Connection one = connections.next();
        Client second = connect(server);
        Connection two = connections.next();
        assertThat(server.closeConnection(0)).isFalse();
        assertThat(server.closeConnection(-1)).isFalse();
        assertThat(server.closeConnection(4711)).isFalse();
        assertThat(server.send(one.id(), new byte[] {'x'})).isTrue();
        assertThat(server.closeConnection(one.id())).isTrue();
        assertThat(first.readToEnd()).isEqualTo("x");
        handler.await("closed", event -> event.id() == one.id());
        assertThat(server.closeConnection(one.id())).isFalse();
        assertThat(second.send("y").read(1)).isEqualTo("y");
        assertThat(server.closeConnection(two.id())).isTrue();
        assertThat(second.readToEnd()).isEmpty();
    }

    /** Set on the loop, seen complete by every thread, also when the connection has ended. */
    @Test
    void attachmentIsReadableFromAnyThread() throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        Client client = connect(start(handler, ANY_PORT));
        Connection connection = connections.next();
        assertThat(connection.<Object>attachment()).isNull();
        assertThatIllegalStateException()
                .isThrownBy(() -> connection.attach("no"))
                .withMessageContaining("thread");
        for (int i = 0; i < 1000; i++) {
            int number = i;
            connection.execute(() -> connection.attach(new int[] {number, number}));
            int[] seen = connection.attachment();
            assertThat(seen == null || seen[0] == seen[1]).isTrue();
        }
        Eventually.isTrue("the last one", () -> {
            int[] seen = connection.attachment();
            return seen != null && seen[0] == 999;
        });
        client.close();
        handler.await("closed");
        assertThat(connection.<int[]>attachment()).containsExactly(999, 999);
    }
}
