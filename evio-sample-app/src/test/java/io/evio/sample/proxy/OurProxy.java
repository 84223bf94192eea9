package io.evio.sample.proxy;

import io.evio.EvioServer;
import io.evio.sample.http.HttpSocket;
import io.evio.spring.boot.EvioServers;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;

/** The proxy as the sample has it, on a free port, in front of targets that a test chooses. */
final class OurProxy implements AutoCloseable {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @ComponentScan("io.evio.sample.proxy")
    static class OnlyTheProxy {}

    private final ConfigurableApplicationContext context;

    private OurProxy(ConfigurableApplicationContext context) {
        this.context = context;
    }

    /**
     * Starts it.
     *
     * @param targets as in {@code evio.upstreams.http.targets}
     * @param properties as in {@code --sample.proxy.head-timeout=1s}
     */
    static OurProxy start(String targets, String... properties) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "--spring.config.name", "none",
                "--spring.main.banner-mode", "off",
                "--logging.level.io.evio.sample.proxy.access", "warn",
                "--evio.servers.proxy.addresses", "tcp://127.0.0.1:0",
                "--evio.upstreams.http.targets", targets));
        for (String property : properties) {
            all.put(property.substring(0, property.indexOf('=')), property.substring(property.indexOf('=') + 1));
        }
        return new OurProxy(new SpringApplicationBuilder(OnlyTheProxy.class)
                .web(WebApplicationType.NONE)
                .run(all.entrySet().stream()
                        .map(property -> property.getKey() + "=" + property.getValue())
                        .toArray(String[]::new)));
    }

    static OurProxy before(RecordingOrigin origin, String... properties) {
        return start(origin.address(), properties);
    }

    EvioServer server() {
        return context.getBean(EvioServers.class).get("proxy");
    }

    int port() {
        return server().addresses().get(0).port();
    }

    HttpSocket connect() throws IOException {
        return new HttpSocket(port());
    }

    @Override
    public void close() {
        context.close();
    }
}
