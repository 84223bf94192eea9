package io.evio.sample.proxy;

import io.evio.sample.http.Ascii;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.Refused;

/**
 * Makes the head that a target gets out of the client's: fields that are passed on keep every byte, and framing,
 * connection and origin are said anew. Used again for every request.
 */
final class RequestWriter {

    private static final byte[] VERSION = Ascii.bytes(" HTTP/1.1\r\n");
    private static final byte[] HOST = Ascii.bytes("Host: ");
    private static final byte[] VIA_OLD = Ascii.bytes("Via: 1.0 evio\r\n");
    private static final byte[] VIA_NEW = Ascii.bytes("Via: 1.1 evio\r\n");
    private static final byte[] MAX_FORWARDS = Ascii.bytes("Max-Forwards: ");
    private static final byte[] UPGRADE = Ascii.bytes("Connection: upgrade\r\n");
    private static final byte[] TRAILERS = Ascii.bytes("TE: trailers\r\nConnection: TE\r\n");
    private static final byte[] LENGTH = Ascii.bytes("Content-Length: ");
    private static final byte[] CHUNKED = Ascii.bytes("Transfer-Encoding: chunked\r\n");
    private static final byte[] CRLF = Ascii.bytes("\r\n");

    private final FieldReader field = new FieldReader();
    private final HopByHop hopByHop = new HopByHop();
    private final ForwardedFields forwarded = new ForwardedFields();

    /**
     * Writes a head.
     *
     * @param bytes hold the client's head from {@code start} to {@code end}
     */
    void write(HeadBuffer to, byte[] bytes, int start, int end, RequestHead head, Peer peer) throws Refused {
        to.clear();
        boolean namesHost = head.authority > 0;
        int host = start + (namesHost ? head.authority : head.host);
        int hostEnd = start + (namesHost ? head.authorityEnd : head.hostEnd);
        to.append(bytes, start, start + head.target);
        target(to, bytes, start, head);
        to.append(VERSION);
        if (namesHost) {
            line(to, HOST, bytes, host, hostEnd);
        } else if (head.hosts == 0) {
            line(to, HOST, peer.local(), 0, peer.local().length);
        }
        fields(to, bytes, start + head.fields(), end, head, peer);
        if (head.maxForwards > 0) {
            to.append(MAX_FORWARDS);
            to.appendDecimal(head.maxForwards - 1);
            to.append(CRLF);
        }
        forwarded.end(to, peer, bytes, host, hostEnd);
        to.append(head.isOld ? VIA_OLD : VIA_NEW);
        if (head.upgrades()) {
            to.append(UPGRADE);
        } else if (head.takesTrailers && !head.isOld) {
            to.append(TRAILERS);
        }
        if (head.isChunked) {
            to.append(CHUNKED);
        } else if (head.contentLength >= 0) {
            to.append(LENGTH);
            to.appendDecimal(head.contentLength);
            to.append(CRLF);
        }
        to.append(CRLF);
    }

    private static void line(HeadBuffer to, byte[] name, byte[] value, int from, int end) {
        to.append(name);
        to.append(value, from, end);
        to.append(CRLF);
    }

    /** Writes the target in origin form: RFC 9112, 3.2.1; without a path the one that it stands for. */
    private static void target(HeadBuffer to, byte[] bytes, int start, RequestHead head) {
        int path = start + (head.authority > 0 ? head.authorityEnd : head.target);
        int end = start + head.targetEnd;
        if (path == end) {
            to.append(head.isOptions ? '*' : '/');
        } else if (bytes[path] == '?') {
            to.append('/');
        }
        to.append(bytes, path, end);
    }

    private void fields(HeadBuffer to, byte[] bytes, int from, int end, RequestHead head, Peer peer) throws Refused {
        hopByHop.begin(bytes, from, end, field, head.namesFields);
        forwarded.begin(peer);
        // Those that are passed on are copied together, up to the next one that is not.
        int passed = from;
        int at = from;
        for (int next = field.line(bytes, at, end); !field.isLast(); next = field.line(bytes, at, end)) {
            if (!passes(head)) {
                to.append(bytes, passed, at);
                passed = next;
            }
            at = next;
        }
        to.append(bytes, passed, at);
    }

    private boolean passes(RequestHead head) {
        int length = field.nameLength();
        if (length == 7 && head.upgrades() && field.isNamed("upgrade")) {
            return true;
        }
        if (hopByHop.has(field) || forwarded.takes(field)) {
            return false;
        }
        return switch (length) {
            case 4 -> head.authority == 0 || !field.isNamed("host");
            case 6 -> !head.isOld || !field.isNamed("expect");
            case 12 -> head.maxForwards < 0 || !field.isNamed("max-forwards");
            default -> true;
        };
    }
}
