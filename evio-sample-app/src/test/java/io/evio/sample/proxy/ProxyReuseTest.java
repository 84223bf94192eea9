package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which connection to a target a request gets, and what becomes of it when that fails. */
@Timeout(60)
class ProxyReuseTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private RecordingOrigin origin;

    @BeforeEach
    void listen() throws IOException {
        origin = new RecordingOrigin();
    }

    @AfterEach
    void close() throws IOException {
        origin.close();
    }

    /** The connection that a request went over. */
    private int exchange(OurProxy proxy, String request, String response) throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send(request);
            Received received = origin.take();
            received.answer(response);
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
            return received.connection();
        }
    }

    @Test
    void requestsOfSeveralClientsUseOneConnectionOneAfterTheOther() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin)) {
            for (int i = 0; i < 5; i++) {
                assertThat(exchange(proxy, GET, OK)).isEqualTo(1);
            }
            assertThat(exchange(proxy, "POST / HTTP/1.1\r\nHost: a\r\n\r\n", OK))
                    .isEqualTo(1);
        }
    }

    @Test
    void requestsAtTheSameTimeHaveConnectionsOfTheirOwn() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket one = proxy.connect();
                HttpSocket two = proxy.connect()) {
            Received first = ask(one);
            Received second = ask(two);
            assertThat(second.connection()).isNotEqualTo(first.connection());
            second.answer(OK);
            first.answer(OK);
            assertThat(one.receiveHead()).startsWith("HTTP/1.1 200 ");
            assertThat(two.receiveHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    private Received ask(HttpSocket client) throws Exception {
        client.send(GET);
        return origin.take();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nKeep-Alive: max=10, timeout=1\r\nContent-Length: 0\r\n\r\n"
            })
    void aConnectionThatTheTargetWillEndIsNotUsedAgain(String response) throws Exception {
        try (OurProxy proxy = OurProxy.before(origin)) {
            assertThat(exchange(proxy, GET, response)).isEqualTo(1);
            assertThat(exchange(proxy, GET, OK)).isEqualTo(2);
        }
    }

    /** Otherwise the target would take the next client for the first one. */
    @Test
    void aConnectionThatNamesItsClientIsNotUsedAgain() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin, "--evio.upstreams.http.proxy-protocol=v1")) {
            for (int i = 1; i <= 2; i++) {
                try (HttpSocket client = proxy.connect()) {
                    Received received = ask(client);
                    assertThat(received.connection()).isEqualTo(i);
                    assertThat(received.head()).startsWith("PROXY TCP4 127.0.0.1 127.0.0.1 ");
                    received.answer(OK);
                    assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
                }
            }
        }
    }

    @Test
    void aConnectionIsGivenUpBeforeTheTargetDoes() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin, "--sample.proxy.pool-idle-time=200ms");
                HttpSocket client = proxy.connect()) {
            Received received = ask(client);
            received.answer(OK);
            client.receiveHead();
            await().until(() -> proxy.server().stats().outboundActive() == 0);
            assertThat(exchange(proxy, GET, OK)).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, true",
        "HEAD, true",
        "PUT, true",
        "DELETE, true",
        "OPTIONS, true",
        "POST, false",
        "PATCH, false",
        "LOCK, false"
    })
    void aRequestIsRepeatedOnceWhenAUsedConnectionEndsWithoutAnAnswer(String method, boolean isRepeated)
            throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            ask(client).answer(OK);
            client.receiveHead();
            client.send(method
                    + " /again HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
            Received first = origin.take();
            assertThat(first.connection()).isEqualTo(1);
            first.reset();
            if (isRepeated) {
                Received second = origin.take();
                assertThat(second.head()).isEqualTo(first.head());
                assertThat(second.body(15)).isEqualTo("5\r\nhello\r\n0\r\n\r\n");
                assertThat(second.connection()).isEqualTo(2);
                second.close();
            }
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 502 ");
            assertThat(origin.poll()).isNull();
        }
    }

    @Test
    void aRequestIsNotRepeatedWhenANewConnectionEnds() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            ask(client).close();
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 502 ");
            assertThat(origin.poll()).isNull();
            // The client's connection is fine.
            ask(client).answer(OK);
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aRequestIsNotRepeatedOnceAByteOfItsAnswerHasCome() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            ask(client).answer(OK);
            client.receiveHead();
            Received received = ask(client);
            received.send("HTTP/1.1 ").close();
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 502 ");
            assertThat(origin.poll()).isNull();
        }
    }

    @Test
    void aRequestWhoseBodyIsNotKeptIsNotRepeated() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            ask(client).answer(OK);
            client.receiveHead();
            client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(100_000));
            Received received = origin.take();
            received.body(100_000);
            received.close();
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 502 ");
            assertThat(origin.poll()).isNull();
        }
    }

    @Test
    void aTargetThatRefusesIsABadGatewayAndTheNextOneIsTried() throws Exception {
        String nowhere;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nowhere = "tcp://127.0.0.1:" + closed.getLocalPort();
        }
        try (OurProxy proxy = OurProxy.start(nowhere);
                HttpSocket client = proxy.connect()) {
            client.send(GET);
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 502 ").contains("cannot be reached");
        }
        try (OurProxy proxy = OurProxy.start(nowhere + "," + origin.address())) {
            for (int i = 0; i < 4; i++) {
                exchange(proxy, GET, OK);
            }
        }
    }

    @Test
    void aTargetThatIsFullIsUnavailable() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin, "--evio.upstreams.http.max-connections=1");
                HttpSocket one = proxy.connect();
                HttpSocket two = proxy.connect()) {
            Received first = ask(one);
            two.send(GET);
            assertThat(two.receiveReply()).startsWith("HTTP/1.1 503 ");
            first.answer(OK);
            assertThat(one.receiveHead()).startsWith("HTTP/1.1 200 ");
            ask(two).answer(OK);
            assertThat(two.receiveHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aTargetThatDoesNotAnswerInTimeIsATimeout() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin, "--sample.proxy.answer-timeout=300ms");
                HttpSocket client = proxy.connect()) {
            Received received = ask(client);
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 504 ");
            assertThat(received.connection()).isEqualTo(1);
            ask(client).answer(OK);
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aTargetThatCannotBeConnectedToInTimeIsATimeout() throws Exception {
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<Socket> waiting = new ArrayList<>();
            try {
                // Fills the backlog: further handshakes are not answered.
                for (int i = 0; i < 2; i++) {
                    waiting.add(new Socket(InetAddress.getLoopbackAddress(), full.getLocalPort()));
                }
                try (OurProxy proxy = OurProxy.start(
                                "tcp://127.0.0.1:" + full.getLocalPort(),
                                "--evio.upstreams.http.connect-timeout=300ms");
                        HttpSocket client = proxy.connect()) {
                    client.send(GET);
                    assertThat(client.receiveReply()).startsWith("HTTP/1.1 504 ");
                }
            } finally {
                for (Socket socket : waiting) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void requestsAreSpreadOverTargetsAlsoWhenConnectionsAreUsedAgain() throws Exception {
        try (RecordingOrigin other = new RecordingOrigin();
                OurProxy proxy = OurProxy.start(origin.address() + "," + other.address());
                HttpSocket client = proxy.connect()) {
            for (int i = 0; i < 6; i++) {
                client.send(GET);
                (i % 2 == 0 ? origin : other).take().answer(OK);
                client.receiveHead();
            }
            assertThat(origin.connections()).isEqualTo(1);
            assertThat(other.connections()).isEqualTo(1);
        }
    }

    @Test
    void aClientThatLeavesTakesItsRequestWithIt() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin)) {
            HttpSocket client = proxy.connect();
            Received received = ask(client);
            client.reset();
            assertThat(received.socket().isClosed()).isFalse();
            await().until(() -> proxy.server().stats().outboundActive() == 0);
        }
    }
}
