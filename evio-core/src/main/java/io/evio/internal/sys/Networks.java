package io.evio.internal.sys;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Networks as users write them, in CIDR notation (RFC 4632, 3.1): {@code 10.0.0.0/8}, {@code fd00::/8}, a single
 * address, or {@code unix} for the peers of unix sockets. Immutable.
 */
public final class Networks {

    private static final String UNIX = "unix";

    private static final String FORMS = "Use a network such as 10.0.0.0/8 or fd00::/8, an address, or unix";

    /** An IPv4 network is held as the part of IPv6 that its addresses are mapped to, see {@link PeerAddress}. */
    private record Network(boolean isIpv4, long high, long low, long highMask, long lowMask) {

        boolean contains(PeerAddress peer) {
            return peer.isIpv4() == isIpv4 && (peer.high & highMask) == high && (peer.low & lowMask) == low;
        }
    }

    private final List<String> texts;
    private final List<Network> networks = new ArrayList<>();
    private boolean unix;

    /** @throws IllegalArgumentException when one is malformed, with the reason and the right form */
    public Networks(List<String> texts) {
        this.texts = List.copyOf(texts);
        for (String text : this.texts) {
            if (text.equals(UNIX)) {
                unix = true;
            } else {
                networks.add(parse(text));
            }
        }
    }

    private static Network parse(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        byte[] ipv4 = IpLiteral.ipv4(literal);
        byte[] address = ipv4 == null ? IpLiteral.ipv6(literal) : ipv4;
        if (address == null) {
            throw malformed(
                    text,
                    literal.indexOf('%') >= 0
                            ? "a network has no scope"
                            : "'" + literal + "' is no IP address, and names are not looked up");
        }
        int bits = address.length * Byte.SIZE;
        int prefix = slash < 0 ? bits : IpLiteral.decimal(text.substring(slash + 1), bits);
        if (prefix < 0) {
            throw malformed(text, "a prefix behind the slash is a number from 0 to " + bits);
        }
        PeerAddress numbers = new PeerAddress();
        numbers.set(address);
        // A network within the mapped addresses is one of IPv4, however it is written.
        int length = prefix + 128 - bits;
        boolean isIpv4 = numbers.isIpv4() && length >= 96;
        long highMask = mask(Math.min(length, 64));
        long lowMask = mask(Math.max(length - 64, 0));
        if ((numbers.high & ~highMask) != 0 || (numbers.low & ~lowMask) != 0) {
            throw malformed(
                    text,
                    "there are ones behind its prefix, so that it is not clear which network is meant: "
                            + masked(address, prefix) + "/" + prefix + ", or the address alone");
        }
        return new Network(isIpv4, numbers.high, numbers.low, highMask, lowMask);
    }

    /** Returns a mask of so many leading ones, from 0 to 64. */
    private static long mask(int ones) {
        return ones == 0 ? 0 : -1L << (Long.SIZE - ones);
    }

    private static String masked(byte[] address, int prefix) {
        byte[] network = address.clone();
        for (int i = prefix; i < network.length * Byte.SIZE; i++) {
            network[i / Byte.SIZE] &= (byte) ~(0x80 >> i % Byte.SIZE);
        }
        try {
            if (network.length == 4) {
                return InetAddress.getByAddress(network).getHostAddress();
            }
        } catch (UnknownHostException e) {
            throw new AssertionError("4 bytes are always an address", e);
        }
        ByteBuffer groups = ByteBuffer.wrap(network);
        return IntStream.range(0, 8)
                .mapToObj(i -> Integer.toHexString(groups.getShort(2 * i) & 0xffff))
                .collect(Collectors.joining(":"));
    }

    private static IllegalArgumentException malformed(String text, String reason) {
        return new IllegalArgumentException("The network '" + text + "' is malformed: " + reason + ". " + FORMS);
    }

    /** Returns whether the peer is in one of them. */
    public boolean contains(PeerAddress peer) {
        if (peer.portAndScope == PeerAddress.UNIX) {
            return unix;
        }
        for (Network network : networks) {
            if (network.contains(peer)) {
                return true;
            }
        }
        return false;
    }

    public boolean isEmpty() {
        return texts.isEmpty();
    }

    /** Returns them as they were written. */
    public List<String> texts() {
        return texts;
    }

    @Override
    public String toString() {
        return texts.toString();
    }
}
