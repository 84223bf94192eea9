package io.evio.spring.boot.autoconfigure;

import io.evio.EvioHandler;
import io.evio.EvioHandlerFactory;
import io.evio.EvioServer;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.context.ApplicationContext;

/**
 * The handlers that a context has to serve, and what makes a handler a loop. Those of its parents are among them, unless a parent runs Evio too and serves
 * them already: no server is started twice because the auto-configuration applies to both.
 *
 * @param beans by bean name; a handler is what it makes for every loop
 * @param servedByParents the names of the servers that parent contexts have
 */
record EvioHandlers(Map<String, EvioHandlerFactory> beans, Set<String> servedByParents) {

    static EvioHandlers of(ApplicationContext context) {
        Set<String> served = new HashSet<>();
        for (ApplicationContext parent = context.getParent(); parent != null; parent = parent.getParent()) {
            parent.getBeansOfType(EvioLifecycle.class).values().stream()
                    .flatMap(lifecycle -> lifecycle.servers().stream())
                    .map(EvioServer::name)
                    .forEach(served::add);
        }
        Map<String, EvioHandlerFactory> beans = new LinkedHashMap<>();
        BeanFactoryUtils.beansOfTypeIncludingAncestors(context, EvioHandler.class)
                .forEach((name, handler) -> beans.put(name, loop -> handler));
        beans.putAll(BeanFactoryUtils.beansOfTypeIncludingAncestors(context, EvioHandlerFactory.class));
        beans.keySet().removeIf(name -> served.contains(name) && !context.containsLocalBean(name));
        return new EvioHandlers(beans, served);
    }

    /** Whether the properties about this server are meant for a parent context, from which they were inherited. */
    boolean isServedByParent(String server) {
        return servedByParents.contains(server) && !beans.containsKey(server);
    }
}
