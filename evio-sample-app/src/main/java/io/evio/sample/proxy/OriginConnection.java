package io.evio.sample.proxy;

import io.evio.Connection;
import io.evio.Output;
import io.evio.sample.http.BodyReader;
import io.evio.sample.http.HttpLimits;
import io.evio.sample.proxy.ResponseWriter.Framing;
import io.evio.spring.boot.EvioTarget;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a target, and where it is with its current response. Attached to it; belongs to the loop's thread.
 */
final class OriginConnection {

    /** A request that is larger is not kept to be sent a second time. */
    private static final int MOST_KEPT = 16 * 1024;

    private static final byte[] NOTHING = new byte[0];

    final ResponseHead head = new ResponseHead();
    final BodyReader body;

    /** The way in which the client is told where the body ends. */
    Framing framing = Framing.NOTHING;

    /** The client whose request it has; null while it waits in the pool, and once it is not wanted any more. */
    @Nullable
    ClientConnection client;

    /** Known once it is open. */
    @Nullable
    EvioTarget target;

    boolean inBody;

    /** Any byte of an answer to the current request has come. */
    boolean hasAnswered;

    /** It has answered another request before. */
    boolean isReused;

    boolean lastsUntilEnd;

    /** Not read while the client does not take the answer. */
    boolean isThrottled;

    boolean hasTrailers;

    int interims;

    /** Until when it waits in the pool. */
    long idleUntil;

    private @Nullable Connection connection;

    /** The request, as long as it may have to be sent a second time. */
    private byte[] kept = NOTHING;

    private int keptLength;
    private boolean keeps;

    OriginConnection(HttpLimits limits) {
        this.body = new BodyReader(limits);
    }

    void connection(Connection made) {
        connection = made;
        made.attach(this);
    }

    Connection connection() {
        return Objects.requireNonNull(connection, "set as soon as it is begun to be made");
    }

    /** A request begins. */
    void begin(ClientConnection of, boolean reused) {
        client = of;
        isReused = reused;
        hasAnswered = false;
        inBody = false;
        lastsUntilEnd = false;
        interims = 0;
        keptLength = 0;
        keeps = reused && of.request.isIdempotent && !of.isRetried;
    }

    /** Sends a part of the request. */
    void send(byte[] bytes, int offset, int length) {
        connection().output().write(bytes, offset, length);
        if (keeps) {
            keep(bytes, offset, length);
        }
    }

    private void keep(byte[] bytes, int offset, int length) {
        int together = keptLength + length;
        if (together > MOST_KEPT) {
            keeps = false;
            return;
        }
        if (together > kept.length) {
            kept = Arrays.copyOf(kept, Math.min(MOST_KEPT, Math.max(2 * kept.length, Math.max(1024, together))));
        }
        System.arraycopy(bytes, offset, kept, keptLength, length);
        keptLength = together;
    }

    /** A part of the request was sent from where it lies. */
    void sentUnkept() {
        keeps = false;
    }

    /** Returns whether the request may be sent a second time, and all of it that was sent is kept. */
    boolean canBeRepeated() {
        return keeps && !hasAnswered;
    }

    /** Sends to another connection all that this one was sent of its request. */
    void repeat(OriginConnection other) {
        Output out = other.connection().output();
        out.write(kept, 0, keptLength);
    }
}
