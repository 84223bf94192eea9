package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class HttpHandlerTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String NOT_FOUND =
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nnot found\n";

    private OurHttp http;

    @BeforeEach
    void start() throws IOException {
        http = OurHttp.start();
    }

    @AfterEach
    void stop() {
        http.close();
    }

    @Test
    void keepsTheConnectionUntilItIsAskedToClose() throws IOException {
        try (HttpSocket client = http.connect()) {
            String page = client.send(GET).receiveReply();
            assertThat(page)
                    .startsWith("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: ")
                    .contains("It works")
                    .doesNotContain("Connection");
            assertThat(client.send(GET).receiveReply()).isEqualTo(page);
            assertThat(client.send(get("/x", "")).receiveReply()).isEqualTo(NOT_FOUND);
            assertThat(HttpSocket.withoutDate(client.send(get("/", "Connection: x, Close\r\n") + GET)
                            .receiveAll()))
                    .isEqualTo(page.replaceFirst("\r\n", "\r\nConnection: close\r\n"));
        }
    }

    @ParameterizedTest
    @CsvSource({"'', close", "'Connection: keep-alive\r\n', keep-alive", "'Connection: close, keep-alive\r\n', close"})
    void oldClientsHaveToAskForMore(String field, String answer) throws IOException {
        try (HttpSocket client = http.connect()) {
            client.send("GET / HTTP/1.0\r\n" + field + "\r\n");
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 200 OK\r\nConnection: " + answer + "\r\n");
            if (answer.equals("keep-alive")) {
                client.send("GET / HTTP/1.0\r\n\r\n");
                assertThat(client.receiveReply()).startsWith("HTTP/1.1 200 OK\r\nConnection: close\r\n");
            }
            assertThat(client.receiveAll()).isEmpty();
        }
    }

    @Test
    void repliesAreInTheOrderOfTheRequests() throws IOException {
        String requests = get("/slow?millis=20", "") + GET + get("/stream?size=5", "")
                + post("Transfer-Encoding: chunked\r\n", "3;x\r\nabc\r\n0\r\nTrailer: x\r\n\r\n") + "\r\n"
                + post("Content-Length: 4\r\n", "abcd") + get("/x", "")
                + "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + get("/slow?millis=1", "");
        try (HttpSocket client = http.connect()) {
            client.send(requests.repeat(20));
            for (int i = 0; i < 20; i++) {
                assertThat(client.receiveReply()).endsWith("\r\n\r\ndone in 20 ms\n");
                assertThat(client.receiveReply()).contains("It works");
                assertThat(client.receiveHead()).contains("\r\nTransfer-Encoding: chunked\r\n");
                assertThat(client.receiveChunks()).isEqualTo("01234");
                assertThat(client.receiveReply()).endsWith("\r\n\r\n3 bytes\n");
                assertThat(client.receiveReply()).endsWith("\r\n\r\n4 bytes\n");
                assertThat(client.receiveReply()).isEqualTo(NOT_FOUND);
                assertThat(client.receiveReply())
                        .isEqualTo("HTTP/1.1 200 OK\r\nAllow: GET, HEAD, POST, PUT, OPTIONS\r\n"
                                + "Content-Length: 0\r\n\r\n");
                assertThat(client.receiveReply()).endsWith("\r\n\r\ndone in 1 ms\n");
            }
        }
    }

    @Test
    void requestsMayArriveInAnyPieces() throws IOException {
        String requests = "\r\n" + GET
                + post("Transfer-Encoding: chunked\r\n", "3;x\r\nabc\r\n0\r\nTrailer: x\r\n\r\n")
                + post("Content-Length: 4\r\n", "abcd")
                + get("http://a/x?y", "Connection: close\r\n");
        String replies = null;
        for (int split = 0; split < requests.length(); split++) {
            try (HttpSocket client = http.connect()) {
                long before = http.server().stats().dataReceived();
                long until = before + split;
                client.send(requests.substring(0, split));
                while (http.server().stats().dataReceived() < until) {
                    Thread.onSpinWait();
                }
                client.send(requests.substring(split));
                String received = HttpSocket.withoutDate(client.receiveAll());
                replies = replies == null ? received : replies;
                assertThat(received).as("split at %d", split).isEqualTo(replies);
            }
        }
        assertThat(replies)
                .startsWith("HTTP/1.1 200 OK\r\n")
                .contains("\r\n\r\n3 bytes\nHTTP", "\r\n\r\n4 bytes\nHTTP")
                .endsWith("\r\n\r\nnot found\n");
    }

    @ParameterizedTest
    @CsvSource({"/", "/slow?millis=1", "/x"})
    void headIsGetWithoutTheBody(String target) throws IOException {
        try (HttpSocket client = http.connect()) {
            client.send(get(target, "") + get(target, "").replace("GET", "HEAD") + GET);
            String reply = client.receiveReply();
            assertThat(HttpSocket.withoutDate(client.receiveHead()))
                    .isEqualTo(reply.replaceFirst("(?s)(?<=\r\n\r\n).*", ""));
            assertThat(client.receiveReply()).contains("It works");
        }
    }

    /** A character that needs no percent sign is the same with one: RFC 9110, 4.2.3; a slash is another character. */
    @ParameterizedTest
    @CsvSource({
        "/%73low?millis=1, 200 OK",
        "/%73%6c%6F%77?millis=1, 200 OK",
        "http://a/%73low?millis=1, 200 OK",
        "/%2Fslow, 404 Not Found",
        "/%2fslow, 404 Not Found",
        "%2Fslow, 400 Bad Request",
        "/slow%00, 404 Not Found",
        "/slow%20, 404 Not Found",
        "/%7, 400 Bad Request",
        "/slow/, 404 Not Found"
    })
    void aPathMayBePercentEncoded(String target, String status) throws IOException {
        try (HttpSocket client = http.connect()) {
            assertThat(client.send(get(target, "")).receiveReply()).startsWith("HTTP/1.1 " + status + "\r\n");
        }
    }

    @Test
    void statusTellsWhatTheServerHasToDo() throws IOException {
        try (HttpSocket client = http.connect()) {
            client.send(GET).receiveReply();
            assertThat(client.send(get("/status", "")).receiveReply())
                    .endsWith("\r\n\r\nconnections 1\naccepted 1\nrequests 2\nwriting 0\nunsent 0\n");
            try (HttpSocket slow = new HttpSocket(http.port(), 16 * 1024)) {
                slow.send(get("/stream", ""));
                await().until(() -> http.server().stats().writePending() > 0);
                assertThat(client.send(get("/status", "")).receiveReply())
                        .contains("\r\n\r\nconnections 2\naccepted 2\nrequests 4\nwriting 1\nunsent ");
            }
            await().until(() -> http.server().stats().connectionsClosed() == 1);
            assertThat(client.send(get("/status", "")).receiveReply())
                    .endsWith("connections 1\naccepted 2\nrequests 5\nwriting 0\nunsent 0\n");
        }
    }

    /** And other paths are answered as before: what is in front of the server is to notice first. */
    @Test
    void healthTellsWhetherTheApplicationTakesTraffic() throws IOException {
        try (HttpSocket client = http.connect()) {
            assertThat(client.send(get("/health", "")).receiveReply())
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .endsWith("\r\n\r\nup\n");
            http.refuseTraffic();
            assertThat(client.send(get("/health", "")).receiveReply())
                    .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
                    .endsWith("\r\n\r\nout of service\n");
            assertThat(client.send(GET).receiveReply()).startsWith("HTTP/1.1 200 OK\r\n");
        }
    }

    /** Each has a handler and so a parser of its own; at the same time on one parser, requests would be mixed up. */
    @Test
    void severalLoopsServeAtTheSameTime() throws Exception {
        int clients = 16;
        int rounds = 300;
        try (OurHttp two = OurHttp.startWithLoops(2);
                HttpSocket last = two.connect()) {
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                String target = "/stream?size=" + (100 + i);
                int size = 100 + i;
                all.add(CompletableFuture.runAsync(() -> {
                    try (HttpSocket client = two.connect()) {
                        for (int round = 0; round < rounds; round++) {
                            client.send(get(target, "") + GET);
                            client.receiveHead();
                            assertThat(client.receiveChunks()).hasSize(size);
                            assertThat(client.receiveReply()).contains("It works");
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }));
            }
            for (CompletableFuture<Void> one : all) {
                one.get(50, TimeUnit.SECONDS);
            }
            await().until(() -> two.server().stats().connectionsClosed() == clients);
            assertThat(two.server().loopStats()).allMatch(loop -> loop.connectionsOpened() > 0, "has had connections");
            assertThat(last.send(get("/status", "")).receiveReply())
                    .contains(
                            "accepted " + (clients + 1) + "\nrequests " + (2 * clients * rounds + 1) + "\nwriting 0\n");
        }
    }

    @Test
    void headOfAStreamAndOfARefusalHasNoBody() throws IOException {
        try (HttpSocket client = http.connect()) {
            client.send(get("/stream", "").replace("GET", "HEAD") + "HEAD /upload HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.receiveHead()).contains("\r\nTransfer-Encoding: chunked\r\n");
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 405 ").contains("\r\nContent-Length: 21\r\n");
            assertThat(client.send(GET).receiveReply()).contains("It works");
        }
    }

    @ParameterizedTest
    @CsvSource({"Content-Length: 5, hello", "Transfer-Encoding: chunked, '5\r\nhello\r\n0\r\n\r\n'"})
    void saysContinueBeforeTheBodyAndOnlyThen(String framing, String body) throws IOException {
        String head = "PUT /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n" + framing + "\r\n\r\n";
        try (HttpSocket client = http.connect()) {
            assertThat(client.send(head).receiveHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(client.send(body).receiveReply()).endsWith("\r\n\r\n5 bytes\n");
            // With the body there already it need not be said.
            assertThat(client.send(head + body).receiveReply()).startsWith("HTTP/1.1 200 OK\r\n");
            // And not to one who would not understand it, or who is refused anyway.
            client.send("PUT /upload HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n"
                    + "Content-Length: 1\r\n\r\n");
            await().during(Duration.ofMillis(50)).until(() -> client.available() == 0);
            assertThat(client.send("x").receiveReply()).endsWith("\r\n\r\n1 bytes\n");
            assertThat(client.send(head.replace("/upload", "/x")).receiveAll())
                    .startsWith("HTTP/1.1 404 ")
                    .contains("\r\nConnection: close\r\n");
        }
    }

    static Stream<String> smallBodies() {
        // What looks like a request inside a body is none.
        String inside = get("/stream?size=10", "");
        return Stream.of(
                "\r\n",
                "Content-Length: 0\r\n\r\n",
                "Content-Length: " + inside.length() + "\r\n\r\n" + inside,
                "Content-Length: 65536\r\n\r\n" + "x".repeat(65536),
                "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n02;a=\"b\"\r\nhi\r\n" + Integer.toHexString(inside.length()) + "\r\n"
                        + inside + "\r\n0\r\nTrailer: x\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n8000\r\n" + "x".repeat(0x8000) + "\r\n8000\r\n" + "x".repeat(0x8000)
                        + "\r\n0\r\n\r\n");
    }

    @ParameterizedTest
    @MethodSource("smallBodies")
    void aSmallBodyThatIsNotWantedCostsNoConnection(String fieldsAndBody) throws IOException {
        String[] targets = {"POST /", "DELETE /upload", "PATCH /upload", "PUT /stream?size=1", "POST /x", "DELETE /x"};
        try (HttpSocket client = http.connect()) {
            for (String target : targets) {
                String request = target + " HTTP/1.1\r\nHost: a\r\n" + fieldsAndBody;
                String allow = target.contains("upload") ? "POST, PUT, OPTIONS" : "GET, HEAD, OPTIONS";
                String reply = target.endsWith("/x")
                        ? NOT_FOUND
                        : "HTTP/1.1 405 Method Not Allowed\r\nAllow: " + allow + "\r\nContent-Type: text/plain\r\n"
                                + "Content-Length: 21\r\n\r\nnot with this method\n";
                // With further requests behind it, and with none of them before the answer is there.
                client.send(request + request + GET);
                assertThat(client.receiveReply()).isEqualTo(reply);
                assertThat(client.receiveReply()).isEqualTo(reply);
                assertThat(client.receiveReply()).contains("It works");
                assertThat(client.send(request).receiveReply()).isEqualTo(reply);
                assertThat(client.send(GET).receiveReply()).contains("It works");
            }
            client.send(
                    "POST / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"
                            + GET);
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 405 ").contains("\r\nConnection: keep-alive\r\n");
            assertThat(client.receiveReply()).contains("It works");
        }
        assertThat(http.server().stats().connectionsOpened()).isEqualTo(1);
    }

    @Test
    void aBodyThatIsNotWantedMayComeBehindItsAnswer() throws IOException {
        try (HttpSocket client = http.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 405 ").doesNotContain("Connection");
            assertThat(client.send("56789" + GET).receiveReply()).contains("It works");
            client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0");
            assertThat(client.receiveReply()).isEqualTo(NOT_FOUND);
            assertThat(client.send("\r\n\r\n" + GET).receiveReply()).contains("It works");
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Too large, or maybe never sent: the reply says that it is the last.
        "'Content-Length: 65537\r\n\r\n', close",
        "'Content-Length: 65537\r\n\r\n01234', close",
        "'Content-Length: 2\r\nExpect: 100-continue\r\n\r\nhi', close",
        "'Content-Length: 2\r\nConnection: close\r\n\r\nhi', close",
        "'Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n0\r\n\r\n', close",
        // What is wrong with the chunks shows behind the reply.
        "'Transfer-Encoding: chunked\r\n\r\n10001\r\n', ''",
        "'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n10000\r\n', ''",
        "'Transfer-Encoding: chunked\r\n\r\n2;\r\nhi\r\n0\r\n\r\n', ''",
        "'Transfer-Encoding: chunked\r\n\r\n2\r\nhi!\r\n0\r\n\r\n', ''",
        "'Transfer-Encoding: chunked\r\n\r\n0\r\nA : b\r\n\r\n', ''"
    })
    void anotherBodyThatIsNotWantedEndsTheConnection(String fieldsAndBody, String connection) throws IOException {
        for (String target : new String[] {"POST /", "POST /x"}) {
            try (HttpSocket client = http.connect()) {
                client.send(target + " HTTP/1.1\r\nHost: a\r\n" + fieldsAndBody + GET);
                String reply = client.receiveReply();
                assertThat(reply).startsWith(target.endsWith("x") ? "HTTP/1.1 404 " : "HTTP/1.1 405 ");
                assertThat(reply.contains("\r\nConnection: close\r\n")).isEqualTo(connection.equals("close"));
                assertThat(client.receiveAll()).isEmpty();
            }
        }
    }

    @Test
    void aLargeUploadIsCountedAndNotKept() throws IOException {
        String chunk = "4000\r\n" + "x".repeat(0x4000) + "\r\n";
        int chunks = 4000;
        try (HttpSocket client = http.connect()) {
            client.send("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < chunks; i++) {
                client.send(chunk);
            }
            assertThat(client.send("0\r\n\r\n").receiveReply()).endsWith("\r\n\r\n" + chunks * 0x4000 + " bytes\n");
        }
    }

    @Test
    void dateIsNow() throws IOException {
        try (HttpSocket client = http.connect()) {
            for (int i = 0; i < 3; i++) {
                String date = client.send(get("/", "").replace("GET", "HEAD"))
                        .receiveHead()
                        .replaceFirst("(?s).*\r\nDate: ([^\r]*)\r\n.*", "$1");
                assertThat(date).hasSize(29);
                Instant said = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                assertThat(said).isBetween(Instant.now().minusSeconds(3), Instant.now());
            }
        }
    }

    @Test
    void aSlowReaderOfAnEndlessStreamCostsNoMemory() throws IOException {
        try (HttpSocket client = new HttpSocket(http.port(), 16 * 1024)) {
            client.send(get("/stream", ""));
            assertThat(client.receiveHead()).contains("\r\nTransfer-Encoding: chunked\r\n");
            await().until(() -> http.server().stats().writePending() > 0);
            long sent = http.server().stats().dataSent();
            for (int i = 0; i < 100; i++) {
                assertThat(client.receive(100_000)).hasSize(100_000);
                assertThat(http.server().stats().writePending()).isLessThan(64 * 1024);
            }
            assertThat(http.server().stats().dataSent()).isGreaterThan(sent);
        }
        await().until(() -> http.server().stats().connectionsClosed() == 1);
        assertThat(http.server().stats().writePending()).isZero();
    }

    @Test
    void aClientThatAsksFasterThanItReadsHasItsRequestsWait() throws IOException {
        int count = 20_000;
        try (HttpSocket client = new HttpSocket(http.port(), 16 * 1024)) {
            Thread sender = new Thread(() -> {
                for (int i = 0; i < count; i += 100) {
                    client.sendUnchecked(GET.repeat(100));
                }
            });
            sender.start();
            await().until(() -> http.server().stats().writePending() > 0);
            for (int i = 0; i < count; i++) {
                assertThat(client.receiveReply()).contains("It works");
                assertThat(http.server().stats().writePending()).isLessThan(512 * 1024);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "63", "32767", "32768", "32769", "3000000"})
    void aStreamHasTheSizeThatWasAskedFor(int size) throws IOException {
        String line = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n";
        String expected = line.repeat(size / 64 + 1).substring(0, size);
        try (HttpSocket client = http.connect();
                HttpSocket old = http.connect();
                HttpSocket halfClosed = http.connect()) {
            client.send(get("/stream?size=" + size, "") + GET);
            client.receiveHead();
            assertThat(client.receiveChunks()).isEqualTo(expected);
            assertThat(client.receiveReply()).contains("It works");

            old.send("GET /stream?size=" + size + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            assertThat(old.receiveHead()).contains("\r\nConnection: close\r\n").doesNotContain("Transfer-Encoding");
            assertThat(old.receiveAll()).isEqualTo(expected);

            halfClosed
                    .send(get("/stream?size=" + size, "") + get("/slow?millis=1", "") + GET)
                    .shutdownOutput();
            halfClosed.receiveHead();
            assertThat(halfClosed.receiveChunks()).isEqualTo(expected);
            assertThat(halfClosed.receiveReply()).contains("done in 1 ms");
            assertThat(halfClosed.receiveReply()).contains("It works");
            assertThat(halfClosed.receiveAll()).isEmpty();
        }
    }

    @Test
    void oneSlowAnswerHoldsUpNobodyElse() throws IOException {
        try (HttpSocket slow = http.connect();
                HttpSocket other = http.connect()) {
            slow.send(get("/slow?millis=10000", "") + GET);
            for (int i = 0; i < 100; i++) {
                assertThat(other.send(GET).receiveReply()).contains("It works");
            }
            assertThat(slow.available()).isZero();
        }
    }

    @Test
    void aPeerThatIsGoneIsForgottenWhereverItWas() throws IOException {
        String[] begun = {
            "GET",
            "GET / HTTP/1.1\r\nHos",
            post("Content-Length: 10\r\n", "abc"),
            get("/stream", ""),
            get("/slow?millis=50", "")
        };
        for (String bytes : begun) {
            try (HttpSocket client = http.connect()) {
                client.send(bytes);
            }
        }
        await().until(() -> http.server().stats().connectionsClosed() == begun.length);
        assertThat(http.server().stats().handlerErrors()).isZero();
        try (HttpSocket client = http.connect()) {
            assertThat(client.send(GET).receiveReply()).contains("It works");
        }
    }

    private static String get(String target, String fields) {
        return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
    }

    private static String post(String fields, String body) {
        return "POST /upload HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
    }
}
