package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
                "1\r\n \r\n0;last\r\nTrailer: a\r\nContent-Length: 7\r\nX:\r\n\r\n"
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

    @Test
    void aBodyByItsLength() throws Refused {
        Request request = new Request();
        request.clear();
        request.contentLength = 10;
        BodyReader reader = new BodyReader(HttpLimits.DEFAULTS);
        reader.begin(request);
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
        "'0000000000000001\r\n'",
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
        HttpLimits limits = new HttpLimits(1, 100, 3, 20, Duration.ZERO, Duration.ZERO);
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
        accepted(limits, "1;" + "x".repeat(92) + "\r\n \r\n0;\r\n\r\n");
        refused(limits, "1;" + "x".repeat(92) + "\r\n \r\n0;aaaaa\r\n", Status.BAD_REQUEST);
        refused(limits, "1;" + "x".repeat(200), Status.BAD_REQUEST);
    }

    private void accepted(HttpLimits limits, String body) throws Refused {
        assertThat(chunked(limits).read(Ascii.bytes(body), 0, body.length(), field))
                .isTrue();
    }

    private void refused(String body, Status status) {
        refused(HttpLimits.DEFAULTS, body, status);
    }

    private void refused(HttpLimits limits, String body, Status status) {
        assertThatThrownBy(() -> chunked(limits).read(Ascii.bytes(body), 0, body.length(), field))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.status()).isEqualTo(status));
    }

    private static BodyReader chunked(HttpLimits limits) {
        Request request = new Request();
        request.clear();
        request.isChunked = true;
        BodyReader reader = new BodyReader(limits);
        reader.begin(request);
        return reader;
    }
}
