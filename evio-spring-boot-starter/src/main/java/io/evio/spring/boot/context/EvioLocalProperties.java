package io.evio.spring.boot.context;

import io.evio.Address;
import io.evio.EvioServer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.util.ObjectUtils;

/**
 * Puts what servers really listen on into the environment, for tests and for other beans:
 * {@code local.evio.<server>.port} and {@code local.evio.<server>.path}, of several TCP or unix addresses of a server
 * the first; and as {@code local.evio.port} and {@code local.evio.path} those of the first server that has any.
 *
 * <p>Parent contexts see them too, behind their own, until this context is closed. Each context has a property source
 * of its own, because a child's environment takes over its parent's sources by name.
 */
public class EvioLocalProperties implements DisposableBean {

    private final ConfigurableApplicationContext context;

    /** The values that the environments show; they change with every start. */
    private final Map<String, Object> values = new ConcurrentHashMap<>();

    private final MapPropertySource source;

    /** By what is published, {@code port} or {@code path}, the first server that had one. */
    private final Map<String, String> firsts = new ConcurrentHashMap<>();

    public EvioLocalProperties(ConfigurableApplicationContext context) {
        this.context = context;
        this.source = new MapPropertySource("evio.local@" + ObjectUtils.getIdentityHexString(context), values);
    }

    /** Publishes the addresses of a server that has just been started. */
    void publish(EvioServer server) {
        List<Address> addresses = server.addresses();
        addresses.stream()
                .filter(address -> !address.isUnix() && address.port() > 0)
                .findFirst()
                .ifPresent(address -> put(server.name(), "port", address.port()));
        addresses.stream()
                .filter(Address::isUnix)
                .findFirst()
                .ifPresent(address -> put(server.name(), "path", path(address)));
        for (ApplicationContext current = context; current != null; current = current.getParent()) {
            show(current);
        }
    }

    /** Of an abstract socket, which has no path, the whole address: nobody takes it for a file. */
    private static String path(Address address) {
        return address.isAbstract() ? address.toString() : address.path();
    }

    private void put(String server, String what, Object value) {
        values.put("local.evio." + server + "." + what, value);
        if (firsts.computeIfAbsent(what, first -> server).equals(server)) {
            values.put("local.evio." + what, value);
        }
    }

    private void show(ApplicationContext where) {
        if (where.getEnvironment() instanceof ConfigurableEnvironment environment) {
            MutablePropertySources sources = environment.getPropertySources();
            if (sources.contains(source.getName())) {
                return;
            }
            if (where == context) {
                sources.addFirst(source);
            } else {
                sources.addLast(source);
            }
        }
    }

    /** Takes it all back, so that a parent does not keep the ports of children that are gone. */
    @Override
    public void destroy() {
        values.clear();
        for (ApplicationContext current = context; current != null; current = current.getParent()) {
            if (current.getEnvironment() instanceof ConfigurableEnvironment environment) {
                environment.getPropertySources().remove(source.getName());
            }
        }
    }
}
