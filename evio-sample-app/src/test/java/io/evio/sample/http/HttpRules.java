package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.OffLoop;
import io.evio.sample.testing.Pieces;
import io.evio.sample.testing.PlayedConnection;
import io.evio.sample.testing.PlayedConnection.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/** Rules that hold for every row of bytes that is sent to the HTTP server. */
final class HttpRules {

    /** Small, so that every one of them is met. */
    private static final HttpLimits LIMITS =
            new HttpLimits(256, 512, 8, 2048, 128, Duration.ofSeconds(10), Duration.ofSeconds(20));

    /** A handler that asks about its server is answered by this one. */
    private static final EvioServer NEVER_STARTED = EvioServer.builder()
            .name("played")
            .handler(new EvioHandler() {})
            .addresses("tcp://127.0.0.1:0")
            .build();

    private HttpRules() {}

    /** Nothing is thrown, and the pieces in which bytes come and go make no difference. Returns the output. */
    static String checkHandler(byte[] input, byte[] reads, byte[] writes) {
        Played whole = play(input, Pieces.WHOLE, Pieces.WHOLE);
        Played pieces = play(input, reads, writes);
        if (whole.cut || pieces.cut) {
            assertThat(pieces.cut).isEqualTo(whole.cut);
            // Dates and interim replies are taken out, so that they are not cut at the same place.
            int same = Math.max(0, Math.min(whole.output.length(), pieces.output.length()) - 1024);
            assertThat(pieces.output.substring(0, same)).isEqualTo(whole.output.substring(0, same));
        } else {
            assertThat(pieces.output).isEqualTo(whole.output);
        }
        assertThat(pieces.ending).isEqualTo(whole.ending);
        return whole.output;
    }

    private record Played(String output, boolean cut, String ending) {}

    private static Played play(byte[] input, byte[] reads, byte[] writes) {
        boolean[] worked = new boolean[1];
        // The only work there is sleeps, which nobody waits for here: it fails, and with it the event that ends it.
        OffLoop offLoop = new OffLoop(task -> {
            worked[0] = true;
            Thread.currentThread().interrupt();
            task.run();
            Thread.interrupted();
        });
        try (HttpHandlers handlers = new HttpHandlers(offLoop, LIMITS, () -> true)) {
            EvioHandler handler = handlers.create(0);
            handler.serving(NEVER_STARTED);
            Outcome outcome = PlayedConnection.play(handler, input, reads, writes);
            assertThat(outcome.handlerErrors()).isLessThanOrEqualTo(worked[0] ? 1 : 0);
            // An interim reply is sent only when the body has not begun to come: RFC 9110, 10.1.1.
            // And whether the reply before is out already depends on when it is taken.
            String output = withoutDate(latin1(outcome.output()))
                    .replace("HTTP/1.1 100 Continue\r\n\r\n", "")
                    .replace("\nwriting 1\n", "\nwriting 0\n");
            byte[] unread = outcome.detachedWith();
            String ending = unread == null ? worked[0] ? "failed" : "closed" : "detached with " + latin1(unread);
            // An event that fails costs its connection, and with it the replies before that are not out yet.
            return new Played(output, outcome.cut() || worked[0], ending);
        }
    }

    /** As {@link HttpSocket#withoutDate}, but at once. */
    private static String withoutDate(String replies) {
        int length = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n".length();
        StringBuilder rest = new StringBuilder();
        int from = 0;
        for (int date;
                (date = replies.indexOf("Date: ", from)) >= 0;
                from = Math.min(replies.length(), date + length)) {
            rest.append(replies, from, date);
        }
        return rest.append(replies, from, replies.length()).toString();
    }

    /** The readers alone: as above, and what is behind the bytes that have come is not looked at. */
    static void checkReaders(byte[] input, byte[] reads) {
        String whole = read(input, Pieces.WHOLE, (byte) 0);
        assertThat(read(input, Pieces.WHOLE, (byte) 'a')).isEqualTo(whole);
        assertThat(read(input, Pieces.WHOLE, (byte) '\n')).isEqualTo(whole);
        assertThat(read(input, reads, (byte) '\r')).isEqualTo(whole);
    }

    /** Says what the readers make of the input, which comes in pieces, followed by {@code behind}. */
    private static String read(byte[] input, byte[] pieces, byte behind) {
        StringBuilder read = new StringBuilder();
        Pieces sizes = new Pieces(pieces);
        HeadReader heads = new HeadReader(LIMITS);
        BodyReader body = new BodyReader(LIMITS);
        FieldReader trailers = new FieldReader();
        Request request = new Request();
        byte[] bytes = new byte[input.length + 16];
        Arrays.fill(bytes, behind);
        boolean inBody = false;
        int position = 0;
        int available = 0;
        try {
            do {
                int more = Math.min(sizes.nextAtLeastOne(), input.length - available);
                System.arraycopy(input, available, bytes, available, more);
                available += more;
                boolean complete;
                do {
                    complete = inBody
                            ? body.read(bytes, position, available, trailers)
                            : heads.read(bytes, position, available, request);
                    int next = inBody ? body.position() : heads.position();
                    assertThat(next).isBetween(position, available);
                    assertThat(complete && next == position && !inBody)
                            .as("a head of no bytes")
                            .isFalse();
                    position = next;
                    if (complete && inBody) {
                        read.append("body ").append(body.received()).append('\n');
                        inBody = false;
                    } else if (complete) {
                        describe(read, request);
                        body.begin(request, LIMITS.body());
                        inBody = request.hasBody();
                    }
                } while (complete);
            } while (available < input.length);
            return read.append("left ").append(input.length - position).toString();
        } catch (Refused refused) {
            return read.append("refused ").append(refused.status()).toString();
        }
    }

    private static void describe(StringBuilder to, Request request) {
        to.append(request.method)
                .append(' ')
                .append(request.route)
                .append(' ')
                .append(request.number)
                .append(' ')
                .append(request.contentLength);
        for (boolean flag : new boolean[] {
            request.isOld,
            request.asksToClose,
            request.asksToKeepAlive,
            request.asksToUpgrade,
            request.upgradesToChat,
            request.expectsContinue,
            request.isChunked
        }) {
            to.append(flag ? " 1" : " 0");
        }
        to.append('\n');
    }

    static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
