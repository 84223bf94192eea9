package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.testing.Event;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Over TLS input is what the handler gets: neither a handshake nor half a record is any. */
class TlsInputTimeoutsTest extends TlsConformanceTest {

    private static final Duration SHORT = Duration.ofMillis(300);

    /** For so long nothing may be cut whose time does not count. */
    private static final Duration LONGER = Duration.ofMillis(900);

    private final TestHandler handler = new TestHandler().onData((connection, in, out) -> {
        if (in.get(in.limit() - 1) == '\n') {
            out.write(in);
        }
        return Action.NONE;
    });

    private EvioServer server(Limits limits) throws Exception {
        return start(tlsBuilder(handler).limits(limits));
    }

    private void assertCut(String limit) {
        Event closed = handler.await("closed");
        assertThat(closed.error()).hasMessageContaining(limit + " (300 ms)");
    }

    /** The time is what the test is about. */
    private static void pass(Duration time) throws InterruptedException {
        Thread.sleep(time.toMillis());
    }

    @Test
    void aHandshakeIsNoInput() throws Exception {
        EvioServer server = server(Limits.DEFAULTS.withFirstInputTimeout(SHORT));
        connectTls(server);
        handler.await("opened");
        assertCut("first-input-timeout");
        assertThat(server.stats().cutByFirstInputTimeout()).isEqualTo(1);
    }

    /** A handshake has a limit of its own. */
    @Test
    void theTimeOfAHandshakeDoesNotCount() throws Exception {
        EvioServer server = server(Limits.DEFAULTS.withFirstInputTimeout(SHORT));
        TlsClient client = unconnectedTls(server);
        pass(LONGER);
        client.handshake();
        client.send("well\n");
        assertThat(client.read(5)).isEqualTo("well\n");
        pass(LONGER);
        client.send("on\n");
        assertThat(client.read(3)).isEqualTo("on\n");
    }

    @Test
    void halfAFrameInAWholeRecordIsLate() throws Exception {
        EvioServer server = server(Limits.DEFAULTS.withFrameTimeout(SHORT));
        TlsClient client = connectTls(server);
        client.send("whole\n");
        assertThat(client.read(6)).isEqualTo("whole\n");
        client.send("half");
        assertCut("frame-timeout");
        assertThat(server.stats().cutByFrameTimeout()).isEqualTo(1);
    }

    @Test
    void halfARecordIsLate() throws Exception {
        EvioServer server = server(Limits.DEFAULTS.withFrameTimeout(SHORT));
        TlsClient client = connectTls(server);
        client.send("whole\n");
        assertThat(client.read(6)).isEqualTo("whole\n");
        pass(LONGER);
        assertThat(handler.count("closed")).isZero();
        byte[] record = client.wrap("a line\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        client.wire().send(Arrays.copyOf(record, record.length - 1));
        assertCut("frame-timeout");
        assertThat(server.stats().cutByFrameTimeout()).isEqualTo(1);
    }

    @Test
    void halfARecordIsNoFirstInput() throws Exception {
        EvioServer server = server(Limits.DEFAULTS.withFirstInputTimeout(SHORT));
        TlsClient client = connectTls(server);
        byte[] record = client.wrap("a line\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        client.wire().send(Arrays.copyOf(record, record.length - 1));
        assertCut("first-input-timeout");
    }
}
