package io.evio.spring.boot;

import io.evio.EvioServer;

/**
 * Changes how a server is built, after the properties have been applied; for what has no property, or follows from other
 * beans. Beans of this type are called in their order, once a server, before any is started. The server's name and its
 * {@code onStopped} are the application's and cannot be changed; {@link EvioServerStoppedEvent} is there instead.
 */
@FunctionalInterface
public interface EvioServerCustomizer {

    /**
     * @param server the server's name, which is that of its handler bean
     * @param builder its builder, with the handler and the values of the properties
     */
    void customize(String server, EvioServer.Builder builder);
}
