package io.evio.sample.http;

import io.evio.Action;
import io.evio.Connection;
import java.time.Duration;

/** The progress of a connection with its current request. Attached to it; belongs to the loop's thread. */
final class HttpConnection {

    /** The part that comes next. */
    enum Next {
        HEAD,
        BODY,
        /** A body that is passed over: its request is answered. */
        UNWANTED_BODY,
        /** The answer, which is being worked on off the loop. */
        WORK,
        /** The next piece of a {@link StreamReply}. */
        PIECE
    }

    private final Connection connection;
    private final Request request = new Request();
    private final BodyReader body;
    private final StreamReply stream = new StreamReply();

    Next next = Next.HEAD;

    /** The way in which the connection ends, once that is decided. */
    Action ending = Action.NONE;

    /** The position up to which the current event's input has been used up. */
    int position;

    /** Goes on when all output is out. */
    boolean waitsForOutput;

    /** Replies are on their way: a write of some was begun, and not all are out. */
    boolean isWriting;

    /** The rest of a request is waited for, since the time in {@link #waitsSince}. */
    boolean waitsForInput;

    /** By {@link System#nanoTime}. */
    long waitsSince;

    HttpConnection(Connection connection, HttpLimits limits) {
        this.connection = connection;
        this.body = new BodyReader(limits);
    }

    Connection connection() {
        return connection;
    }

    Request request() {
        return request;
    }

    BodyReader body() {
        return body;
    }

    StreamReply stream() {
        return stream;
    }

    /** The answer is written: on to the next request, or to the end. */
    void answered() {
        next = Next.HEAD;
        if (!request.isPersistent()) {
            ending = Action.CLOSE;
        }
    }

    /** Returns whether the rest of the request has been waited for too long. */
    boolean isOverdue(long now, HttpLimits limits) {
        if (!waitsForInput) {
            return false;
        }
        Duration allowed = next == Next.HEAD
                ? limits.headTimeout()
                : limits.bodyTimeout().plusSeconds(body.received() / HttpLimits.BODY_RATE);
        return now - waitsSince > allowed.toNanos();
    }
}
