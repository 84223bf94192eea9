package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.testing.Allocated;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The memory that the loop's thread allocates for a request, which is none. */
@Timeout(120)
class HttpAllocationTest {

    private static final int PIPELINE = 50;
    private static final int REQUESTS = 200_000;

    /** The date costs some hundred bytes a second; an object for every request would cost at least 16 times this. */
    private static final double MOST_BYTES = 1;

    /** It gives each event memory of its own. */
    @BeforeAll
    static void switchMemoryDebugOff() {
        System.setProperty("io.evio.memory.debug", "false");
    }

    @AfterAll
    static void switchMemoryDebugOn() {
        System.setProperty("io.evio.memory.debug", "true");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n",
                "HEAD http://localhost/?a HTTP/1.1\r\nhost: localhost\r\nConnection: keep-alive\r\n\r\n",
                "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n02;a=\"b\"\r\nhi\r\n0\r\n\r\n"
            })
    void manyRequestsMakeNoGarbage(String request) throws IOException {
        try (OurHttp http = OurHttp.start();
                HttpSocket client = http.connect()) {
            String head = client.send(request).receiveHead();
            int body = request.startsWith("HEAD")
                    ? 0
                    : Integer.parseInt(head.replaceFirst("(?s).*\r\nContent-Length: (\\d+)\r\n.*", "$1"));
            client.receive(body);
            load(client, request, head.length() + body, REQUESTS / 4);
            long before = Allocated.by("evio-http");
            load(client, request, head.length() + body, REQUESTS);
            long allocated = Allocated.by("evio-http") - before;
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
