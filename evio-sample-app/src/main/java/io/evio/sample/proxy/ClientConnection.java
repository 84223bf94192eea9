package io.evio.sample.proxy;

import io.evio.Connection;
import io.evio.sample.http.BodyReader;
import io.evio.sample.http.HttpLimits;
import org.jspecify.annotations.Nullable;

/** A client's connection, and where it is with its current request. Attached to it; belongs to the loop's thread. */
final class ClientConnection {

    enum State {
        /** The head of the next request is waited for. */
        HEAD,
        /** The request's body is being passed on. */
        BODY,
        /** The whole request is passed on: the answer is waited for, or being passed on. */
        ANSWER,
        /** Upgraded: the connections are tied together. */
        TUNNEL,
        /** It ends once what is pending is out. */
        ENDING
    }

    final Connection connection;
    final Peer peer;
    final RequestHead request = new RequestHead();
    final BodyReader body;

    State state = State.HEAD;

    /** The connection to which its request was passed on; null while there is none. */
    @Nullable
    OriginConnection origin;

    /** The position up to which the current event's input has been used up. */
    int position;

    /** The head of a request has begun to arrive. */
    boolean inHead;

    /** The head of the answer, not an interim one, is passed on. */
    boolean isAnswering;

    /** It goes on after the answer. */
    boolean keepsOpen;

    /** The request was passed on a second time. */
    boolean isRetried;

    /** Not read while the target does not take the body. */
    boolean isThrottled;

    /** Not read because too much of further requests has come. */
    boolean isPaused;

    /** Some of further requests has come. */
    boolean hasUnread;

    /** The access log's text about the current request; null while that is off. */
    AccessLog.@Nullable Request logged;

    /** The time at which it has been waited for too long, by {@link System#nanoTime}. */
    long due;

    /** Its place among those of its loop. */
    int index;

    ClientConnection(Connection connection, Peer peer, HttpLimits limits) {
        this.connection = connection;
        this.peer = peer;
        this.body = new BodyReader(limits);
    }

    /** Returns whether the whole request has come. */
    boolean isRequestComplete() {
        return state != State.BODY;
    }
}
