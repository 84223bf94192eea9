package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.http.BodyReader;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.HttpLimits;
import io.evio.sample.http.Refused;
import io.evio.sample.testing.Pieces;
import io.evio.test.TestPeer;
import io.evio.test.TestServer;
import io.evio.test.TestTarget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Holds for every row of bytes that a client or a target sends to the proxy: nothing is thrown, the target gets the
 * requests that a strict reader sees in what the client has sent and no others, the client gets responses that are
 * right, the pieces in which bytes come and go make no difference, and every connection ends.
 */
final class ProxyRules {

    private static final String TARGET = "tcp://192.0.2.1:80";

    private static final int MOST_BODY = 600;
    private static final HttpLimits DEFAULTS = HttpLimits.DEFAULTS;
    private static final HttpLimits LIMITS = new HttpLimits(
            DEFAULTS.requestLine(),
            DEFAULTS.fields(),
            DEFAULTS.fieldCount(),
            MOST_BODY,
            0,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30));

    private static final ProxyProperties PROPERTIES = new ProxyProperties(
            List.of(),
            DataSize.ofBytes(MOST_BODY),
            Duration.ofHours(1),
            Duration.ofHours(1),
            Duration.ofHours(1),
            Duration.ofHours(1),
            Duration.ofHours(1),
            1000,
            Duration.ofHours(1));

    /** The requests of which a target answers one with what is to be checked. */
    private static final List<String> REQUESTS = List.of(
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: te\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    private static final String NEXT = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    /** Used again for every row of bytes, as long as they keep the rules; null before the first. */
    private static @Nullable Played proxy;

    private ProxyRules() {}

    /** Ends what was started for the checks. */
    static void stop() {
        if (proxy != null) {
            proxy.server.close();
            proxy = null;
        }
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    // The bytes of a client.

    /** Checks bytes of a client, which then ends its side. */
    static void checkClient(byte[] sent, byte[] reads, byte[] writes) {
        Sequence asked = Sequence.of(sent);
        List<Integer> whole = clientSends(sent, Pieces.WHOLE, Pieces.WHOLE, asked);
        assertThat(clientSends(sent, reads, writes, asked)).isEqualTo(whole);
    }

    /** Returns the codes that the client gets. */
    private static List<Integer> clientSends(byte[] sent, byte[] reads, byte[] writes, Sequence asked) {
        try (Played played = Played.take()) {
            TestPeer client = played.connect(writes);
            Pieces sizes = new Pieces(reads);
            for (int from = 0, to; from < sent.length; from = to) {
                to = from + Math.min(sizes.nextAtLeastOne(), sent.length - from);
                client.send(Arrays.copyOfRange(sent, from, to));
                played.answerAll();
            }
            client.endOutput();
            played.answerAll();
            assertThat(played.requests).isEqualTo(asked.passedOn);
            Responses responses = Responses.of(client.received(), asked.isHead);
            List<Integer> codes = responses.finals;
            int right = asked.codes.size();
            assertThat(codes).hasSizeBetween(right, right + 1);
            assertThat(codes.subList(0, right)).isEqualTo(asked.codes);
            assertThat(codes.subList(right, codes.size())).allMatch(code -> code >= 400);
            assertThat(responses.isComplete).isTrue();
            played.end();
            return codes;
        } catch (Refused refused) {
            throw new AssertionError(refused.reason(), refused);
        }
    }

    /**
     * The requests that a strict reader sees, up to what is none, or is the last of its connection.
     *
     * @param passedOn those that the target is to see: the request line, the host and the content
     * @param codes of the answers to all of them
     * @param isHead which of them are for a head alone
     */
    private record Sequence(List<String> passedOn, List<Integer> codes, List<Boolean> isHead) {

        static Sequence of(byte[] bytes) {
            Sequence sequence = new Sequence(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            RequestReader heads = new RequestReader(LIMITS);
            BodyReader bodies = new BodyReader(LIMITS);
            Content content = new Content();
            RequestHead head = new RequestHead();
            try {
                int at = 0;
                while (heads.read(bytes, at, bytes.length, head) && !head.isConnect) {
                    at = heads.position();
                    boolean isOwn = head.maxForwards == 0;
                    if (!isOwn && head.hasBody()) {
                        bodies.begin(head, MOST_BODY);
                        if (!bodies.read(bytes, at, bytes.length, new FieldReader(), content)) {
                            break;
                        }
                        at = bodies.position();
                    }
                    if (!isOwn) {
                        sequence.passedOn.add(describe(bytes, heads.start(), head, content.taken()));
                    }
                    sequence.codes.add(isOwn ? 200 : 299);
                    sequence.isHead.add(head.isHead);
                    if (!head.isPersistent() || isOwn && head.hasBody()) {
                        break;
                    }
                }
            } catch (Refused refused) {
                // The proxy refuses it too.
            }
            // Of an answer that is none of these, as a refusal.
            sequence.isHead.add(head.isHead);
            return sequence;
        }
    }

    private static String describe(byte[] bytes, int start, RequestHead head, String content) {
        String method = latin1(Arrays.copyOfRange(bytes, start, start + head.methodEnd));
        boolean namesHost = head.authority > 0;
        String target = latin1(Arrays.copyOfRange(
                bytes, start + (namesHost ? head.authorityEnd : head.target), start + head.targetEnd));
        String path = target.startsWith("/") || target.equals("*")
                ? target
                : target.isEmpty() && head.isOptions ? "*" : "/" + target;
        String host = namesHost
                ? latin1(Arrays.copyOfRange(bytes, start + head.authority, start + head.authorityEnd))
                : head.hosts == 0
                        ? "127.0.0.1:1"
                        : latin1(Arrays.copyOfRange(bytes, start + head.host, start + head.hostEnd));
        return method + " " + path + " of " + host + ": " + content;
    }

    // The bytes of a target.

    /** Checks bytes of a target, of which the first one chooses what it is asked. */
    static void checkTarget(byte[] sent, byte[] reads, byte[] writes) {
        if (sent.length > 0) {
            String request = REQUESTS.get((sent[0] & 0xff) % REQUESTS.size());
            byte[] answer = Arrays.copyOfRange(sent, 1, sent.length);
            String whole = targetSends(request, answer, Pieces.WHOLE, Pieces.WHOLE);
            assertThat(targetSends(request, answer, reads, writes)).isEqualTo(whole);
        }
    }

    /** Returns what the client makes of it. */
    private static String targetSends(String request, byte[] answer, byte[] reads, byte[] writes) {
        try (Played played = Played.take()) {
            TestPeer client = played.connect(writes).send(request);
            TestPeer target = played.target.accept();
            Pieces sizes = new Pieces(reads);
            for (int from = 0, to; from < answer.length; from = to) {
                to = from + Math.min(sizes.nextAtLeastOne(), answer.length - from);
                target.send(Arrays.copyOfRange(answer, from, to));
            }
            target.endOutput();
            client.send(NEXT);
            played.answerAll();
            client.endOutput();
            byte[] received = client.received();
            String text = latin1(received);
            boolean isHead = request.startsWith("HEAD");
            boolean isOld = request.contains("HTTP/1.0");
            if (isOld && text.isEmpty()) {
                // Nothing but a reset tells an old client that the answer is not complete.
                client.expectReset();
                played.end();
                return "until the end";
            }
            Responses responses = Responses.of(received, List.of(isHead, false));
            assertThat(responses.finals).as(text).hasSizeBetween(1, 2);
            if (responses.finals.get(0) == 101) {
                assertThat(request).contains("Upgrade: ");
                played.end();
                return "upgraded";
            }
            assertThat(responses.finals.get(0)).isGreaterThanOrEqualTo(200);
            if (isOld) {
                assertThat(text.split("\r\n\r\n")[0]).doesNotContain("\r\nTransfer-Encoding: chunked");
            }
            boolean goesOn = responses.finals.size() == 2;
            if (goesOn) {
                // It has its own answer, over a connection of its own, and nothing of the one before.
                assertThat(responses.finals.get(1)).isEqualTo(299);
                assertThat(responses.isComplete).isTrue();
                assertThat(played.requests).containsExactly("GET /next of a: ");
                assertThat(text).endsWith("\r\n\r\n0");
            } else {
                assertThat(played.requests).isEmpty();
            }
            played.end();
            return responses.lastsUntilEnd
                    ? "until the end"
                    : responses.finals + (responses.isComplete ? " complete" : " cut off");
        } catch (Refused refused) {
            throw new AssertionError(refused.reason(), refused);
        }
    }

    /** A proxy in memory, and what is behind it. */
    private static final class Played implements AutoCloseable {

        private final TestServer server;
        private final TestTarget target;
        private final List<Behind> behind = new ArrayList<>();
        private final List<String> requests = new ArrayList<>();

        private boolean hasEnded;

        Played() {
            try {
                server = TestServer.start(new ProxyHandler(
                        new PlayedTarget(TARGET), PROPERTIES, new TrustedProxies(List.of()), new AccessLog()));
                target = server.target(TARGET);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static Played take() {
            Played taken = proxy == null ? new Played() : proxy;
            // Until everything has ended.
            proxy = null;
            return taken;
        }

        /** Connects a client that takes what it gets in these pieces. */
        TestPeer connect(byte[] writes) {
            TestPeer peer = server.connect();
            if (writes.length > 0) {
                int[] sizes = new int[writes.length];
                Arrays.setAll(sizes, i -> Math.max(1, writes[i] < 0 ? writes[i] * writes[i] : writes[i]));
                peer.takeInPieces(sizes);
            }
            return peer;
        }

        /** Answers the complete requests that have got behind it, until there are no more. */
        void answerAll() throws Refused {
            boolean some;
            do {
                while (target.waiting() > 0) {
                    behind.add(new Behind(target.accept()));
                }
                some = false;
                for (Behind each : behind) {
                    some |= each.answer(requests);
                }
            } while (some);
        }

        /** All connections end once their peers have ended. */
        void end() {
            for (Behind each : behind) {
                each.peer.endOutput();
            }
            assertThat(server.server().stats().connectionsActive()).isZero();
            assertThat(server.server().stats().outboundActive()).isZero();
            assertThat(server.server().stats().handlerErrors()).isZero();
            assertThat(server.server().stats().writePending()).isZero();
            hasEnded = true;
        }

        @Override
        public void close() {
            if (hasEnded) {
                hasEnded = false;
                behind.clear();
                requests.clear();
                proxy = this;
            } else {
                server.close();
            }
        }
    }

    /** A target's end of one connection. */
    private static final class Behind {

        private final TestPeer peer;
        private final RequestReader heads = new RequestReader(DEFAULTS);
        private final BodyReader bodies = new BodyReader(DEFAULTS);
        private final RequestHead head = new RequestHead();
        private final Content content = new Content();
        private int at;
        private int start = -1;

        Behind(TestPeer peer) {
            this.peer = peer;
        }

        /** Reads on, and answers the request that is complete now; false when none is. */
        boolean answer(List<String> requests) throws Refused {
            byte[] bytes = peer.received();
            if (start < 0) {
                boolean complete = heads.read(bytes, at, bytes.length, head);
                at = heads.position();
                if (!complete) {
                    return false;
                }
                start = heads.start();
                bodies.begin(head, Long.MAX_VALUE);
            }
            boolean complete = bodies.read(bytes, at, bytes.length, new FieldReader(), content);
            at = bodies.position();
            if (!complete) {
                return false;
            }
            String number = String.valueOf(requests.size());
            requests.add(describe(bytes, start, head, content.taken()));
            start = -1;
            peer.send("HTTP/1.1 299 Own\r\nContent-Length: " + number.length() + "\r\n\r\n"
                    + (head.isHead ? "" : number));
            return true;
        }
    }

    /** Collects the content of a body. */
    private static final class Content implements BodyReader.Sink {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void content(byte[] source, int from, int to) {
            bytes.write(source, from, to - from);
        }

        @Override
        public void trailer(FieldReader field) {
            // Those of requests are left out.
        }

        String taken() {
            String text = latin1(bytes.toByteArray());
            bytes.reset();
            return text;
        }
    }

    /**
     * The responses that a strict reader sees.
     *
     * @param finals the codes of those that are not interim
     * @param isComplete whether the last one is
     * @param lastsUntilEnd whether only the end of the connection says so
     */
    private record Responses(List<Integer> finals, boolean isComplete, boolean lastsUntilEnd) {

        static Responses of(byte[] bytes, List<Boolean> isHead) throws Refused {
            List<Integer> finals = new ArrayList<>();
            ResponseReader heads = new ResponseReader(DEFAULTS);
            BodyReader bodies = new BodyReader(DEFAULTS);
            int at = 0;
            while (at < bytes.length) {
                ResponseHead head = new ResponseHead();
                if (!heads.read(bytes, at, bytes.length, head)) {
                    throw Refused.bad("cut off in a head: " + latin1(Arrays.copyOfRange(bytes, at, bytes.length)));
                }
                at = heads.position();
                if (head.isInterim() && head.code != 101) {
                    continue;
                }
                boolean hasBody = !head.neverHasBody() && !isHead.get(Math.min(finals.size(), isHead.size() - 1));
                finals.add(head.code);
                if (head.code == 101 || hasBody && head.lastsUntilEnd()) {
                    return new Responses(finals, true, true);
                }
                if (hasBody) {
                    bodies.begin(head, Long.MAX_VALUE);
                    boolean complete = bodies.read(bytes, at, bytes.length, new FieldReader());
                    at = bodies.position();
                    if (!complete) {
                        return new Responses(finals, false, false);
                    }
                }
            }
            return new Responses(finals, true, false);
        }
    }
}
