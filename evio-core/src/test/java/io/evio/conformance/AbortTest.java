package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.internal.sys.Memory;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Descriptors;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Connections that their own side ends at once. */
class AbortTest extends ConformanceTest {

    /** More than the sockets of both sides take. */
    private static final int MUCH = 16 * 1024 * 1024;

    private final Connections connections = new Connections();

    /** A TCP peer reads a reset, wherever it is; one of a unix socket an end. What came before it may be lost. */
    private static void assertReset(Transport transport, Client client) throws IOException {
        if (transport.isTcp()) {
            assertThatThrownBy(client::readBytesToEnd)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
        } else {
            assertThat(client.readBytesToEnd()).hasSizeLessThan(MUCH);
        }
    }

    private static void assertAborted(TestHandler handler, Connection connection) {
        Event closed = handler.await("closed", event -> event.id() == connection.id());
        assertThat(closed.error()).isNull();
        assertThat(connection.closeReason()).isEqualTo(CloseReason.ABORTED);
        assertThat(connection.abort()).isFalse();
        assertThat(handler.names(connection.id()).stream().filter("closed"::equals))
                .hasSize(1);
    }

    @EveryTransport
    void fromAnEventDropsWhatItHasWritten(Transport transport) throws Exception {
        AtomicBoolean taken = new AtomicBoolean();
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            out.writeAscii("never seen");
            taken.set(connection.abort());
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).send("x");
        assertReset(transport, client);
        assertAborted(handler, connections.next());
        assertThat(taken).isTrue();
        assertThat(server.stats().dataSent()).isZero();
        assertThat(handler.count("prewrite")).isZero();
    }

    @EveryTransport
    void fromOpened(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            connections.on(connection, out);
            connection.abort();
            return Action.CLOSE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        assertReset(transport, client);
        assertAborted(handler, connections.next());
        assertThat(handler.names(1)).containsExactly("opened", "closed");
    }

    @EveryTransport
    void fromAnotherThreadDropsWhatIsPending(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(handler, transport.address(folder));
        long idle = Memory.allocatedBytes();
        int descriptors = Descriptors.countOfServers();
        Client client = connectSlowReader(server);
        Connection connection = connections.next();
        assertThat(connection.send(new byte[MUCH])).isTrue();
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 0);
        assertThat(connection.abort()).isTrue();
        assertAborted(handler, connection);
        assertReset(transport, client);
        Eventually.holds(() -> {
            assertThat(server.stats().writePending()).isZero();
            // The chunks are kept for the next connection.
            assertThat(Memory.allocatedBytes() - idle).isLessThan(MUCH / 2);
        });
        client.close();
        Descriptors.areAtMost(descriptors);
    }

    @EveryTransport
    void ofOneWhosePeerHasEndedItsSide(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            connection.allowHalfOpen(true);
            return connections.on(connection, out);
        });
        Client client = connect(start(handler, transport.address(folder)));
        Connection connection = connections.next();
        client.shutdownOutput();
        handler.await("data");
        assertThat(connection.abort()).isTrue();
        assertReset(transport, client);
        assertAborted(handler, connection);
    }

    /** Closing waits for a peer that reads nothing: an abort does not, whichever thread it comes from. */
    @EveryTransport
    void ofOneThatIsClosing(Transport transport) throws Exception {
        assertEndsWhileEnding(transport, Action.CLOSE, false);
        assertEndsWhileEnding(transport, Action.CLOSE, true);
    }

    @EveryTransport
    void ofOneThatIsToBeDetached(Transport transport) throws Exception {
        assertEndsWhileEnding(transport, Action.DETACH, false);
        assertEndsWhileEnding(transport, Action.DETACH, true);
    }

    private void assertEndsWhileEnding(Transport transport, Action ending, boolean onLoop) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            if (!in.hasRemaining()) {
                // Woken before the byte has come, which would be left unread.
                return Action.NONE;
            }
            out.write(new byte[MUCH]);
            return ending;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server).send("x");
        Connection connection = connections.next();
        Connection other = null;
        if (onLoop) {
            connect(server);
            other = connections.next();
        }
        Eventually.isTrue("its end is decided", () -> !connection.wake());
        assertThat(handler.count("closed")).isZero();
        boolean taken = other == null ? connection.abort() : Connections.onLoop(other, connection::abort);
        assertThat(taken).isTrue();
        assertAborted(handler, connection);
        assertReset(transport, client);
        assertThat(handler.count("detached")).isZero();
    }

    @EveryTransport
    void afterOurSideHasEnded(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            in.position(in.limit());
            connection.endOutput();
            return Action.NONE;
        });
        Client client = connect(start(handler, transport.address(folder))).send("x");
        assertThat(client.readToEnd()).isEmpty();
        Connection connection = connections.next();
        assertThat(connection.abort()).isTrue();
        assertAborted(handler, connection);
    }

    /** After other reasons to end, the one that ends it counts. */
    @Test
    void ofOneThatHasFailedItsPeerHasNoError() throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            connection.fail("a mistake");
            connection.abort();
            return Action.NONE;
        });
        Client client = connect(start(handler, ANY_PORT)).send("x");
        assertReset(Transport.TCP4, client);
        assertAborted(handler, connections.next());
    }

    @Test
    void isRefusedOnceClosedHasFired() throws Exception {
        AtomicBoolean inClosed = new AtomicBoolean(true);
        TestHandler handler = new TestHandler().onOpened(connections).onClosed((connection, error) -> {
            inClosed.set(connection.abort());
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        Connection connection = connections.next();
        connection.close();
        handler.await("closed");
        // It lingers: our side has ended, and the peer is still there.
        assertThat(connection.abort()).isFalse();
        assertThat(inClosed).isFalse();
        assertThat(client.readToEnd()).isEmpty();
        assertThat(connection.closeReason()).isEqualTo(CloseReason.OTHER_THREAD);
        assertThat(server.stats().connectionsClosed()).isEqualTo(1);
    }
}
