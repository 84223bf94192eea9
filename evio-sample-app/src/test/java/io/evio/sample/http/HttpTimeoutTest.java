package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that do not arrive in time. */
@Timeout(60)
class HttpTimeoutTest {

    private static final HttpLimits SHORT =
            HttpLimits.DEFAULTS.withTimeouts(Duration.ofMillis(300), Duration.ofMillis(300));
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String UPLOAD = "POST /upload HTTP/1.1\r\nHost: a\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "G",
                "\r",
                "GET / HTTP/1.1\r\nHost: a\r\n",
                UPLOAD + "Content-Length: 5\r\n\r\n",
                UPLOAD + "Content-Length: 5\r\n\r\nhell",
                UPLOAD + "Transfer-Encoding: chunked\r\n\r\n",
                UPLOAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
            })
    void theRestIsNotWaitedForLonger(String begun) throws IOException {
        try (OurHttp http = OurHttp.start(SHORT);
                HttpSocket client = http.connect()) {
            assertThat(client.send(GET + GET).receiveReply()).startsWith("HTTP/1.1 200 OK\r\n");
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 200 OK\r\n");
            client.send(begun);
            assertThat(HttpSocket.withoutDate(client.receiveAll()))
                    .isEqualTo("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: text/plain\r\n"
                            + "Content-Length: 36\r\n\r\nthe request does not arrive in time\n");
        }
    }

    /** There is no second answer to a request that was answered before its body. */
    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 5\r\n\r\nhell", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"})
    void theRestOfABodyThatIsNotWantedIsNotWaitedForLonger(String begun) throws IOException {
        try (OurHttp http = OurHttp.start(SHORT);
                HttpSocket client = http.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\n" + begun);
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 405 ");
            assertThat(client.receiveAll()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\n", UPLOAD + "Transfer-Encoding: chunked\r\n\r\n0\r\n"})
    void aByteNowAndThenDoesNotHelp(String begun) throws Exception {
        try (OurHttp http = OurHttp.start(SHORT);
                HttpSocket client = http.connect()) {
            client.send(begun);
            long began = System.nanoTime();
            while (client.available() == 0) {
                client.send("x");
                Thread.sleep(20);
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
            }
            assertThat(client.receiveAll()).startsWith("HTTP/1.1 408 Request Timeout\r\n");
        }
    }

    @Test
    void aBodyThatKeepsComingMayTakeLonger() throws Exception {
        try (OurHttp http = OurHttp.start(SHORT);
                HttpSocket client = http.connect()) {
            String part = "x".repeat(10_000);
            // Each part is worth some ten seconds.
            client.send(UPLOAD + "Content-Length: 200000\r\n\r\n" + part);
            for (int i = 1; i < 20; i++) {
                Thread.sleep(100);
                client.send(part);
            }
            assertThat(client.receiveReply()).endsWith("\r\n\r\n200000 bytes\n");
        }
    }

    @Test
    void nobodyIsHurriedWhoHasAskedInFull() throws Exception {
        Duration second = Duration.ofSeconds(1);
        try (OurHttp http = OurHttp.start(HttpLimits.DEFAULTS.withTimeouts(second, second));
                HttpSocket client = http.connect()) {
            // The head behind it is there only in part, but nobody waits for it before the answer is there.
            client.send("GET /slow?millis=2500 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n");
            assertThat(client.receiveReply()).endsWith("done in 2500 ms\n");
            assertThat(client.send("Host: a\r\n\r\n").receiveReply()).contains("It works");
            // Silence between requests is for evio's idle-timeout, also behind an empty line.
            client.send("\r\n");
            Thread.sleep(2500);
            assertThat(client.send(GET).receiveReply()).contains("It works");
        }
    }
}
