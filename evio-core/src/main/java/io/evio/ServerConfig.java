package io.evio;

import io.evio.internal.poll.Poller;
import io.evio.internal.stream.Layer;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.TcpOptions;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The settings that {@link EvioServer.Builder} has collected.
 *
 * @param handlers one for each loop, in their order; the same object where loops share it
 * @param pollers opens the poller by its name
 * @param tls how the server speaks TLS on those of its addresses that say so; null without such
 * @param proxyHeaders how the server reads PROXY headers on those of its addresses that say so; null without such
 * @param layers makes what stands between the wire and the handler on the others; null for nothing
 * @param unixPermissions the mode of unix sockets' files, -1 for what the umask leaves
 * @param gracePeriod for a shutdown that an event asks for
 * @param onStopped called at the end of every run with what made it fail
 */
record ServerConfig(
        String name,
        List<EvioHandler> handlers,
        List<Address> addresses,
        Limits limits,
        PollerType poller,
        Duration busyPoll,
        PollerOpener pollers,
        @Nullable Tls tls,
        @Nullable ProxyHeaders proxyHeaders,
        Access access,
        Layer.@Nullable Factory layers,
        int backlog,
        boolean noDelay,
        KeepAlive keepAlive,
        Duration userTimeout,
        boolean reusePort,
        int unixPermissions,
        Duration gracePeriod,
        @Nullable Consumer<@Nullable Throwable> onStopped) {

    int loops() {
        return handlers.size();
    }

    /** Returns the options of the server's TCP connections. */
    TcpOptions tcp() {
        return new TcpOptions(
                noDelay,
                keepAlive.isEnabled(),
                keepAlive.idleSeconds(),
                keepAlive.intervalSeconds(),
                keepAlive.probes(),
                (int) userTimeout.toMillis());
    }

    /** The seam below which tests put system calls of their own. */
    interface PollerOpener {
        Poller open(String name) throws SystemCallException;
    }
}
