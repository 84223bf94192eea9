package io.evio.internal.sys;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/**
 * The peer's address as {@link Sockets#accept} leaves it, in numbers: a connection keeps these and makes objects of
 * them only when somebody asks. IPv4 is held as an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), a unix peer as
 * {@link #UNIX}.
 */
public final class PeerAddress {

    /** The value of {@link #portAndScope} for the peer of a unix socket, which has no address. */
    public static final int UNIX = -1;

    /** The twelve bytes in front of an IPv4 address, as they stand in {@link #low}. */
    static final long MAPPED = 0xffff_0000_0000L;

    private static final SocketAddress UNNAMED = UnixDomainSocketAddress.of("");

    /** The first eight bytes of the address, big-endian. */
    public long high;

    /** The last eight bytes of the address, big-endian. */
    public long low;

    /** The port in the low 16 bits, the IPv6 scope (its low 16 bits) above it; or {@link #UNIX}. */
    public int portAndScope;

    /** Another one with the same numbers, for who keeps it. */
    public PeerAddress copy() {
        PeerAddress copy = new PeerAddress();
        copy.high = high;
        copy.low = low;
        copy.portAndScope = portAndScope;
        return copy;
    }

    /**
     * Returns whether the address is an IPv4 one, of which the low 32 bits of {@link #low} are all there is to know.
     */
    public boolean isIpv4() {
        return high == 0 && low >>> 32 == MAPPED >>> 32;
    }

    /** Makes the JDK's address of an IPv4 address as a number, big-endian, and a port or {@link #UNIX}. */
    public static SocketAddress toSocketAddress(int ipv4, int port) {
        return toSocketAddress(0, MAPPED | Integer.toUnsignedLong(ipv4), port);
    }

    /** Returns the numbers of the JDK's address; those of a unix peer for any that is not of the internet. */
    public static PeerAddress of(SocketAddress address) {
        PeerAddress numbers = new PeerAddress();
        if (address instanceof InetSocketAddress inet) {
            numbers.set(inet);
        } else {
            numbers.portAndScope = UNIX;
        }
        return numbers;
    }

    /** Takes the three numbers from the JDK's address. */
    public void set(InetSocketAddress address) {
        set(address.getAddress().getAddress());
        int scope = address.getAddress() instanceof Inet6Address v6 ? v6.getScopeId() : 0;
        portAndScope = address.getPort() | scope << 16;
    }

    /** Takes an address of 4 or 16 bytes, and no port. */
    void set(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        boolean four = bytes.length == Integer.BYTES;
        high = four ? 0 : in.getLong(0);
        low = four ? MAPPED | Integer.toUnsignedLong(in.getInt(0)) : in.getLong(8);
        portAndScope = 0;
    }

    /** Makes the JDK's address of the three numbers. */
    public static SocketAddress toSocketAddress(long high, long low, int portAndScope) {
        if (portAndScope == UNIX) {
            return UNNAMED;
        }
        byte[] bytes = ByteBuffer.allocate(16).putLong(high).putLong(low).array();
        int scope = portAndScope >>> 16;
        try {
            // getByAddress makes an Inet4Address of an IPv4-mapped address by itself.
            InetAddress address =
                    scope == 0 ? InetAddress.getByAddress(bytes) : Inet6Address.getByAddress(null, bytes, scope);
            return new InetSocketAddress(address, portAndScope & 0xffff);
        } catch (UnknownHostException e) {
            throw new AssertionError("16 bytes are always an address", e);
        }
    }
}
