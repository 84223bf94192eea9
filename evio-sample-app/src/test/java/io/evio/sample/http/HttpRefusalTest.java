package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Input that is not HTTP, or not allowed, gets one reply with the right status, then the end of the connection and
 * nothing else.
 */
@Timeout(60)
class HttpRefusalTest {

    private static final String BAD_REQUEST = "HTTP/1.1 400 Bad Request";
    private static final String NOT_ALLOWED = "HTTP/1.1 405 Method Not Allowed";
    private static final String TOO_LARGE = "HTTP/1.1 413 Content Too Large";
    private static final String TOO_LONG = "HTTP/1.1 414 URI Too Long";
    private static final String UNEXPECTED = "HTTP/1.1 417 Expectation Failed";
    private static final String LARGE_FIELDS = "HTTP/1.1 431 Request Header Fields Too Large";
    private static final String NOT_IMPLEMENTED = "HTTP/1.1 501 Not Implemented";
    private static final String WRONG_VERSION = "HTTP/1.1 505 HTTP Version Not Supported";

    private static final String GOOD = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private static OurHttp http;

    @BeforeAll
    static void start() throws IOException {
        http = OurHttp.start();
    }

    @AfterAll
    static void stop() {
        http.close();
    }

    static Stream<Arguments> lines() {
        return Stream.of(
                // Request lines that are none: RFC 9112, 3.
                arguments("GET /\r\n\r\n", BAD_REQUEST),
                arguments("GET\r\n\r\n", BAD_REQUEST),
                arguments(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("/ HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("\u0016\u0003\u0001\u0002\0\u0001\0\u0001", BAD_REQUEST),
                arguments("GET / HTTP/1.1\nHost: a\n\n", BAD_REQUEST),
                arguments("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/1.1\rHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                // Targets.
                arguments("GET a HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /\u00e4 HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /\"a\" HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /[ HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", BAD_REQUEST),
                arguments("GET //[a HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("OPTIONS *?a HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET * HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET http://a:x/ HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /stream?size=-1 HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /stream?size= HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /slow?millis=10001 HTTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET /" + "a".repeat(9000) + " HTTP/1.1\r\nHost: a\r\n\r\n", TOO_LONG),
                arguments("GET /" + "a".repeat(9000), TOO_LONG),
                // Versions.
                arguments("GET / http/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/11\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/1.10\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/1,1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / FTP/1.1\r\nHost: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/2.0\r\nHost: a\r\n\r\n", WRONG_VERSION),
                arguments("GET / HTTP/0.9\r\n\r\n", WRONG_VERSION),
                arguments("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", WRONG_VERSION),
                arguments("GET / HTTP/3.0\r\nHost: a\r\n\r\n", WRONG_VERSION),
                arguments("GET / HTTP/1.2\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/1.1\r\n Host: a\r\n\r\n", BAD_REQUEST),
                arguments("GET / HTTP/1.1\r\n\tA: b\r\nHost: a\r\n\r\n", BAD_REQUEST),
                // Methods.
                arguments("FOO / HTTP/1.1\r\nHost: a\r\n\r\n", NOT_IMPLEMENTED),
                arguments("get / HTTP/1.1\r\nHost: a\r\n\r\n", NOT_IMPLEMENTED),
                arguments("GETS / HTTP/1.1\r\nHost: a\r\n\r\n", NOT_IMPLEMENTED),
                arguments("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", NOT_IMPLEMENTED),
                arguments("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", NOT_IMPLEMENTED),
                arguments("A".repeat(9000), NOT_IMPLEMENTED));
    }

    static Stream<Arguments> fields() {
        return Stream.of(
                arguments("Host: b", BAD_REQUEST),
                arguments("host: a", BAD_REQUEST),
                arguments("Connection: x\r\n y", BAD_REQUEST),
                arguments("Connection: x\r\n\ty", BAD_REQUEST),
                arguments("Accept : x", BAD_REQUEST),
                arguments("Accept\t: x", BAD_REQUEST),
                arguments("A ccept: x", BAD_REQUEST),
                arguments("Accept", BAD_REQUEST),
                arguments(": x", BAD_REQUEST),
                arguments("Acc(pt: x", BAD_REQUEST),
                arguments("Acc\u00e4pt: x", BAD_REQUEST),
                arguments("Acc\0pt: x", BAD_REQUEST),
                arguments("Accept: x\0y", BAD_REQUEST),
                arguments("Accept: x\u0001y", BAD_REQUEST),
                arguments("Accept: x\u000by", BAD_REQUEST),
                arguments("Accept: x\u007fy", BAD_REQUEST),
                arguments("Accept: x\ry", BAD_REQUEST),
                arguments("Accept: x\r\r", BAD_REQUEST),
                arguments("Accept: x\nContent-Length: 3", BAD_REQUEST),
                arguments("x: " + "y".repeat(17_000), LARGE_FIELDS),
                arguments("x: y\r\n".repeat(100) + "x: y", LARGE_FIELDS),
                arguments("Content-Length: 3\r\nContent-Length: 4", BAD_REQUEST),
                arguments("Content-Length: 3\r\ncontent-length: 3", BAD_REQUEST),
                arguments("Content-Length: 3, 3", BAD_REQUEST),
                arguments("Content-Length: 3, 4", BAD_REQUEST),
                arguments("Content-Length: -3", BAD_REQUEST),
                arguments("Content-Length: +3", BAD_REQUEST),
                arguments("Content-Length: 0x3", BAD_REQUEST),
                arguments("Content-Length: 3 3", BAD_REQUEST),
                arguments("Content-Length: 3.0", BAD_REQUEST),
                arguments("Content-Length: \"3\"", BAD_REQUEST),
                arguments("Content-Length: 3_0", BAD_REQUEST),
                arguments("Content-Length: 3,", BAD_REQUEST),
                arguments("Content-Length: \u000b3", BAD_REQUEST),
                arguments("Content-Length: " + "9".repeat(100), TOO_LARGE),
                arguments("Content-Length:", BAD_REQUEST),
                arguments("Content-Length: 1073741825", TOO_LARGE),
                arguments("Content-Length: 18446744073709551617", TOO_LARGE),
                arguments("Content-Length: 1073741825\r\nExpect: 100-continue", TOO_LARGE),
                arguments("Transfer-Encoding: chunked\r\nContent-Length: 3", BAD_REQUEST),
                arguments("Content-Length: 3\r\nTransfer-Encoding: chunked", BAD_REQUEST),
                arguments("Content-Length: 0\r\nTransfer-Encoding: chunked", BAD_REQUEST),
                arguments("Transfer-Encoding: gzip", NOT_IMPLEMENTED),
                arguments("Transfer-Encoding: gzip, chunked", NOT_IMPLEMENTED),
                arguments("Transfer-Encoding: identity", NOT_IMPLEMENTED),
                arguments("Transfer-Encoding: \"chunked\"", NOT_IMPLEMENTED),
                arguments("Transfer-Encoding: ,", BAD_REQUEST),
                arguments("Transfer-Encoding: xchunked", NOT_IMPLEMENTED),
                arguments("Transfer-Encoding: chunked, gzip", BAD_REQUEST),
                arguments("Transfer-Encoding: chunked, chunked", BAD_REQUEST),
                arguments("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", BAD_REQUEST),
                arguments("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", BAD_REQUEST),
                arguments("Transfer-Encoding: chunked;q=1", BAD_REQUEST),
                arguments("Transfer-Encoding:", BAD_REQUEST),
                arguments("Transfer-Encoding: \u000bchunked", BAD_REQUEST),
                arguments("Transfer-Encoding : chunked", BAD_REQUEST),
                arguments("Transfer-Encoding\u0000: chunked", BAD_REQUEST),
                arguments("Expect: 200-ok", UNEXPECTED));
    }

    static Stream<Arguments> hosts() {
        return Stream.of(
                arguments("a b", BAD_REQUEST),
                arguments("a, b", BAD_REQUEST),
                arguments("u@a", BAD_REQUEST),
                arguments("a/b", BAD_REQUEST),
                arguments("a:b", BAD_REQUEST),
                arguments("a:80:80", BAD_REQUEST),
                arguments("a:65536", BAD_REQUEST),
                arguments(":80", BAD_REQUEST),
                arguments("[::1", BAD_REQUEST),
                arguments("[::1]x", BAD_REQUEST),
                arguments("[]", BAD_REQUEST),
                arguments("[1.2]", BAD_REQUEST),
                arguments("[::g]", BAD_REQUEST),
                arguments("a%2", BAD_REQUEST),
                arguments("\u00e4", BAD_REQUEST));
    }

    static Stream<Arguments> chunks() {
        return Stream.of(
                arguments("x\r\n", BAD_REQUEST),
                arguments("\r\n", BAD_REQUEST),
                arguments("-1\r\n", BAD_REQUEST),
                arguments("0x1\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1 \r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1\na\n0\n\n", BAD_REQUEST),
                arguments("1\r\nab\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("2\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1;x\ny\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1;x\ry\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1;x\0y\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1;\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1;x y\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1;x=\"\r\n\"\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1;" + "x".repeat(17_000), BAD_REQUEST),
                arguments(("1;" + "x".repeat(100) + "\r\na\r\n").repeat(200), BAD_REQUEST),
                arguments("+1\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("1_0\r\n", BAD_REQUEST),
                arguments("0".repeat(1000) + "1\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("0\r\n" + GOOD, BAD_REQUEST),
                arguments("ffffffffffffffff\r\n", BAD_REQUEST),
                arguments("10000000000000001\r\na\r\n0\r\n\r\n", BAD_REQUEST),
                arguments("40000001\r\n", TOO_LARGE),
                arguments("1\r\na\r\n40000000\r\n", TOO_LARGE),
                arguments("0\r\nA: b\r\n c\r\n\r\n", BAD_REQUEST),
                arguments("0\r\nA : b\r\n\r\n", BAD_REQUEST),
                arguments("0\r\nA: \0\r\n\r\n", BAD_REQUEST),
                arguments("0\r\nA: " + "b".repeat(17_000) + "\r\n\r\n", LARGE_FIELDS),
                arguments("0\r\n" + "A: b\r\n".repeat(101) + "\r\n", LARGE_FIELDS));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void refuses(String bytes, String statusLine) throws IOException {
        try (HttpSocket client = http.connect()) {
            // Behind what is complete there comes a request that would be answered.
            client.send(bytes.endsWith("\r\n\r\n") ? bytes + GOOD : bytes);
            isRefused(client.receiveAll(), statusLine);
        }
    }

    @ParameterizedTest
    @MethodSource("fields")
    void refusesAField(String fields, String statusLine) throws IOException {
        refuses("POST /upload HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n", statusLine);
        refuses("POST /upload HTTP/1.1\r\n" + fields + "\r\nHost: a\r\n\r\n", statusLine);
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void refusesAHost(String host, String statusLine) throws IOException {
        refuses("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", statusLine);
        refuses("GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n", statusLine);
        refuses("GET http://a/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n", statusLine);
    }

    @ParameterizedTest
    @MethodSource("chunks")
    void refusesAChunk(String chunks, String statusLine) throws IOException {
        refuses("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, statusLine);
    }

    @ParameterizedTest
    @MethodSource("lines")
    void answersWhatCameBefore(String bytes, String statusLine) throws IOException {
        try (HttpSocket client = http.connect()) {
            client.send(GOOD + bytes);
            assertThat(client.receiveReply()).startsWith("HTTP/1.1 200 OK\r\n");
            isRefused(client.receiveAll(), statusLine);
        }
    }

    @Test
    void refusesWithoutAHost() throws IOException {
        refuses("GET / HTTP/1.1\r\n\r\n", BAD_REQUEST);
        refuses("GET http://a/ HTTP/1.1\r\n\r\n", BAD_REQUEST);
        refuses("OPTIONS * HTTP/1.1\r\n\r\n", BAD_REQUEST);
        refuses("POST /upload HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", BAD_REQUEST);
    }

    @Test
    void saysWhichMethodsThereAre() throws IOException {
        try (HttpSocket client = http.connect()) {
            assertThat(client.send("GET /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                                    + "Content-Length: 5\r\n\r\n")
                            .receiveAll())
                    .startsWith(NOT_ALLOWED + "\r\n")
                    .contains("\r\nAllow: POST, PUT, OPTIONS\r\n");
        }
    }

    @Test
    void reachesAClientThatIsStillSending() throws IOException {
        String body = "x".repeat(1_000_000);
        try (HttpSocket client = http.connect()) {
            client.send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000000\r\n\r\n");
            for (int i = 0; i < 20; i++) {
                client.send(body);
            }
            isRefused(client.receiveAll(), TOO_LARGE);
        }
    }

    private static void isRefused(String reply, String statusLine) {
        int bodyAt = reply.indexOf("\r\n\r\n") + 4;
        assertThat(reply).startsWith(statusLine + "\r\n");
        assertThat(reply.substring(0, bodyAt))
                .contains("\r\nDate: ", "\r\nConnection: close\r\n")
                .contains("\r\nContent-Length: " + (reply.length() - bodyAt) + "\r\n");
    }
}
