package io.evio.sample.proxy;

import io.evio.sample.http.Ascii;
import io.evio.sample.http.Authority;
import io.evio.sample.http.Elements;
import io.evio.sample.http.FieldMeaning;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.HttpLimits;
import io.evio.sample.http.MessageReader;
import io.evio.sample.http.Refused;
import io.evio.sample.http.RequestLine;
import io.evio.sample.http.Status;

/** Reads the heads of requests that are passed on. Used again for every request of every connection. */
final class RequestReader extends MessageReader<RequestHead> {

    private final HttpLimits limits;
    private final RequestLine line;
    private final FieldMeaning framing = new FieldMeaning();
    private final Elements elements = new Elements();

    RequestReader(HttpLimits limits) {
        super(limits, true);
        this.limits = limits;
        this.line = new RequestLine(limits.requestLine());
    }

    @Override
    protected int firstLine(byte[] source, int from, int to, RequestHead head) throws Refused {
        int next = line.read(source, from, to);
        if (next < 0) {
            goesOn(head, line.inside());
            return INCOMPLETE;
        }
        head.isOld = line.isOld();
        head.methodEnd = line.methodEnd() - from;
        head.target = line.target() - from;
        head.targetEnd = line.targetEnd() - from;
        method(source, from, line.methodEnd(), head);
        target(source, line, head);
        return next;
    }

    private static void method(byte[] bytes, int from, int to, RequestHead head) {
        // A method has an exact case: RFC 9110, 9.1.
        switch (to - from) {
            case 3 -> head.isIdempotent = is("GET", bytes, from) || is("PUT", bytes, from);
            case 4 -> head.isHead = is("HEAD", bytes, from);
            case 5 -> head.isTrace = is("TRACE", bytes, from);
            case 6 -> head.isIdempotent = is("DELETE", bytes, from);
            case 7 -> {
                head.isOptions = is("OPTIONS", bytes, from);
                head.isConnect = is("CONNECT", bytes, from);
            }
            default -> {
                // Any other is passed on as it is.
            }
        }
        head.isIdempotent |= head.isHead || head.isTrace || head.isOptions;
    }

    private static boolean is(String word, byte[] bytes, int from) {
        for (int i = 0; i < word.length(); i++) {
            if (bytes[from + i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static void target(byte[] bytes, RequestLine line, RequestHead head) throws Refused {
        int from = line.target();
        int to = line.targetEnd();
        if (!Ascii.isPercentEncoded(bytes, from, to)) {
            throw Refused.bad("percent sign without two digits in the target");
        }
        if (head.isConnect) {
            return;
        }
        if (bytes[from] == '*' && to - from == 1) {
            if (!head.isOptions) {
                throw Refused.bad("* is only for OPTIONS");
            }
            return;
        }
        int path = from;
        if (bytes[from] != '/') {
            int host = afterScheme(bytes, from, to);
            path = host;
            while (path < to && bytes[path] != '/' && bytes[path] != '?') {
                path++;
            }
            if (path == host) {
                throw Refused.bad("target without a host");
            }
            Authority.check(bytes, host, path);
            head.authority = host - line.method();
            head.authorityEnd = path - line.method();
        }
        for (int i = path; i < to; i++) {
            if (bytes[i] == '[' || bytes[i] == ']') {
                throw Refused.bad("bracket in the target");
            }
        }
    }

    private static int afterScheme(byte[] bytes, int from, int to) throws Refused {
        for (int end = from + "http://".length(); end <= from + "https://".length(); end++) {
            if (end <= to && Ascii.isWord(end - from == 7 ? "http://" : "https://", bytes, from, end)) {
                return end;
            }
        }
        throw Refused.bad("neither a path nor an http target");
    }

    @Override
    protected void field(FieldReader field, RequestHead head) throws Refused {
        switch (field.nameLength()) {
            case 2 -> {
                if (field.isNamed("te")) {
                    elements.of(field);
                    while (elements.advance()) {
                        head.takesTrailers |= elements.is("trailers");
                    }
                }
            }
            case 4 -> {
                if (field.isNamed("host")) {
                    Authority.check(field.bytes(), field.valueStart(), field.valueEnd());
                    head.hosts++;
                    head.host = field.valueStart() - start();
                    head.hostEnd = field.valueEnd() - start();
                }
            }
            case 6 -> {
                if (field.isNamed("expect")) {
                    expect(field, head);
                }
            }
            case 7 -> {
                if (field.isNamed("upgrade")) {
                    elements.of(field);
                    while (elements.advance()) {
                        head.hasUpgrade = true;
                        head.hasUpgradeToHttp2 |= elements.is("h2c");
                    }
                }
            }
            case 10 -> {
                framing.take(field, head);
                head.namesFields |= field.isNamed("connection") && HopByHop.names(elements.of(field));
            }
            case 12 -> {
                if (field.isNamed("max-forwards") && (head.isTrace || head.isOptions)) {
                    maxForwards(field, head);
                }
            }
            case 17 -> {
                Coding.check(field, head);
                framing.take(field, head);
            }
            default -> framing.take(field, head);
        }
    }

    private void expect(FieldReader field, RequestHead head) throws Refused {
        elements.of(field);
        while (!head.isOld && elements.advance()) {
            if (!elements.is("100-continue")) {
                throw new Refused(Status.EXPECTATION_FAILED, "only 100-continue can be expected");
            }
            head.expectsContinue = true;
        }
    }

    private static void maxForwards(FieldReader field, RequestHead head) throws Refused {
        if (head.maxForwards >= 0) {
            throw Refused.bad("Max-Forwards more than once");
        }
        head.maxForwards = Ascii.decimal(field.bytes(), field.valueStart(), field.valueEnd());
        if (head.maxForwards < 0) {
            throw Refused.bad("Max-Forwards is not a number");
        }
    }

    @Override
    protected void complete(RequestHead head) throws Refused {
        FieldMeaning.checkHosts(head.hosts, head);
        FieldMeaning.checkFraming(head);
        if (head.isTrace && head.hasBody()) {
            throw Refused.bad("TRACE with content");
        }
        if (head.contentLength > limits.body()) {
            throw new Refused(Status.CONTENT_TOO_LARGE, "the body may have " + limits.body() + " bytes");
        }
    }
}
