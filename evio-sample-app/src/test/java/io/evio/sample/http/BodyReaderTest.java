package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyReaderTest {

    private final FieldReader field = new FieldReader();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0\r\n\r\n",
                "5\r\nhello\r\n0\r\n\r\n",
                "00000000000000a\r\n0123456789\r\n1;a=\"b;c\" ; d\r\n\n\r\n9 \t; x\r\n0\r\n\r\n\r\n\r\n\r\n000\r\n\r\n",
                "1\r\n \r\n0;last\r\nTrailer: a\r\nContent-Length: 7\r\nX:\r\n\r\n",
                "2;a=\"q\\\"x;\"\t; b = c;d\r\nhi\r\n0 ;a\t=\t\"\"\r\n\r\n"
            })
    void everySplitGivesTheSame(String body) throws Refused {
        byte[] bytes = Ascii.bytes(body + "GET");
        int end = body.length();
        BodyReader whole = chunked(HttpLimits.DEFAULTS);
        assertThat(whole.read(bytes, 0, bytes.length, field)).isTrue();
        assertThat(whole.position()).isEqualTo(end);
        for (int first = 0; first < end; first++) {
            for (int second = first; second < end; second++) {
                BodyReader reader = chunked(HttpLimits.DEFAULTS);
                assertThat(reader.read(Arrays.copyOf(bytes, first), 0, first, field))
                        .isFalse();
                assertThat(reader.read(Arrays.copyOf(bytes, second), reader.position(), second, field))
                        .isFalse();
                assertThat(reader.read(bytes, reader.position(), bytes.length, field))
                        .as("split at %d and %d", first, second)
                        .isTrue();
                assertThat(reader.position()).isEqualTo(end);
                assertThat(reader.received()).isEqualTo(whole.received());
            }
        }
    }

    /** By the grammar of RFC 9112, 7.1.1. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                ";a",
                ";a;b",
                ";a=b",
                ";a=\"b\"",
                ";a=\"\"",
                " ; a = \"q\\\"x\"",
                "\t;\ta\t=\tb\t;\tc",
                ";a=\"\t ;=\\\\ \\\t\"",
                ";a=\"\u00e4\\\u00e4\"",
                ";!#$%&'*+-.^_`|~09aZ=!#$%&'*+-.^_`|~09aZ",
                "  ;a  ;b  =c  ;d"
            })
    void passesOverChunkExtensions(String extensions) throws Refused {
        BodyReader reader = accepted(HttpLimits.DEFAULTS, "2" + extensions + "\r\nhi\r\n0" + extensions + "\r\n\r\n");
        assertThat(reader.received()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "\t",
                ";",
                "; ",
                ";;a",
                ";a;",
                ";a; ",
                ";a ",
                ";a b",
                ";a=",
                ";a= ",
                ";=b",
                ";a==b",
                ";a=b=c",
                ";a=b ",
                ";a=b c",
                ";a=b\"c\"",
                ";\"a\"",
                ";a=\"b",
                ";a=\"b\\\"",
                ";a=\"b\"c",
                ";a=\"b\" ",
                ";a=\"b\"=c",
                ";a\u00e4",
                ";a=\u00e4",
                ";a(b)",
                ",a",
                "a=b",
                ";a\0",
                ";a=\"\0\"",
                ";a=\"\u0001\"",
                ";a=\"\u007f\"",
                ";a=\"\\\0\"",
                ";a=\"\n\"",
                ";a=\"\r\"",
                ";a=\"\r\n\"",
                ";a=\"\\\r\n\"",
                ";a=\"\\\n\"",
                "\r",
                "\n",
                ";a\n",
                ";a\r;b",
                ";\u000ba"
            })
    void refusesWhatIsNoChunkExtension(String extensions) {
        refused("2" + extensions + "\r\nhi\r\n0\r\n\r\n", Status.BAD_REQUEST);
        refused("0" + extensions + "\r\n\r\n", Status.BAD_REQUEST);
    }

    @Test
    void aChunkSizeMayHaveLeadingZeros() throws Refused {
        HttpLimits limits = HttpLimits.DEFAULTS;
        for (int zeros : new int[] {1, 14, 15, 16, 17, 100, 255}) {
            String before = "0".repeat(zeros);
            assertThat(accepted(limits, before + "2\r\nhi\r\n" + before + "\r\n\r\n")
                            .received())
                    .isEqualTo(2);
            refused(before + "1000000000000000\r\n", Status.BAD_REQUEST);
            refused(before + "10000000000000002\r\n", Status.BAD_REQUEST);
        }
        refused("0".repeat(241) + "fffffffffffffff\r\n", Status.CONTENT_TOO_LARGE);
        refused("0".repeat(256) + "2\r\nhi\r\n0\r\n\r\n", Status.BAD_REQUEST);
        refused("0".repeat(257), Status.BAD_REQUEST);
    }

    @Test
    void aBodyMayHaveAnyNumberOfChunks() throws Refused {
        int chunks = 100_000;
        assertThat(accepted(HttpLimits.DEFAULTS, "1\r\nx\r\n".repeat(chunks) + "0\r\n\r\n")
                        .received())
                .isEqualTo(chunks);
    }

    @Test
    void aBodyByItsLength() throws Refused {
        Request request = new Request();
        request.clear();
        request.contentLength = 10;
        BodyReader reader = new BodyReader(HttpLimits.DEFAULTS);
        reader.begin(request, 10);
        byte[] bytes = new byte[8];
        assertThat(reader.read(bytes, 2, 8, field)).isFalse();
        assertThat(reader.position()).isEqualTo(8);
        assertThat(reader.received()).isEqualTo(6);
        assertThat(reader.read(bytes, 1, 8, field)).isTrue();
        assertThat(reader.position()).isEqualTo(5);
        assertThat(reader.received()).isEqualTo(10);
    }

    @ParameterizedTest
    @CsvSource({
        "'\r\n'",
        "' 5\r\n'",
        "'5 \r\n'",
        "'-5\r\n'",
        "'+5\r\n'",
        "'0x5\r\n'",
        "'5g\r\n'",
        "'5\n'",
        "'5\r5'",
        "'5;a\nb'",
        "'5;a\0b'",
        "'1\r\nab'",
        "'1\r\na\n'",
        "'1\r\na\rb'",
        "'ffffffffffffffff\r\n'",
        "'10000000000000000\r\n'",
        "'0\r\n folded: x\r\n'",
        "'0\r\na : x\r\n'",
        "'0\r\nx\r\n'",
        "'0\r\n\n'"
    })
    void refusesWhatIsNotChunked(String body) {
        refused(body, Status.BAD_REQUEST);
    }

    @Test
    void limitsAreExact() throws Refused {
        HttpLimits limits = new HttpLimits(1, 100, 3, 20, 20, Duration.ZERO, Duration.ZERO);
        String twenty = "c\r\n" + "x".repeat(12) + "\r\n8\r\n" + "x".repeat(8) + "\r\n";
        accepted(limits, twenty + "0\r\n\r\n");
        refused(limits, twenty + "1\r\n", Status.CONTENT_TOO_LARGE);
        refused(limits, "15\r\n", Status.CONTENT_TOO_LARGE);
        refused(limits, "fffffffffffffff\r\n", Status.CONTENT_TOO_LARGE);
        accepted(limits, "0\r\na: \r\na: \r\na: \r\n\r\n");
        refused(limits, "0\r\na: \r\na: \r\na: \r\na: \r\n\r\n", Status.REQUEST_HEADER_FIELDS_TOO_LARGE);
        accepted(limits, "0\r\na: " + "x".repeat(93) + "\r\n\r\n");
        refused(limits, "0\r\na: " + "x".repeat(94) + "\r\n\r\n", Status.REQUEST_HEADER_FIELDS_TOO_LARGE);
        refused(limits, "0\r\na: " + "x".repeat(200), Status.REQUEST_HEADER_FIELDS_TOO_LARGE);
        // Extensions of all chunks together.
        accepted(limits, "1;" + "x".repeat(92) + "\r\n \r\n0;aaaaaa\r\n\r\n");
        refused(limits, "1;" + "x".repeat(92) + "\r\n \r\n0;aaaaaaa", Status.BAD_REQUEST);
        accepted(limits, "1;" + "x".repeat(99) + "\r\n \r\n0\r\n\r\n");
        refused(limits, "1;" + "x".repeat(100), Status.BAD_REQUEST);
        refused(limits, "1;a=\"" + " ".repeat(200), Status.BAD_REQUEST);
        refused(limits, "1;" + "x".repeat(200), Status.BAD_REQUEST);
    }

    private BodyReader accepted(HttpLimits limits, String body) throws Refused {
        BodyReader reader = chunked(limits);
        assertThat(reader.read(latin1(body), 0, body.length(), field)).isTrue();
        assertThat(reader.position()).isEqualTo(body.length());
        return reader;
    }

    private void refused(String body, Status status) {
        refused(HttpLimits.DEFAULTS, body, status);
    }

    private void refused(HttpLimits limits, String body, Status status) {
        assertThatThrownBy(() -> chunked(limits).read(latin1(body), 0, body.length(), field))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.status()).isEqualTo(status));
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static BodyReader chunked(HttpLimits limits) {
        Request request = new Request();
        request.clear();
        request.isChunked = true;
        BodyReader reader = new BodyReader(limits);
        reader.begin(request, limits.body());
        return reader;
    }
}
