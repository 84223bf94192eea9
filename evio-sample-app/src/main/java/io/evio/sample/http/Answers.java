package io.evio.sample.http;

import io.evio.Action;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.sample.http.HttpConnection.Next;

/** Answers each route, once its request is there as a whole; a route that is not here needs no body for its answer. */
final class Answers {

    private static final long DEFAULT_MILLIS = 500;
    private static final long MOST_MILLIS = 10_000;

    private final OffLoop offLoop;
    private final Replies replies;
    private final Chat chat;
    private final ServerStatus status;

    Answers(OffLoop offLoop, Replies replies, Chat chat, ServerStatus status) {
        this.offLoop = offLoop;
        this.replies = replies;
        this.chat = chat;
        this.status = status;
    }

    /** Writes the answer, or begins to. */
    void answer(HttpConnection client, Output out) throws Refused {
        Request request = client.request();
        status.hasRequest();
        if (request.method == Method.OPTIONS && request.route != Route.NOWHERE) {
            replies.options(out, request);
            client.answered();
            return;
        }
        if (!request.route.allows(request.method)) {
            replies.methodNotAllowed(out, request);
            client.answered();
            return;
        }
        switch (request.route) {
            case PAGE -> {
                replies.page(out, request);
                client.answered();
            }
            case SLOW -> slow(client);
            case STREAM -> stream(client, out);
            case STATUS -> {
                replies.text(out, Status.OK, request, status.text());
                client.answered();
            }
            case HEALTH -> {
                boolean ready = status.isReady();
                Status code = ready ? Status.OK : Status.SERVICE_UNAVAILABLE;
                replies.text(out, code, request, ready ? "up\n" : "out of service\n");
                client.answered();
            }
            case UPLOAD -> {
                replies.text(out, Status.OK, request, client.body().received() + " bytes\n");
                client.answered();
            }
            case UPGRADE -> upgrade(client, out);
            case SERVER, NOWHERE -> {
                replies.text(out, Status.NOT_FOUND, request, "not found\n");
                client.answered();
            }
        }
    }

    /** Sleeps, as if it asked a database. The connection is not read and gets no event until the answer is written. */
    private void slow(HttpConnection client) throws Refused {
        Request request = client.request();
        long millis = request.number < 0 ? DEFAULT_MILLIS : request.number;
        if (millis > MOST_MILLIS) {
            throw Refused.bad("millis may be " + MOST_MILLIS);
        }
        client.next = Next.WORK;
        offLoop.call(
                client.connection(),
                () -> {
                    Thread.sleep(millis);
                    return "done in " + millis + " ms\n";
                },
                (text, out) -> {
                    replies.text(out, Status.OK, request, text);
                    client.answered();
                    return client.ending;
                });
    }

    private void stream(HttpConnection client, Output out) {
        Request request = client.request();
        // Without chunks the end of the connection is the end of the body.
        request.asksToClose |= request.isOld;
        replies.streamHead(out, request);
        if (request.method == Method.HEAD) {
            client.answered();
        } else {
            client.stream().begin(request.number, !request.isOld);
            client.next = Next.PIECE;
        }
    }

    private void upgrade(HttpConnection client, Output out) throws Refused {
        Request request = client.request();
        if (request.isOld || !request.asksToUpgrade || !request.upgradesToChat) {
            replies.upgradeRequired(out, request);
            client.answered();
        } else if (chat.isFull()) {
            throw new Refused(Status.SERVICE_UNAVAILABLE, "the chat is full");
        } else {
            replies.switchToChat(out);
            client.ending = Action.DETACH;
        }
    }
}
