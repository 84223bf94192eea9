package io.evio.sample.http;

/** A host with or without a port, as in Host and in an absolute target: RFC 9110, 7.2. */
public final class Authority {

    private Authority() {}

    /** Refuses anything else; nothing at all is a host that is not known, and fine. */
    public static void check(byte[] bytes, int from, int to) throws Refused {
        int hostEnd = from < to && bytes[from] == '[' ? literalEnd(bytes, from, to) : nameEnd(bytes, from, to);
        if (hostEnd < to) {
            if (bytes[hostEnd] != ':' || (hostEnd == from) || port(bytes, hostEnd + 1, to) > 0xffff) {
                throw Refused.bad("not a host");
            }
        }
    }

    private static int nameEnd(byte[] bytes, int from, int to) throws Refused {
        int end = Ascii.skip(Ascii.HOST, bytes, from, to);
        if (!Ascii.isPercentEncoded(bytes, from, end)) {
            throw Refused.bad("not a host");
        }
        return end;
    }

    /** Of an IPv6 address in brackets. */
    private static int literalEnd(byte[] bytes, int from, int to) throws Refused {
        int end = from + 1;
        int colons = 0;
        while (end < to && (Ascii.hexDigit(bytes[end]) >= 0 || bytes[end] == ':' || bytes[end] == '.')) {
            colons += bytes[end] == ':' ? 1 : 0;
            end++;
        }
        if (end == to || bytes[end] != ']' || colons < 2) {
            throw Refused.bad("not a host");
        }
        return end + 1;
    }

    /** The port's number, 0 when it is left out behind the colon; too large a number when it is none. */
    private static long port(byte[] bytes, int from, int to) {
        if (from == to) {
            return 0;
        }
        long port = Ascii.decimal(bytes, from, to);
        return port < 0 ? Long.MAX_VALUE : port;
    }
}
