package io.evio.sample.http;

import io.evio.Output;

/** Replies as HTTP/1.1 writes them. Whatever does not change is made once. */
final class Replies {

    private static final byte[] CONTINUE = Ascii.bytes("HTTP/1.1 100 Continue\r\n\r\n");
    private static final byte[] CLOSE = Ascii.bytes("Connection: close\r\n");
    private static final byte[] KEEP_ALIVE = Ascii.bytes("Connection: keep-alive\r\n");
    private static final byte[] UPGRADE = Ascii.bytes("Connection: upgrade\r\nUpgrade: chat\r\n");
    private static final byte[] EMPTY = Ascii.bytes("Content-Length: 0\r\n\r\n");
    private static final byte[] PLAIN = Ascii.bytes("Content-Type: text/plain\r\nContent-Length: ");
    private static final byte[] STREAM = Ascii.bytes("Content-Type: text/plain\r\n");
    private static final byte[] CHUNKED = Ascii.bytes("Transfer-Encoding: chunked\r\n");
    private static final byte[] CRLF = Ascii.bytes("\r\n");

    private static final byte[] PAGE = Ascii.bytes("""
            <!doctype html>
            <title>evio</title>
            <h1>It works</h1>
            <p>This page comes out of one event loop. So do
            <a href="/slow">/slow</a> and <a href="/stream?size=1000">/stream?size=1000</a>.
            """);
    private static final byte[] PAGE_HEAD =
            Ascii.bytes("Content-Type: text/html; charset=utf-8\r\nContent-Length: " + PAGE.length + "\r\n\r\n");

    private final DateField date = new DateField();

    DateField date() {
        return date;
    }

    /** The fixed page. */
    void page(Output out, Request request) {
        begin(out, Status.OK, request);
        out.write(PAGE_HEAD);
        if (request.method != Method.HEAD) {
            out.write(PAGE);
        }
    }

    /** @param text ASCII */
    void text(Output out, Status status, Request request, String text) {
        begin(out, status, request);
        plain(out, request, text);
    }

    /** The methods of the request's route. */
    void options(Output out, Request request) {
        begin(out, Status.OK, request);
        out.write(request.route.allow());
        out.write(EMPTY);
    }

    /**
     * The head in front of a body that is not known yet: chunks, or for HTTP/1.0 all bytes until the connection ends.
     */
    void streamHead(Output out, Request request) {
        begin(out, Status.OK, request);
        out.write(STREAM);
        if (!request.isOld) {
            out.write(CHUNKED);
        }
        out.write(CRLF);
    }

    void proceed(Output out) {
        out.write(CONTINUE);
    }

    /** From the next byte on it is the chat's protocol. */
    void switchToChat(Output out) {
        out.write(Status.SWITCHING_PROTOCOLS.line());
        out.write(date.line());
        out.write(UPGRADE);
        out.write(CRLF);
    }

    void upgradeRequired(Output out, Request request) {
        begin(out, Status.UPGRADE_REQUIRED, request);
        out.write(UPGRADE);
        plain(out, request, "ask for it with Connection: upgrade and Upgrade: chat\n");
    }

    /** The route does not have the request's method. */
    void methodNotAllowed(Output out, Request request) {
        begin(out, Status.METHOD_NOT_ALLOWED, request);
        out.write(request.route.allow());
        plain(out, request, "not with this method\n");
    }

    /** The last reply of a connection. */
    void refusal(Output out, Request request, Refused refused) {
        request.asksToClose = true;
        begin(out, refused.status(), request);
        plain(out, request, refused.reason() + "\n");
    }

    private void begin(Output out, Status status, Request request) {
        out.write(status.line());
        out.write(date.line());
        if (!request.isPersistent()) {
            out.write(CLOSE);
        } else if (request.isOld) {
            out.write(KEEP_ALIVE);
        }
    }

    private static void plain(Output out, Request request, String text) {
        out.write(PLAIN);
        out.writeDecimal(text.length());
        out.write(CRLF);
        out.write(CRLF);
        if (request.method != Method.HEAD) {
            out.writeAscii(text);
        }
    }
}
