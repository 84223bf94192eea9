package io.evio.spring.boot;

import io.evio.EvioServer;

/**
 * A server is about to be stopped with the application context. Not published for one that ends by itself. Published on
 * a thread of the shutdown.
 */
public final class EvioServerStoppingEvent extends EvioServerEvent {

    private static final long serialVersionUID = 1L;

    public EvioServerStoppingEvent(EvioServer server) {
        super(server);
    }
}
