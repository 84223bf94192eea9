package io.evio.loop;

import io.evio.poll.Poller;
import io.evio.sys.PeerAddress;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Makes connections of accepted sockets: known to the loop and watched by its poller, with no event yet. */
final class Admission {

    private final EventLoop loop;
    private final LoopGroup group;
    private final Counters counters;
    private final Poller poller;
    private final Sockets sockets;
    private final Clock clock;
    private final FailureLog log;
    private final ConnectionTable connections;

    /** Where the last connection of each listener came in, by the listeners' indices. */
    private @Nullable Origin[] latest = new @Nullable Origin[1];

    Admission(
            EventLoop loop,
            LoopGroup group,
            Counters counters,
            Poller poller,
            Clock clock,
            FailureLog log,
            ConnectionTable connections) {
        this.loop = loop;
        this.group = group;
        this.counters = counters;
        this.poller = poller;
        this.sockets = poller.sockets();
        this.clock = clock;
        this.log = log;
        this.connections = connections;
    }

    /** The connection of an accepted socket that has its seat; or null when that cannot be: then both are given back. */
    @Nullable
    LoopConnection admit(Listener listener, int handle, PeerAddress peer) {
        LoopConnection connection;
        try {
            Origin origin = origin(listener, handle, peer);
            connection = new LoopConnection(origin, loop.nextId(), handle, peer, clock.nanoTime());
            poller.add(handle, connection.token(), Poller.READ);
            connections.add(connection);
        } catch (SystemCallException | OutOfMemoryError e) {
            refuse(handle, loop.index(), e);
            return null;
        }
        connection.interest = Poller.READ;
        connection.lastActive = clock.now();
        counters.opened.add(1);
        return connection;
    }

    /** Gives back an accepted socket and its seat, and says so. */
    void refuse(int handle, int seatOf, Throwable cause) {
        sockets.close(handle);
        group.leave(seatOf);
        counters.acceptErrors.add(1);
        log.warn("a connection could not be taken", cause, clock.now());
    }

    /**
     * The last one of the listener again if it is the same: IPv4 peers of one local address share it, and so do all connections of
     * an IPv6 host that come one after the other.
     */
    private Origin origin(Listener listener, int handle, PeerAddress peer) throws SystemCallException {
        int index = listener.index();
        if (index >= latest.length) {
            latest = Arrays.copyOf(latest, index + 1);
        }
        SocketAddress local = listener.wildcard() ? sockets.localAddress(handle) : listener.address();
        boolean ipv6 = peer.portAndScope != PeerAddress.UNIX && !peer.isIpv4();
        long high = ipv6 ? peer.high : 0;
        long low = ipv6 ? peer.low : 0;
        Origin last = latest[index];
        if (last == null
                || last.peerHigh() != high
                || last.peerLow() != low
                || !last.local().equals(local)) {
            last = new Origin(loop, index, local, high, low);
            latest[index] = last;
        }
        return last;
    }
}
