package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadReaderTest {

    private static final int BEFORE = 7;

    private final HeadReader reader = new HeadReader(HttpLimits.DEFAULTS);
    private final Request request = new Request();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n",
                "\r\n\r\nGET http://[::1]:80/slow?a=b&millis=12 HTTP/1.1\r\nhost:\r\nConnection: , Close ,x\r\n\r\n",
                "POST /upload HTTP/1.1\r\nHost:\t a \t\r\nTransfer-Encoding: , ,\r\ntransfer-encoding: Chunked\r\n"
                        + "Expect: 100-Continue\r\nX: a b\tc\u00e9\r\n\r\n",
                "OPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                "GET /upgrade HTTP/1.1\r\nHost: x\r\nUpgrade: a/1, chat\r\nConnection: upgrade\r\n"
                        + "Content-Length: 0\r\n\r\n"
            })
    void everySplitGivesTheSame(String head) throws Refused {
        byte[] bytes = latin1(" ".repeat(BEFORE) + head + "GET");
        int end = bytes.length - 3;
        String whole = read(bytes, bytes.length);
        assertThat(reader.position()).isEqualTo(end);
        for (int split = BEFORE; split < end; split++) {
            // What is behind the split is not looked at.
            byte[] part = Arrays.copyOf(bytes, bytes.length);
            Arrays.fill(part, split, part.length, (byte) 0);
            assertThat(reader.read(part, BEFORE, split, request))
                    .as("split at %d", split)
                    .isFalse();
            assertThat(reader.position()).isBetween(BEFORE, BEFORE + 4);
            assertThat(reader.read(bytes, reader.position(), bytes.length, request))
                    .isTrue();
            assertThat(describe()).as("split at %d", split).isEqualTo(whole);
        }
    }

    /** Otherwise a head that comes byte by byte would cost the square of its length. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    void inTheMiddleOfALongWordOnlyWhatIsNewIsLookedAt(int piece) throws Refused {
        byte[] head = latin1("POST /" + "a".repeat(5000) + " HTTP/1.1\r\nHost: localhost\r\n" + "X: y\r\n".repeat(90)
                + "b".repeat(3000) + ": " + "cd".repeat(3000) + "\r\nContent-Length: 7\r\n\r\n");
        byte[] arrived = new byte[head.length];
        int lookedAt = 0;
        boolean complete = false;
        for (int from = 0, end; !complete; from = end) {
            end = Math.min(from + piece, head.length);
            int first = IntStream.range(from, end).allMatch(i -> isInLongWord(head, i)) ? from : lineOf(head, from);
            // NUL may be nowhere in a head.
            Arrays.fill(arrived, 0, first, (byte) 0);
            System.arraycopy(head, first, arrived, first, end - first);
            lookedAt += end - first;
            complete = reader.read(arrived, 0, end, request);
            assertThat(reader.position()).isEqualTo(complete ? head.length : 0);
        }
        assertThat(request.contentLength).isEqualTo(7);
        assertThat(lookedAt).isLessThan(10 * head.length);
    }

    private static boolean isInLongWord(byte[] head, int index) {
        return index > 0 && "abcd".indexOf(head[index]) >= 0 && "abcd".indexOf(head[index - 1]) >= 0;
    }

    /** Returns where the line begins that the byte is in. */
    private static int lineOf(byte[] head, int index) {
        int line = index;
        while (line > 0 && head[line - 1] != '\n') {
            line--;
        }
        return line;
    }

    @ParameterizedTest
    @CsvSource({
        "GET / HTTP/1.1, PAGE, -1",
        "GET /? HTTP/1.1, PAGE, -1",
        "GET http://localhost HTTP/1.1, PAGE, -1",
        "GET HTTP://localhost:8080?a HTTP/1.1, PAGE, -1",
        "GET http://localhost:/slow?millis=7 HTTP/1.1, SLOW, 7",
        "GET /slow?size=1 HTTP/1.1, SLOW, -1",
        "GET /stream HTTP/1.1, STREAM, -1",
        "GET /stream?a=%20&size=99999999999999999999&size=2 HTTP/1.1, STREAM, 9223372036854775807",
        "GET /stream/ HTTP/1.1, NOWHERE, -1",
        "GET //stream HTTP/1.1, NOWHERE, -1",
        "GET /Stream HTTP/1.1, NOWHERE, -1",
        "OPTIONS * HTTP/1.1, SERVER, -1",
        "OPTIONS http://localhost:8080 HTTP/1.1, SERVER, -1",
        "OPTIONS http://localhost:8080/ HTTP/1.1, PAGE, -1",
        "GET /stream HTTP/1.7, STREAM, -1"
    })
    void targets(String line, Route route, long number) throws Refused {
        byte[] bytes = latin1(line + "\r\nHost: localhost\r\n\r\n");
        assertThat(reader.read(bytes, 0, bytes.length, request)).isTrue();
        assertThat(request.route).isEqualTo(route);
        assertThat(request.number).isEqualTo(number);
        assertThat(request.isOld).isFalse();
    }

    @Test
    void aRequestLeavesNothingToTheNext() throws Refused {
        byte[] first = latin1("POST /slow?millis=1 HTTP/1.0\r\nHost: a\r\nConnection: close, keep-alive, upgrade\r\n"
                + "Upgrade: chat\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        reader.read(first, 0, first.length, request);
        byte[] second = latin1("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        reader.read(second, 0, second.length, request);
        String reused = describe();
        Request fresh = new Request();
        reader.read(second, 0, second.length, fresh);
        assertThat(reused).isEqualTo(describe(fresh));
    }

    @Test
    void limitsAreExact() throws Refused {
        String longest = "GET /" + "a".repeat(8192 - 16) + " HTTP/1.1\r\n";
        assertThat(longest).hasSize(8192);
        accepted(longest + "Host:\r\n\r\n");
        refused("GET /a" + longest.substring(5), Status.URI_TOO_LONG);
        // Said before the line is there as a whole.
        refused("GET /" + "a".repeat(8200), Status.URI_TOO_LONG);
        refused("A".repeat(8200), Status.NOT_IMPLEMENTED);

        String fields = "Host:\r\n" + "a: b\r\n".repeat(99);
        accepted("GET / HTTP/1.1\r\n" + fields + "\r\n");
        refused("GET / HTTP/1.1\r\n" + fields + "a: b\r\n\r\n", Status.REQUEST_HEADER_FIELDS_TOO_LARGE);

        String large = "Host:\r\nx: " + "y".repeat(16 * 1024 - 7 - 3 - 2 - 2) + "\r\n\r\n";
        assertThat(large).hasSize(16 * 1024);
        accepted("GET / HTTP/1.1\r\n" + large);
        refused("GET / HTTP/1.1\r\ny" + large, Status.REQUEST_HEADER_FIELDS_TOO_LARGE);
        refused("GET / HTTP/1.1\r\nx: " + "y".repeat(16 * 1024), Status.REQUEST_HEADER_FIELDS_TOO_LARGE);
    }

    private void accepted(String head) throws Refused {
        byte[] bytes = latin1(head);
        assertThat(reader.read(bytes, 0, bytes.length, request)).isTrue();
    }

    private void refused(String head, Status status) {
        byte[] bytes = latin1(head);
        assertThatThrownBy(() -> reader.read(bytes, 0, bytes.length, request))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.status()).isEqualTo(status));
    }

    private String read(byte[] bytes, int to) throws Refused {
        assertThat(reader.read(bytes, BEFORE, to, request)).isTrue();
        return describe();
    }

    private String describe() {
        return describe(request);
    }

    private static String describe(Request request) {
        return request.method + " " + request.route + " " + request.number + " " + request.isOld + " " + request.hosts
                + " " + request.asksToClose + request.asksToKeepAlive + request.asksToUpgrade
                + request.upgradesToChat + request.expectsContinue + " " + request.contentLength + " "
                + request.hasTransferEncoding + request.isChunked;
    }

    private static byte[] latin1(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
