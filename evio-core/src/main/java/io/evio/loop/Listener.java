package io.evio.loop;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket of the loop.
 *
 * @param index its place among the server's addresses, from 0
 * @param handle the socket
 * @param address where it is bound, with the real port
 * @param handsOver whether it is the only one for its address, and the server's other loops get their share by being handed over
 * @param wildcard whether that is every interface, so that a connection's own local address is another
 * @param file the file of a unix socket; null for TCP and for an abstract one
 */
record Listener(
        int index,
        int handle,
        SocketAddress address,
        boolean handsOver,
        boolean wildcard,
        @Nullable UnixSocketFile file) {}
