package io.evio.sample.http;

/** Takes from header fields what they say of a message's framing and its connection, and passes over all others. */
public final class FieldMeaning {

    private final Elements elements = new Elements();

    /** Takes one field into account. */
    public void take(FieldReader field, MessageHead head) throws Refused {
        switch (field.nameLength()) {
            case 10 -> {
                if (field.isNamed("connection")) {
                    connection(field, head);
                }
            }
            case 14 -> {
                if (field.isNamed("content-length")) {
                    contentLength(field, head);
                }
            }
            case 17 -> {
                if (field.isNamed("transfer-encoding")) {
                    transferEncoding(field, head);
                }
            }
            default -> {
                // No other name that matters has this length.
            }
        }
    }

    private void connection(FieldReader field, MessageHead head) {
        elements.of(field);
        while (elements.advance()) {
            head.asksToClose |= elements.is("close");
            head.asksToKeepAlive |= elements.is("keep-alive");
            head.asksToUpgrade |= elements.is("upgrade");
        }
    }

    private static void contentLength(FieldReader field, MessageHead head) throws Refused {
        long length = Ascii.decimal(field.bytes(), field.valueStart(), field.valueEnd());
        if (length < 0) {
            throw Refused.bad("Content-Length is not a number");
        }
        if (head.contentLength >= 0) {
            throw Refused.bad("Content-Length more than once");
        }
        head.contentLength = length;
    }

    private void transferEncoding(FieldReader field, MessageHead head) throws Refused {
        head.hasTransferEncoding = true;
        elements.of(field);
        while (elements.advance()) {
            if (head.isChunked) {
                throw Refused.bad("chunked is not the last transfer coding");
            }
            if (elements.isWithParameters("chunked")) {
                throw Refused.bad("chunked has no parameters");
            }
            if (!elements.is("chunked")) {
                throw new Refused(Status.NOT_IMPLEMENTED, "only the transfer coding chunked is known");
            }
            head.isChunked = true;
        }
    }

    /** Refuses a request with too many or too few of Host: RFC 9112, 3.2. */
    public static void checkHosts(int hosts, MessageHead head) throws Refused {
        if (hosts > 1 || (hosts == 0 && !head.isOld)) {
            throw Refused.bad(hosts == 0 ? "Host is missing" : "Host more than once");
        }
    }

    /** Decides the framing by the whole head: RFC 9112, 6. */
    public static void checkFraming(MessageHead head) throws Refused {
        if (head.hasTransferEncoding) {
            if (head.contentLength >= 0) {
                throw Refused.bad("Content-Length with Transfer-Encoding");
            }
            if (head.isOld || !head.isChunked) {
                throw Refused.bad(head.isOld ? "Transfer-Encoding in HTTP/1.0" : "Transfer-Encoding without chunked");
            }
        }
    }
}
