package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.Target;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits of outbound connections, which may be others than their server's. */
@WithoutLayer("the other side is a plain socket")
class TargetLimitsTest extends ConformanceTest {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** For so long nothing moves in something that stands still. */
    private static final Duration STILL = Duration.ofMillis(200);

    private final Connections accepted = new Connections();
    private final TestHandler front = TestHandler.echo().onOpened(accepted);

    /** Leaves everything unread. */
    private final TestHandler upstream = new TestHandler().onData((connection, in, out) -> Action.NONE);

    private ServerSocket backend;

    @BeforeEach
    void listen() throws IOException {
        backend = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        backend.close();
    }

    private Target target(Limits limits) {
        return target().limits(limits);
    }

    private Target target() {
        return Target.of("tcp://127.0.0.1:" + backend.getLocalPort());
    }

    private Socket taken() throws IOException {
        return closeAfterwards(backend.accept());
    }

    private void assertCut(EvioServer server, CloseReason why, String limit, Connection made) throws Exception {
        assertThat(upstream.await("closed").error()).hasMessageContaining(limit);
        assertThat(made.closeReason()).isEqualTo(why);
        assertThat(connect(server).send("well").read(4)).isEqualTo("well");
    }

    private Connection connect(EvioServer server, Target target) throws Exception {
        Client client = connect(server);
        Connection from = accepted.next();
        Connection made = Connections.onLoop(from, () -> from.connect(target, upstream));
        upstream.await("opened", event -> event.id() == made.id());
        assertThat(client.send("well").read(4)).isEqualTo("well");
        return made;
    }

    @Test
    void idleTimeout() throws Exception {
        EvioServer server = start(front, ANY_PORT);
        Connection made = connect(server, target(Limits.DEFAULTS.withIdleTimeout(Duration.ofMillis(200))));
        assertCut(server, CloseReason.IDLE_TIMEOUT, "idle-timeout (200 ms)", made);
        assertThat(server.stats().cutByIdleTimeout()).isEqualTo(1);
        assertThat(front.count("closed")).isZero();
    }

    @Test
    void theServersIdleTimeoutByDefaultAndNotInPlaceOfItsOwn() throws Exception {
        EvioServer server =
                start(builder(front, ANY_PORT).limits(Limits.DEFAULTS.withIdleTimeout(Duration.ofMillis(300))));
        Connection patient = connect(server, target(Limits.DEFAULTS));
        TestHandler other = new TestHandler();
        server.connect(target(), other);
        assertThat(other.await("closed").error()).hasMessageContaining("idle-timeout (300 ms)");
        front.await("closed");
        assertThat(upstream.count("closed")).isZero();
        assertThat(patient.close()).isTrue();
        upstream.await("closed");
    }

    @Test
    void maxPendingInput() throws Exception {
        EvioServer server = start(front, ANY_PORT);
        Connection made = connect(server, target(Limits.DEFAULTS.withMaxPendingInput(10)));
        taken().getOutputStream().write("more than ten bytes".getBytes(StandardCharsets.US_ASCII));
        assertCut(server, CloseReason.MAX_PENDING_INPUT, "max-pending-input (10 bytes)", made);
    }

    @Test
    void maxPendingOutput() throws Exception {
        EvioServer server = start(front, ANY_PORT);
        Connection made = connect(server, target(Limits.DEFAULTS.withMaxPendingOutput(MIB)));
        assertThat(made.send(new byte[16 * MIB])).isFalse();
        assertCut(server, CloseReason.MAX_PENDING_OUTPUT, "max-pending-output (" + MIB + ")", made);
    }

    @Test
    void moreMayBePendingThanTheServersLimit() throws Exception {
        EvioServer server = start(builder(front, ANY_PORT).limits(Limits.DEFAULTS.withMaxPendingOutput(MIB)));
        Connection made = connect(server, target(Limits.DEFAULTS));
        Connections.runOnLoop(made, () -> made.output().write(new byte[16 * MIB]));
        assertThat(taken().getInputStream().readNBytes(16 * MIB)).hasSize(16 * MIB);
        assertThat(upstream.count("closed")).isZero();
    }

    @Test
    void waterMarks() throws Exception {
        EvioServer server = start(front, ANY_PORT);
        Client client = connect(server);
        Connection from = accepted.next();
        Limits low = Limits.DEFAULTS.withWaterMarks(16 * KIB, 64 * KIB);
        Connections.runOnLoop(from, () -> from.relay(from.connect(target(low), upstream)));
        Socket socket = taken();
        int size = 32 * MIB;
        Crowd sender = closeAfterwards(Crowd.one(i -> client.send(new byte[size])));
        // The other side does not read: what it is sent piles up here, by a mark that is far below the server's.
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 64 * KIB);
        assertThat(mostPending(server)).isLessThan(256 * KIB);
        assertThat(socket.getInputStream().readNBytes(size)).hasSize(size);
        sender.join();
    }

    /** The most that is unsent until the server has read nothing more for a while. */
    private static long mostPending(EvioServer server) {
        long most = 0;
        long received = 0;
        for (long stillSince = System.nanoTime(); System.nanoTime() - stillSince < STILL.toNanos(); ) {
            most = Math.max(most, server.stats().writePending());
            if (received != server.stats().dataReceived()) {
                received = server.stats().dataReceived();
                stillSince = System.nanoTime();
            }
        }
        return most;
    }
}
