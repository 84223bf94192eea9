package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection that is to speak another protocol. */
@Timeout(60)
class ProxyUpgradeTest {

    private static final String UPGRADE =
            "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket, x/1\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    private static final String SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    private RecordingOrigin origin;

    @BeforeEach
    void listen() throws IOException {
        origin = new RecordingOrigin();
    }

    @AfterEach
    void close() throws IOException {
        origin.close();
    }

    @Test
    void bothHeadsSayWhatIsSpokenFromThereOn() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send(UPGRADE);
            Received received = origin.take();
            assertThat(received.field("Connection")).isEqualTo("upgrade");
            assertThat(received.field("Upgrade")).isEqualTo("WebSocket, x/1");
            assertThat(received.field("Sec-WebSocket-Version")).isEqualTo("13");
            received.send(SWITCH);
            assertThat(client.receiveHead())
                    .isEqualTo("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nVia: 1.1 evio\r\n"
                            + "Connection: upgrade\r\n\r\n");
            received.close();
        }
    }

    @Test
    void bytesBehindTheHeadsAreRelayedAndAHalfCloseIsPassedOn() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send(UPGRADE + "early");
            Received received = origin.take();
            received.send(SWITCH + "hello");
            client.receiveHead();
            assertThat(client.receive(5)).isEqualTo("hello");
            assertThat(received.body(5)).isEqualTo("early");
            client.send("GET / HTTP/1.1\r\n\r\n");
            assertThat(received.body(18)).isEqualTo("GET / HTTP/1.1\r\n\r\n");
            client.shutdownOutput();
            assertThat(received.body(1)).isEmpty();
            received.send("still open");
            assertThat(client.receive(10)).isEqualTo("still open");
            received.endOutput();
            assertThat(client.receiveAll()).isEmpty();
            await().until(() -> proxy.server().stats().connectionsActive() == 0
                    && proxy.server().stats().outboundActive() == 0);
        }
    }

    /** Bytes behind the request are for the other protocol only once that is spoken. */
    @Test
    void withoutASwitchWhatFollowsIsTheNextRequest() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send(UPGRADE + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
            Received received = origin.take();
            assertThat(received.input().available()).isZero();
            received.answer(
                    "HTTP/1.1 426 Upgrade Required\r\nUpgrade: y\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 426 ").contains("\r\nUpgrade: y\r\n");
            Received next = origin.take();
            assertThat(next.head()).startsWith("GET /next HTTP/1.1\r\n");
            next.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
                "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c\r\n"
                        + "HTTP2-Settings: AA\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n\r\nx"
            })
    void aSwitchThatWasNotAskedForIsABadGateway(String request) throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send(request);
            Received received = origin.take();
            assertThat(received.field("Upgrade")).isNull();
            received.send(SWITCH);
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 502 ");
        }
    }

    @Test
    void aTunnelHasAnIdleTimeOfItsOwn() throws Exception {
        try (OurProxy proxy = OurProxy.before(
                        origin, "--sample.proxy.tunnel-idle-time=1500ms", "--sample.proxy.keep-alive-timeout=1s");
                HttpSocket client = proxy.connect()) {
            client.send(UPGRADE);
            Received received = origin.take();
            received.send(SWITCH);
            client.receiveHead();
            long last = 0;
            // Longer together than the idle time.
            for (int i = 0; i < 4; i++) {
                await().pollDelay(Duration.ofMillis(450)).until(() -> true);
                last = System.nanoTime();
                client.send("x");
                assertThat(received.body(1)).isEqualTo("x");
            }
            await().until(() -> proxy.server().stats().connectionsActive() == 0);
            assertThat(Duration.ofNanos(System.nanoTime() - last)).isGreaterThan(Duration.ofMillis(1490));
        }
    }

    @Test
    void aResetIsPassedOn() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send(UPGRADE);
            Received received = origin.take();
            received.send(SWITCH);
            client.receiveHead();
            client.reset();
            await().until(() -> {
                try {
                    return received.body(1).isEmpty();
                } catch (IOException e) {
                    return true;
                }
            });
            await().until(() -> proxy.server().stats().outboundActive() == 0);
        }
    }
}
