package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
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

    /**
     * Fields in which a proxy speaks of itself, and of the client in a field that the others do not have as they are
     * configured here; {@link ProxyFieldsTest} has ours.
     */
    private static final Pattern OWN_WORDS = Pattern.compile(
            "via: 1\\.[01] evio|forwarded: .*|x-forwarded-host: .*|x-forwarded-(for: 127.0.0.1|proto: http)"
                    + "|server: nginx/.*");

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
                Row.of("named by Connection", get("Connection: x-foo\r\nX-Foo: 1\r\n"))
                        .differs(
                                By.HAPROXY,
                                "leaves RFC 9110, 7.6.1 to the server behind: what Connection names is passed on",
                                "+> connection: x-foo",
                                "+> x-foo: 1")
                        .differs(By.NGINX, "leaves out Connection, but not what it names", "+> x-foo: 1"),
                Row.of("Connection names Authorization", get("Connection: authorization\r\nAuthorization: b\r\n"))
                        .differs(
                                By.HAPROXY,
                                "passes Connection on, so that the server behind may drop the credentials",
                                "+> connection: authorization"),
                Row.of("Keep-Alive", get("Keep-Alive: timeout=5\r\n"))
                        .differs(
                                By.HAPROXY,
                                "passes the field on, although it is about the client's connection",
                                "+> keep-alive: timeout=5"),
                Row.of("Proxy-Connection", get("Proxy-Connection: keep-alive\r\n"))
                        .differs(
                                By.HAPROXY,
                                "knows it no more, since no client of today sends it; RFC 9112, C.2.2, has it left out",
                                "+> proxy-connection: keep-alive")
                        .differs(
                                By.NGINX,
                                "knows it no more, since no client of today sends it; RFC 9112, C.2.2, has it left out",
                                "+> proxy-connection: keep-alive"),
                Row.of("Proxy-Authorization", get("Proxy-Authorization: Basic eA==\r\n"))
                        .differs(
                                By.HAPROXY,
                                "is no proxy that asks for credentials, and passes those for another one on",
                                "+> proxy-authorization: Basic eA==")
                        .differs(
                                By.NGINX,
                                "is no proxy that asks for credentials, and passes those for another one on",
                                "+> proxy-authorization: Basic eA=="),
                Row.of("TE", get("TE: gzip\r\n")),
                Row.of("TE: trailers", get("TE: trailers\r\n"))
                        .differs(
                                By.HAPROXY,
                                "leaves out the option that RFC 9110, 10.1.4, wants with TE",
                                "-> connection: TE")
                        .differs(
                                By.NGINX,
                                "passes no trailers on, and so does not ask for them",
                                "-> connection: TE",
                                "-> te: trailers"),
                Row.of("Upgrade unasked", get("Upgrade: x\r\n"))
                        .differs(
                                By.HAPROXY,
                                "passes it on without the option that would give it a meaning",
                                "+> upgrade: x")
                        .differs(
                                By.NGINX,
                                "upgrades by the field alone, as the configuration in its manual has it",
                                "+> connection: upgrade",
                                "+> upgrade: x"),
                Row.of("h2c", get("Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"))
                        .differs(
                                By.HAPROXY,
                                "passes it on: behind a 101 requests would go through that no rule of the proxy sees",
                                "+> connection: upgrade, http2-settings",
                                "+> http2-settings: AA",
                                "+> upgrade: h2c")
                        .differs(
                                By.NGINX,
                                "passes it on: behind a 101 requests would go through that no rule of the proxy sees",
                                "+> connection: upgrade",
                                "+> http2-settings: AA",
                                "+> upgrade: h2c"),
                Row.of("claims of the client", get("X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n"))
                        .differs(
                                By.HAPROXY,
                                "believes anybody, and adds a line of its own",
                                "+> x-forwarded-for: 1.2.3.4",
                                "+> x-forwarded-proto: https")
                        .differs(
                                By.NGINX,
                                "believes anybody, and adds to the line",
                                "+> x-forwarded-for: 1.2.3.4, 127.0.0.1",
                                "+> x-forwarded-proto: https"),
                Row.of("underscore", get("X_Y: 1\r\n"))
                        .differs(
                                By.NGINX,
                                "leaves such names out, which CGI cannot tell from those with a hyphen",
                                "-> x_y: 1"),
                Row.of("absolute form", "GET http://b/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                        .differs(
                                By.HAPROXY,
                                "refuses it when Host is another one, where RFC 9112, 3.2.2, has Host ignored",
                                "+< HTTP/1.1 400",
                                "+> nothing",
                                "-< HTTP/1.1 200 OK",
                                "-< connection: close",
                                "-< content ok",
                                "-< content-length: 2",
                                "-< date",
                                "-> GET /x HTTP/1.1",
                                "-> host: b")
                        .differs(
                                By.NGINX,
                                "passes the Host on that is to be ignored, because the configuration says so",
                                "+> host: a",
                                "-> host: b"),
                Row.of("old", "GET /x HTTP/1.0\r\nHost: a\r\n\r\n")
                        .differs(
                                By.HAPROXY,
                                "says the client's version instead of its own, against RFC 9110, 2.5",
                                "+> GET /x HTTP/1.0",
                                "+> connection: keep-alive",
                                "-> GET /x HTTP/1.1"),
                Row.of("old without Host", "GET /x HTTP/1.0\r\n\r\n")
                        .differs(
                                By.HAPROXY,
                                "says the client's version instead of its own, and no Host",
                                "+> GET /x HTTP/1.0",
                                "+> connection: keep-alive",
                                "-> GET /x HTTP/1.1",
                                "-> host: 127.0.0.1:port")
                        .differs(
                                By.NGINX,
                                "says HTTP/1.1 without a Host, which RFC 9112, 3.2, has servers refuse",
                                "-> host: 127.0.0.1:port"),
                Row.of("unknown method", "BREW /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                Row.of("body by length", post("Content-Length: 2\r\n\r\nhi")),
                Row.of("body in chunks", post("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"))
                        .differs(
                                By.NGINX,
                                "has read the whole of it by then, and says its length",
                                "+> content-length: 2",
                                "-> transfer-encoding: chunked"),
                Row.of("length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
                        .differs(
                                By.HAPROXY,
                                "drops the length, as RFC 9112, 6.3, allows; ours refuses, as it allows too",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> POST /x HTTP/1.1",
                                "+> host: a",
                                "+> transfer-encoding: chunked",
                                "-< HTTP/1.1 400",
                                "-> nothing"),
                Row.of("the same length twice", post("Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi"))
                        .differs(
                                By.HAPROXY,
                                "merges them, as RFC 9112, 6.3, allows",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> POST /x HTTP/1.1",
                                "+> content-length: 2",
                                "+> host: a",
                                "-< HTTP/1.1 400",
                                "-> nothing"),
                Row.of("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!")),
                Row.of("list of lengths", post("Content-Length: 2, 2\r\n\r\nhi"))
                        .differs(
                                By.HAPROXY,
                                "merges them, as RFC 9112, 6.3, allows",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> POST /x HTTP/1.1",
                                "+> content-length: 2",
                                "+> host: a",
                                "-< HTTP/1.1 400",
                                "-> nothing"),
                Row.of("chunked and an empty element", post("Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"))
                        .differs(
                                By.HAPROXY,
                                "takes it for chunked, and passes on what other servers do not",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> POST /x HTTP/1.1",
                                "+> host: a",
                                "+> transfer-encoding: chunked,",
                                "-< HTTP/1.1 400",
                                "-> nothing")
                        .differs(
                                By.NGINX,
                                "says that it does not know the coding",
                                "+< HTTP/1.1 501",
                                "-< HTTP/1.1 400"),
                Row.of("chunked, gzip", post("Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"))
                        .differs(
                                By.NGINX,
                                "says that it does not know the coding",
                                "+< HTTP/1.1 501",
                                "-< HTTP/1.1 400"),
                Row.of("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"))
                        .differs(
                                By.HAPROXY,
                                "says that it cannot process the coding",
                                "+< HTTP/1.1 422",
                                "-< HTTP/1.1 400")
                        .differs(
                                By.NGINX,
                                "says that it does not know the coding",
                                "+< HTTP/1.1 501",
                                "-< HTTP/1.1 400"),
                Row.of("old with chunks", "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                        .differs(
                                By.HAPROXY,
                                "takes them, where RFC 9112, 6.1, calls the framing faulty",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> POST /x HTTP/1.0",
                                "+> transfer-encoding: chunked",
                                "-< HTTP/1.1 400",
                                "-> nothing"),
                Row.of("LF alone", "GET /x HTTP/1.1\nHost: a\nConnection: close\n\n")
                        .differs(
                                By.HAPROXY,
                                "takes LF for a line end, as RFC 9112, 2.2, allows",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> GET /x HTTP/1.1",
                                "+> host: a",
                                "-< HTTP/1.1 400",
                                "-> nothing")
                        .differs(
                                By.NGINX,
                                "takes LF for a line end, as RFC 9112, 2.2, allows",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> GET /x HTTP/1.1",
                                "+> host: a",
                                "-< HTTP/1.1 400",
                                "-> nothing"),
                Row.of("line folding", get("X: a\r\n b\r\n"))
                        .differs(
                                By.HAPROXY,
                                "joins the lines, as RFC 9112, 5.2, allows",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> GET /x HTTP/1.1",
                                "+> host: a",
                                "+> x: a   b",
                                "-< HTTP/1.1 400",
                                "-> nothing"),
                Row.of("blank before the colon", get("X : a\r\n")),
                Row.of("NUL", get("X: a\0b\r\n"))
                        .differs(
                                By.HAPROXY,
                                "passes it on, which RFC 9110, 5.5, forbids",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> GET /x HTTP/1.1",
                                "+> host: a",
                                "+> x: aNULb",
                                "-< HTTP/1.1 400",
                                "-> nothing"),
                Row.of("no Host", "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n")
                        .differs(
                                By.HAPROXY,
                                "leaves that to the server behind",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> GET /x HTTP/1.1",
                                "-< HTTP/1.1 400",
                                "-> nothing"),
                Row.of("two Hosts", get("Host: b\r\n")),
                Row.of("Expect something else", get("Expect: x\r\n"))
                        .differs(
                                By.HAPROXY,
                                "leaves that to the server behind",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> GET /x HTTP/1.1",
                                "+> expect: x",
                                "+> host: a",
                                "-< HTTP/1.1 417",
                                "-> nothing")
                        .differs(
                                By.NGINX,
                                "leaves the field out",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content ok",
                                "+< content-length: 2",
                                "+< date",
                                "+> GET /x HTTP/1.1",
                                "+> host: a",
                                "-< HTTP/1.1 417",
                                "-> nothing"),
                Row.of("Max-Forwards", "OPTIONS /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\nConnection: close\r\n\r\n")
                        .differs(
                                By.HAPROXY,
                                "does not count it down, as RFC 9110, 7.6.2, has it",
                                "+> max-forwards: 1",
                                "-> max-forwards: 0")
                        .differs(
                                By.NGINX,
                                "does not count it down, as RFC 9110, 7.6.2, has it",
                                "+> max-forwards: 1",
                                "-> max-forwards: 0"),
                Row.of("TRACE", "TRACE /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                        .differs(
                                By.NGINX,
                                "has TRACE nowhere",
                                "+< HTTP/1.1 405",
                                "+> nothing",
                                "-< HTTP/1.1 200 OK",
                                "-< connection: close",
                                "-< content ok",
                                "-< content-length: 2",
                                "-< date",
                                "-> TRACE /x HTTP/1.1",
                                "-> host: a"),
                Row.of(
                                "named in a response",
                                get(""),
                                response("Connection: x-foo\r\nX-Foo: 1\r\nContent-Length: 0\r\n\r\n"))
                        .differs(
                                By.HAPROXY,
                                "passes on what is for its own connection",
                                "+< connection: x-foo",
                                "+< x-foo: 1")
                        .differs(By.NGINX, "leaves out Connection, but not what it names", "+< x-foo: 1"),
                Row.of("Keep-Alive in a response", get(""), response("Keep-Alive: x\r\nContent-Length: 0\r\n\r\n"))
                        .differs(By.HAPROXY, "passes on what is for its own connection", "+< keep-alive: x"),
                Row.of("Proxy-Authenticate", get(""), response("Proxy-Authenticate: x\r\nContent-Length: 0\r\n\r\n"))
                        .differs(By.HAPROXY, "passes on what is for its own connection", "+< proxy-authenticate: x")
                        .differs(By.NGINX, "passes on what is for its own connection", "+< proxy-authenticate: x"),
                Row.of(
                        "chunks in a response",
                        get(""),
                        response("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")),
                Row.of("until the end", get(""), response("\r\nhi"))
                        .differs(
                                By.HAPROXY,
                                "ends the client's connection with it, which looks the same as one that is cut off",
                                "+< content hi",
                                "-< content 2~hi~0~~",
                                "-< transfer-encoding: chunked"),
                Row.of("204 with a length", get(""), "HTTP/1.1 204 No\r\nDate: x\r\nContent-Length: 2\r\n\r\n")
                        .differs(By.NGINX, "passes a length on that RFC 9110, 8.6, forbids", "+< content-length: 2"),
                Row.of("304 with a length", get(""), "HTTP/1.1 304 Not\r\nDate: x\r\nContent-Length: 2\r\n\r\n"),
                Row.of(
                                "two lengths in a response",
                                get(""),
                                response("Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!"))
                        .differs(
                                By.NGINX,
                                "takes the last one",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content hi!",
                                "+< content-length: 3",
                                "+< date",
                                "-< HTTP/1.1 502"),
                Row.of(
                                "length and chunks in a response",
                                get(""),
                                response("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
                        .differs(
                                By.HAPROXY,
                                "drops the length",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content 0~~",
                                "+< date",
                                "+< transfer-encoding: chunked",
                                "-< HTTP/1.1 502")
                        .differs(
                                By.NGINX,
                                "drops the length",
                                "+< HTTP/1.1 200 OK",
                                "+< connection: close",
                                "+< content 0~~",
                                "+< date",
                                "+< transfer-encoding: chunked",
                                "-< HTTP/1.1 502"),
                Row.of("early hints", get(""), "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK),
                Row.of("no date", get(""), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                        .differs(By.HAPROXY, "adds none, although RFC 9110, 6.6.1, has a proxy do so", "-< date"),
                Row.of("no response", get(""), "SSH-2.0-x\r\n\r\n")
                        .differs(By.NGINX, "passes it on as HTTP/0.9", "+< SSH-2.0-x", "-< HTTP/1.1 502"),
                Row.of(
                                "an upgrade unasked",
                                get(""),
                                "HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
                        .differs(
                                By.NGINX,
                                "passes it on, and both sides speak different protocols from there on",
                                "+< HTTP/1.1 101 Switch",
                                "+< connection: upgrade",
                                "+< date",
                                "+< upgrade: x",
                                "-< HTTP/1.1 502"),
                Row.of("server", get(""), response("Server: x\r\nContent-Length: 0\r\n\r\n"))
                        .differs(By.NGINX, "says its own name instead", "-< server: x"));
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
            String received = client.receiveAll();
            over.set(true);
            add(lines, '<', received.isEmpty() ? "nothing" : received);
        }
        String request = behind.get(10, TimeUnit.SECONDS);
        add(lines, '>', request == null ? "nothing" : request);
        return lines;
    }

    /** Answers one request, if one comes before the client has its answer; returns its head. */
    private static @Nullable String serve(String response, AtomicBoolean over) {
        try {
            Received received = origin.poll(10);
            while (received == null && !over.get()) {
                received = origin.poll(10);
            }
            if (received == null) {
                return null;
            }
            answer(received, response);
            return received.head();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private static void answer(Received received, String response) {
        try {
            received.send(response).endOutput();
            while (!received.body(1).isEmpty()) {
                // Its body, so that closing does not reset the connection.
            }
            received.close();
        } catch (IOException e) {
            // The proxy has reset the connection: it has all that it needs.
        }
    }

    private static void add(Set<String> lines, char way, String message) {
        String[] parts = message.split("\r\n\r\n", 2);
        String[] head = parts[0].split("\r\n");
        boolean isOwn = head[0].matches("HTTP/1.1 [45].*");
        // Of an answer of the proxy's own the code counts.
        lines.add(way + " " + (isOwn ? head[0].substring(0, 12) : head[0]));
        if (isOwn) {
            return;
        }
        for (int i = 1; i < head.length; i++) {
            String line = normal(head[i]);
            if (!OWN_WORDS.matcher(line).matches()) {
                lines.add(way + " " + line);
            }
        }
        if (head[0].startsWith("HTTP/1.1 103")) {
            add(lines, way, parts[1]);
        } else if (parts.length > 1 && !parts[1].isEmpty()) {
            lines.add(way + " content " + parts[1].replace("\r\n", "~"));
        }
    }

    /** A line without what has no meaning, and without times and ports. */
    private static String normal(String line) {
        int colon = line.indexOf(':');
        if (colon < 0) {
            return line;
        }
        String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
        String value = line.substring(colon + 1).strip().replace("\0", "NUL").replaceFirst(":\\d{4,5}$", ":port");
        return name.equals("date") ? "date" : name + ": " + value;
    }
}
