package io.evio.internal.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes the headers of the PROXY protocol, versions 1 and 2. */
public final class ProxyHeader {

    private static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
    private static final byte LOCAL = 0x20;
    private static final byte PROXY = 0x21;
    private static final byte TCP4 = 0x11;
    private static final byte TCP6 = 0x21;
    private static final byte UNSPECIFIED = 0;

    private ProxyHeader() {}

    /**
     * Returns a header of version 1; {@code UNKNOWN} without two TCP addresses.
     *
     * @param client where the client connects from; null when the connection is our own
     * @param server where it connects to
     */
    public static byte[] version1(@Nullable SocketAddress client, @Nullable SocketAddress server) {
        if (!(client instanceof InetSocketAddress from) || !(server instanceof InetSocketAddress to)) {
            return "PROXY UNKNOWN\r\n".getBytes(StandardCharsets.US_ASCII);
        }
        boolean four = isIpv4(from, to);
        return String.format(
                        "PROXY %s %s %s %d %d\r\n",
                        four ? "TCP4" : "TCP6", text(from, four), text(to, four), from.getPort(), to.getPort())
                .getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Returns a header of version 2; of the command LOCAL without a client, and without addresses for others than TCP.
     */
    public static byte[] version2(@Nullable SocketAddress client, @Nullable SocketAddress server) {
        ByteBuffer header = ByteBuffer.allocate(16 + 36).put(SIGNATURE);
        if (!(client instanceof InetSocketAddress from) || !(server instanceof InetSocketAddress to)) {
            header.put(client == null ? LOCAL : PROXY).put(UNSPECIFIED).putShort((short) 0);
        } else {
            boolean four = isIpv4(from, to);
            header.put(PROXY)
                    .put(four ? TCP4 : TCP6)
                    .putShort((short) (four ? 12 : 36))
                    .put(bytes(from, four))
                    .put(bytes(to, four))
                    .putShort((short) from.getPort())
                    .putShort((short) to.getPort());
        }
        byte[] bytes = new byte[header.position()];
        header.get(0, bytes);
        return bytes;
    }

    private static boolean isIpv4(InetSocketAddress from, InetSocketAddress to) {
        return from.getAddress() instanceof Inet4Address && to.getAddress() instanceof Inet4Address;
    }

    private static String text(InetSocketAddress address, boolean four) {
        if (!four && address.getAddress() instanceof Inet4Address) {
            return "::ffff:" + address.getAddress().getHostAddress();
        }
        String text = address.getAddress().getHostAddress();
        int scope = text.indexOf('%');
        return scope < 0 ? text : text.substring(0, scope);
    }

    /** The address, mapped to IPv6 where the other one is (RFC 4291, 2.5.5.2). */
    private static byte[] bytes(InetSocketAddress address, boolean four) {
        InetAddress ip = address.getAddress();
        if (four || !(ip instanceof Inet4Address)) {
            return ip.getAddress();
        }
        return ByteBuffer.allocate(16)
                .putShort(10, (short) -1)
                .put(12, ip.getAddress())
                .array();
    }
}
