package io.evio.sample.proxy;

import io.evio.Connection;
import io.evio.sample.http.Ascii;
import java.net.Inet6Address;
import java.net.InetSocketAddress;

/** The fields by which requests name their client to targets; made once for each connection. */
record Peer(boolean isTrusted, byte[] address, byte[] node, byte[] protocol, byte[] local) {

    private static final byte[] HTTP = Ascii.bytes("http");
    private static final byte[] HTTPS = Ascii.bytes("https");

    static Peer of(Connection client, TrustedProxies trusted) {
        byte[] protocol = client.tls() == null ? HTTP : HTTPS;
        byte[] local = Ascii.bytes(
                client.localAddress() instanceof InetSocketAddress address
                        ? inUrl(address) + ":" + address.getPort()
                        : "localhost");
        if (!(client.remoteAddress() instanceof InetSocketAddress address)) {
            byte[] unknown = Ascii.bytes("unknown");
            return new Peer(trusted.hasUnix(), unknown, Ascii.bytes("for=unknown"), protocol, local);
        }
        String url = inUrl(address);
        String node = url.charAt(0) == '[' ? "for=\"" + url + "\"" : "for=" + url;
        return new Peer(
                trusted.has(address.getAddress()), Ascii.bytes(literal(address)), Ascii.bytes(node), protocol, local);
    }

    private static String literal(InetSocketAddress address) {
        // Without the scope, which means nothing elsewhere.
        return address.getAddress().getHostAddress().replaceFirst("%.*", "");
    }

    private static String inUrl(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address ? "[" + literal(address) + "]" : literal(address);
    }
}
