package io.evio.sample.http;

/** Takes a request's target apart: RFC 9112, 3.2. */
final class Target {

    private static final String SCHEME = "http://";

    private Target() {}

    /** Finds the route and its number; the method is known already. */
    static void read(byte[] bytes, int from, int to, Request request) throws Refused {
        if (!Ascii.isPercentEncoded(bytes, from, to)) {
            throw Refused.bad("percent sign without two digits in the target");
        }
        if (bytes[from] == '*' && to - from == 1) {
            if (request.method != Method.OPTIONS) {
                throw Refused.bad("* is only for OPTIONS");
            }
            request.route = Route.SERVER;
            return;
        }
        int path = bytes[from] == '/' ? from : afterAuthority(bytes, from, to);
        int pathEnd = find('?', bytes, path, to);
        for (int i = path; i < to; i++) {
            if (bytes[i] == '[' || bytes[i] == ']') {
                throw Refused.bad("bracket in the target");
            }
        }
        if (path < pathEnd) {
            request.route = Route.of(bytes, path, pathEnd);
        } else {
            // http://host asks for its root; for OPTIONS, for the server as a whole.
            request.route = request.method == Method.OPTIONS && path == to ? Route.SERVER : Route.PAGE;
        }
        request.number = number(request.route, bytes, Math.min(pathEnd + 1, to), to);
    }

    /** Of a target with a scheme and a host, which is used instead of the one in Host. */
    private static int afterAuthority(byte[] bytes, int from, int to) throws Refused {
        int host = from + SCHEME.length();
        if (host > to || !Ascii.isWord(SCHEME, bytes, from, host)) {
            throw Refused.bad("neither a path nor an http target");
        }
        int end = Math.min(find('/', bytes, host, to), find('?', bytes, host, to));
        if (end == host) {
            throw Refused.bad("target without a host");
        }
        Authority.check(bytes, host, end);
        return end;
    }

    private static int find(char wanted, byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && bytes[i] != wanted) {
            i++;
        }
        return i;
    }

    /** The value of the route's own parameter in the query; -1 without. */
    private static long number(Route route, byte[] bytes, int query, int to) throws Refused {
        String name = route.parameter();
        if (name.isEmpty()) {
            return -1;
        }
        for (int at = query; at < to; ) {
            int end = find('&', bytes, at, to);
            int value = at + name.length();
            if (value <= end && Ascii.isWord(name, bytes, at, value)) {
                long number = Ascii.decimal(bytes, value, end);
                if (number < 0) {
                    throw Refused.bad(name + " needs a number");
                }
                return number;
            }
            at = end + 1;
        }
        return -1;
    }
}
