package io.evio.sample.http;

/**
 * The head of one request, as far as this server cares. Belongs to a connection, which uses it for all its requests.
 */
final class Request {

    Method method = Method.GET;
    Route route = Route.NOWHERE;

    /** The number in the query that the route asks for, such as {@code size=10}; -1 without. */
    long number;

    /** HTTP/1.0; otherwise it is 1.1, as which later ones of 1 are taken too. */
    boolean isOld;

    int hosts;

    boolean asksToClose;
    boolean asksToKeepAlive;
    boolean asksToUpgrade;
    boolean upgradesToChat;
    boolean expectsContinue;

    /** What Content-Length says; -1 without. */
    long contentLength;

    boolean hasTransferEncoding;
    boolean isChunked;

    /** How far the head was read that has not come as a whole: see {@link HeadReader}. */
    final HeadProgress progress = new HeadProgress();

    void clear() {
        method = Method.GET;
        route = Route.NOWHERE;
        number = -1;
        isOld = false;
        hosts = 0;
        asksToClose = false;
        asksToKeepAlive = false;
        asksToUpgrade = false;
        upgradesToChat = false;
        expectsContinue = false;
        contentLength = -1;
        hasTransferEncoding = false;
        isChunked = false;
    }

    /** Whether the connection goes on after the answer: RFC 9112, 9.3. */
    boolean isPersistent() {
        return !asksToClose && (!isOld || asksToKeepAlive);
    }

    boolean hasBody() {
        return isChunked || contentLength > 0;
    }
}
