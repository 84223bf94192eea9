package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ends of responses, for each kind of client, and answers that are no responses. */
@Timeout(60)
class ProxyResponsesTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String OLD_GET = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

    private static RecordingOrigin origin;
    private static OurProxy proxy;

    @BeforeAll
    static void start() throws IOException {
        origin = new RecordingOrigin();
        proxy = OurProxy.before(origin);
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        origin.close();
    }

    /** Sends a request, has it answered, and checks that the connection then serves a further one. */
    private static String answerAndGoOn(String request, String response) throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send(request);
            origin.take().answer(response);
            String next = request.contains("HTTP/1.0")
                    ? OLD_GET.replace("keep-alive", "close")
                    : GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
            client.send(next);
            origin.take().answer("HTTP/1.1 299 Next\r\nContent-Length: 0\r\n\r\n");
            String all = HttpSocket.withoutDate(client.receiveAll());
            int second = all.indexOf("HTTP/1.1 299 Next\r\n");
            assertThat(second).as(all).isPositive();
            return all.substring(0, second);
        }
    }

    @ParameterizedTest
    @CsvSource({"HEAD, 200", "GET, 204", "GET, 304", "POST, 204", "HEAD, 404"})
    void whatNeverHasContentEndsWithItsHead(String method, int code) throws Exception {
        String request = method + " / HTTP/1.1\r\nHost: a\r\n\r\n";
        String length = code == 204 ? "" : "Content-Length: 5\r\n";
        assertThat(answerAndGoOn(request, "HTTP/1.1 " + code + " X\r\nContent-Length: 5\r\n\r\n"))
                .isEqualTo("HTTP/1.1 " + code + " X\r\nVia: 1.1 evio\r\n" + length + "\r\n");
        String chunked = code == 204 ? "" : "Transfer-Encoding: chunked\r\n";
        assertThat(answerAndGoOn(request, "HTTP/1.1 " + code + " X\r\nTransfer-Encoding: chunked\r\n\r\n"))
                .isEqualTo("HTTP/1.1 " + code + " X\r\nVia: 1.1 evio\r\n" + chunked + "\r\n");
        assertThat(answerAndGoOn(request, "HTTP/1.1 " + code + " X\r\n\r\n"))
                .isEqualTo("HTTP/1.1 " + code + " X\r\nVia: 1.1 evio\r\n\r\n");
    }

    @Test
    void chunksAreMadeAnew() throws Exception {
        assertThat(answerAndGoOn(
                        GET,
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
                                + "005;a=\"b;\"\r\nhello\r\n00;x\r\nX-T: 1\r\n\r\n"))
                .isEqualTo("HTTP/1.1 200 OK\r\nVia: 1.1 evio\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "5\r\nhello\r\n0\r\n\r\n");
    }

    @Test
    void trailersGoToThoseThatHaveAskedForThem() throws Exception {
        assertThat(answerAndGoOn(
                        "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te\r\n\r\n",
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                                + "5\r\nhello\r\n0\r\nX-T: 1\r\nContent-Length: 3\r\n"
                                + "Connection: x\r\nTransfer-Encoding: x\r\nx-u:  2 \r\n\r\n"))
                .isEqualTo("HTTP/1.1 200 OK\r\nTrailer: X-T\r\nVia: 1.1 evio\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "5\r\nhello\r\n0\r\nX-T: 1\r\nx-u:  2\r\n\r\n");
    }

    @Test
    void anOldClientGetsNoChunks() throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send(OLD_GET);
            origin.take().answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
            assertThat(HttpSocket.withoutDate(client.receiveAll()))
                    .isEqualTo("HTTP/1.1 200 OK\r\nVia: 1.1 evio\r\nConnection: close\r\n\r\nhello");
        }
    }

    @Test
    void anOldClientMayKeepItsConnection() throws Exception {
        assertThat(answerAndGoOn(OLD_GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
                .isEqualTo(
                        "HTTP/1.1 200 OK\r\nVia: 1.1 evio\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello");
    }

    @Test
    void aBodyThatEndsWithTheTargetsConnectionIsFramed() throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send(GET);
            Received received = origin.take();
            received.send("HTTP/1.0 200 OK\r\n\r\nhel");
            assertThat(client.receiveHead())
                    .contains("\r\nTransfer-Encoding: chunked\r\n")
                    .doesNotContain("close");
            received.send("lo").endOutput();
            assertThat(client.receiveChunks()).isEqualTo("hello");
            client.send(GET);
            origin.take().answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 OK\r\n");
        }
    }

    @Test
    void interimResponsesArePassedOnButNotToOldClients() throws Exception {
        String interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";
        String last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        assertThat(answerAndGoOn(GET, interim + last))
                .isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nVia: 1.1 evio\r\n\r\n"
                        + "HTTP/1.1 102 Processing\r\nVia: 1.1 evio\r\n\r\n"
                        + "HTTP/1.1 200 OK\r\nVia: 1.1 evio\r\nContent-Length: 0\r\n\r\n");
        assertThat(answerAndGoOn(OLD_GET, interim + last)).startsWith("HTTP/1.1 200 OK\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
                "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: y\n\r\n",
                "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
                "HTTP/1.1 200 OK\r\n X: y\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: \u0000\r\n\r\n",
                "HTTP/1.1 200 OK\nX: y\n\n",
                "HTTP/1.1 20 OK\r\n\r\n",
                "HTTP/1.1 2000 OK\r\n\r\n",
                "HTTP/1.1 099 OK\r\n\r\n",
                "HTTP/2.0 200 OK\r\n\r\n",
                "HTTP/1.1  200 OK\r\n\r\n",
                "ICY 200 OK\r\n\r\n",
                "SSH-2.0-OpenSSH\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
                "\r\nHTTP/1.1 200 OK\r\n\r\n"
            })
    void whatIsNoResponseIsABadGateway(String response) throws Exception {
        String reply = answerOf(response);
        assertThat(reply).startsWith("HTTP/1.1 502 Bad Gateway\r\n");
        assertThat(reply.split("HTTP/1.1 \\d")).hasSize(2);
    }

    @Test
    void tooLargeAResponseHeadIsABadGateway() throws Exception {
        assertThat(answerOf("HTTP/1.1 200 OK\r\nX: " + "a".repeat(100_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 502 ");
        assertThat(answerOf("HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(200) + "\r\n"))
                .startsWith("HTTP/1.1 502 ");
        assertThat(answerOf("HTTP/1.1 200 " + "a".repeat(10_000) + "\r\n\r\n")).startsWith("HTTP/1.1 502 ");
        assertThat(answerOf("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100))).contains("HTTP/1.1 502 ");
    }

    private static String answerOf(String response) throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            origin.take().send(response);
            return client.receiveAll();
        }
    }

    /** Otherwise what the target sends too much would be the answer to somebody else's request. */
    @Test
    void whatIsBehindAResponseIsNoResponse() throws Exception {
        try (HttpSocket client = proxy.connect();
                HttpSocket other = proxy.connect()) {
            client.send(GET);
            Received first = origin.take();
            first.answer(
                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 299 Poison\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 OK\r\n");
            other.send(GET);
            Received second = origin.take();
            assertThat(second.connection()).isNotEqualTo(first.connection());
            second.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            assertThat(other.receiveHead()).startsWith("HTTP/1.1 200 OK\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nX\r\n"
            })
    void aClientSeesThatAnAnswerIsCutOff(String response) throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send(GET);
            Received received = origin.take();
            received.send(response);
            String head = client.receiveHead();
            received.close();
            String rest = client.receiveAll();
            assertThat(rest)
                    .startsWith(head.contains("chunked") ? "5\r\nhello\r\n" : "hello")
                    .doesNotContain("0\r\n\r\n");
        }
    }
}
