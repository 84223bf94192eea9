package io.evio.loop;

import io.evio.sys.PeerAddress;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The origins of a loop's new connections. One that is equal to the last of its listener is not made again: IPv4 peers of one local
 * address share it, and so do all connections of an IPv6 host that come one after the other.
 */
final class Origins {

    private final EventLoop loop;
    private final Sockets sockets;

    /** By the listeners' indices. */
    private @Nullable Origin[] latest = new @Nullable Origin[1];

    Origins(EventLoop loop, Sockets sockets) {
        this.loop = loop;
        this.sockets = sockets;
    }

    /** Where the connection came in, whose handle this is. */
    Origin of(Listener listener, int handle, PeerAddress peer) throws SystemCallException {
        int index = listener.index();
        if (index >= latest.length) {
            latest = Arrays.copyOf(latest, index + 1);
        }
        SocketAddress local = listener.wildcard() ? sockets.localAddress(handle) : listener.address();
        boolean inOrigin = peer.portAndScope != PeerAddress.UNIX && !peer.isIpv4();
        Origin made = new Origin(loop, index, local, inOrigin ? peer.high : 0, inOrigin ? peer.low : 0);
        Origin last = latest[index];
        if (made.equals(last)) {
            return last;
        }
        latest[index] = made;
        return made;
    }
}
