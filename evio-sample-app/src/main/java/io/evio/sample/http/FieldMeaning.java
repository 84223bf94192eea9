package io.evio.sample.http;

/** What the header fields that matter to this server say of a request; all others are passed over. */
final class FieldMeaning {

    private final Elements elements = new Elements();

    /** Takes one field into account. */
    void take(FieldReader field, Request request) throws Refused {
        switch (field.nameLength()) {
            case 4 -> {
                if (field.isNamed("host")) {
                    Authority.check(field.bytes(), field.valueStart(), field.valueEnd());
                    request.hosts++;
                }
            }
            case 6 -> {
                if (field.isNamed("expect")) {
                    expect(field, request);
                }
            }
            case 7 -> {
                if (field.isNamed("upgrade")) {
                    upgrade(field, request);
                }
            }
            case 10 -> {
                if (field.isNamed("connection")) {
                    connection(field, request);
                }
            }
            case 14 -> {
                if (field.isNamed("content-length")) {
                    contentLength(field, request);
                }
            }
            case 17 -> {
                if (field.isNamed("transfer-encoding")) {
                    transferEncoding(field, request);
                }
            }
            default -> {
                // No other name that matters has this length.
            }
        }
    }

    private void expect(FieldReader field, Request request) throws Refused {
        elements.of(field);
        while (elements.advance()) {
            if (!elements.is("100-continue")) {
                throw new Refused(Status.EXPECTATION_FAILED, "only 100-continue can be expected");
            }
            request.expectsContinue = true;
        }
    }

    private void upgrade(FieldReader field, Request request) {
        elements.of(field);
        while (elements.advance()) {
            request.upgradesToChat |= elements.is("chat");
        }
    }

    private void connection(FieldReader field, Request request) {
        elements.of(field);
        while (elements.advance()) {
            request.asksToClose |= elements.is("close");
            request.asksToKeepAlive |= elements.is("keep-alive");
            request.asksToUpgrade |= elements.is("upgrade");
        }
    }

    private static void contentLength(FieldReader field, Request request) throws Refused {
        long length = Ascii.decimal(field.bytes(), field.valueStart(), field.valueEnd());
        if (length < 0) {
            throw Refused.bad("Content-Length is not a number");
        }
        if (request.contentLength >= 0) {
            throw Refused.bad("Content-Length more than once");
        }
        request.contentLength = length;
    }

    private void transferEncoding(FieldReader field, Request request) throws Refused {
        request.hasTransferEncoding = true;
        elements.of(field);
        while (elements.advance()) {
            if (request.isChunked) {
                throw Refused.bad("chunked is not the last transfer coding");
            }
            if (elements.isWithParameters("chunked")) {
                throw Refused.bad("chunked has no parameters");
            }
            if (!elements.is("chunked")) {
                throw new Refused(Status.NOT_IMPLEMENTED, "only the transfer coding chunked is known");
            }
            request.isChunked = true;
        }
    }

    /** What only the whole head tells: RFC 9112, 3.2 and 6. */
    static void check(Request request, HttpLimits limits) throws Refused {
        if (request.hosts > 1 || (request.hosts == 0 && !request.isOld)) {
            throw Refused.bad(request.hosts == 0 ? "Host is missing" : "Host more than once");
        }
        if (request.hasTransferEncoding) {
            if (request.contentLength >= 0) {
                throw Refused.bad("Content-Length with Transfer-Encoding");
            }
            if (request.isOld || !request.isChunked) {
                throw Refused.bad(
                        request.isOld ? "Transfer-Encoding in HTTP/1.0" : "Transfer-Encoding without chunked");
            }
        }
        if (request.contentLength > limits.body()) {
            throw new Refused(Status.CONTENT_TOO_LARGE, "the body may have " + limits.body() + " bytes");
        }
    }
}
