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
        if (on && idleSeconds > 0) {
            setByName(channel, "TCP_KEEPIDLE", idleSeconds);
        }
    }

    /**
     * Refuses what Java cannot set.
     *
     * @throws UnsupportedSystemException saying what that is
     */
    static void require(TcpOptions options) {
        if (options.userTimeoutMillis() > 0) {
            throw new UnsupportedSystemException(
                    "the poller nio cannot set user-timeout, because Java has no TCP_USER_TIMEOUT",
                    "Leave user-timeout out, or use another poller",
                    null);
        }
    }

    /** Sets what a connection is to have. */
    static void set(SocketChannel channel, TcpOptions options) throws IOException {
        setNoDelay(channel, options.noDelay());
        setKeepAlive(channel, options.keepAlive(), options.keepIdleSeconds());
        if (options.keepAlive() && options.keepIntervalSeconds() > 0) {
            setByName(channel, "TCP_KEEPINTERVAL", options.keepIntervalSeconds());
        }
        if (options.keepAlive() && options.keepCount() > 0) {
            setByName(channel, "TCP_KEEPCOUNT", options.keepCount());
        }
    }

    /** By name, because it is in a module that a JDK may lack. */
    @SuppressWarnings("unchecked")
    private static void setByName(SocketChannel channel, String name, int value) throws IOException {
        for (SocketOption<?> option : channel.supportedOptions()) {
            if (option.name().equals(name)) {
                channel.setOption((SocketOption<Integer>) option, value);
                return;
            }
        }
        throw new SystemCallException("setsockopt", Errno.ENOPROTOOPT);
    }
}
