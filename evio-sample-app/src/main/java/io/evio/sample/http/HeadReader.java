package io.evio.sample.http;

/** Reads the heads of requests, as far as this server cares. Used again for every request of every connection. */
final class HeadReader extends MessageReader<Request> {

    private final HttpLimits limits;
    private final RequestLine line;
    private final RequestMeaning meaning = new RequestMeaning();

    HeadReader(HttpLimits limits) {
        super(limits, true);
        this.limits = limits;
        this.line = new RequestLine(limits.requestLine());
    }

    @Override
    protected int firstLine(byte[] source, int from, int to, Request request) throws Refused {
        int next = line.read(source, from, to);
        if (next < 0) {
            goesOn(request, line.inside());
            return INCOMPLETE;
        }
        request.isOld = line.isOld();
        Method known = Method.of(source, line.method(), line.methodEnd());
        if (known == null) {
            throw new Refused(Status.NOT_IMPLEMENTED, "unknown method");
        }
        request.method = known;
        Target.read(source, line.target(), line.targetEnd(), request);
        return next;
    }

    @Override
    protected void field(FieldReader field, Request request) throws Refused {
        meaning.take(field, request);
    }

    @Override
    protected void complete(Request request) throws Refused {
        FieldMeaning.checkHosts(request.hosts, request);
        FieldMeaning.checkFraming(request);
        if (request.contentLength > limits.body()) {
            throw new Refused(Status.CONTENT_TOO_LARGE, "the body may have " + limits.body() + " bytes");
        }
    }
}
