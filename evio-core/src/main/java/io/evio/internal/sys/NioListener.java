package io.evio.internal.sys;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import org.jspecify.annotations.Nullable;

/** Makes the listening channels of {@link NioSockets} and accepts from them, and refuses what Java cannot make. */
final class NioListener {

    private NioListener() {}

    /** See {@link Sockets#listen}. */
    static ServerSocketChannel listen(SocketAddress bindTo, ListenOptions options) throws SystemCallException {
        if (bindTo instanceof HandedOverSocket socket) {
            throw socket.notWithNio();
        }
        if (bindTo instanceof AbstractSocketAddress unix) {
            throw "Linux".equals(System.getProperty("os.name")) ? unix.notWithNio() : unix.notOnThisSystem();
        }
        ServerSocketChannel channel = open(bindTo);
        try {
            channel.configureBlocking(false);
            if (bindTo instanceof UnixDomainSocketAddress unix) {
                if (options.unixPermissions() >= 0) {
                    PermittedFile.bind(channel, unix.getPath(), options.unixPermissions(), options.backlog());
                } else {
                    bindUnix(channel, unix, options.backlog());
                }
            } else {
                setOptions(channel, bindTo, options);
                channel.bind(bindTo, options.backlog());
            }
            return channel;
        } catch (SystemCallException | UnsupportedSystemException e) {
            ChannelTable.close(channel);
            throw e;
        } catch (IOException e) {
            ChannelTable.close(channel);
            throw NioSockets.failure("bind", e);
        }
    }

    /**
     * Java calls bind(2), which makes the file, and listen(2), and does not say which has failed. It was listen(2) when
     * there is a file where none was: another's in between would have made bind(2) say {@code EADDRINUSE}.
     */
    private static void bindUnix(ServerSocketChannel channel, UnixDomainSocketAddress address, int backlog)
            throws IOException {
        boolean free = Files.notExists(address.getPath(), LinkOption.NOFOLLOW_LINKS);
        try {
            channel.bind(address, backlog);
        } catch (IOException e) {
            int errno = JavaErrors.errno(e);
            if (free
                    && errno != Errno.EADDRINUSE
                    && SocketFile.isSocket(address.getPath())
                    && NioProbe.connect(address) == -Errno.ECONNREFUSED) {
                throw new SystemCallException("listen", errno, e);
            }
            throw e;
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

    /**
     * A socket for every IPv6 interface takes IPv4 too, as the JDK makes it, and SO_REUSEADDR is set by the JDK where
     * it is safe.
     */
    private static void setOptions(ServerSocketChannel channel, SocketAddress bindTo, ListenOptions options)
            throws IOException {
        NioOptions.require(options.tcp());
        if (options.ipv6Only() && ((InetSocketAddress) bindTo).getAddress().isAnyLocalAddress()) {
            throw new UnsupportedSystemException(
                    "the poller nio cannot keep IPv4 out of a socket for every interface, because Java has no"
                            + " IPV6_V6ONLY",
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

    /**
     * Takes one connection, or null when there is none.
     *
     * @throws SystemCallException when there is none and the listener is to be left alone for a while, or the one there
     *     was is lost
     */
    static @Nullable SocketChannel accept(ServerSocketChannel listener, ListenOptions options, PeerAddress peer)
            throws SystemCallException {
        SocketChannel accepted = null;
        try {
            accepted = listener.accept();
            if (accepted != null) {
                accepted.configureBlocking(false);
                if (accepted.getRemoteAddress() instanceof InetSocketAddress inet) {
                    peer.set(inet);
                    NioOptions.set(accepted, options.tcp());
                } else {
                    peer.portAndScope = PeerAddress.UNIX;
                }
            }
            return accepted;
        } catch (IOException e) {
            if (accepted != null) {
                ChannelTable.close(accepted);
                throw new SystemCallException("accept", Errno.ECONNABORTED, e); // by a peer that has left already
            }
            // What has no number is a shortage too: what else there is ends the connection, and accept(2) goes on.
            int errno = JavaErrors.errno(e);
            throw new SystemCallException("accept", errno == Errno.EIO ? Errno.ENOBUFS : errno, e);
        }
    }
}
