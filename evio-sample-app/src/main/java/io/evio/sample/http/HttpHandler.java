package io.evio.sample.http;

import io.evio.Action;
import io.evio.Connection;
import io.evio.DetachedConnection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.Tick;
import io.evio.sample.http.HttpConnection.Next;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 server. An event answers every request that has arrived in full, in order, and leaves the rest of the
 * bytes unread: they come back with those that follow. Replies collect in the output and leave with one write.
 *
 * <p>Everything here belongs to the loop's thread, so one reader of heads and one set of replies serve all connections
 * without a lock.
 */
class HttpHandler implements EvioHandler {

    /** Above this many bytes of unsent replies the next request waits until they are sent. */
    private static final int ENOUGH_REPLIES = 256 * 1024;

    private static final long SECOND = 1000;

    private final HttpLimits limits;
    private final HeadReader heads;
    private final FieldReader trailers = new FieldReader();
    private final Replies replies = new Replies();
    private final Chat chat;
    private final ServerStatus status;
    private final Answers answers;

    /** Set in {@link #serving}, which comes first. */
    private @Nullable EvioServer server;

    /** Those in the middle of a request. */
    private final Set<HttpConnection> waiting = new HashSet<>();

    HttpHandler(OffLoop offLoop, HttpLimits limits, Chat chat, ServerStatus status) {
        this.limits = limits;
        this.chat = chat;
        this.status = status;
        this.heads = new HeadReader(limits);
        this.answers = new Answers(offLoop, replies, chat, status);
    }

    @Override
    public Action serving(EvioServer server) {
        this.server = server;
        status.serves(server);
        return Action.NONE;
    }

    /** Fires at every full second: sets the date, and wakes those whose requests do not arrive in time. */
    @Override
    public Tick tick() {
        long millis = System.currentTimeMillis();
        replies.date().update(millis);
        long now = System.nanoTime();
        for (HttpConnection client : waiting) {
            if (client.isOverdue(now, limits)) {
                client.connection().wake();
            }
        }
        return Tick.after(Duration.ofMillis(SECOND - Math.floorMod(millis, SECOND)));
    }

    @Override
    public Action opened(Connection connection, Output out) {
        connection.attach(new HttpConnection(connection, limits));
        return Action.NONE;
    }

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        HttpConnection client = client(connection);
        if (client.waitsForOutput && connection.pendingOutput() > 0) {
            return Action.NONE;
        }
        client.waitsForOutput = false;
        client.position = 0;
        try {
            byte[] bytes = connection.unread(in);
            while (client.ending == Action.NONE && goOn(client, bytes, in.remaining(), out)) {
                // With the next part of the request, or with the next one.
            }
            in.position(in.position() + client.position);
            checkInTime(client, in.hasRemaining());
        } catch (Refused refused) {
            // Of a request that is answered already there is no second answer.
            if (client.next != Next.UNWANTED_BODY) {
                replies.refusal(out, client.request(), refused);
            }
            client.ending = Action.CLOSE;
        }
        return client.ending;
    }

    /**
     * Does what comes next, once; false when that has to wait: for input, for work, or for the client to take its
     * replies.
     */
    private boolean goOn(HttpConnection client, byte[] bytes, int available, Output out) throws Refused {
        return switch (client.next) {
            case HEAD -> {
                if (client.connection().pendingOutput() > ENOUGH_REPLIES) {
                    client.waitsForOutput = true;
                    yield false;
                }
                boolean complete = heads.read(bytes, client.position, available, client.request());
                client.position = heads.position();
                if (complete) {
                    client.waitsForInput = false;
                    announceEnd(client, available);
                    begin(client, client.position < available, out);
                }
                yield complete;
            }
            case BODY, UNWANTED_BODY -> {
                boolean complete = client.body().read(bytes, client.position, available, trailers);
                client.position = client.body().position();
                if (complete) {
                    client.waitsForInput = false;
                    if (client.next == Next.BODY) {
                        announceEnd(client, available);
                        answers.answer(client, out);
                    } else {
                        client.next = Next.HEAD;
                    }
                }
                yield complete;
            }
            case PIECE -> {
                boolean last = client.stream().writePiece(out, isStopping());
                if (last) {
                    client.answered();
                } else {
                    client.waitsForOutput = true;
                }
                yield last;
            }
            case WORK -> false;
        };
    }

    /** The last reply that a stopping server gives says that it is the last: RFC 9112, 9.6. */
    private void announceEnd(HttpConnection client, int available) {
        if (client.position == available && isStopping()) {
            client.request().asksToClose = true;
        }
    }

    private boolean isStopping() {
        return server != null && server.isStopping();
    }

    /** A head has come: on to the body if there is one, or to the answer. */
    private void begin(HttpConnection client, boolean bodyHasBegun, Output out) throws Refused {
        Request request = client.request();
        boolean isWanted = request.route != Route.NOWHERE && request.route.allows(request.method);
        client.body().begin(request, isWanted ? limits.body() : limits.unwantedBody());
        if (!request.hasBody()) {
            answers.answer(client, out);
        } else if (!isWanted) {
            answerAhead(client, out);
        } else {
            if (request.expectsContinue && !request.isOld && !bodyHasBegun) {
                replies.proceed(out);
            }
            client.next = Next.BODY;
        }
    }

    /**
     * Answers before the body, on which the answer does not depend. A small one is passed over, because a new
     * connection costs more. After a final answer to an expectation the body may come or not: RFC 9110, 10.1.1.
     */
    private void answerAhead(HttpConnection client, Output out) throws Refused {
        Request request = client.request();
        request.asksToClose |=
                request.contentLength > limits.unwantedBody() || (request.expectsContinue && !request.isOld);
        answers.answer(client, out);
        client.next = Next.UNWANTED_BODY;
    }

    /** Notes since when the rest of a request is waited for, and refuses it when that is too long ago. */
    private void checkInTime(HttpConnection client, boolean hasUnread) throws Refused {
        boolean inHead = client.next == Next.HEAD && hasUnread && !client.waitsForOutput;
        boolean inBody = client.next == Next.BODY || client.next == Next.UNWANTED_BODY;
        boolean waits = client.ending == Action.NONE && (inHead || inBody);
        if (!waits) {
            waiting.remove(client);
        } else if (!client.waitsForInput) {
            client.waitsForInput = true;
            client.waitsSince = System.nanoTime();
            waiting.add(client);
        } else if (client.isOverdue(System.nanoTime(), limits)) {
            throw new Refused(Status.REQUEST_TIMEOUT, "the request does not arrive in time");
        }
    }

    @Override
    public Action prewrite(Connection connection, int amount) {
        status.isWriting(client(connection), true);
        return Action.NONE;
    }

    /** All output is out: time to make more, for a connection that waits for that. */
    @Override
    public Action postwrite(Connection connection, int amount, int remaining) {
        HttpConnection client = client(connection);
        if (remaining == 0) {
            status.isWriting(client, false);
            if (client.waitsForOutput) {
                connection.wake();
            }
        }
        return Action.NONE;
    }

    @Override
    public Action detached(Connection connection, DetachedConnection detached) {
        waiting.remove(client(connection));
        chat.join(connection.id(), detached);
        return Action.NONE;
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        HttpConnection client = client(connection);
        waiting.remove(client);
        status.isWriting(client, false);
        return Action.NONE;
    }

    private static HttpConnection client(Connection connection) {
        HttpConnection client = connection.attachment();
        return Objects.requireNonNull(client, "attached in opened");
    }
}
