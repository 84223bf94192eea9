package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.testing.Allocated;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The memory that the loop's thread allocates for a request and its response, which is none. */
@Timeout(120)
class ProxyAllocationTest {

    private static final int PIPELINE = 20;
    private static final int REQUESTS = 60_000;

    /** Ticks and the date cost some thousand bytes a second; an object for every request 16 bytes each. */
    private static final double MOST_BYTES = 2;

    /** It gives each event memory of its own. */
    @BeforeAll
    static void switchMemoryDebugOff() {
        System.setProperty("io.evio.memory.debug", "false");
    }

    @AfterAll
    static void switchMemoryDebugOn() {
        System.setProperty("io.evio.memory.debug", "true");
    }

    /** A server whose requests all have the same length once they are passed on. */
    private static final class SameAnswer implements AutoCloseable {

        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final byte[] answer;

        SameAnswer(String answer) throws IOException {
            this.answer = answer.getBytes(StandardCharsets.ISO_8859_1);
            Thread thread = new Thread(this::serve, "same-answer");
            thread.setDaemon(true);
            thread.start();
        }

        private void serve() {
            try (Socket socket = listener.accept()) {
                socket.setTcpNoDelay(true);
                OutputStream out = socket.getOutputStream();
                byte[] bytes = new byte[4096];
                int unended = 0;
                for (int count; (count = socket.getInputStream().read(bytes)) > 0; ) {
                    String text = new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
                    // Every request ends with this, and comes in one piece because the one before is answered.
                    if (text.endsWith("\r\n\r\n") || text.endsWith("hi")) {
                        out.write(answer);
                    } else {
                        unended++;
                    }
                }
                assertThat(unended).isZero();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET / HTTP/1.1~Host: localhost:8080~User-Agent: curl/8~Accept: */*~~ |"
                        + " HTTP/1.1 200 OK~Date: x~Content-Length: 2~~hi",
                "GET /a?b=c HTTP/1.0~Connection: Keep-Alive~~ | HTTP/1.1 200 OK~Date: x~Content-Length: 2~~hi",
                "POST / HTTP/1.1~Host: a~Connection: keep-alive, x-foo~X-Foo: 1~Content-Length: 2~~hi |"
                        + " HTTP/1.1 204 No~Keep-Alive: timeout=100~~",
                "PUT / HTTP/1.1~Host: a~Transfer-Encoding: chunked~~2~hi~0~~ |"
                        + " HTTP/1.1 200 OK~Transfer-Encoding: chunked~~2~hi~0~~",
                "HEAD http://b/ HTTP/1.1~Host: a~TE: trailers~~ | HTTP/1.1 200 OK~Content-Length: 100~~"
            })
    void manyRequestsMakeNoGarbage(String request, String answer) throws IOException {
        try (SameAnswer origin = new SameAnswer(answer.replace("~", "\r\n"));
                OurProxy proxy = OurProxy.start("tcp://127.0.0.1:" + origin.listener.getLocalPort());
                HttpSocket client = proxy.connect()) {
            String bytes = request.replace("~", "\r\n");
            String head = client.send(bytes).receiveHead();
            assertThat(head).startsWith("HTTP/1.1 20");
            int body = answer.endsWith("~2~hi~0~~") ? 12 : answer.endsWith("hi") ? 2 : 0;
            client.receive(body);
            load(client, bytes, head.length() + body, REQUESTS / 3);
            long before = Allocated.by("evio-proxy");
            load(client, bytes, head.length() + body, REQUESTS);
            long allocated = Allocated.by("evio-proxy") - before;
            assertThat((double) allocated / REQUESTS).isLessThan(MOST_BYTES);
        }
    }

    private static void load(HttpSocket client, String request, int reply, int count) throws IOException {
        String requests = request.repeat(PIPELINE);
        for (int i = 0; i < count; i += PIPELINE) {
            client.send(requests);
            assertThat(client.receive(reply * PIPELINE)).startsWith("HTTP/1.1 ");
        }
    }
}
