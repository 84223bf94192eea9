package io.evio.sample.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The proxies in front whose word on their clients is taken: addresses, ranges as 10.0.0.0/8, and {@code unix}. */
final class TrustedProxies {

    private static final String UNIX = "unix";

    /** Without names, which would have to be looked up. */
    private static final Pattern LITERAL = Pattern.compile("\\d+\\.\\d+\\.\\d+\\.\\d+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    private record Range(byte[] address, int bits) {

        boolean has(byte[] other) {
            if (other.length != address.length) {
                return false;
            }
            for (int i = 0; i < bits; i++) {
                int bit = 0x80 >> i % 8;
                if ((address[i / 8] & bit) != (other[i / 8] & bit)) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Range> ranges = new ArrayList<>();
    private final boolean unix;

    TrustedProxies(List<String> texts) {
        this.unix = texts.contains(UNIX);
        for (String text : texts) {
            if (!text.equals(UNIX)) {
                ranges.add(range(text));
            }
        }
    }

    private static Range range(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        try {
            if (LITERAL.matcher(literal).matches()) {
                byte[] address = InetAddress.getByName(literal).getAddress();
                int bits = slash < 0 ? address.length * 8 : Integer.parseInt(text.substring(slash + 1));
                if (bits >= 0 && bits <= address.length * 8) {
                    return new Range(address, bits);
                }
            }
        } catch (UnknownHostException | NumberFormatException e) {
            throw new IllegalArgumentException(reason(text), e);
        }
        throw new IllegalArgumentException(reason(text));
    }

    private static String reason(String text) {
        return "sample.proxy.trusted-proxies: '" + text
                + "' is neither an address, nor a range of them as 10.0.0.0/8, nor " + UNIX;
    }

    boolean hasUnix() {
        return unix;
    }

    boolean has(InetAddress peer) {
        byte[] address = peer.getAddress();
        return ranges.stream().anyMatch(range -> range.has(address));
    }
}
