package io.evio.spring.boot;

import io.evio.EvioServer;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The servers of the application context, to be injected where a server is needed: to send to its connections from
 * another bean, to read its ports and counters, or to stop it. A server has the name of its handler bean.
 *
 * <p>They are the same objects over all starts, and there also while they are stopped. With {@code evio.enabled=false}
 * there are none. Those of parent contexts come after the context's own.
 *
 * <p>Servers are made from the handler beans, so a handler may have this injected but has to ask it in an event, not in
 * its constructor. All methods are safe from any thread.
 */
public interface EvioServers extends Iterable<EvioServer> {

    /** Returns all servers, in the order of their properties; empty when there are none. */
    List<EvioServer> all();

    /** Returns the server with this name, or empty when there is none. */
    default Optional<EvioServer> find(String name) {
        return all().stream().filter(server -> server.name().equals(name)).findFirst();
    }

    /**
     * Returns the server with this name.
     *
     * @throws NoSuchElementException when there is none, naming those that exist
     */
    default EvioServer get(String name) {
        return find(name).orElseThrow(() -> {
            String others = all().stream().map(EvioServer::name).collect(Collectors.joining(", "));
            return new NoSuchElementException("There is no Evio server '" + name + "'"
                    + (others.isEmpty() ? ", and no other one" : ". Use the name of one that exists: " + others));
        });
    }

    @Override
    default Iterator<EvioServer> iterator() {
        return all().iterator();
    }
}
