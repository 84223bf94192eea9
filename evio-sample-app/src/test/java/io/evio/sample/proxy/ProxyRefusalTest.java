package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A request that two servers could read differently is refused with the first byte that shows it: the server behind
 * never sees where it would be misled to.
 */
@Timeout(60)
class ProxyRefusalTest {

    private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

    private static RecordingOrigin origin;
    private static OurProxy proxy;

    @BeforeAll
    static void start() throws IOException {
        origin = new RecordingOrigin();
        proxy = OurProxy.before(origin, "--sample.proxy.max-body=1MB");
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        origin.close();
    }

    static Stream<String> framing() {
        return Stream.of(
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 5",
                "Content-Length: 5\r\nContent-Length: 5",
                "Content-Length: 5\r\nContent-Length: 6",
                "Content-Length: 5, 5",
                "Content-Length: +5",
                "Content-Length: -5",
                "Content-Length: 0x5",
                "Content-Length: 5 5",
                "Content-Length:",
                "Content-Length: 5;",
                "Content-Length : 5",
                "Content-Length\t: 5",
                " Content-Length: 5",
                "X: y\r\n Content-Length: 5",
                "X: y\r\n\tz",
                "X: y\nContent-Length: 5",
                "X: y\rContent-Length: 5",
                "X: y\u0000",
                "X\u0000: y",
                ": y",
                "X",
                "Transfer-Encoding: chunked,",
                "Transfer-Encoding: ,chunked",
                "Transfer-Encoding: chunked, gzip",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: gzip",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding: chunked;q=1",
                "Transfer-Encoding:\u000bchunked",
                "Transfer-Encoding: chunked\u00a0",
                "Transfer-Encoding:",
                "Host: b");
    }

    @ParameterizedTest
    @MethodSource("framing")
    void aHeadThatCouldBeReadInTwoWaysIsRefused(String fields) throws Exception {
        for (String method : List.of("POST", "GET", "DELETE")) {
            refused(method + " / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n0\r\n\r\n" + SMUGGLED);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "GET /\r\nHost: a\r\n\r\n",
                "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\n\n",
                "GET / HTTP/1.1\rHost: a\r\n\r\n",
                "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /\u0000 HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET ftp://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
                "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
                "GET / http/1.1\r\nHost: a\r\n\r\n",
                "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n",
                "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
                "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: x\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"
            })
    void whatIsNoRequestIsRefused(String request) throws Exception {
        refused(request + SMUGGLED);
    }

    private static void refused(String bytes) throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send(bytes);
            String reply = client.receiveAll();
            assertThat(reply).matches("(?s)HTTP/1.1 (4\\d\\d|50[15]) .*");
            assertThat(reply.split("HTTP/1.1 \\d")).as("one reply").hasSize(2);
            assertThat(reply).contains("\r\nConnection: close\r\n");
        }
        assertThat(origin.poll()).isNull();
    }

    static Stream<Arguments> chunks() {
        return Stream.of(
                        "5\nhello\r\n0\r\n\r\n",
                        "5\r\nhello\n0\r\n\r\n",
                        "5\r\nhello0\r\n\r\n",
                        "5\r\nhelloX\r\n0\r\n\r\n",
                        "5 \r\nhello\r\n0\r\n\r\n",
                        " 5\r\nhello\r\n0\r\n\r\n",
                        "0x5\r\nhello\r\n0\r\n\r\n",
                        "+5\r\nhello\r\n0\r\n\r\n",
                        "-5\r\nhello\r\n0\r\n\r\n",
                        "\r\nhello\r\n0\r\n\r\n",
                        "5g\r\nhello\r\n0\r\n\r\n",
                        "5;\r\nhello\r\n0\r\n\r\n",
                        "5;a\u0000\r\nhello\r\n0\r\n\r\n",
                        "5;a=\"\r\nhello\r\n0\r\n\r\n",
                        "5;a\rb\r\nhello\r\n0\r\n\r\n",
                        "5;a\nb\r\nhello\r\n0\r\n\r\n",
                        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
                        "100001\r\n",
                        "5\r\nhello\r\n0\r\n : x\r\n\r\n",
                        "5\r\nhello\r\n0\r\nx y\r\n\r\n",
                        "5\r\nhello\r\n0\r\nX: y\n\r\n",
                        "5\r\nhello\r\n0\r\n\n")
                .map(Arguments::of);
    }

    /** The head is passed on by then: what the server behind gets is never a complete request. */
    @ParameterizedTest
    @MethodSource("chunks")
    void aBodyThatCouldBeReadInTwoWaysNeverBecomesComplete(String body) throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body + SMUGGLED);
            String reply = client.receiveAll();
            assertThat(reply).matches("(?s)HTTP/1.1 4\\d\\d .*").contains("\r\nConnection: close\r\n");
            assertThat(reply.split("HTTP/1.1 \\d")).as("one reply").hasSize(2);
        }
        Received received = origin.poll();
        if (received != null) {
            assertThat(restOf(received)).doesNotContain("0\r\n\r\n").doesNotContain("smuggled");
            received.close();
        }
        Received further = origin.poll();
        assertThat(further).isNull();
    }

    private static String restOf(Received received) {
        StringBuilder rest = new StringBuilder();
        try {
            for (String next = received.body(1); !next.isEmpty(); next = received.body(1)) {
                rest.append(next);
            }
        } catch (IOException e) {
            // The proxy has reset the connection.
        }
        return rest.toString();
    }

    @Test
    void theBodyOfAnyMethodIsABody() throws Exception {
        for (String method : List.of("GET", "DELETE", "OPTIONS", "HEAD", "FOO")) {
            try (HttpSocket client = proxy.connect()) {
                client.send(method + " / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n" + "23\r\n"
                        + SMUGGLED + "\r\n0\r\nX-Trailer: 1\r\n\r\n" + method + " /next HTTP/1.1\r\nHost: a\r\n\r\n");
                Received first = origin.take();
                assertThat(first.head()).startsWith(method + " / ").contains("\r\nTransfer-Encoding: chunked\r\n");
                String chunked = "23\r\n" + SMUGGLED + "\r\n0\r\n\r\n";
                assertThat(first.body(chunked.length())).isEqualTo(chunked);
                first.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                Received second = origin.take();
                assertThat(second.head()).startsWith(method + " /next HTTP/1.1\r\n");
                second.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 OK\r\n");
                assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 OK\r\n");
            }
        }
    }

    @Test
    void requestsThatAreSentAheadAreAnsweredInOrder() throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
                    + "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /4 HTTP/1.1\r\nHost: a\r\n\r\n");
            for (int i = 1; i <= 3; i++) {
                Received next = origin.take();
                assertThat(next.head()).contains(" /" + i + " ");
                assertThat(origin.poll()).isNull();
                if (i == 2) {
                    assertThat(next.body(2)).isEqualTo("hi");
                }
                next.answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + i);
            }
            assertThat(client.receiveAll().split("\r\n\r\n"))
                    .hasSize(4)
                    .satisfies(parts -> assertThat(parts[3]).isEqualTo("3"));
        }
        assertThat(origin.poll()).isNull();
    }

    @Test
    void tooLargeHeadsAreRefused() throws Exception {
        refused("GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        refused("GET / HTTP/1.1\r\nHost: a\r\nX: " + "a".repeat(17_000) + "\r\n\r\n");
        refused("GET / HTTP/1.1\r\nHost: a\r\n" + "X: y\r\n".repeat(101) + "\r\n");
    }
}
