package io.evio;

import java.io.IOException;

/** The one entry point for a server without Spring. */
public final class Evio {

    private Evio() {}

    /**
     * Serves the addresses on the calling thread until an event returns {@link Action#SHUTDOWN}.
     *
     * @param handler the events, all of which run on this thread
     * @param addresses one or more of {@code tcp://host:port}, {@code tcp4://host:port}, {@code tcp6://host:port},
     *     {@code unix://path} and {@code host:port}; without a host every interface, with port 0 a free one; see
     *     {@link Address}
     * @throws EvioBindException when one of the addresses cannot be bound; none is bound then
     * @throws IOException when the operating system fails the loop itself
     * @throws IllegalArgumentException when an address is malformed or there twice
     * @throws UnsupportedOperationException when there is no poller for this system
     */
    public static void serve(EvioHandler handler, String... addresses) throws IOException {
        EvioServer.builder().handler(handler).addresses(addresses).build().serve();
    }
}
