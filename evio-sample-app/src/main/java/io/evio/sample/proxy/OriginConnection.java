package io.evio.sample.proxy;

import io.evio.Connection;
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

    final EvioTarget first;
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
    private boolean isReused;

    /** Its request is kept and not sent yet. */
    private boolean isHeld;

    boolean lastsUntilEnd;

    /** Not read while the client does not take the answer. */
    boolean isThrottled;

    boolean hasTrailers;

    int interims;

    /** Since when, and until when it waits in the pool. */
    long idleSince;

    long idleUntil;

    private @Nullable Connection connection;

    /** The request, as long as it may have to be sent a second time. */
    private byte[] kept = NOTHING;

    private int keptLength;
    private boolean keeps;

    /** It is kept also once something of it is sent. */
    private boolean keepsSent;

    private boolean isTaken;

    /** @param first the target that it is to be made to, if that can be reached */
    OriginConnection(EvioTarget first, HttpLimits limits) {
        this.first = first;
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
        isTaken = false;
        inBody = false;
        lastsUntilEnd = false;
        interims = 0;
        isHeld = false;
        keptLength = 0;
        keeps = true;
        keepsSent = reused && of.request.isIdempotent && !of.isRetried;
    }

    /**
     * Has the request wait until the loop has looked at all that had come by now: {@link OriginHandler} is told then.
     * The end of the connection may be among that.
     */
    void hold() {
        isHeld = true;
        connection().wake();
    }

    boolean isHeld() {
        return isHeld;
    }

    /** Sends what was held. */
    void sendHeld() {
        isHeld = false;
        connection().output().write(kept, 0, keptLength);
        keeps &= keptLength <= MOST_KEPT;
    }

    /** Sends a part of the request. */
    void send(byte[] bytes, int offset, int length) {
        if (!isHeld) {
            connection().output().write(bytes, offset, length);
        }
        if (keeps) {
            keep(bytes, offset, length);
        }
    }

    private void keep(byte[] bytes, int offset, int length) {
        int together = keptLength + length;
        if (together > MOST_KEPT && !isHeld) {
            keeps = false;
            return;
        }
        if (together > kept.length) {
            kept = Arrays.copyOf(kept, Math.max(2 * kept.length, Math.max(1024, together)));
        }
        System.arraycopy(bytes, offset, kept, keptLength, length);
        keptLength = together;
    }

    /** A part of the request was sent from where it lies. */
    void sentUnkept() {
        keeps = false;
    }

    /** The kernel has taken something of the request: from here on nobody knows how much of it the target has. */
    void taken() {
        isTaken = true;
        keeps &= keepsSent;
    }

    /**
     * Returns whether the request may be sent a second time, and all of it is kept: nothing of it has left, or its
     * method is idempotent (RFC 9110, 9.2.2).
     */
    boolean canBeRepeated() {
        return keeps && isReused && !hasAnswered;
    }

    /** Returns whether the request is still here as a whole. */
    boolean isUnsent() {
        return keeps && !isTaken;
    }

    /** Sends to another connection all that this one was given of its request. */
    void repeat(OriginConnection other) {
        other.send(kept, 0, keptLength);
    }
}
