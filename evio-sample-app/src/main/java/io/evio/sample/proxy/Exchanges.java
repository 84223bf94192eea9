package io.evio.sample.proxy;

import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.sample.http.Ascii;
import io.evio.sample.http.BodyReader;
import io.evio.sample.http.DateField;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.HttpLimits;
import io.evio.sample.http.Refused;
import io.evio.sample.http.Status;
import io.evio.sample.proxy.ClientConnection.State;
import io.evio.sample.proxy.ResponseWriter.Framing;
import io.evio.spring.boot.EvioNoTargetException;
import io.evio.spring.boot.EvioTarget;
import io.evio.spring.boot.EvioUpstream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Brings requests and responses together: which target gets a request, over which connection, and what becomes of both
 * connections when one of them ends, fails or keeps the other waiting. One for each loop, on its thread.
 */
final class Exchanges {

    private static final byte[] PLAIN = Ascii.bytes("Content-Type: text/plain\r\nContent-Length: ");
    private static final byte[] ALLOW = Ascii.bytes("Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE\r\n");
    private static final byte[] ECHO = Ascii.bytes("Content-Type: message/http\r\nContent-Length: ");
    private static final byte[] RETRY_AFTER = Ascii.bytes("Retry-After: 1\r\n");
    private static final byte[] CRLF = Ascii.bytes("\r\n");

    /** Interim responses to one request, of which no target needs so many. */
    private static final int MOST_INTERIMS = 64;

    /** The shortest and the longest time between two looks for what has taken too long. */
    private static final long SHORTEST_TICK = TimeUnit.MILLISECONDS.toNanos(20);

    private static final long LONGEST_TICK = TimeUnit.SECONDS.toNanos(1);

    private static final long NEVER = 1L << 62;

    private final EvioUpstream upstream;
    private final HttpLimits limits;
    private final AccessLog accessLog;
    private final ConnectionPool pool;
    private final OriginHandler origins;
    private final DateField date = new DateField();
    private final RequestWriter requests = new RequestWriter();
    private final ResponseWriter responses = new ResponseWriter(date);
    private final HeadBuffer buffer = new HeadBuffer();
    private final RequestBody requestBody = new RequestBody();
    private final ResponseBody responseBody = new ResponseBody();
    private final List<ClientConnection> clients = new ArrayList<>();

    /** Those that could not be made for want of room; each has had an idle one closed, whose room it gets. */
    private final Queue<OriginConnection> awaitingRoom = new ArrayDeque<>();

    private final long resolution;
    private final long headNanos;
    private final long bodyNanos;
    private final long answerNanos;
    private final long keepAliveNanos;
    private final long poolNanos;
    private final long tunnelNanos;

    /** The time of the last tick, by {@link System#nanoTime}: what is due is due a tick later at the latest. */
    private long now = System.nanoTime();

    /** Set in {@link #serving}, which comes first. */
    private @Nullable EvioServer server;

    Exchanges(EvioUpstream upstream, ProxyProperties properties, HttpLimits limits, AccessLog accessLog) {
        this.upstream = upstream;
        this.limits = limits;
        this.accessLog = accessLog;
        this.pool = new ConnectionPool(properties.poolSize());
        this.origins = new OriginHandler(this, limits);
        this.headNanos = properties.headTimeout().toNanos();
        this.bodyNanos = properties.bodyTimeout().toNanos();
        this.answerNanos = properties.answerTimeout().toNanos();
        this.keepAliveNanos = properties.keepAliveTimeout().toNanos();
        this.poolNanos = properties.poolIdleTime().toNanos();
        this.tunnelNanos = properties.tunnelIdleTime().toNanos();
        long shortest = Math.min(
                Math.min(headNanos, bodyNanos),
                Math.min(Math.min(answerNanos, keepAliveNanos), Math.min(poolNanos, tunnelNanos)));
        this.resolution = Math.max(SHORTEST_TICK, Math.min(LONGEST_TICK, shortest / 10));
    }

    void serving(EvioServer started) {
        server = started;
    }

    private boolean isStopping() {
        return server != null && server.isStopping();
    }

    // Clients, and how long they are waited for.

    void opened(ClientConnection client) {
        client.index = clients.size();
        clients.add(client);
        // A client has as long for its first request as between two.
        client.due = after(keepAliveNanos);
    }

    private long after(long nanos) {
        return now + nanos + resolution;
    }

    /** Ends what is due; returns when to look again. */
    Duration tick() {
        now = System.nanoTime();
        long millis = System.currentTimeMillis();
        date.update(millis);
        for (int i = clients.size() - 1; i >= 0; i--) {
            if (clients.get(i).due - now < 0) {
                expire(clients.get(i));
            }
        }
        pool.purge(now);
        return Duration.ofNanos(
                Math.min(resolution, TimeUnit.MILLISECONDS.toNanos(1000 - Math.floorMod(millis, 1000L))));
    }

    private void expire(ClientConnection client) {
        OriginConnection origin = client.origin;
        client.due = now + NEVER;
        switch (client.state) {
            case HEAD -> {
                if (client.inHead) {
                    refuse(client, Status.REQUEST_TIMEOUT, "the request does not arrive in time", false);
                } else {
                    client.state = State.ENDING;
                    client.connection.close();
                }
            }
            case BODY -> {
                boolean isTargets = origin != null && origin.connection().pendingOutput() > 0
                        || client.request.expectsContinue && client.body.received() == 0;
                if (isTargets) {
                    refuse(client, Status.GATEWAY_TIMEOUT, "the server behind does not take the request", false);
                } else {
                    refuse(client, Status.REQUEST_TIMEOUT, "the request does not arrive in time", false);
                }
            }
            case ANSWER -> refuse(client, Status.GATEWAY_TIMEOUT, "the server behind does not answer in time", true);
            case TUNNEL -> client.connection.abort();
            case ENDING -> {
                // What is pending has its own time.
            }
        }
    }

    /** The head of a request has begun to arrive. */
    void headBegins(ClientConnection client) {
        client.inHead = true;
        client.due = after(headNanos);
    }

    /** Some of what is waited for has come, or was taken. */
    void progress(ClientConnection client) {
        switch (client.state) {
            case BODY -> client.due = after(bodyNanos);
            case ANSWER -> client.due = after(client.isAnswering ? bodyNanos : answerNanos);
            case TUNNEL -> client.due = after(tunnelNanos);
            case HEAD, ENDING -> {
                // A head has a time for the whole of it.
            }
        }
    }

    /** The client is gone. */
    void closed(ClientConnection client) {
        ClientConnection last = clients.remove(clients.size() - 1);
        if (last != client) {
            clients.set(client.index, last);
            last.index = client.index;
        }
        boolean isTied = client.state == State.TUNNEL;
        client.state = State.ENDING;
        OriginConnection origin = client.origin;
        if (origin != null) {
            release(client, origin);
            if (!isTied) {
                origin.connection().abort();
            }
        }
    }

    // Requests.

    /** The head of a request has come, from {@code start} to {@code end}. */
    void begin(ClientConnection client, byte[] bytes, int start, int end) throws Refused {
        RequestHead request = client.request;
        client.inHead = false;
        client.isAnswering = false;
        client.isRetried = false;
        client.logged = AccessLog.isOn() ? AccessLog.request(bytes, start, start + request.fields(), end) : null;
        if (request.isConnect) {
            throw new Refused(Status.METHOD_NOT_ALLOWED, "this is no proxy for CONNECT");
        }
        client.body.begin(request, limits.body());
        client.state = request.hasBody() ? State.BODY : State.ANSWER;
        client.connection.holdOpen(true);
        client.due = after(request.hasBody() ? bodyNanos : answerNanos);
        if (request.maxForwards == 0) {
            answerItself(client, bytes, start, end);
            return;
        }
        EvioTarget target = upstream.next();
        if (target == null) {
            refuse(client, Status.SERVICE_UNAVAILABLE, "no server behind is up", true);
            return;
        }
        requests.write(buffer, bytes, start, end, request, client.peer);
        OriginConnection origin = pool.take(target, System.nanoTime());
        boolean isReused = origin != null;
        OriginConnection to = origin == null ? connect(client, target) : origin;
        to.begin(client, isReused);
        client.origin = to;
        if (isReused && !request.isIdempotent) {
            to.hold();
        }
        to.send(buffer.bytes(), 0, buffer.length());
    }

    private OriginConnection connect(ClientConnection client, EvioTarget target) {
        OriginConnection origin = new OriginConnection(target, limits);
        origin.connection(
                upstream.connect(client.connection, target, origins, (made, reached) -> origin.target = reached));
        return origin;
    }

    /** A request that no further server is to see: RFC 9110, 7.6.2. */
    private void answerItself(ClientConnection client, byte[] bytes, int start, int end) throws Refused {
        boolean stays = client.isRequestComplete() && client.request.isPersistent() && !isStopping();
        buffer.clear();
        buffer.append(Status.OK.line());
        buffer.append(date.line());
        connection(client, stays);
        if (client.request.isTrace) {
            byte[] content = Trace.content(bytes, start, start + client.request.fields(), end);
            buffer.append(ECHO);
            buffer.appendDecimal(content.length);
            buffer.append(CRLF);
            buffer.append(CRLF);
            buffer.append(content);
        } else {
            buffer.append(ALLOW);
            buffer.append(Ascii.bytes("Content-Length: 0\r\n\r\n"));
        }
        client.connection.output().write(buffer.bytes(), 0, buffer.length());
        finish(client, stays, Status.OK.code(), 0);
    }

    private void connection(ClientConnection client, boolean stays) {
        if (!stays) {
            buffer.append(ResponseWriter.CLOSE);
        } else if (client.request.isOld) {
            buffer.append(ResponseWriter.KEEP_ALIVE);
        }
    }

    /** Returns where the content of the client's request goes. */
    BodyReader.Sink requestBody(ClientConnection client) {
        requestBody.origin = Objects.requireNonNull(client.origin, "there until the request is answered");
        requestBody.isChunked = client.request.isChunked;
        return requestBody;
    }

    /** The whole of a body has come. */
    void requestComplete(ClientConnection client) {
        OriginConnection origin = client.origin;
        if (origin != null && client.request.isChunked) {
            // Without the trailers, which a server may take for fields of the head: RFC 9110, 6.5.1.
            origin.send(ChunkWriter.LAST, 0, ChunkWriter.LAST.length);
            origin.send(CRLF, 0, CRLF.length);
        }
        client.state = State.ANSWER;
        if (client.isThrottled) {
            client.isThrottled = false;
            client.connection.throttle(null);
        }
        progress(client);
    }

    /** A client whose body is not complete is read as fast as the target takes it. */
    void throttle(ClientConnection client) {
        OriginConnection origin = client.origin;
        if (origin != null && !client.isThrottled) {
            client.isThrottled = true;
            client.connection.throttle(origin.connection());
        }
    }

    /** A target whose answer is not complete is read as fast as the client takes it. */
    void throttle(OriginConnection origin, ClientConnection client) {
        if (!origin.isThrottled) {
            origin.isThrottled = true;
            origin.connection().throttle(client.connection);
        }
    }

    // Responses.

    /**
     * The head of a response has come, from {@code start} to {@code end}.
     *
     * @param hasMore whether something is behind it
     * @return whether there is more to be read of the response
     */
    boolean answers(OriginConnection origin, ClientConnection client, byte[] bytes, int start, int end, boolean hasMore)
            throws Refused {
        ResponseHead head = origin.head;
        RequestHead request = client.request;
        if (head.code == 101) {
            if (!request.upgrades()) {
                throw Refused.bad("an upgrade that was not asked for");
            }
            tunnel(origin, client, bytes, start, end);
            return false;
        }
        if (head.isInterim()) {
            if (++origin.interims > MOST_INTERIMS) {
                throw Refused.bad("too many interim responses");
            }
            if (!request.isOld) {
                responses.interim(buffer, bytes, start, end, head);
                client.connection.output().write(buffer.bytes(), 0, buffer.length());
            }
            return true;
        }
        boolean hasBody = !request.isHead && !head.neverHasBody();
        boolean isUnframed = !head.isChunked && head.contentLength < 0;
        origin.lastsUntilEnd = hasBody && isUnframed;
        origin.framing = framing(head, request, hasBody);
        client.keepsOpen =
                client.isRequestComplete() && request.isPersistent() && origin.framing != Framing.END && !isStopping();
        responses.write(buffer, bytes, start, end, head, request, origin.framing, client.keepsOpen);
        client.connection.output().write(buffer.bytes(), 0, buffer.length());
        client.isAnswering = true;
        origin.hasTrailers = false;
        if (origin.lastsUntilEnd) {
            origin.body.beginUntilEnd();
        } else if (hasBody) {
            origin.body.begin(head, Long.MAX_VALUE);
        } else {
            origin.framing = Framing.NOTHING;
            answered(origin, client, hasMore);
            return false;
        }
        origin.inBody = true;
        return true;
    }

    private static Framing framing(ResponseHead head, RequestHead request, boolean hasBody) {
        if (head.code == 204) {
            return Framing.NOTHING;
        }
        if (head.contentLength >= 0) {
            return Framing.LENGTH;
        }
        if (hasBody || head.isChunked) {
            // What has no body says how it would be framed.
            return request.isOld ? hasBody ? Framing.END : Framing.NOTHING : Framing.CHUNKED;
        }
        return Framing.NOTHING;
    }

    /** The target speaks another protocol from here on: the two connections are tied together. */
    private void tunnel(OriginConnection origin, ClientConnection client, byte[] bytes, int start, int end)
            throws Refused {
        responses.interim(buffer, bytes, start, end, origin.head);
        client.connection.output().write(buffer.bytes(), 0, buffer.length());
        client.state = State.TUNNEL;
        progress(client);
        log(client, origin.head.code, 0);
        if (client.isPaused) {
            client.isPaused = false;
            client.connection.resumeReading();
        }
        client.connection.relay(origin.connection());
        client.connection.holdOpen(false);
    }

    /** Returns where the content of the target's response goes. */
    BodyReader.Sink responseBody(OriginConnection origin, ClientConnection client) {
        responseBody.client = client;
        responseBody.origin = origin;
        return responseBody;
    }

    /**
     * The response is complete.
     *
     * @param hasMore whether something is behind it, that nobody has asked for
     */
    void answered(OriginConnection origin, ClientConnection client, boolean hasMore) {
        if (origin.framing == Framing.CHUNKED) {
            Output out = client.connection.output();
            if (!origin.hasTrailers) {
                out.write(ChunkWriter.LAST);
            }
            out.write(CRLF);
        }
        boolean isRequestComplete = client.isRequestComplete();
        long sent = origin.inBody ? origin.body.received() : 0;
        boolean isReusable = isRequestComplete
                && !hasMore
                && !origin.lastsUntilEnd
                && origin.head.isPersistent()
                && !origin.connection().isInputEnded()
                && !isStopping();
        release(client, origin);
        if (!isReusable || !keep(origin)) {
            if (isRequestComplete) {
                origin.connection().close();
            } else {
                origin.connection().abort();
            }
        }
        finish(client, client.keepsOpen, origin.head.code, sent);
    }

    private boolean keep(OriginConnection origin) {
        long nanos = poolNanos;
        if (origin.head.keepAliveSeconds >= 0) {
            // A second less than the target keeps it, so that it does not end it just as a request is under way.
            nanos = Math.min(nanos, TimeUnit.SECONDS.toNanos(Math.min(origin.head.keepAliveSeconds, 1 << 20) - 1));
        }
        if (nanos <= 0) {
            return false;
        }
        origin.idleSince = System.nanoTime();
        origin.idleUntil = origin.idleSince + nanos;
        return pool.put(origin);
    }

    /** The two have nothing to do with each other any more. */
    private static void release(ClientConnection client, OriginConnection origin) {
        client.origin = null;
        origin.client = null;
        if (origin.isThrottled) {
            origin.isThrottled = false;
            origin.connection().throttle(null);
        }
        if (client.isThrottled) {
            client.isThrottled = false;
            client.connection.throttle(null);
        }
    }

    // What ends an exchange.

    /** The client's request is answered: on to the next one, or to the end. */
    private void finish(ClientConnection client, boolean stays, int code, long sent) {
        log(client, code, sent);
        Connection connection = client.connection;
        if (stays) {
            client.state = State.HEAD;
            client.due = after(keepAliveNanos);
            if (client.hasUnread || connection.isInputEnded()) {
                connection.wake();
            }
        } else {
            client.state = State.ENDING;
            client.due = now + NEVER;
            connection.close();
        }
        if (client.isPaused) {
            client.isPaused = false;
            connection.resumeReading();
        }
        connection.holdOpen(false);
    }

    private void log(ClientConnection client, int code, long sent) {
        if (AccessLog.isOn()) {
            accessLog.line(client.peer, client.logged, code, sent);
            client.logged = null;
        }
    }

    /**
     * Ends an exchange with an answer of the proxy's own; or with the end of the connection, when the answer has begun.
     *
     * @param reason one line of ASCII
     * @param mayStay whether the next byte is known to begin a request, once the whole of this one has come
     */
    void refuse(ClientConnection client, Status status, String reason, boolean mayStay) {
        RequestHead request = client.request;
        OriginConnection origin = client.origin;
        boolean isComplete = client.state == State.ANSWER;
        long sent = origin != null && origin.inBody ? origin.body.received() : 0;
        if (origin != null) {
            release(client, origin);
            origin.connection().abort();
        }
        if (client.isAnswering && client.state != State.HEAD) {
            cutOff(client, origin, sent);
            return;
        }
        boolean stays = mayStay && isComplete && request.isPersistent() && !isStopping();
        client.inHead = false;
        buffer.clear();
        buffer.append(status.line());
        buffer.append(date.line());
        connection(client, stays);
        if (status == Status.METHOD_NOT_ALLOWED) {
            buffer.append(ALLOW);
        } else if (status == Status.SERVICE_UNAVAILABLE) {
            buffer.append(RETRY_AFTER);
        }
        byte[] text = Ascii.bytes(reason + "\n");
        buffer.append(PLAIN);
        buffer.appendDecimal(text.length);
        buffer.append(CRLF);
        buffer.append(CRLF);
        if (!request.isHead) {
            buffer.append(text);
        }
        client.connection.output().write(buffer.bytes(), 0, buffer.length());
        finish(client, stays, status.code(), request.isHead ? 0 : text.length);
    }

    /** The answer cannot be completed: the client has to see that it is not complete. */
    private void cutOff(ClientConnection client, @Nullable OriginConnection origin, long sent) {
        boolean onlyTheEndTells = origin != null && origin.framing == Framing.END;
        finish(client, false, origin == null ? 0 : origin.head.code, sent);
        if (onlyTheEndTells) {
            client.connection.abort();
        }
    }

    /** Answers for a target whose answer cannot be passed on. */
    void badAnswer(ClientConnection client, String reason) {
        refuse(client, Status.BAD_GATEWAY, "the answer of the server behind is wrong: " + reason, true);
    }

    /**
     * A connection to a target has ended, or could not be made.
     *
     * @param error why; null for an ordinary end
     */
    void ended(OriginConnection origin, ClientConnection client, @Nullable IOException error) {
        if (client.state == State.TUNNEL) {
            return;
        }
        if (origin.inBody && origin.lastsUntilEnd && error == null) {
            answered(origin, client, false);
            return;
        }
        EvioTarget target = origin.target;
        if (origin.canBeRepeated() && target != null) {
            client.isRetried = true;
            moveTo(connect(client, target), false, origin, client);
            return;
        }
        if (target != null) {
            refuse(client, Status.BAD_GATEWAY, "the server behind has ended the connection", true);
        } else if (origin.connection().closeReason() == CloseReason.MAX_OUTBOUND_CONNECTIONS) {
            if (!makesRoom(origin, client)) {
                refuse(client, Status.SERVICE_UNAVAILABLE, "there is no room for a further connection", true);
            }
        } else if (isCausedBy(SocketTimeoutException.class, error)) {
            refuse(client, Status.GATEWAY_TIMEOUT, "the server behind could not be reached in time", true);
        } else if (isCausedBy(EvioNoTargetException.class, error)) {
            OriginConnection idle = origin.isUnsent() ? pool.takeAny(System.nanoTime()) : null;
            if (idle == null) {
                refuse(client, Status.SERVICE_UNAVAILABLE, "no server behind has room", true);
            } else {
                moveTo(idle, true, origin, client);
            }
        } else {
            refuse(client, Status.BAD_GATEWAY, "the server behind cannot be reached", true);
        }
    }

    private static boolean isCausedBy(Class<? extends IOException> type, @Nullable IOException error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    /** Sends the request over another connection: a target may end one just as it is used again. */
    private void moveTo(OriginConnection other, boolean isReused, OriginConnection from, ClientConnection client) {
        release(client, from);
        other.begin(client, isReused);
        client.origin = other;
        if (isReused && !client.request.isIdempotent) {
            other.hold();
        }
        from.repeat(other);
        progress(client);
        if (client.state == State.BODY) {
            throttle(client);
        }
    }

    /**
     * Closes an idle connection in favour of one that could not be made: those that wait for nothing must not make a
     * request fail. Returns false when there is none.
     */
    private boolean makesRoom(OriginConnection origin, ClientConnection client) {
        if (!origin.isUnsent() || !pool.closeOldest()) {
            return false;
        }
        awaitingRoom.add(origin);
        if (client.isThrottled) {
            client.isThrottled = false;
            client.connection.throttle(null);
        }
        // Nothing can be written to what could not be made.
        client.isPaused = true;
        client.connection.pauseReading();
        return true;
    }

    /** A connection to a target that nobody waits for is about to end. */
    void discard(OriginConnection origin) {
        pool.remove(origin);
    }

    /** It has ended, and another one may take its room. */
    void discarded(OriginConnection origin) {
        pool.remove(origin);
        for (OriginConnection next = awaitingRoom.poll(); next != null; next = awaitingRoom.poll()) {
            ClientConnection client = next.client;
            if (client != null) {
                tryAgain(next, client);
                return;
            }
        }
    }

    private void tryAgain(OriginConnection origin, ClientConnection client) {
        client.isPaused = false;
        client.connection.resumeReading();
        moveTo(connect(client, origin.first), false, origin, client);
    }

    /** Passes the content of a request on. */
    private static final class RequestBody implements BodyReader.Sink {

        private final ChunkWriter chunks = new ChunkWriter();
        private @Nullable OriginConnection origin;
        private boolean isChunked;

        @Override
        public void content(byte[] bytes, int from, int to) {
            OriginConnection target = Objects.requireNonNull(origin, "set before");
            if (isChunked) {
                chunks.size(to - from);
                target.send(chunks.line(), chunks.from(), chunks.length());
                target.send(bytes, from, to - from);
                target.send(ChunkWriter.END, 0, ChunkWriter.END.length);
            } else {
                target.send(bytes, from, to - from);
            }
        }

        @Override
        public void trailer(FieldReader field) {
            // See requestComplete.
        }
    }

    /** Passes the content of a response on, and its trailers to those that have asked for them. */
    private static final class ResponseBody implements BodyReader.Sink {

        private final ChunkWriter chunks = new ChunkWriter();
        private @Nullable ClientConnection client;
        private @Nullable OriginConnection origin;

        @Override
        public void content(byte[] bytes, int from, int to) {
            Output out = Objects.requireNonNull(client, "set before").connection.output();
            if (Objects.requireNonNull(origin, "set before").framing == Framing.CHUNKED) {
                chunks.size(to - from);
                out.write(chunks.line(), chunks.from(), chunks.length());
                out.write(bytes, from, to - from);
                out.write(ChunkWriter.END);
            } else {
                out.write(bytes, from, to - from);
            }
        }

        @Override
        public void trailer(FieldReader field) {
            ClientConnection to = Objects.requireNonNull(client, "set before");
            OriginConnection of = Objects.requireNonNull(origin, "set before");
            if (of.framing != Framing.CHUNKED || !to.request.takesTrailers || !HopByHop.mayTrail(field)) {
                return;
            }
            Output out = to.connection.output();
            if (!of.hasTrailers) {
                of.hasTrailers = true;
                out.write(ChunkWriter.LAST);
            }
            out.write(field.bytes(), field.nameStart(), field.valueEnd() - field.nameStart());
            out.write(ChunkWriter.END);
        }
    }
}
