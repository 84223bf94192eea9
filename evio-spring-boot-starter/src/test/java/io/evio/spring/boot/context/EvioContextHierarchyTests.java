package io.evio.spring.boot.context;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.spring.boot.testing.Clients;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A parent and its child, where the auto-configuration applies to both or to one. */
@Timeout(60)
class EvioContextHierarchyTests {

    private static final String ANY = "=tcp://127.0.0.1:0";

    /** The child's environment inherits the parent's addresses, but the server is the parent's. */
    @Test
    void noServerIsStartedTwice() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        for (String property : List.of("evio.addresses", "evio.servers.upper.addresses")) {
            String setting = property + "=tcp://127.0.0.1:" + port;
            try (ConfigurableApplicationContext parent = run(null, Upper.class, setting)) {
                try (ConfigurableApplicationContext child = run(parent, NoHandler.class)) {
                    assertThat(child.getEnvironment().getProperty(property)).isNotNull();
                    assertThat(names(parent)).containsExactly("upper");
                    assertThat(names(child)).isEmpty();
                    assertServes(port);
                }
                // As when both read the same application.yml.
                try (ConfigurableApplicationContext child = run(parent, NoHandler.class, setting)) {
                    assertThat(names(child)).isEmpty();
                }
                assertServes(port);
            }
        }
    }

    @Test
    void aChildsOwnServerGoesWithTheChild() throws IOException {
        try (ConfigurableApplicationContext parent = run(null, Upper.class, "evio.servers.upper.addresses" + ANY)) {
            int upper = port(parent, "upper");
            try (ConfigurableApplicationContext child =
                    run(parent, Lower.class, "evio.servers.lower.addresses" + ANY)) {
                assertThat(names(child)).containsExactly("lower");
                assertServes(port(child, "lower"));
                assertThat(port(parent, "upper")).isEqualTo(upper);
            }
            assertServes(upper);
        }
    }

    /**
     * One has evio.addresses and the other evio.servers: together in the child's environment they are no contradiction.
     */
    @ParameterizedTest
    @CsvSource({"evio.addresses, evio.servers.lower.addresses", "evio.servers.upper.addresses, evio.addresses"})
    void eachIsConfiguredInItsOwnWay(String ofParent, String ofChild) throws IOException {
        try (ConfigurableApplicationContext parent = run(null, Upper.class, ofParent + ANY);
                ConfigurableApplicationContext child = run(parent, Lower.class, ofChild + ANY)) {
            assertThat(child.getEnvironment().getProperty(ofParent)).isNotNull();
            assertThat(names(parent)).containsExactly("upper");
            assertThat(names(child)).containsExactly("lower");
            assertServes(port(parent, "upper"));
            assertServes(port(child, "lower"));
        }
    }

    @Test
    void portsAreVisibleInTheParentBehindItsOwn() {
        try (ConfigurableApplicationContext parent = run(null, Upper.class, "evio.servers.upper.addresses" + ANY)) {
            Integer upper = port(parent, "upper");
            for (int i = 0; i < 2; i++) {
                try (ConfigurableApplicationContext child =
                        run(parent, Lower.class, "evio.servers.lower.addresses" + ANY)) {
                    Integer lower = port(child, "lower");
                    assertThat(lower).isNotNull().isNotEqualTo(upper);
                    assertThat(port(parent, "lower")).isEqualTo(lower);
                    assertThat(port(child, "upper")).isEqualTo(upper);
                    assertThat(firstPort(parent)).isEqualTo(upper);
                    assertThat(firstPort(child)).isEqualTo(lower);
                }
                assertThat(port(parent, "lower")).as("of a child that is gone").isNull();
            }
        }
    }

    @Test
    void aParentWithoutServersSeesItsChildsFirstPort() {
        try (ConfigurableApplicationContext parent = run(null, NoHandler.class);
                ConfigurableApplicationContext child = run(parent, Lower.class, "evio.addresses" + ANY)) {
            assertThat(firstPort(parent)).isNotNull().isEqualTo(firstPort(child));
        }
    }

    /** A parent that has the handlers and no auto-configuration, as in layered applications. */
    @Test
    void aChildServesTheHandlersOfAParentThatDoesNot() throws IOException {
        try (ConfigurableApplicationContext parent = run(null, UpperWithoutEvio.class);
                ConfigurableApplicationContext child = run(parent, NoHandler.class, "evio.addresses" + ANY)) {
            assertThat(names(child)).containsExactly("upper");
            assertServes(port(child, "upper"));
        }
    }

    /** @param properties in a source of their own, which a child takes over from its parent */
    private static ConfigurableApplicationContext run(
            @Nullable ConfigurableApplicationContext parent, Class<?> application, String... properties) {
        SpringApplicationBuilder builder = new SpringApplicationBuilder(application)
                .web(WebApplicationType.NONE)
                .initializers(context -> TestPropertyValues.of(properties)
                        .applyTo(context.getEnvironment(), TestPropertyValues.Type.MAP, application.getSimpleName()));
        if (parent != null) {
            builder.parent(parent);
        }
        return builder.run();
    }

    private static List<String> names(ConfigurableApplicationContext context) {
        return context.getBean(EvioLifecycle.class).servers().stream()
                .map(EvioServer::name)
                .toList();
    }

    private static @Nullable Integer port(ConfigurableApplicationContext context, String server) {
        return context.getEnvironment().getProperty("local.evio." + server + ".port", Integer.class);
    }

    private static @Nullable Integer firstPort(ConfigurableApplicationContext context) {
        return context.getEnvironment().getProperty("local.evio.port", Integer.class);
    }

    private static void assertServes(int port) throws IOException {
        try (Socket client = Clients.connect(port)) {
            Clients.echo(client, 100);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Upper {
        @Bean
        EvioHandler upper() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class UpperWithoutEvio {
        @Bean
        EvioHandler upper() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Lower {
        @Bean
        EvioHandler lower() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class NoHandler {}
}
