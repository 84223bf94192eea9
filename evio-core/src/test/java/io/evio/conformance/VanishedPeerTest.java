package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.KeepAlive;
import io.evio.Target;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Event;
import io.evio.testing.Namespace;
import io.evio.testing.Programs;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A peer that vanishes without a FIN: it lives in a network namespace whose link is taken down. */
@WithoutLayer("the other side is a plain program")
class VanishedPeerTest extends ConformanceTest {

    /** A second of silence, and two probes that stay unanswered: 3 seconds. */
    private static final KeepAlive PROBING = KeepAlive.ON
            .idle(Duration.ofSeconds(1))
            .interval(Duration.ofSeconds(1))
            .count(2);

    private static final Duration USER_TIMEOUT = Duration.ofSeconds(2);

    /** The kernel's timers may be late, and probes of a link that is down find out about neighbours first. */
    private static final Duration AT_THE_LATEST = Duration.ofSeconds(8);

    private final Connections connections = new Connections();
    private final TestHandler handler = TestHandler.echo().onOpened(connections);
    private Namespace namespace;

    @BeforeEach
    void makeNamespace() throws Exception {
        Programs.require("nc", "netcat-openbsd");
        namespace = closeAfterwards(Namespace.create());
    }

    private EvioServer server(KeepAlive keepAlive, Duration userTimeout) throws IOException {
        return start(builder(handler, "tcp4://" + namespace.here() + ":0")
                .keepAlive(keepAlive)
                .userTimeout(userTimeout));
    }

    /** Connects from the namespace, and is answered. */
    private Connection peer(EvioServer server) throws Exception {
        Process peer = namespace.start(
                "nc",
                namespace.here(),
                Integer.toString(server.addresses().get(0).port()));
        closeAfterwards(() -> peer.destroyForcibly().waitFor());
        peer.outputWriter().append("hello\n").flush();
        BufferedReader says = peer.inputReader(StandardCharsets.US_ASCII);
        assertThat(says.readLine()).isEqualTo("hello");
        return connections.next();
    }

    private void assertIsNoticed(EvioServer server, Connection connection, long cutAt) {
        Event closed = handler.await("closed");
        Duration after = Duration.ofNanos(System.nanoTime() - cutAt);
        assertThat(after).isBetween(Duration.ofSeconds(1), AT_THE_LATEST);
        assertThat(closed.error())
                .hasMessageContaining("connection " + connection.id() + " of test (")
                .hasMessageContaining("is lost: its peer has not answered for too long: ")
                .hasMessageContaining("ETIMEDOUT");
        assertThat(connection.closeReason()).isEqualTo(CloseReason.PEER_LOST);
        assertThat(server.stats().connectionsLost()).isEqualTo(1);
        assertThat(server.stats().connectionsClosed()).isEqualTo(1);
    }

    @Test
    void isNoticedByProbesWhileTheConnectionIsIdle() throws Exception {
        EvioServer server = server(PROBING, Duration.ZERO);
        Connection connection = peer(server);
        long cutAt = System.nanoTime();
        namespace.cut();
        assertIsNoticed(server, connection, cutAt);
    }

    @Test
    void isNoticedWithDataInFlight() throws Exception {
        assumeFalse(isNio(), "Java has no TCP_USER_TIMEOUT");
        EvioServer server = server(KeepAlive.OFF, USER_TIMEOUT);
        Connection connection = peer(server);
        long cutAt = System.nanoTime();
        namespace.cut();
        assertThat(connection.send("are you there?\n".getBytes(StandardCharsets.US_ASCII)))
                .isTrue();
        assertIsNoticed(server, connection, cutAt);
    }

    /** Then the user timeout goes before the count, as tcp(7) has it. */
    @Test
    void isNoticedWithBothWhateverItWasDoing() throws Exception {
        assumeFalse(isNio(), "Java has no TCP_USER_TIMEOUT");
        EvioServer server = server(PROBING.count(100), USER_TIMEOUT);
        Connection connection = peer(server);
        long cutAt = System.nanoTime();
        namespace.cut();
        assertIsNoticed(server, connection, cutAt);
    }

    /** A target that the server has connected to may vanish too. */
    @Test
    void isNoticedOfAnOutboundConnection() throws Exception {
        EvioServer server = start(builder(new TestHandler()).keepAlive(PROBING));
        Process peer = namespace.start("nc", "-n", "-l", "-v", "5000");
        closeAfterwards(() -> peer.destroyForcibly().waitFor());
        assertThat(peer.inputReader(StandardCharsets.US_ASCII).readLine()).startsWith("Listening on");
        TestHandler upstream = new TestHandler();
        server.connect(Target.of("tcp://" + namespace.there() + ":5000"), upstream);
        upstream.await("opened");
        namespace.cut();
        assertThat(upstream.await("closed").error()).hasMessageContaining("ETIMEDOUT");
        assertThat(server.stats().connectionsLost()).isEqualTo(1);
        assertThat(server.stats().outboundClosed()).isEqualTo(1);
    }
}
