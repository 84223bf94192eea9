package io.evio.internal.sys;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** Makes the connecting channels of {@link NioSockets}. */
final class NioConnector {

    private NioConnector() {}

    /** See {@link Sockets#connect}. */
    static SocketChannel connect(SocketAddress target, @Nullable SocketAddress source, ListenOptions options)
            throws SystemCallException {
        if (target instanceof AbstractSocketAddress unix) {
            throw "Linux".equals(System.getProperty("os.name")) ? unix.notWithNio() : unix.notOnThisSystem();
        }
        if (target instanceof InetSocketAddress) {
            NioOptions.require(options.tcp());
        }
        SocketChannel channel = open(target);
        String call = "setsockopt";
        try {
            channel.configureBlocking(false);
            if (target instanceof InetSocketAddress) {
                NioOptions.set(channel, options.tcp());
            }
            if (source != null) {
                call = "bind";
                channel.bind(source);
            }
            call = "connect";
            channel.connect(target);
            return channel;
        } catch (IOException e) {
            ChannelTable.close(channel);
            throw NioSockets.failure(call, e);
        }
    }

    private static SocketChannel open(SocketAddress target) throws SystemCallException {
        try {
            if (target instanceof UnixDomainSocketAddress) {
                return SocketChannel.open(StandardProtocolFamily.UNIX);
            }
            boolean four = ((InetSocketAddress) target).getAddress() instanceof Inet4Address;
            return SocketChannel.open(four ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
        } catch (UnsupportedOperationException e) {
            throw new SystemCallException("socket", Errno.EAFNOSUPPORT, e);
        } catch (IOException e) {
            throw NioSockets.failure("socket", e);
        }
    }
}
