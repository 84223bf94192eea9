package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.http.BodyReader;
import io.evio.sample.http.DateField;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.HttpLimits;
import io.evio.sample.http.HttpSocket;
import io.evio.sample.http.MessageHead;
import io.evio.sample.http.MessageReader;
import io.evio.sample.http.Refused;
import io.evio.sample.proxy.ResponseWriter.Framing;
import io.evio.sample.testing.Mistake;
import io.evio.sample.testing.PieceSizes;
import io.evio.sample.testing.Pieces;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Requests and responses as they should be and as they should not, in pieces of any sizes: what is passed on is never
 * anything that a strict reader would refuse.
 */
class ProxyPropertyTest {

    private static final String SEED = "8088";
    private static final HttpLimits LIMITS = HttpLimits.DEFAULTS;
    private static final Peer PEER =
            new Peer(false, ascii("192.0.2.1"), ascii("for=192.0.2.1"), ascii("http"), ascii("127.0.0.1:8088"));
    private static final Peer TRUSTED =
            new Peer(true, ascii("192.0.2.1"), ascii("for=192.0.2.1"), ascii("http"), ascii("127.0.0.1:8088"));

    /** Those that no head may have once it is passed on. */
    private static final Set<String> GONE =
            Set.of("keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "http2-settings");

    private static StrictOrigin origin;
    private static OurProxy proxy;

    @BeforeContainer
    static void start() throws IOException {
        origin = new StrictOrigin();
        proxy = OurProxy.start(origin.address());
    }

    @AfterContainer
    static void stop() throws IOException {
        ProxyRules.stop();
        proxy.close();
        origin.close();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** Reads a head in pieces; returns how many bytes it has, -1 when it does not come to its end. */
    private static <H extends MessageHead> int read(MessageReader<H> reader, byte[] bytes, byte[] pieces, H head)
            throws Refused {
        Pieces sizes = new Pieces(pieces);
        int from = 0;
        for (int available = 0; available < bytes.length; ) {
            available += Math.min(sizes.nextAtLeastOne(), bytes.length - available);
            if (reader.read(bytes, from, available, head)) {
                return reader.position();
            }
            from = reader.position();
        }
        return -1;
    }

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void aRequestHeadIsReadTheSameInAnyPiecesAndPassedOnAsOneThatIsRight(
            @ForAll("requests") String request,
            @ForAll @Size(max = 3) List<@From("mistakes") Mistake> mistakes,
            @ForAll boolean trusted,
            @ForAll(supplier = PieceSizes.class) byte[] pieces)
            throws Refused {
        byte[] bytes = ascii(damaged(request, mistakes));
        RequestReader reader = new RequestReader(LIMITS);
        RequestHead head = new RequestHead();
        String whole = outcome(reader, bytes, Pieces.WHOLE, head);
        assertThat(outcome(new RequestReader(LIMITS), bytes, pieces, new RequestHead()))
                .isEqualTo(whole);
        if (!whole.startsWith("read") || head.isConnect) {
            return;
        }
        HeadBuffer passedOn = new HeadBuffer();
        new RequestWriter().write(passedOn, bytes, reader.start(), reader.position(), head, trusted ? TRUSTED : PEER);
        String result = text(passedOn.bytes(), 0, passedOn.length());
        RequestHead again = new RequestHead();
        RequestReader second = new RequestReader(LIMITS);
        assertThat(second.read(ascii(result), 0, passedOn.length(), again)).isTrue();
        assertThat(second.position()).isEqualTo(passedOn.length());
        assertThat(again.isChunked).isEqualTo(head.isChunked);
        assertThat(again.contentLength).isEqualTo(head.contentLength);
        assertThat(again.hosts).isEqualTo(1);
        assertThat(again.upgrades()).isEqualTo(head.upgrades());
        assertThat(again.namesFields).isFalse();
        assertThat(fieldNames(result)).doesNotContainAnyElementsOf(GONE);
        checkNamed(request, mistakes, result);
        assertThat(count(result, "via")).isPositive();
        assertThat(count(result, "x-forwarded-for")).isOne();
        assertThat(count(result, "forwarded")).isOne();
        assertThat(count(result, "x-forwarded-proto")).isLessThanOrEqualTo(trusted ? 100 : 1);
    }

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void aResponseHeadIsReadTheSameInAnyPiecesAndPassedOnAsOneThatIsRight(
            @ForAll("responses") String response,
            @ForAll @Size(max = 3) List<@From("mistakes") Mistake> mistakes,
            @ForAll Framing framing,
            @ForAll(supplier = PieceSizes.class) byte[] pieces)
            throws Refused {
        byte[] bytes = ascii(damaged(response, mistakes));
        ResponseReader reader = new ResponseReader(LIMITS);
        ResponseHead head = new ResponseHead();
        String whole = outcome(reader, bytes, Pieces.WHOLE, head);
        assertThat(outcome(new ResponseReader(LIMITS), bytes, pieces, new ResponseHead()))
                .isEqualTo(whole);
        if (!whole.startsWith("read") || framing == Framing.LENGTH && head.contentLength < 0) {
            return;
        }
        HeadBuffer passedOn = new HeadBuffer();
        new ResponseWriter(new DateField())
                .write(passedOn, bytes, 0, reader.position(), head, new RequestHead(), framing, true);
        String result = text(passedOn.bytes(), 0, passedOn.length());
        ResponseHead again = new ResponseHead();
        ResponseReader second = new ResponseReader(LIMITS);
        assertThat(second.read(ascii(result), 0, passedOn.length(), again)).isTrue();
        assertThat(second.position()).isEqualTo(passedOn.length());
        assertThat(again.code).isEqualTo(head.code);
        assertThat(again.isChunked).isEqualTo(framing == Framing.CHUNKED);
        assertThat(again.contentLength).isEqualTo(framing == Framing.LENGTH ? head.contentLength : -1);
        assertThat(again.hasDate).isTrue();
        assertThat(fieldNames(result)).doesNotContainAnyElementsOf(GONE).doesNotContain("connection");
        checkNamed(response, mistakes, result);
    }

    /** A field that Connection names is gone, and only that. */
    private static void checkNamed(String head, List<Mistake> mistakes, String passedOn) {
        boolean isNamed = head.matches("(?is).*\r\nConnection: [^\r]*x-named.*");
        if (mistakes.isEmpty() && !head.contains("103")) {
            assertThat(fieldNames(passedOn).contains("x-named"))
                    .isEqualTo(head.split("\r\n\r\n", 2)[0].contains("\r\nX-Named: 1") && !isNamed);
        }
    }

    private static <H extends MessageHead> String outcome(
            MessageReader<H> reader, byte[] bytes, byte[] pieces, H head) {
        try {
            int end = read(reader, bytes, pieces, head);
            return end < 0
                    ? "incomplete"
                    : "read " + end + " " + head.isChunked + head.contentLength + head.asksToClose
                            + head.asksToKeepAlive;
        } catch (Refused refused) {
            return refused.status() + " " + refused.reason();
        }
    }

    private static String damaged(String text, List<Mistake> mistakes) {
        StringBuilder damaged = new StringBuilder(text);
        mistakes.forEach(mistake -> mistake.make(damaged));
        return damaged.toString();
    }

    private static Set<String> fieldNames(String head) {
        Set<String> names = new TreeSet<>();
        for (String line : head.split("\r\n")) {
            names.add(line.replaceFirst(":.*", "").toLowerCase(Locale.ROOT));
        }
        return names;
    }

    private static long count(String head, String name) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .count();
    }

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void requestsWithMistakesKeepTheRules(
            @ForAll @Size(min = 1, max = 3) List<@From("requests") String> requests,
            @ForAll @Size(max = 3) List<@From("mistakes") Mistake> mistakes,
            @ForAll(supplier = PieceSizes.class) byte[] reads,
            @ForAll(supplier = PieceSizes.class) byte[] writes) {
        ProxyRules.checkClient(ascii(damaged(String.join("", requests), mistakes)), reads, writes);
    }

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void answersWithMistakesKeepTheRules(
            @ForAll byte request,
            @ForAll("responses") String response,
            @ForAll @Size(max = 3) List<@From("mistakes") Mistake> mistakes,
            @ForAll(supplier = PieceSizes.class) byte[] reads,
            @ForAll(supplier = PieceSizes.class) byte[] writes) {
        ProxyRules.checkTarget(ascii((char) (request & 0xff) + damaged(response, mistakes)), reads, writes);
    }

    @Property(tries = 1000, seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void theServerBehindGetsRequestsThatAreRight(
            @ForAll @Size(min = 1, max = 3) List<@From("requests") String> requests,
            @ForAll @Size(max = 3) List<@From("mistakes") Mistake> mistakes,
            @ForAll(supplier = PieceSizes.class) byte[] pieces)
            throws IOException, Refused {
        origin.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false);
        origin.heads().clear();
        String received = exchange(damaged(String.join("", requests), mistakes), pieces);
        assertThat(origin.refusals()).isEmpty();
        List<Integer> codes = codes(received);
        assertThat(codes).isNotEmpty();
        // Every request that has got there was answered, and all that have the answer of the server behind got there.
        assertThat(codes.stream().filter(code -> code == 200).count())
                .isLessThanOrEqualTo(origin.heads().size());
        assertThat(origin.heads().size()).isLessThanOrEqualTo(codes.size());
        assertThat(origin.heads())
                .allSatisfy(head -> assertThat(count(head, "x-forwarded-for")).isOne());
    }

    @Property(tries = 1000, seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void theClientGetsResponsesThatAreRight(
            @ForAll("responses") String response,
            @ForAll @Size(max = 3) List<@From("mistakes") Mistake> mistakes,
            @ForAll(supplier = PieceSizes.class) byte[] pieces)
            throws IOException, Refused {
        origin.answer(damaged(response, mistakes), true);
        List<Integer> codes =
                codes(exchange("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te, close\r\n\r\n", pieces));
        assertThat(codes.stream().filter(code -> code >= 200).count()).isOne();
        assertThat(codes.get(codes.size() - 1)).isGreaterThanOrEqualTo(200);
        origin.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false);
        assertThat(codes(exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Pieces.WHOLE)))
                .containsExactly(200);
    }

    /** Sends the bytes in pieces, ends the client's side, and returns all that comes. */
    private static String exchange(String bytes, byte[] pieces) throws IOException {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        try (HttpSocket client = proxy.connect()) {
            Pieces sizes = new Pieces(pieces);
            try {
                for (int from = 0, to; from < bytes.length(); from = to) {
                    to = from + Math.min(sizes.nextAtLeastOne(), bytes.length() - from);
                    client.send(bytes.substring(from, to));
                }
                client.shutdownOutput();
            } catch (SocketException e) {
                // The proxy has answered, and does not read any more.
            }
            for (int b = client.input().read(); b >= 0; b = client.input().read()) {
                received.write(b);
            }
        } catch (SocketException e) {
            // It was reset: what has come by then counts.
        }
        return received.toString(StandardCharsets.ISO_8859_1);
    }

    /** The codes of the responses, of which the last one may be cut off in its body. None may be wrong. */
    private static List<Integer> codes(String received) throws Refused {
        List<Integer> codes = new ArrayList<>();
        byte[] bytes = ascii(received);
        ResponseReader reader = new ResponseReader(LIMITS);
        BodyReader body = new BodyReader(LIMITS);
        int at = 0;
        while (at < bytes.length) {
            ResponseHead head = new ResponseHead();
            if (!reader.read(bytes, at, bytes.length, head)) {
                throw Refused.bad("cut off in a head: " + text(bytes, at, bytes.length));
            }
            codes.add(head.code);
            at = reader.position();
            if (!head.neverHasBody()) {
                if (head.lastsUntilEnd()) {
                    return codes;
                }
                body.begin(head, Long.MAX_VALUE);
                body.read(bytes, at, bytes.length, new FieldReader());
                at = body.position();
            }
        }
        return codes;
    }

    @Provide
    Arbitrary<Mistake> mistakes() {
        return Mistake.anywhere(
                "",
                " ",
                "\r",
                "\n",
                "\r\n",
                "\r\n\r\n",
                "\t",
                ":",
                ",",
                ";",
                "\0",
                "0",
                "\u00ff",
                "chunked",
                "Host: b\r\n",
                "Content-Length: 3\r\n",
                "Transfer-Encoding: chunked\r\n",
                "HTTP/1.1",
                "GET / HTTP/1.1\r\nHost: c\r\n\r\n");
    }

    @Provide
    Arbitrary<String> requests() {
        Arbitrary<String> line = Arbitraries.of(
                "GET / HTTP/1.1",
                "GET /a?b HTTP/1.1",
                "POST /%20 HTTP/1.1",
                "PUT http://b:1/x HTTP/1.1",
                "DELETE /x HTTP/1.0",
                "OPTIONS * HTTP/1.1",
                "TRACE / HTTP/1.1",
                "BREW /x HTTP/1.1",
                "GET https://b HTTP/1.1");
        return Combinators.combine(line, fields(), bodies())
                .as((first, fields, body) -> first + "\r\nHost: a\r\n" + fields + body);
    }

    @Provide
    Arbitrary<String> responses() {
        Arbitrary<String> line = Arbitraries.of(
                "HTTP/1.1 200 OK",
                "HTTP/1.1 404 ",
                "HTTP/1.0 200 OK",
                "HTTP/1.1 204 No",
                "HTTP/1.1 304 Not",
                "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK",
                "HTTP/1.1 500");
        return Combinators.combine(line, fields(), bodies())
                .as((first, fields, body) -> first + "\r\n" + fields + body);
    }

    private static Arbitrary<String> fields() {
        return Arbitraries.of(
                        "X-A: b",
                        "x-a:",
                        "Connection: close",
                        "Connection: keep-alive, X-Named",
                        "Connection: upgrade",
                        "X-Named: 1",
                        "Keep-Alive: timeout=5",
                        "Upgrade: x",
                        "TE: trailers",
                        "Proxy-Connection: a",
                        "Proxy-Authorization: b",
                        "HTTP2-Settings: c",
                        "Via: 1.1 d",
                        "X-Forwarded-For: 1.2.3.4",
                        "Forwarded: for=e",
                        "X-Forwarded-Proto: https",
                        "Date: f",
                        "Max-Forwards: 3",
                        "Trailer: g",
                        "Connection: host, via, x-named")
                .list()
                .ofMaxSize(6)
                .map(list -> list.isEmpty() ? "" : String.join("\r\n", list) + "\r\n");
    }

    private static Arbitrary<String> bodies() {
        return Arbitraries.of(
                "\r\n",
                "Content-Length: 0\r\n\r\n",
                "Content-Length: 5\r\n\r\nhello",
                "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n005;a=\"b\"\r\nhello\r\n1\r\n!\r\n0\r\nX-Named: 1\r\n\r\n");
    }
}
