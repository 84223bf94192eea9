package io.evio.internal.stream;

import io.evio.internal.sys.PeerAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The origin of connections, and what else they have in common: one object for many of them, so that none pays for it.
 *
 * @param context that of their loop
 * @param config what they keep to: their server's, but for one that the server made itself
 * @param events what their events fire
 * @param layers makes their layers; null when there is none between the wire and the handler
 * @param addressIndex the place among the server's addresses of the one they came in by, from 0; {@link #OUTBOUND} for
 *     one that the server made itself
 * @param local our side's address
 * @param peerHigh the first eight bytes of an IPv6 peer's address, 0 of others
 * @param peerLow the last eight bytes of an IPv6 peer's address, 0 of others: a connection holds an IPv4 one itself
 * @param introduced what the one connection that this is for has said of itself; null for others
 */
record Origin(
        StreamContext context,
        StreamConfig config,
        StreamEvents events,
        Layer.@Nullable Factory layers,
        int addressIndex,
        SocketAddress local,
        long peerHigh,
        long peerLow,
        @Nullable Introduced introduced) {

    static final int OUTBOUND = -1;

    /** @param at the time, by {@link System#nanoTime} */
    record Introduced(Layer.Introduction introduction, long at) {}

    boolean isOutbound() {
        return addressIndex == OUTBOUND;
    }

    /** The same for a connection that has just been made. */
    Origin connected(SocketAddress from) {
        return new Origin(context, config, events, layers, addressIndex, from, peerHigh, peerLow, null);
    }

    /** The same for a connection that goes where it needs these layers, and keeps to this. */
    Origin with(Layer.@Nullable Factory other, StreamConfig own) {
        return new Origin(context, own, events, other, addressIndex, local, peerHigh, peerLow, null);
    }

    /** The same for a connection that was introduced, and has the next layers. */
    Origin introduced(Layer.Introduction introduction, long at) {
        return new Origin(
                context,
                config,
                events,
                layers == null ? null : layers.next(),
                addressIndex,
                local,
                peerHigh,
                peerLow,
                new Introduced(introduction, at));
    }

    /** Returns whether a connection has still to say where it comes from. */
    boolean awaitsIntroduction() {
        return layers != null && layers.introduces();
    }

    /** The address that a client has connected to, which may be that of a proxy. */
    SocketAddress localAddress() {
        SocketAddress said =
                introduced == null ? null : introduced.introduction().local();
        return said == null ? local : said;
    }

    /** The client's address, which is the peer's unless that is a proxy. */
    SocketAddress remoteAddress(int ipv4, int portAndScope) {
        SocketAddress said =
                introduced == null ? null : introduced.introduction().remote();
        return said == null ? peer(ipv4, portAndScope) : said;
    }

    /** The peer's address, of what is here and what the connection holds. */
    SocketAddress peer(int ipv4, int portAndScope) {
        return (peerHigh | peerLow) == 0
                ? PeerAddress.toSocketAddress(ipv4, portAndScope)
                : PeerAddress.toSocketAddress(peerHigh, peerLow, portAndScope);
    }
}
