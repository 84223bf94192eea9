package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same requests through this proxy, HAProxy and nginx to the same server, compared field by field. Every difference
 * is in the table, with the reason; one that is not in it fails the test, and so does one that is in it and is none.
 */
@Timeout(120)
class ProxyDifferentialTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 2\r\n\r\nok";

    /** What a proxy says of itself and of the client, in its own way: HAProxy and nginx as they are configured here. */
    private static final Set<String> OWN_WORDS = Set.of(
            "via: 1.1 evio",
            "via: 1.0 evio",
            "forwarded: for=127.0.0.1;host=\"a\";proto=http",
            "x-forwarded-for: 127.0.0.1",
            "x-forwarded-host: a",
            "x-forwarded-proto: http");

    private enum By {
        HAPROXY,
        NGINX
    }

    /**
     * A way in which another proxy does it differently.
     *
     * @param what lines that it has (+) and that ours has (-), of the request that the server gets (&gt;) and of the
     *     response that the client gets (&lt;)
     */
    private record Difference(By by, String because, Set<String> what) {}

    private record Row(String name, String request, String response, List<Difference> differences) {

        static Row of(String name, String request) {
            return of(name, request, OK);
        }

        static Row of(String name, String request, String response) {
            return new Row(name, request, response, List.of());
        }

        Row differs(By by, String because, String... what) {
            List<Difference> more = new ArrayList<>(differences);
            more.add(new Difference(by, because, new TreeSet<>(List.of(what))));
            return new Row(name, request, response, more);
        }

        Set<String> expected(By by) {
            return differences.stream()
                    .filter(difference -> difference.by == by)
                    .map(Difference::what)
                    .findFirst()
                    .orElse(Set.of());
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @TempDir
    private static Path folder;

    private static RecordingOrigin origin;
    private static OurProxy ours;
    private static OtherProxy haproxy;
    private static OtherProxy nginx;

    @BeforeAll
    static void start() throws IOException {
        origin = new RecordingOrigin();
        ours = OurProxy.before(origin);
        haproxy = OtherProxy.haproxy(folder, origin.port());
        nginx = OtherProxy.nginx(folder, origin.port());
    }

    @AfterAll
    static void stop() throws IOException {
        nginx.close();
        haproxy.close();
        ours.close();
        origin.close();
    }

    private static String get(String fields) {
        return "GET /x HTTP/1.1\r\nHost: a\r\n" + fields + "Connection: close\r\n\r\n";
    }

    private static String post(String fieldsAndBody) {
        return "POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fieldsAndBody;
    }

    private static String response(String fieldsAndBody) {
        return "HTTP/1.1 200 OK\r\nDate: x\r\n" + fieldsAndBody;
    }

    static Stream<Row> rows() {
        return Stream.of(
                Row.of("plain", get("")),
                Row.of("case and order", get("X-aB: 1\r\nx-AB: 2\r\n")),
                Row.of("blanks", get("X:  a \t\r\n")),
                Row.of("named by Connection", get("Connection: x-foo\r\nX-Foo: 1\r\n")),
                Row.of("Connection names Authorization", get("Connection: authorization\r\nAuthorization: b\r\n")),
                Row.of("Keep-Alive", get("Keep-Alive: timeout=5\r\n")),
                Row.of("Proxy-Connection", get("Proxy-Connection: keep-alive\r\n")),
                Row.of("Proxy-Authorization", get("Proxy-Authorization: Basic eA==\r\n")),
                Row.of("TE", get("TE: gzip\r\n")),
                Row.of("TE: trailers", get("TE: trailers\r\n")),
                Row.of("Upgrade unasked", get("Upgrade: x\r\n")),
                Row.of("h2c", get("Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n")),
                Row.of("claims of the client", get("X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n")),
                Row.of("underscore", get("X_Y: 1\r\n")),
                Row.of("absolute form", "GET http://b/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                Row.of("old", "GET /x HTTP/1.0\r\nHost: a\r\n\r\n"),
                Row.of("old without Host", "GET /x HTTP/1.0\r\n\r\n"),
                Row.of("unknown method", "BREW /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                Row.of("body by length", post("Content-Length: 2\r\n\r\nhi")),
                Row.of("body in chunks", post("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")),
                Row.of("length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
                Row.of("the same length twice", post("Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi")),
                Row.of("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!")),
                Row.of("list of lengths", post("Content-Length: 2, 2\r\n\r\nhi")),
                Row.of("chunked and an empty element", post("Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n")),
                Row.of("chunked, gzip", post("Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n")),
                Row.of("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")),
                Row.of("old with chunks", "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                Row.of("LF alone", "GET /x HTTP/1.1\nHost: a\nConnection: close\n\n"),
                Row.of("line folding", get("X: a\r\n b\r\n")),
                Row.of("blank before the colon", get("X : a\r\n")),
                Row.of("NUL", get("X: a\0b\r\n")),
                Row.of("no Host", "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n"),
                Row.of("two Hosts", get("Host: b\r\n")),
                Row.of("Expect something else", get("Expect: x\r\n")),
                Row.of("Max-Forwards", "OPTIONS /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\nConnection: close\r\n\r\n"),
                Row.of("TRACE", "TRACE /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                Row.of("named in a response", get(""), response("Connection: x-foo\r\nX-Foo: 1\r\nContent-Length: 0\r\n\r\n")),
                Row.of("Keep-Alive in a response", get(""), response("Keep-Alive: x\r\nContent-Length: 0\r\n\r\n")),
                Row.of("Proxy-Authenticate", get(""), response("Proxy-Authenticate: x\r\nContent-Length: 0\r\n\r\n")),
                Row.of("chunks in a response", get(""), response("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")),
                Row.of("until the end", get(""), response("\r\nhi")),
                Row.of("204 with a length", get(""), "HTTP/1.1 204 No\r\nDate: x\r\nContent-Length: 2\r\n\r\n"),
                Row.of("304 with a length", get(""), "HTTP/1.1 304 Not\r\nDate: x\r\nContent-Length: 2\r\n\r\n"),
                Row.of("two lengths in a response", get(""), response("Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!")),
                Row.of(
                        "length and chunks in a response",
                        get(""),
                        response("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
                Row.of("early hints", get(""), "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK),
                Row.of("no date", get(""), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                Row.of("no response", get(""), "SSH-2.0-x\r\n\r\n"),
                Row.of("an upgrade unasked", get(""), "HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
                Row.of("server", get(""), response("Server: x\r\nContent-Length: 0\r\n\r\n")));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void everyDifferenceIsKnown(Row row) throws Exception {
        Set<String> our = outcome(ours.port(), row);
        assertThat(difference(our, outcome(haproxy.port(), row))).as("HAProxy").isEqualTo(row.expected(By.HAPROXY));
        assertThat(difference(our, outcome(nginx.port(), row))).as("nginx").isEqualTo(row.expected(By.NGINX));
    }

    private static Set<String> difference(Set<String> our, Set<String> other) {
        Set<String> differences = new TreeSet<>();
        other.stream().filter(line -> !our.contains(line)).forEach(line -> differences.add("+" + line));
        our.stream().filter(line -> !other.contains(line)).forEach(line -> differences.add("-" + line));
        return differences;
    }

    /** The lines that the server behind gets and that the client gets, without their order. */
    private static Set<String> outcome(int port, Row row) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<@Nullable String> behind = CompletableFuture.supplyAsync(() -> serve(row.response, over));
        Set<String> lines = new TreeSet<>();
        try (HttpSocket client = new HttpSocket(port)) {
            client.send(row.request);
            String received = receiveAll(client);
            over.set(true);
            add(lines, '<', received.isEmpty() ? "nothing" : received);
        }
        String request = behind.get(10, TimeUnit.SECONDS);
        add(lines, '>', request == null ? "nothing" : request);
        return lines;
    }

    private static String receiveAll(HttpSocket client) throws IOException {
        try {
            return client.receiveAll();
        } catch (SocketException e) {
            return "reset";
        }
    }

    /** Answers one request, if one comes before the client has its answer. */
    private static @Nullable String serve(String response, AtomicBoolean over) {
        try {
            Received received = origin.poll(10);
            while (received == null && !over.get()) {
                received = origin.poll(10);
            }
            if (received == null) {
                return null;
            }
            received.send(response).endOutput();
            while (!received.body(1).isEmpty()) {
                // Its body, so that closing does not reset the connection.
            }
            received.close();
            return received.head();
        } catch (IOException e) {
            return "reset";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static void add(Set<String> lines, char way, String message) {
        boolean isOwn = way == '<' && !message.contains("\r\nDate: x\r\n") && !message.startsWith("HTTP/1.1 200");
        String[] parts = message.split("\r\n\r\n", 2);
        int first = 0;
        for (String line : parts[0].split("\r\n")) {
            if (first++ == 0) {
                // Of an answer of the proxy's own, the code alone.
                lines.add(way + " " + (isOwn ? line.replaceFirst("(HTTP/1.1 \\d+).*", "$1") : line));
            } else if (!isOwn) {
                String normal = normal(line);
                if (!OWN_WORDS.contains(normal)) {
                    lines.add(way + " " + normal);
                }
            }
        }
        if (!isOwn && parts.length > 1 && !parts[1].isEmpty()) {
            lines.add(way + " content " + parts[1].replace("\r\n", "~"));
        }
    }

    private static String normal(String line) {
        int colon = line.indexOf(':');
        String name = colon < 0 ? line : line.substring(0, colon).toLowerCase(Locale.ROOT);
        return colon < 0 ? name : name + ": " + line.substring(colon + 1).strip();
    }
}
