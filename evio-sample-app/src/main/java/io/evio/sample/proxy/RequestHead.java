package io.evio.sample.proxy;

import io.evio.sample.http.MessageHead;

/**
 * The head of one request, as far as the proxy has to know it. Ranges are counted from the head's first byte. Belongs
 * to a connection, which uses it for all its requests.
 */
final class RequestHead extends MessageHead {

    int methodEnd;
    int target;
    int targetEnd;

    boolean isHead;
    boolean isConnect;
    boolean isOptions;
    boolean isTrace;

    /** May be sent a second time when nobody knows whether the first one has arrived: RFC 9110, 9.2.2. */
    boolean isIdempotent;

    /** The target names the host, in this range; otherwise 0. */
    int authority;

    int authorityEnd;

    int hosts;
    int host;
    int hostEnd;

    boolean expectsContinue;

    /** Has Upgrade with something that a relay can speak. */
    boolean hasUpgrade;

    boolean hasUpgradeToHttp2;

    /** Takes trailers. */
    boolean takesTrailers;

    /** Max-Forwards of TRACE and OPTIONS; -1 without. */
    long maxForwards;

    /** Connection names further fields. */
    boolean namesFields;

    @Override
    protected void clear() {
        super.clear();
        methodEnd = 0;
        target = 0;
        targetEnd = 0;
        isHead = false;
        isConnect = false;
        isOptions = false;
        isTrace = false;
        isIdempotent = false;
        authority = 0;
        authorityEnd = 0;
        hosts = 0;
        host = 0;
        hostEnd = 0;
        expectsContinue = false;
        hasUpgrade = false;
        hasUpgradeToHttp2 = false;
        takesTrailers = false;
        maxForwards = -1;
        namesFields = false;
    }

    boolean hasBody() {
        return isChunked || contentLength > 0;
    }

    /** Returns whether it asks for another protocol, over this connection and to the target. */
    boolean upgrades() {
        // What is behind an upgrade of HTTP/2 are requests that nobody here reads.
        return asksToUpgrade && hasUpgrade && !hasUpgradeToHttp2 && !isOld && !hasBody();
    }
}
