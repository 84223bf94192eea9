package io.evio.spring.boot.autoconfigure;

import io.evio.Address;
import io.evio.spring.boot.EvioServerStartedEvent;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.PropertySource;

/**
 * Puts the ports that servers really listen on into the environment, for tests and for other beans:
 * {@code local.evio.port} for the first server, {@code local.evio.<server>.port} for each. Of several TCP addresses of a server the
 * first counts. Like Boot's own port properties they are seen by parent contexts too.
 */
class EvioPortProperties implements ApplicationListener<EvioServerStartedEvent> {

    private static final String SOURCE = "evio.ports";

    private final ConfigurableApplicationContext context;
    private @Nullable String first;

    EvioPortProperties(ConfigurableApplicationContext context) {
        this.context = context;
    }

    @Override
    public void onApplicationEvent(EvioServerStartedEvent event) {
        String server = event.getServer().name();
        event.getAddresses().stream()
                .filter(address -> !address.isUnix())
                .mapToInt(Address::port)
                .findFirst()
                .ifPresent(port -> {
                    if (first == null) {
                        first = server;
                    }
                    publish("local.evio." + server + ".port", port);
                    if (server.equals(first)) {
                        publish("local.evio.port", port);
                    }
                });
    }

    private void publish(String name, int port) {
        for (ApplicationContext current = context; current != null; current = current.getParent()) {
            if (current instanceof ConfigurableApplicationContext configurable) {
                properties(configurable.getEnvironment().getPropertySources()).put(name, port);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> properties(MutablePropertySources sources) {
        PropertySource<?> source = sources.get(SOURCE);
        if (source == null) {
            source = new MapPropertySource(SOURCE, new HashMap<>());
            sources.addFirst(source);
        }
        return (Map<String, Object>) source.getSource();
    }
}
