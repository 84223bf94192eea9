package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every reason that an opened connection can end for, each reached by what it is named after. A handshake or a PROXY
 * header that takes too long ends a connection that has not opened, {@link VanishedPeerTest} loses its peer, and
 * {@link OutboundTest} has no room for one more.
 */
class CloseReasonTest extends ConformanceTest {

    private static final int MIB = 1024 * 1024;

    /** Those that are no fault of anybody's. */
    private static final Set<CloseReason> ORDINARY = EnumSet.of(
            CloseReason.PEER_ENDED,
            CloseReason.HANDLER,
            CloseReason.OTHER_THREAD,
            CloseReason.ABORTED,
            CloseReason.SERVER_STOP,
            CloseReason.STOP_CUT_OFF);

    private final Connections connections = new Connections();

    @ParameterizedTest
    @EnumSource(
            value = CloseReason.class,
            names = {"HANDSHAKE_TIMEOUT", "PROXY_TIMEOUT", "PEER_LOST", "MAX_OUTBOUND_CONNECTIONS"},
            mode = EnumSource.Mode.EXCLUDE)
    void isSaidInClosedAndAfterwards(CloseReason reason) throws Exception {
        AtomicReference<CloseReason> inClosed = new AtomicReference<>();
        Queue<Object> before = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    before.add(String.valueOf(connection.closeReason()));
                    return connections.on(connection, out);
                })
                .onData((connection, in, out) -> {
                    before.add(String.valueOf(connection.closeReason()));
                    return request(connection, in.get(in.position()), out);
                })
                .onClosed((connection, error) -> {
                    inClosed.set(connection.closeReason());
                    return Action.NONE;
                });
        EvioServer server = start(builder(handler, ANY_PORT).limits(limits(reason)));
        Client client = connectSlowReader(server);
        Connection connection = connections.next();
        end(reason, server, client, connection);
        Event closed = handler.await("closed");
        if (ORDINARY.contains(reason)) {
            assertThat(closed.error()).isNull();
        } else {
            assertThat(closed.error()).isNotNull();
        }
        Eventually.holds(() -> assertThat(inClosed).hasValue(reason));
        assertThat(connection.closeReason()).isEqualTo(reason);
        assertThat(before).isNotEmpty().containsOnly("null");
        server.stop(Duration.ZERO);
        assertThat(connection.closeReason()).isEqualTo(reason);
        assertThat(handler.count("closed")).isEqualTo(1);
    }

    private static Action request(Connection connection, byte what, io.evio.Output out) {
        switch (what) {
            case 'c' -> {
                return Action.CLOSE;
            }
            case 'a' -> connection.abort();
            case 'f' -> connection.fail("a mistake");
            case 't' -> throw new IllegalStateException("a bug");
            case 'd' -> {
                out.write(new byte[16 * MIB]);
                return Action.CLOSE;
            }
            case 'm' -> out.write(new byte[16 * MIB]);
            default -> {
                // Left unread.
            }
        }
        return Action.NONE;
    }

    private static Limits limits(CloseReason reason) {
        return switch (reason) {
            case MAX_PENDING_INPUT -> Limits.DEFAULTS.withMaxPendingInput(10);
            case MAX_PENDING_OUTPUT -> Limits.DEFAULTS.withMaxPendingOutput(MIB);
            case MAX_PENDING_TOTAL -> Limits.DEFAULTS.withMaxPendingTotal(MIB);
            case IDLE_TIMEOUT -> Limits.DEFAULTS.withIdleTimeout(Duration.ofMillis(50));
            case FIRST_INPUT_TIMEOUT -> Limits.DEFAULTS.withFirstInputTimeout(Duration.ofMillis(50));
            case FRAME_TIMEOUT -> Limits.DEFAULTS.withFrameTimeout(Duration.ofMillis(50));
            case DRAIN_TIMEOUT -> Limits.DEFAULTS.withDrainTimeout(Duration.ofMillis(50));
            default -> Limits.DEFAULTS;
        };
    }

    private static void end(CloseReason reason, EvioServer server, Client client, Connection connection)
            throws Exception {
        switch (reason) {
            case PEER_ENDED -> client.send("x").shutdownOutput();
            case PEER_RESET -> {
                client.send("x");
                Eventually.isTrue("it is read", () -> server.stats().dataReceived() == 1);
                client.reset();
            }
            case HANDLER -> client.send("c");
            case OTHER_THREAD -> server.closeConnection(connection.id());
            case ABORTED -> client.send("a");
            case PROTOCOL_ERROR -> client.send("f");
            case SERVER_STOP -> {
                client.send("x");
                Eventually.isTrue("it is read", () -> server.stats().dataReceived() == 1);
                server.shutdown();
            }
            case STOP_CUT_OFF -> {
                client.send("m");
                Eventually.isTrue("output is pending", () -> server.stats().writePending() > 0);
                server.stop(Duration.ofMillis(20));
            }
            case MAX_PENDING_INPUT -> client.send("more than ten bytes");
            case MAX_PENDING_OUTPUT, MAX_PENDING_TOTAL -> client.send("m");
            case IDLE_TIMEOUT, FRAME_TIMEOUT -> client.send("x");
            case FIRST_INPUT_TIMEOUT ->
                assertThat(client.hasInput(Duration.ofSeconds(10))).isTrue();
            case DRAIN_TIMEOUT -> client.send("d");
            case FAILURE -> client.send("t");
            case HANDSHAKE_TIMEOUT, PROXY_TIMEOUT, PEER_LOST, MAX_OUTBOUND_CONNECTIONS ->
                throw new IllegalArgumentException("not by this test");
        }
    }

    /** A close by the loop's own thread is the handler's, whichever way it is called. */
    @ParameterizedTest
    @EnumSource(
            value = CloseReason.class,
            names = {"HANDLER", "OTHER_THREAD"})
    void closeIsTheHandlersInAnEvent(CloseReason reason) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        Connection connection = connections.next();
        if (reason == CloseReason.HANDLER) {
            Connections.runOnLoop(connection, () -> server.closeConnection(connection.id()));
        } else {
            assertThat(connection.close()).isTrue();
        }
        assertThat(client.readToEnd()).isEmpty();
        handler.await("closed");
        assertThat(connection.closeReason()).isEqualTo(reason);
    }
}
