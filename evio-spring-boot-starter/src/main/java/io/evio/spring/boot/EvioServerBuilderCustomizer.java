package io.evio.spring.boot;

import io.evio.EvioServer;
import org.springframework.core.annotation.Order;

/**
 * Changes how a server is built, after the properties have been applied; for what has no property, or follows from
 * other beans. Beans of this type are called in their {@link Order}, once for each server, before any is started.
 */
@FunctionalInterface
public interface EvioServerBuilderCustomizer {

    /**
     * Changes the builder, which has the handler and the values of the properties. Its {@link EvioServer.Builder#name()
     * name} is that of the handler bean and says which server is built. The name and {@code onStopped} belong to the
     * application, and a change of them is undone; {@link EvioServerStoppedEvent} is there instead.
     */
    void customize(EvioServer.Builder builder);
}
