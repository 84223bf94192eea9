package io.evio.internal.net;

import io.evio.internal.loop.Source;
import io.evio.internal.poll.Poller;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A listening socket of the loop. */
final class Listener extends Source {

    private final Acceptor acceptor;

    /** Its place among the server's addresses, from 0. */
    final int addressIndex;

    /** The address that it is bound to, with the real port. */
    final SocketAddress address;

    /**
     * True when it is the only one for its address, and the server's other loops get their share by being handed over.
     */
    final boolean handsOver;

    /** True when that is every interface, so that a connection's own local address is another. */
    final boolean wildcard;

    /** True when the socket listens on without this process, so that whatever waits at the end is another one's. */
    private final boolean handedOver;

    /** The file of a unix socket; null for TCP and for an abstract one. */
    final @Nullable UnixSocketFile file;

    Listener(
            Acceptor acceptor,
            int addressIndex,
            int handle,
            SocketAddress address,
            boolean handsOver,
            boolean wildcard,
            boolean handedOver,
            @Nullable UnixSocketFile file) {
        super(0, handle);
        this.acceptor = acceptor;
        this.addressIndex = addressIndex;
        this.address = address;
        this.handsOver = handsOver;
        this.wildcard = wildcard;
        this.handedOver = handedOver;
        this.file = file;
    }

    @Override
    protected void begin() throws SystemCallException {
        acceptor.watch(this, Poller.READ);
    }

    @Override
    protected void ready(int ready) throws SystemCallException {
        acceptor.accept(this);
    }

    /** Accepting was paused, and there may be room now. */
    @Override
    protected void woken() throws SystemCallException {
        acceptor.resumeIfRoom(this);
    }

    /** Accepting was paused, and it is time to try again. */
    @Override
    protected void expired() throws SystemCallException {
        acceptor.resumeIfRoom(this);
    }

    /** Accepts every connection that waits, unless closing leaves it to others instead of resetting it; then closes. */
    @Override
    protected void prepareStop(boolean graceful) throws SystemCallException {
        if (graceful && !handedOver) {
            acceptor.acceptWaiting(this);
        }
        acceptor.close(this);
    }

    @Override
    protected void failed(OutOfMemoryError cause) {
        acceptor.noMemory(this, cause);
    }

    @Override
    protected void cutOff(@Nullable IOException cause) {
        acceptor.close(this);
    }
}
