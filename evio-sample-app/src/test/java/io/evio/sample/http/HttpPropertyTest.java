package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.testing.Mistake;
import io.evio.sample.testing.PieceSizes;
import io.evio.sample.testing.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.arbitraries.StringArbitrary;
import net.jqwik.api.constraints.Size;

/** Requests as they should be, and as they should not, in pieces of any sizes. */
class HttpPropertyTest {

    private static final String SEED = "8080";

    /** A request, and what its reply begins and ends with. */
    private record Exchange(String request, String status, String end) {}

    private record ChunkHead(String zeros, String extensions) {

        String before(int size) {
            return zeros + Integer.toHexString(size) + extensions + "\r\n";
        }
    }

    private record Chunk(ChunkHead head, String text) {}

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void everyRequestIsAnsweredInItsTurn(
            @ForAll("exchanges") List<Exchange> exchanges,
            @ForAll(supplier = PieceSizes.class) byte[] reads,
            @ForAll(supplier = PieceSizes.class) byte[] writes) {
        StringBuilder requests = new StringBuilder();
        exchanges.forEach(exchange -> requests.append(exchange.request));
        String rest = HttpRules.checkHandler(latin1(requests.toString()), reads, writes);
        for (Exchange exchange : exchanges) {
            assertThat(rest).startsWith("HTTP/1.1 " + exchange.status + "\r\n");
            int end = rest.indexOf(exchange.end) + exchange.end.length();
            assertThat(end).isGreaterThanOrEqualTo(exchange.end.length());
            rest = rest.substring(end);
        }
        assertThat(rest).isEmpty();
    }

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void aRequestWithMistakesIsReadTheSameInAnyPieces(
            @ForAll("exchanges") List<Exchange> exchanges,
            @ForAll @Size(max = 4) List<@From("mistakes") Mistake> mistakes,
            @ForAll(supplier = PieceSizes.class) byte[] reads,
            @ForAll(supplier = PieceSizes.class) byte[] writes) {
        StringBuilder requests = new StringBuilder();
        exchanges.forEach(exchange -> requests.append(exchange.request));
        mistakes.forEach(mistake -> mistake.make(requests));
        byte[] input = latin1(requests.toString());
        HttpRules.checkReaders(input, reads);
        HttpRules.checkHandler(input, reads, writes);
    }

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF)
    void anyBytesAreReadTheSameInAnyPieces(@ForAll byte[] input, @ForAll(supplier = PieceSizes.class) byte[] reads) {
        HttpRules.checkReaders(input, reads);
        HttpRules.checkHandler(input, reads, Pieces.WHOLE);
    }

    @Provide
    Arbitrary<Mistake> mistakes() {
        return Mistake.anywhere(
                "",
                " ",
                "\t",
                "\r",
                "\n",
                "\r\n",
                "\r\n\r\n",
                "\0",
                ":",
                ",",
                ";",
                ";a",
                "=",
                "\"",
                "\\",
                "0",
                "-1",
                "%",
                "%zz",
                "\u00ff",
                "chunked",
                "Content-Length: 3\r\n",
                "Transfer-Encoding: chunked\r\n",
                "Host: b\r\n",
                "HTTP/1.0",
                "HTTP/2.0",
                "?size=10",
                "99999999999999999999",
                "x".repeat(300));
    }

    @Provide
    Arbitrary<List<Exchange>> exchanges() {
        return Arbitraries.oneOf(pages(), uploads(), chunkedUploads(), others(), unwanted())
                .list()
                .ofMaxSize(6);
    }

    private static Arbitrary<Exchange> pages() {
        return Combinators.combine(Arbitraries.of("", "\r\n"), fields())
                .as((before, fields) ->
                        new Exchange(before + "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", "200 OK", "</a>.\n"));
    }

    private static Arbitrary<Exchange> others() {
        return Combinators.combine(Arbitraries.strings().alpha().ofMaxLength(20).map(text -> "/x" + text), fields())
                .as((path, fields) -> new Exchange(
                        "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n",
                        "404 Not Found",
                        "\r\n\r\nnot found\n"));
    }

    /** Bodies that are passed over, as large as {@link HttpRules} has them at most. */
    private static Arbitrary<Exchange> unwanted() {
        Arbitrary<String> body = latin1Text().ofMaxLength(128);
        Arbitrary<String> framed = Arbitraries.oneOf(
                body.map(text -> "Content-Length: " + text.length() + "\r\n\r\n" + text),
                Combinators.combine(chunkHeads(), body.filter(text -> !text.isEmpty()))
                        .as((head, text) -> "Transfer-Encoding: chunked\r\n\r\n" + head.before(text.length()) + text
                                + "\r\n0\r\n\r\n"));
        Arbitrary<Exchange> reply = Arbitraries.of(
                new Exchange("POST /", "405 Method Not Allowed", "\r\n\r\nnot with this method\n"),
                new Exchange("PATCH /upload", "405 Method Not Allowed", "\r\n\r\nnot with this method\n"),
                new Exchange("PUT /x", "404 Not Found", "\r\n\r\nnot found\n"));
        return Combinators.combine(reply, framed)
                .as((exchange, fieldsAndBody) -> new Exchange(
                        exchange.request + " HTTP/1.1\r\nHost: a\r\n" + fieldsAndBody, exchange.status, exchange.end));
    }

    private static Arbitrary<Exchange> uploads() {
        return Combinators.combine(bodies(), fields())
                .as((body, fields) -> new Exchange(
                        "POST /upload HTTP/1.1\r\nHost: a\r\n" + fields + "Content-Length: " + body.length()
                                + "\r\n\r\n" + body,
                        "200 OK",
                        "\r\n\r\n" + body.length() + " bytes\n"));
    }

    private static Arbitrary<Exchange> chunkedUploads() {
        Arbitrary<List<Chunk>> list = Combinators.combine(chunkHeads(), bodies())
                .as(Chunk::new)
                .list()
                .ofMaxSize(4);
        return Combinators.combine(list, fields()).as((chunks, fields) -> {
            StringBuilder body = new StringBuilder();
            int length = 0;
            for (Chunk chunk : chunks) {
                String text = chunk.text;
                if (!text.isEmpty()) {
                    body.append(chunk.head.before(text.length())).append(text).append("\r\n");
                    length += text.length();
                }
            }
            return new Exchange(
                    "PUT /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\n" + fields
                            + "\r\n",
                    "200 OK",
                    "\r\n\r\n" + length + " bytes\n");
        });
    }

    private static Arbitrary<String> bodies() {
        return latin1Text().ofMaxLength(300);
    }

    private static StringArbitrary latin1Text() {
        return Arbitraries.strings().withCharRange('\0', '\u00ff');
    }

    /** Anything that RFC 9112, 7.1 and 7.1.1 let be around a chunk's size. */
    private static Arbitrary<ChunkHead> chunkHeads() {
        return Combinators.combine(Arbitraries.of("", "0", "0".repeat(20)), extensions())
                .as(ChunkHead::new);
    }

    private static Arbitrary<String> extensions() {
        Arbitrary<String> token = Arbitraries.strings()
                .alpha()
                .numeric()
                .withChars("!#$%&'*+-.^_`|~")
                .ofMinLength(1)
                .ofMaxLength(5);
        Arbitrary<String> quoted = Arbitraries.strings()
                .withCharRange(' ', '~')
                .withCharRange('\u0080', '\u00ff')
                .withChars('\t')
                .ofMaxLength(5)
                .map(text -> '"' + text.replaceAll("[\"\\\\]", "\\\\$0") + '"');
        Arbitrary<String> blanks = Arbitraries.of("", "", " ", "\t ");
        Arbitrary<String> value = Combinators.combine(blanks, blanks, Arbitraries.oneOf(token, quoted))
                .as((before, behind, content) -> before + '=' + behind + content);
        return Combinators.combine(blanks, blanks, token, Arbitraries.oneOf(Arbitraries.just(""), value))
                .as((before, behind, name, content) -> before + ';' + behind + name + content)
                .list()
                .ofMaxSize(2)
                .map(list -> String.join("", list));
    }

    /** Fields that mean nothing to the server. */
    private static Arbitrary<String> fields() {
        Arbitrary<String> name =
                Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(12).map(text -> "X-" + text);
        Arbitrary<String> value = Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(30);
        return Combinators.combine(name, value)
                .as((field, content) -> field + ":" + content + "\r\n")
                .list()
                .ofMaxSize(4)
                .map(list -> String.join("", list));
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
