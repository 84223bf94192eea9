package io.evio.internal.net;

import io.evio.internal.loop.Source;
import io.evio.internal.stream.Streams;
import io.evio.internal.sys.PeerAddress;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A connection that one loop has accepted for another, on its way there. */
final class Arrival extends Source {

    private final Streams taker;
    private final Listener listener;
    private final @Nullable SocketAddress local;
    private final PeerAddress peer;

    Arrival(Streams taker, Listener listener, @Nullable SocketAddress local, int handle, PeerAddress peer) {
        super(0, handle);
        this.taker = taker;
        this.listener = listener;
        this.local = local;
        this.peer = peer.copy();
    }

    @Override
    protected void woken() {
        taker.accepted(listener.addressIndex, local, handle(), peer);
    }

    @Override
    protected void failed(OutOfMemoryError cause) {
        taker.refuse(handle(), cause);
    }

    @Override
    protected void cutOff(@Nullable IOException cause) {
        taker.drop(handle());
    }
}
