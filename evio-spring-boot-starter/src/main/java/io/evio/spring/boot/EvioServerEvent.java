package io.evio.spring.boot;

import io.evio.EvioServer;
import org.springframework.context.ApplicationEvent;

/** Something happened to a managed server. */
public abstract class EvioServerEvent extends ApplicationEvent {

    private static final long serialVersionUID = 1L;

    EvioServerEvent(EvioServer server) {
        super(server);
    }

    /** The server; its {@link EvioServer#name} is the name of its handler bean. */
    public EvioServer getServer() {
        return (EvioServer) getSource();
    }
}
