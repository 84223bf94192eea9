package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.proxy.RecordingOrigin.Received;
import io.evio.sample.testing.TrustAll;
import java.io.IOException;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The fields of a head that are passed on, each way, and those that the proxy adds. */
@Timeout(60)
class ProxyFieldsTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private static RecordingOrigin origin;
    private static OurProxy proxy;
    private static OurProxy trusting;

    @BeforeAll
    static void start() throws IOException {
        origin = new RecordingOrigin();
        proxy = OurProxy.before(origin);
        trusting = OurProxy.before(origin, "--sample.proxy.trusted-proxies=10.0.0.0/8,127.0.0.1");
    }

    @AfterAll
    static void stop() throws IOException {
        proxy.close();
        trusting.close();
        origin.close();
    }

    private static Received passedOn(String request) throws Exception {
        return passedOn(proxy, request);
    }

    private static Received passedOn(OurProxy by, String request) throws Exception {
        try (HttpSocket client = by.connect()) {
            client.send(request);
            Received received = origin.take();
            received.answer(OK);
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 OK\r\n");
            return received;
        }
    }

    private static String answer(String request, String response) throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send(request);
            Received received = origin.take();
            received.answer(response);
            return client.receiveHead();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "get", "X-!#$%&'*+.^_`|~"})
    void anyMethodIsPassedOn(String method) throws Exception {
        assertThat(passedOn(method + " /a?b=%20c HTTP/1.1\r\nHost: a\r\n\r\n").head())
                .startsWith(method + " /a?b=%20c HTTP/1.1\r\nHost: a\r\n");
    }

    @Test
    void fieldsKeepTheirCaseTheirBytesAndTheirOrder() throws Exception {
        String fields = "HOST:  a \r\nx-One:1\r\nX-TWO: \u00e9 \t b \r\nx-One: 2\r\nCookie: a=b\r\n";
        assertThat(passedOn("GET / HTTP/1.1\r\n" + fields + "\r\n").head()).startsWith("GET / HTTP/1.1\r\n" + fields);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection: keep-alive, X-Foo\r\nX-Foo: 1",
                "Connection: close\r\nConnection: x-foo\r\nX-FOO: 1",
                "Connection:,,x-foo ,\r\nX-Foo: 1\r\nX-Foo: 2",
                "X-Foo: 1\r\nConnection: X-Foo",
                "Keep-Alive: timeout=5",
                "Proxy-Connection: keep-alive",
                "Proxy-Authorization: Basic eA==",
                "Proxy-Authenticate: Basic",
                "TE: gzip",
                "Upgrade: websocket",
                "Upgrade: websocket\r\nConnection: close",
                "Upgrade: h2c\r\nConnection: upgrade, http2-settings\r\nHTTP2-Settings: AA",
                "Connection: upgrade\r\nUpgrade: h2c, websocket"
            })
    void whatIsForOneConnectionGoesNoFurther(String fields) throws Exception {
        Received received = passedOn("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\nX-Last: 1\r\n\r\n");
        assertThat(received.head())
                .startsWith("GET / HTTP/1.1\r\nHost: a\r\nX-Last: 1\r\n")
                .doesNotContainIgnoringCase("x-foo")
                .doesNotContainIgnoringCase("connection:")
                .doesNotContainIgnoringCase("upgrade");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x-foo-bar", "foo", "x-fo", "xx-foo", "x-foo.", "close, xclose"})
    void connectionNamesWholeFieldsAndNoPartsOfThem(String named) throws Exception {
        Received received =
                passedOn("GET / HTTP/1.1\r\nHost: a\r\nConnection: " + named + "\r\nX-Foo: 1\r\nClose: 2\r\n\r\n");
        assertThat(received.field("X-Foo")).isEqualTo("1");
        assertThat(received.field("Close")).isEqualTo("2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Host", "Authorization", "Forwarded", "X-Forwarded-For", "x-forwarded-host", "Cookie"})
    void connectionCannotHaveRemovedWhatTheServerBehindNeeds(String name) throws Exception {
        String value = name.equals("Host") ? "a" : "y";
        String fields = name.equals("Host") ? "" : name + ": " + value + "\r\n";
        Received received = passedOn(
                trusting, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, " + name + "\r\n" + fields + "\r\n");
        assertThat(received.field(name)).isNotNull().startsWith(value);
    }

    @Test
    void connectionCannotHaveRemovedTheLength() throws Exception {
        try (HttpSocket client = proxy.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\nhi");
            Received received = origin.take();
            assertThat(received.field("Content-Length")).isEqualTo("2");
            assertThat(received.body(2)).isEqualTo("hi");
            received.answer(OK);
            assertThat(client.receiveHead()).startsWith("HTTP/1.1 200 OK\r\n");
        }
    }

    @Test
    void ofTeOnlyTrailersIsPassedOn() throws Exception {
        Received received = passedOn("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: gzip, trailers\r\n\r\n");
        assertThat(received.field("TE")).isEqualTo("trailers");
        assertThat(received.field("Connection")).isEqualTo("TE");
    }

    @Test
    void viaIsAddedBothWays() throws Exception {
        assertThat(passedOn("GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 x\r\n\r\n").field("Via"))
                .isEqualTo("1.1 x | 1.1 evio");
        assertThat(passedOn("GET / HTTP/1.0\r\nHost: a\r\n\r\n").field("Via")).isEqualTo("1.0 evio");
        assertThat(answer(
                        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.0 200 OK\r\nVia: x\r\nContent-Length: 0\r\n\r\n"))
                .contains("\r\nVia: x\r\nVia: 1.0 evio\r\n");
    }

    @Test
    void whoAsksIsSaidInsteadOfWhatTheClientClaims() throws Exception {
        Received received = passedOn("GET / HTTP/1.1\r\nHost: a.example:80\r\nForwarded: for=1.2.3.4\r\n"
                + "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\n"
                + "X-Forwarded-Port: 1\r\nx-FORWARDED-Prefix: /x\r\n\r\n");
        assertThat(received.field("Forwarded")).isEqualTo("for=127.0.0.1;host=\"a.example:80\";proto=http");
        assertThat(received.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(received.field("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(received.field("X-Forwarded-Host")).isEqualTo("a.example:80");
        assertThat(received.head())
                .doesNotContain("Port")
                .doesNotContain("Prefix")
                .doesNotContain("1.2.3.4");
    }

    @Test
    void whatATrustedProxySaysIsKeptAndAddedTo() throws Exception {
        Received received = passedOn(
                trusting,
                "GET / HTTP/1.1\r\nHost: a\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 9.9.9.9\r\n"
                        + "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\n"
                        + "X-Forwarded-Port: 1\r\n\r\n");
        assertThat(received.field("Forwarded")).isEqualTo("for=1.2.3.4, for=127.0.0.1;host=\"a\";proto=http");
        assertThat(received.field("X-Forwarded-For")).isEqualTo("9.9.9.9, 1.2.3.4, 127.0.0.1");
        assertThat(received.field("X-Forwarded-Proto")).isEqualTo("https");
        assertThat(received.field("X-Forwarded-Host")).isEqualTo("b");
        assertThat(received.field("X-Forwarded-Port")).isEqualTo("1");
        Received plain = passedOn(trusting, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(plain.field("X-Forwarded-For")).isEqualTo("127.0.0.1");
        assertThat(plain.field("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(plain.field("X-Forwarded-Host")).isEqualTo("a");
    }

    @Test
    void clientsOfOtherFamiliesAreNamedAsTheRfcSays(@TempDir Path folder) throws Exception {
        Path socket = folder.resolve("proxy.sock");
        try (OurProxy both = OurProxy.before(
                origin,
                "--evio.servers.proxy.addresses=tcp6://[::1]:0,unix://" + socket,
                "--sample.proxy.trusted-proxies=unix")) {
            String request = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n";
            try (Socket client = new Socket("::1", both.port())) {
                client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                Received received = origin.take();
                received.answer(OK);
                assertThat(received.field("Forwarded")).isEqualTo("for=\"[0:0:0:0:0:0:0:1]\";host=\"a\";proto=http");
                assertThat(received.field("X-Forwarded-For")).isEqualTo("0:0:0:0:0:0:0:1");
            }
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                client.write(StandardCharsets.US_ASCII.encode(request));
                Received received = origin.take();
                received.answer(OK);
                assertThat(received.field("Forwarded")).isEqualTo("for=unknown;host=\"a\";proto=http");
                assertThat(received.field("X-Forwarded-For")).isEqualTo("1.2.3.4, unknown");
            }
        }
    }

    @Test
    void aClientOverTlsIsSaidToBeOne(@TempDir Path folder) throws Exception {
        Path store = folder.resolve("front.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Process made = new ProcessBuilder(List.of(
                        keytool,
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-alias",
                        "front",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        store.toString()))
                .inheritIO()
                .start();
        assertThat(made.waitFor()).isZero();
        try (OurProxy front = OurProxy.before(
                        origin,
                        "--evio.servers.proxy.addresses=tls://127.0.0.1:0",
                        "--evio.servers.proxy.ssl.bundle=front",
                        "--spring.ssl.bundle.jks.front.keystore.location=file:" + store,
                        "--spring.ssl.bundle.jks.front.keystore.password=changeit");
                Socket client = TrustAll.connect(front.port())) {
            client.getOutputStream().write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            Received received = origin.take();
            received.answer(OK);
            assertThat(received.field("Forwarded")).isEqualTo("for=127.0.0.1;host=\"a\";proto=https");
            assertThat(received.field("X-Forwarded-Proto")).isEqualTo("https");
            assertThat(client.getInputStream().readNBytes(15))
                    .asString(StandardCharsets.US_ASCII)
                    .isEqualTo("HTTP/1.1 200 OK");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET http://b:81/x?y HTTP/1.1, GET /x?y HTTP/1.1",
        "GET HTTP://b:81 HTTP/1.1, GET / HTTP/1.1",
        "GET http://b:81?y HTTP/1.1, GET /?y HTTP/1.1",
        "OPTIONS http://b:81 HTTP/1.1, OPTIONS * HTTP/1.1"
    })
    void theHostOfTheTargetCountsAndNotThatOfHost(String line, String passedOn) throws Exception {
        Received received = passedOn(line + "\r\nX-A: 1\r\nHost: a\r\n\r\n");
        assertThat(received.head()).startsWith(passedOn + "\r\nHost: b:81\r\nX-A: 1\r\n");
        assertThat(received.field("Host")).isEqualTo("b:81");
        assertThat(received.field("X-Forwarded-Host")).isEqualTo("b:81");
    }

    @Test
    void theServerAsAWholeIsAskedForAsItIs() throws Exception {
        assertThat(passedOn("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").head()).startsWith("OPTIONS * HTTP/1.1\r\n");
    }

    @Test
    void anOldRequestWithoutHostGetsOne() throws Exception {
        Received received = passedOn("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n");
        assertThat(received.head()).startsWith("GET / HTTP/1.1\r\nHost: 127.0.0.1:" + proxy.port() + "\r\n");
        assertThat(received.field("Expect")).isNull();
    }

    @Test
    void maxForwardsIsCountedDownAndTheLastServerAnswers() throws Exception {
        assertThat(passedOn("OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 2\r\n\r\n")
                        .field("Max-Forwards"))
                .isEqualTo("1");
        assertThat(passedOn("GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n")
                        .field("Max-Forwards"))
                .isEqualTo("0");
        try (HttpSocket client = proxy.connect()) {
            client.send("OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 200 OK\r\n").contains("Allow: GET");
            String head = "TRACE /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n";
            client.send(head + "Authorization: b\r\nCookie: c\r\n\r\n");
            assertThat(client.receiveReply())
                    .contains("Content-Type: message/http\r\n")
                    .endsWith("\r\n\r\n" + head + "\r\n");
        }
        assertThat(origin.poll()).isNull();
    }

    @Test
    void responsesLoseWhatIsForOneConnection() throws Exception {
        String head = answer(
                "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                "HTTP/1.1 299 Some  Reason\r\nServer: x\r\nConnection: X-Foo, keep-alive\r\nX-Foo: 1\r\n"
                        + "Keep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h3\r\nTE: x\r\n"
                        + "Trailer: y\r\nSet-Cookie: a\r\nset-cookie:  b \r\nContent-Length: 0\r\n\r\n");
        assertThat(HttpSocket.withoutDate(head))
                .isEqualTo("HTTP/1.1 299 Some  Reason\r\nServer: x\r\nSet-Cookie: a\r\nset-cookie:  b \r\n"
                        + "Via: 1.1 evio\r\nContent-Length: 0\r\n\r\n");
    }

    @Test
    void aResponseHasADate() throws Exception {
        String date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        assertThat(answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n", OK)).contains("\r\nDate: ");
        String dated =
                answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n" + date + "Content-Length: 0\r\n\r\n");
        assertThat(dated).contains(date);
        assertThat(dated.split("Date: ")).hasSize(2);
    }

    @Test
    void aReasonMayBeEmpty() throws Exception {
        assertThat(answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"))
                .startsWith("HTTP/1.1 200 \r\n");
    }
}
