package io.evio.spring.boot;

import io.evio.Address;
import io.evio.EvioServer;
import java.util.List;

/** A server is bound and serves. Published on the thread that starts the application context. */
public final class EvioServerStartedEvent extends EvioServerEvent {

    private static final long serialVersionUID = 1L;

    private final transient List<Address> addresses;

    public EvioServerStartedEvent(EvioServer server) {
        super(server);
        this.addresses = server.addresses();
    }

    /** The addresses in the order they were configured, with the real ports. */
    public List<Address> getAddresses() {
        return addresses;
    }
}
