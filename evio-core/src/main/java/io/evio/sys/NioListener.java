package io.evio.sys;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;

/** Makes the listening channels of {@link NioSockets}, and refuses what Java cannot make. */
final class NioListener {

    private NioListener() {}

    /** See {@link Sockets#listen}. */
    static ServerSocketChannel listen(SocketAddress bindTo, ListenOptions options) throws SystemCallException {
        ServerSocketChannel channel = open(bindTo);
        try {
            channel.configureBlocking(false);
            if (bindTo instanceof UnixDomainSocketAddress unix && options.unixPermissions() >= 0) {
                PermittedFile.bind(channel, unix.getPath(), options.unixPermissions(), options.backlog());
            } else {
                setOptions(channel, bindTo, options);
                channel.bind(bindTo, options.backlog());
            }
            return channel;
        } catch (SystemCallException | UnsupportedSystemException e) {
            NioSockets.close(channel);
            throw e;
        } catch (IOException e) {
            NioSockets.close(channel);
            throw NioSockets.failure("bind", e);
        }
    }

    private static ServerSocketChannel open(SocketAddress bindTo) throws SystemCallException {
        try {
            if (bindTo instanceof UnixDomainSocketAddress) {
                return ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            }
            boolean four = ((InetSocketAddress) bindTo).getAddress() instanceof Inet4Address;
            return ServerSocketChannel.open(four ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
        } catch (UnsupportedOperationException e) {
            throw new SystemCallException("socket", Errno.EAFNOSUPPORT, e);
        } catch (IOException e) {
            throw NioSockets.failure("socket", e);
        }
    }

    /** A socket for every IPv6 interface takes IPv4 too, as the JDK makes it, and SO_REUSEADDR is set by the JDK where it is safe. */
    private static void setOptions(ServerSocketChannel channel, SocketAddress bindTo, ListenOptions options)
            throws IOException {
        if (options.ipv6Only() && ((InetSocketAddress) bindTo).getAddress().isAnyLocalAddress()) {
            throw new UnsupportedSystemException(
                    "the poller nio cannot keep IPv4 out of a socket for every interface, because Java has no IPV6_V6ONLY",
                    "Use tcp:// for both families, or the address of one interface, as in tcp6://[::1]:5000",
                    null);
        }
        if (options.reusePort()) {
            if (!channel.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT)) {
                throw new UnsupportedSystemException(
                        "this system does not let several processes listen on a port (SO_REUSEPORT)",
                        "Leave reuse-port off",
                        null);
            }
            channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
        }
    }
}
