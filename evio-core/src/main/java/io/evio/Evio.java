package io.evio;

import java.io.IOException;

/** Runs a server without Spring, by one call. */
public final class Evio {

    private Evio() {}

    /**
     * Serves the addresses on the calling thread until an event returns {@link Action#SHUTDOWN}.
     *
     * @param handler handles the events, all of which run on this thread
     * @param addresses one or more of {@code tcp://host:port}, {@code tcp4://host:port}, {@code tcp6://host:port},
     *     {@code unix://path} and {@code host:port}. No host means every interface, port 0 a free port; see
     *     {@link Address}
     * @throws EvioBindException when one of the addresses cannot be bound; none is bound then
     * @throws IOException when the operating system fails the loop itself
     * @throws IllegalArgumentException when an address is malformed or is given twice, or when there is none
     * @throws UnsupportedOperationException when there is no poller for this system
     */
    public static void serve(EvioHandler handler, String... addresses) throws IOException {
        EvioServer.builder().handler(handler).addresses(addresses).build().serve();
    }
}
