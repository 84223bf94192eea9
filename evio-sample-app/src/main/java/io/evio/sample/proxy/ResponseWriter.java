package io.evio.sample.proxy;

import io.evio.sample.http.Ascii;
import io.evio.sample.http.DateField;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.Refused;

/**
 * Makes the head that a client gets out of the target's: fields that are passed on keep every byte, and framing and
 * connection are said anew. Used again for every response.
 */
final class ResponseWriter {

    /** The framing of the body that follows. */
    enum Framing {
        /** No body, and no length. */
        NOTHING,
        LENGTH,
        CHUNKED,
        /** By the end of the connection, for HTTP/1.0. */
        END
    }

    static final byte[] CLOSE = Ascii.bytes("Connection: close\r\n");
    static final byte[] KEEP_ALIVE = Ascii.bytes("Connection: keep-alive\r\n");

    private static final byte[] VERSION = Ascii.bytes("HTTP/1.1 ");
    private static final byte[] VIA_OLD = Ascii.bytes("Via: 1.0 evio\r\n");
    private static final byte[] VIA_NEW = Ascii.bytes("Via: 1.1 evio\r\n");
    private static final byte[] UPGRADE = Ascii.bytes("Connection: upgrade\r\n");
    private static final byte[] LENGTH = Ascii.bytes("Content-Length: ");
    private static final byte[] CHUNKED = Ascii.bytes("Transfer-Encoding: chunked\r\n");
    private static final byte[] CRLF = Ascii.bytes("\r\n");

    private final DateField date;
    private final FieldReader field = new FieldReader();
    private final HopByHop hopByHop = new HopByHop();

    ResponseWriter(DateField date) {
        this.date = date;
    }

    /** Writes the head of an interim response, or of a change of protocols. */
    void interim(HeadBuffer to, byte[] bytes, int start, int end, ResponseHead head) throws Refused {
        begin(to, bytes, start, end, head, false);
        if (head.code == 101) {
            to.append(UPGRADE);
        }
        to.append(CRLF);
    }

    /**
     * Writes the head of the response.
     *
     * @param bytes hold the target's head from {@code start} to {@code end}
     * @param request of the client
     * @param keepsOpen whether the client's connection goes on after it
     */
    void write(
            HeadBuffer to,
            byte[] bytes,
            int start,
            int end,
            ResponseHead head,
            RequestHead request,
            Framing framing,
            boolean keepsOpen)
            throws Refused {
        begin(to, bytes, start, end, head, framing == Framing.CHUNKED && request.takesTrailers);
        if (!head.hasDate) {
            to.append(date.line());
        }
        if (!keepsOpen) {
            to.append(CLOSE);
        } else if (request.isOld) {
            to.append(KEEP_ALIVE);
        }
        if (framing == Framing.CHUNKED) {
            to.append(CHUNKED);
        } else if (framing == Framing.LENGTH) {
            to.append(LENGTH);
            to.appendDecimal(head.contentLength);
            to.append(CRLF);
        }
        to.append(CRLF);
    }

    private void begin(HeadBuffer to, byte[] bytes, int start, int end, ResponseHead head, boolean trailers)
            throws Refused {
        to.clear();
        to.append(VERSION);
        to.append(bytes, start + head.codeStart, start + head.reasonEnd);
        if (start + head.reasonEnd == start + head.codeStart + 3) {
            to.append(' ');
        }
        to.append(CRLF);
        int from = start + head.fields();
        hopByHop.begin(bytes, from, end, field, head.namesFields);
        // Those that are passed on are copied together, up to the next one that is not.
        int passed = from;
        int at = from;
        for (int next = field.line(bytes, at, end); !field.isLast(); next = field.line(bytes, at, end)) {
            if (!passes(head, trailers)) {
                to.append(bytes, passed, at);
                passed = next;
            }
            at = next;
        }
        to.append(bytes, passed, at);
        to.append(head.isOld ? VIA_OLD : VIA_NEW);
    }

    private boolean passes(ResponseHead head, boolean trailers) {
        if (field.nameLength() == 7) {
            if (field.isNamed("upgrade")) {
                // 426 says what to upgrade to: RFC 9110, 15.5.22.
                return head.code == 101 || head.code == 426;
            }
            if (field.isNamed("trailer")) {
                return trailers;
            }
        }
        return !hopByHop.has(field);
    }
}
