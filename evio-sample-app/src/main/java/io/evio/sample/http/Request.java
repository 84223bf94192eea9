package io.evio.sample.http;

/**
 * The head of one request, as far as this server cares. Belongs to a connection, which uses it for all its requests.
 */
final class Request extends MessageHead {

    Method method = Method.GET;
    Route route = Route.NOWHERE;

    /** The number in the query that the route asks for, such as {@code size=10}; -1 without. */
    long number;

    int hosts;
    boolean upgradesToChat;
    boolean expectsContinue;

    @Override
    protected void clear() {
        super.clear();
        method = Method.GET;
        route = Route.NOWHERE;
        number = -1;
        hosts = 0;
        upgradesToChat = false;
        expectsContinue = false;
    }

    boolean hasBody() {
        return isChunked || contentLength > 0;
    }
}
