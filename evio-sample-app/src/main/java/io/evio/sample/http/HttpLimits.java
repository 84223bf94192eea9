package io.evio.sample.http;

import java.time.Duration;

/**
 * The most that a client may ask of the server. How long a connection may be silent between requests, or take nothing
 * of a reply, is evio's own {@code idle-timeout}.
 *
 * @param requestLine bytes of a request line; beyond, 414
 * @param fields bytes of all header fields of a request, or of all its trailers; beyond, 431
 * @param fieldCount how many header fields, or trailers; beyond, 431
 * @param body bytes of a body; beyond, 413
 * @param unwantedBody bytes of a body that the answer does not depend on, and that is passed over so that the
 *     connection goes on; beyond, it ends
 * @param headTimeout how long a head may take to arrive, from its first byte; beyond, 408
 * @param bodyTimeout how long a body may take, from its head, longer by a second for every {@link #BODY_RATE} bytes
 *     that have come; beyond, 408
 */
public record HttpLimits(
        int requestLine,
        int fields,
        int fieldCount,
        long body,
        long unwantedBody,
        Duration headTimeout,
        Duration bodyTimeout) {

    /** The slowest that a body may come for long, in bytes a second. */
    static final int BODY_RATE = 1024;

    public static final HttpLimits DEFAULTS = new HttpLimits(
            8 * 1024, 16 * 1024, 100, 1L << 30, 64 * 1024, Duration.ofSeconds(10), Duration.ofSeconds(20));

    HttpLimits withTimeouts(Duration head, Duration wholeBody) {
        return new HttpLimits(requestLine, fields, fieldCount, body, unwantedBody, head, wholeBody);
    }
}
