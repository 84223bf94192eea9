package io.evio.sample.proxy;

import io.evio.sample.http.MessageHead;

/**
 * The head of one response, as far as the proxy has to know it. Ranges are counted from the head's first byte. Belongs
 * to a connection, which uses it for all its responses.
 */
final class ResponseHead extends MessageHead {

    int code;

    /** The status line from its code on, without its end. */
    int codeStart;

    int reasonEnd;

    boolean hasDate;

    /** The seconds for which the target keeps the connection for the next request, by Keep-Alive; -1 without. */
    long keepAliveSeconds;

    /** Connection names further fields. */
    boolean namesFields;

    @Override
    protected void clear() {
        super.clear();
        code = 0;
        codeStart = 0;
        reasonEnd = 0;
        hasDate = false;
        keepAliveSeconds = -1;
        namesFields = false;
    }

    boolean isInterim() {
        return code < 200;
    }

    /** Returns whether none of these has content: RFC 9112, 6.3. */
    boolean neverHasBody() {
        return code < 200 || code == 204 || code == 304;
    }

    /** Returns whether the body ends with the connection. */
    boolean lastsUntilEnd() {
        return !isChunked && contentLength < 0;
    }
}
