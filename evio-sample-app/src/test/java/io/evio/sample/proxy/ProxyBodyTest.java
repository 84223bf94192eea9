package io.evio.sample.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies on their way: large ones, ones that nobody waits for, and ones that do not come. */
@Timeout(120)
class ProxyBodyTest {

    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final long GIGABYTE = 1_000_000_000;
    private static final int PIECE = 1 << 16;

    private RecordingOrigin origin;

    @BeforeEach
    void listen() throws IOException {
        origin = new RecordingOrigin();
    }

    @AfterEach
    void close() throws IOException {
        origin.close();
    }

    private interface Work {
        void run() throws IOException;
    }

    private static CompletableFuture<Void> meanwhile(Work work) {
        return CompletableFuture.runAsync(() -> {
            try {
                work.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void write(OutputStream out, boolean chunked) throws IOException {
        byte[] piece = new byte[PIECE];
        for (long left = GIGABYTE; left > 0; left -= PIECE) {
            int count = (int) Math.min(PIECE, left);
            if (chunked) {
                out.write((Integer.toHexString(count) + "\r\n").getBytes(US_ASCII));
            }
            out.write(piece, 0, count);
            if (chunked) {
                out.write("\r\n".getBytes(US_ASCII));
            }
        }
        if (chunked) {
            out.write("0\r\n\r\n".getBytes(US_ASCII));
        }
    }

    private static long skip(InputStream in, long most) throws IOException {
        byte[] piece = new byte[PIECE];
        long total = 0;
        for (int count; total < most && (count = in.read(piece, 0, (int) Math.min(PIECE, most - total))) > 0; ) {
            total += count;
        }
        return total;
    }

    /** The reader stops for a while first: what is unsent then stays below the high-water mark and a read. */
    private static void awaitStandstill(OurProxy proxy) {
        long[] before = {-1};
        await().pollInterval(Duration.ofMillis(100)).until(() -> {
            long now = proxy.server().stats().dataReceived();
            boolean still = now > PIECE && now == before[0];
            before[0] = now;
            return still;
        });
        assertThat(proxy.server().stats().writePending()).isPositive().isLessThan(2 << 20);
        assertThat(proxy.server().stats().pendingMemory()).isLessThan(4 << 20);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGigabyteUpTakesNoMemory(boolean chunked) throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send("PUT / HTTP/1.1\r\nHost: a\r\n"
                    + (chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + GIGABYTE) + "\r\n\r\n");
            CompletableFuture<Void> sending = meanwhile(() -> write(client.output(), chunked));
            Received received = origin.take();
            awaitStandstill(proxy);
            if (chunked) {
                assertThat(dechunk(received.input())).isEqualTo(GIGABYTE);
            } else {
                assertThat(skip(received.input(), GIGABYTE)).isEqualTo(GIGABYTE);
            }
            sending.get(60, TimeUnit.SECONDS);
            received.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    private static long dechunk(InputStream in) throws IOException {
        long total = 0;
        while (true) {
            StringBuilder line = new StringBuilder();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                line.append((char) b);
            }
            int size = Integer.parseInt(line.toString().strip(), 16);
            if (skip(in, size) != size || in.read() != '\r' || in.read() != '\n') {
                throw new IOException("no chunk of " + size);
            }
            if (size == 0) {
                return total;
            }
            total += size;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGigabyteDownTakesNoMemory(boolean chunked) throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send(GET);
            Received received = origin.take();
            received.send("HTTP/1.1 200 OK\r\n"
                    + (chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + GIGABYTE) + "\r\n\r\n");
            CompletableFuture<Void> sending =
                    meanwhile(() -> write(received.socket().getOutputStream(), chunked));
            awaitStandstill(proxy);
            client.receiveHead();
            if (chunked) {
                assertThat(dechunk(client.input())).isEqualTo(GIGABYTE);
            } else {
                assertThat(skip(client.input(), GIGABYTE)).isEqualTo(GIGABYTE);
            }
            sending.get(60, TimeUnit.SECONDS);
            received.answer("");
            client.send(GET);
            origin.take().answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void aClientThatWaitsForItsExpectationIsToldWhatTheTargetSays() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            String head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
            client.send(head);
            Received received = origin.take();
            assertThat(received.field("Expect")).isEqualTo("100-continue");
            received.send("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 100 Continue\r\n");
            client.send("hi");
            assertThat(received.body(2)).isEqualTo("hi");
            received.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 ").doesNotContain("close");

            client.send(head);
            origin.take().send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.receiveAll()).startsWith("HTTP/1.1 417 ").contains("\r\nConnection: close\r\n");
        }
    }

    @Test
    void anAnswerBeforeTheEndOfTheBodyIsPassedOnAndIsTheLast() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + GIGABYTE + "\r\n\r\nsome");
            Received received = origin.take();
            received.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
            received.close();
            assertThat(client.receiveAll())
                    .startsWith("HTTP/1.1 413 ")
                    .contains("\r\nConnection: close\r\n")
                    .endsWith("\r\n\r\nno");
            await().until(() -> proxy.server().stats().outboundActive() == 0);
        }
    }

    /** As one that sends back what it gets. */
    @Test
    void anAnswerMayComeWhileTheBodyIsOnItsWay() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
            Received received = origin.take();
            received.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            client.receiveHead();
            for (int i = 0; i < 3; i++) {
                client.send("2\r\n" + i + "!\r\n");
                assertThat(received.body(7)).isEqualTo("2\r\n" + i + "!\r\n");
                received.send("1\r\n" + i + "\r\n");
                assertThat(client.receive(6)).isEqualTo("1\r\n" + i + "\r\n");
            }
            client.send("0\r\n\r\n");
            assertThat(received.body(5)).isEqualTo("0\r\n\r\n");
            received.answer("0\r\n\r\n");
            assertThat(client.receiveAll()).isEqualTo("0\r\n\r\n");
        }
    }

    @Test
    void aClientThatHasEndedItsSideGetsItsAnswer() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
            client.shutdownOutput();
            Received received = origin.take();
            received.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            assertThat(client.receiveAll()).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nok");
        }
    }

    @Test
    void aBodyThatIsCutOffIsNotPassedOnAsComplete() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
            Received received = origin.take();
            assertThat(received.body(7)).isEqualTo("2\r\nhi\r\n");
            client.shutdownOutput();
            assertThat(client.receiveAll()).startsWith("HTTP/1.1 400 ");
            try {
                assertThat(received.body(1)).isEmpty();
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("reset");
            }
        }
    }

    @Test
    void whatDoesNotComeInTimeIsATimeout() throws Exception {
        try (OurProxy proxy = OurProxy.before(
                        origin,
                        "--sample.proxy.head-timeout=300ms",
                        "--sample.proxy.body-timeout=400ms",
                        "--sample.proxy.keep-alive-timeout=500ms");
                HttpSocket inHead = proxy.connect();
                HttpSocket inBody = proxy.connect();
                HttpSocket idle = proxy.connect();
                HttpSocket inAnswer = proxy.connect()) {
            inHead.send("GET / HTTP/1.1\r\nHo");
            inBody.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh");
            origin.take();
            inAnswer.send(GET);
            origin.take().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
            assertThat(inHead.receiveAll()).startsWith("HTTP/1.1 408 ");
            assertThat(inBody.receiveAll()).startsWith("HTTP/1.1 408 ");
            assertThat(idle.receiveAll()).isEmpty();
            assertThat(inAnswer.receiveAll()).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\no");
        }
    }

    @Test
    void aTargetThatDoesNotTakeTheBodyIsATimeout() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin, "--sample.proxy.body-timeout=400ms");
                HttpSocket client = proxy.connect()) {
            client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + GIGABYTE + "\r\n\r\n");
            CompletableFuture<Void> sending = meanwhile(() -> write(client.output(), false));
            origin.take();
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 504 ").contains("\r\nConnection: close\r\n");
            assertThat(sending.handle((sent, failure) -> true)).succeedsWithin(Duration.ofSeconds(20));
        }
    }

    /** It answers at once, and ends the connection with most of the body unread. */
    @Test
    void theAnswerOfATargetThatTakesNoMoreOfTheBodyIsPassedOn() throws Exception {
        try (OurProxy proxy = OurProxy.before(origin);
                HttpSocket client = proxy.connect()) {
            client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + GIGABYTE + "\r\n\r\n");
            CompletableFuture<Void> sending = meanwhile(() -> write(client.output(), false));
            Received received = origin.take();
            awaitStandstill(proxy);
            received.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno\n");
            received.close();
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 413 ").contains("\r\nConnection: close\r\n");
            assertThat(client.receive(3)).isEqualTo("no\n");
            assertThat(sending.handle((sent, failure) -> true)).succeedsWithin(Duration.ofSeconds(20));
            await().until(() -> proxy.server().stats().outboundActive() == 0);
        }
    }

    @Test
    void aStopLetsRequestsEndAndSaysThatTheyAreTheLast() throws Exception {
        OurProxy proxy = OurProxy.before(origin);
        try (HttpSocket waiting = proxy.connect();
                HttpSocket sending = proxy.connect();
                HttpSocket idle = proxy.connect()) {
            waiting.send(GET);
            Received first = origin.take();
            sending.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
            Received second = origin.take();
            CompletableFuture<Void> stop = CompletableFuture.runAsync(proxy::close);
            assertThat(idle.receiveAll()).isEmpty();
            sending.send("llo");
            assertThat(second.body(5)).isEqualTo("hello");
            second.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            first.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            for (HttpSocket client : new HttpSocket[] {waiting, sending}) {
                assertThat(client.receiveAll())
                        .startsWith("HTTP/1.1 200 ")
                        .contains("\r\nConnection: close\r\n")
                        .endsWith("ok");
            }
            stop.get(20, TimeUnit.SECONDS);
        }
    }
}
