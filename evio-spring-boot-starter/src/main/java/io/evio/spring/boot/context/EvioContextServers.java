package io.evio.spring.boot.context;

import io.evio.EvioServer;
import io.evio.spring.boot.EvioServers;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationContext;

/**
 * The servers of a context and of its parents. Asks for the lifecycle, which needs the handlers, only when it is asked
 * itself: so a handler may depend on it.
 */
public final class EvioContextServers implements EvioServers {

    private final ObjectProvider<EvioLifecycle> lifecycle;
    private final ApplicationContext context;
    private volatile @Nullable List<EvioServer> all;

    public EvioContextServers(ObjectProvider<EvioLifecycle> lifecycle, ApplicationContext context) {
        this.lifecycle = lifecycle;
        this.context = context;
    }

    @Override
    public List<EvioServer> all() {
        List<EvioServer> found = all;
        if (found == null) {
            List<EvioServer> servers = new ArrayList<>(lifecycle.getObject().servers());
            ApplicationContext parent = context.getParent();
            if (parent != null) {
                parent.getBeanProvider(EvioServers.class).ifAvailable(others -> servers.addAll(others.all()));
            }
            found = List.copyOf(servers);
            all = found;
        }
        return found;
    }
}
