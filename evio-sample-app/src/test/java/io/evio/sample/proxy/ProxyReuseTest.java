package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.Target;
import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import io.evio.sample.testing.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The connection to a target that a request gets, and the fate of the request when that fails. */
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

    /** The first event of it that fires, and each further one, holds the loop up until the test lets it go. */
    private static final class Obstacle implements EvioHandler, AutoCloseable {

        private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private final Semaphore entered = new Semaphore(0);
        private final Semaphore left = new Semaphore(0);
        private final Socket socket;

        /** Holds the loop up. */
        Obstacle(OurProxy proxy) throws Exception {
            proxy.server().connect(Target.of("tcp://127.0.0.1:" + listener.getLocalPort()), this);
            socket = listener.accept();
            awaitEntered();
        }

        private void awaitEntered() throws InterruptedException {
            assertThat(entered.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        }

        private Action hold() {
            entered.release();
            left.acquireUninterruptibly();
            return Action.NONE;
        }

        @Override
        public Action opened(Connection connection, Output out) {
            return hold();
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            in.position(in.limit());
            return hold();
        }

        /** Goes on with what has come meanwhile, and holds the loop up once more behind that. */
        void letGoAndHoldAgain() throws Exception {
            socket.getOutputStream().write('x');
            left.release();
            awaitEntered();
        }

        void letGo() {
            left.release();
        }

        @Override
        public void close() throws IOException {
            left.release(100);
            socket.close();
            listener.close();
        }
    }

    private static final String POST = "POST /again HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";

    /**
     * Returns once the end of a connection has got to the proxy's socket: it may take as long as another thread reads.
     */
    private static void awaitEnded(Received received) {
        String ports = String.format(":%04X", received.socket().getLocalPort()) + " [0-9A-F]+"
                + String.format(":%04X 01", received.socket().getPort());
        Pattern open = Pattern.compile(ports);
        await().until(() -> !open.matcher(Files.readString(Path.of("/proc/net/tcp")))
                        .find()
                && !open.matcher(Files.readString(Path.of("/proc/net/tcp6"))).find());
    }

    private void postIsOver(Received second, int connection, HttpSocket client) throws Exception {
        assertThat(second.head()).startsWith("POST /again HTTP/1.1\r\n");
        assertThat(second.body(5)).isEqualTo("hello");
        assertThat(second.connection()).isEqualTo(connection);
        second.answer(OK);
        assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
        assertThat(origin.poll()).isNull();
    }

    /** RFC 9110, 9.2.2: nothing of it has been sent, and so it is not sent a second time. */
    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void aRequestOfAnyMethodAvoidsAConnectionThatHasEnded(boolean endsFirst, boolean resets) throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            Received first = ask(client);
            first.answer(OK);
            client.receiveHead();
            try (Obstacle obstacle = new Obstacle(proxy)) {
                // Both are there when the loop looks, in either order.
                if (!endsFirst) {
                    client.send(POST);
                }
                if (resets) {
                    first.reset();
                } else {
                    first.close();
                }
                awaitEnded(first);
                if (endsFirst) {
                    client.send(POST);
                }
                obstacle.letGo();
                postIsOver(origin.take(), 2, client);
            }
        }
    }

    @Test
    void aRequestOfAnyMethodIsSentElsewhereWhenNothingOfItCouldBeSent() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            Received first = ask(client);
            first.answer(OK);
            client.receiveHead();
            try (Obstacle obstacle = new Obstacle(proxy)) {
                client.send(POST);
                obstacle.letGoAndHoldAgain();
                // The request has come, and the loop has looked at everything else.
                first.reset();
                awaitEnded(first);
                obstacle.letGo();
                postIsOver(origin.take(), 2, client);
            }
        }
    }

    /** A server may say on an idle connection that it has waited for too long: that is no answer to what follows. */
    @Test
    void whatATargetSaysUnaskedIsNoAnswerToARequestThatMustNotBeRepeated() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            Received first = ask(client);
            first.answer(OK);
            client.receiveHead();
            try (Obstacle obstacle = new Obstacle(proxy)) {
                client.send(POST);
                first.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
                obstacle.letGo();
                postIsOver(origin.take(), 2, client);
            }
        }
    }

    @Test
    void aRequestThatMayHaveArrivedIsNotRepeatedUnlessItIsIdempotent() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            ask(client).answer(OK);
            client.receiveHead();
            client.send(POST);
            Received second = origin.take();
            assertThat(second.connection()).isEqualTo(1);
            second.close();
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 502 ");
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
        String nowhere = "tcp://127.0.0.1:" + FreePort.find();
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
            assertThat(two.receiveReply()).startsWith("HTTP/1.1 503 ").contains("\r\nRetry-After: 1\r\n");
            first.answer(OK);
            assertThat(one.receiveHead()).startsWith("HTTP/1.1 200 ");
            ask(two).answer(OK);
            assertThat(two.receiveHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aServerThatMayHaveNoMoreConnectionsIsUnavailable() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin, "--evio.servers.proxy.limits.max-outbound-connections=1");
                HttpSocket one = proxy.connect();
                HttpSocket two = proxy.connect()) {
            Received first = ask(one);
            two.send(GET);
            assertThat(two.receiveReply()).startsWith("HTTP/1.1 503 ").contains("\r\nRetry-After: 1\r\n");
            first.answer(OK);
            assertThat(one.receiveHead()).startsWith("HTTP/1.1 200 ");
            ask(two).answer(OK);
            assertThat(two.receiveHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void anIdleConnectionMakesRoomForOneToAnotherTarget() throws Exception {
        try (RecordingOrigin other = new RecordingOrigin();
                OurProxy proxy = OurProxy.start(
                        origin.address() + "," + other.address(),
                        "--evio.servers.proxy.limits.max-outbound-connections=1");
                HttpSocket client = proxy.connect()) {
            for (int i = 0; i < 6; i++) {
                client.send(POST);
                Received received = (i % 2 == 0 ? origin : other).take();
                assertThat(received.body(5)).isEqualTo("hello");
                received.answer(OK);
                assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
            }
            assertThat(origin.connections()).isEqualTo(3);
            assertThat(other.connections()).isEqualTo(3);
        }
    }

    @Test
    void anIdleConnectionIsUsedWhenTheTargetWhoseTurnItIsIsFull() throws Exception {
        try (RecordingOrigin other = new RecordingOrigin();
                OurProxy proxy = OurProxy.start(
                        origin.address() + "," + other.address(), "--evio.upstreams.http.max-connections=1");
                HttpSocket busy = proxy.connect();
                HttpSocket client = proxy.connect()) {
            exchange(proxy, GET, OK);
            busy.send(GET);
            Received underWay = other.take();
            for (int i = 0; i < 4; i++) {
                client.send(POST);
                Received received = origin.take();
                assertThat(received.connection()).isEqualTo(1);
                assertThat(received.body(5)).isEqualTo("hello");
                received.answer(OK);
                assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
            }
            underWay.answer(OK);
            assertThat(busy.receiveHead()).startsWith("HTTP/1.1 200 ");
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
