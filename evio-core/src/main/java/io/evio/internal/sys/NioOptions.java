package io.evio.internal.sys;

import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;

/** The options of connections that are java.nio's channels. */
final class NioOptions {

    private NioOptions() {}

    /** See {@link Sockets#setNoDelay}. */
    static void setNoDelay(SocketChannel channel, boolean on) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, on);
    }

    /** See {@link Sockets#setKeepAlive}. */
    static void setKeepAlive(SocketChannel channel, boolean on, int idleSeconds) throws IOException {
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, on);
        if (idleSeconds > 0) {
            setIdle(channel, idleSeconds);
        }
    }

    /** By name, because it is in a module that a JDK may lack. */
    @SuppressWarnings("unchecked")
    private static void setIdle(SocketChannel channel, int seconds) throws IOException {
        for (SocketOption<?> option : channel.supportedOptions()) {
            if (option.name().equals("TCP_KEEPIDLE")) {
                channel.setOption((SocketOption<Integer>) option, seconds);
                return;
            }
        }
        throw new SystemCallException("setsockopt", Errno.ENOPROTOOPT);
    }
}
