package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioHandler;
import io.evio.EvioHandlerFactory;
import io.evio.EvioServer;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.context.EvioLifecycle;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.Reports;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.ObjectFactory;
import org.springframework.beans.factory.config.CustomScopeConfigurer;
import org.springframework.beans.factory.config.Scope;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ScopedProxyMode;

/** Handlers that are not singletons. */
@Timeout(60)
class EvioHandlersTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
            .withPropertyValues("evio.addresses=tcp://127.0.0.1:0");

    private final WebApplicationContextRunner web = new WebApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
            .withPropertyValues("evio.addresses=tcp://127.0.0.1:0");

    @Test
    void aScopedProxyIsOneHandler() {
        runner.withUserConfiguration(Refreshed.class).run(context -> {
            assertThat(context.getBean(EvioLifecycle.class).servers())
                    .extracting(EvioServer::name)
                    .containsExactly("echo");
            int port = context.getEnvironment().getRequiredProperty("local.evio.echo.port", Integer.class);
            try (Socket client = Clients.connect(port)) {
                Clients.echo(client, 100);
                // What is behind the proxy is made anew, and serves.
                context.getBean(Refresh.class).made.clear();
                Clients.echo(client, 100);
                assertThat(context.getBean(Refresh.class).made).hasSize(1);
            }
        });
    }

    @Test
    void theAdviceNamesNoTarget() {
        runner.withUserConfiguration(Refreshed.class)
                .withBean("other", EvioHandler.class, Clients.Echo::new)
                .run(context -> {
                    FailureAnalysis analysis = Reports.of(context.getStartupFailure());
                    assertThat(analysis.getDescription()).contains("beans: echo, other.");
                    assertThat(analysis.getAction()).doesNotContain("scopedTarget");
                });
    }

    @Test
    void aHandlerOfARequestIsExplained() {
        web.withUserConfiguration(OfRequest.class)
                .run(context -> assertExplained(context.getStartupFailure(), "request"));
        web.withUserConfiguration(OfRequestWithProxy.class)
                .run(context -> assertExplained(context.getStartupFailure(), "request"));
        web.withUserConfiguration(OfSession.class)
                .run(context -> assertExplained(context.getStartupFailure(), "session"));
        // Where there are no requests at all.
        runner.withUserConfiguration(OfRequest.class)
                .run(context -> assertExplained(context.getStartupFailure(), "request"));
    }

    @Test
    void aScopeOfAnotherKindThatIsNotActiveIsExplained() {
        runner.withUserConfiguration(OfOrder.class)
                .run(context -> assertExplained(context.getStartupFailure(), "order"));
    }

    @Test
    void aHandlerOfARequestIsLeftAloneWhereThereAreNoServers() {
        web.withUserConfiguration(OfRequest.class)
                .withPropertyValues("evio.enabled=false")
                .run(context -> assertThat(context).hasNotFailed());
    }

    private static void assertExplained(@Nullable Throwable failure, String scope) {
        FailureAnalysis analysis = Reports.of(failure);
        assertThat(analysis.getDescription())
                .isEqualTo("The handler bean 'echo' has the scope '" + scope
                        + "', which is not active on the thread of a" + " server's loop, where its events fire.");
        assertThat(analysis.getAction()).contains("singleton", "io.evio.EvioHandlerFactory");
    }

    @Configuration(proxyBeanMethods = false)
    static class Refreshed {

        @Bean
        @org.springframework.context.annotation.Scope(value = "refresh", proxyMode = ScopedProxyMode.INTERFACES)
        EvioHandler echo() {
            return new Clients.Echo();
        }

        @Bean
        static Refresh refresh() {
            return new Refresh();
        }

        @Bean
        static CustomScopeConfigurer scopes(Refresh refresh) {
            CustomScopeConfigurer configurer = new CustomScopeConfigurer();
            configurer.addScope("refresh", refresh);
            return configurer;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OfRequest {
        @Bean
        @org.springframework.context.annotation.Scope("request")
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OfRequestWithProxy {
        @Bean
        @org.springframework.context.annotation.Scope(value = "request", proxyMode = ScopedProxyMode.TARGET_CLASS)
        Clients.Echo echo() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OfSession {
        @Bean
        @org.springframework.context.annotation.Scope(value = "session", proxyMode = ScopedProxyMode.INTERFACES)
        EvioHandlerFactory echo() {
            return loop -> new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OfOrder {
        @Bean
        @org.springframework.context.annotation.Scope(value = "order", proxyMode = ScopedProxyMode.INTERFACES)
        EvioHandler echo() {
            return new Clients.Echo();
        }

        @Bean
        static CustomScopeConfigurer scopes() {
            CustomScopeConfigurer configurer = new CustomScopeConfigurer();
            configurer.addScope("order", new Refresh() {
                @Override
                public Object get(String name, ObjectFactory<?> factory) {
                    throw new IllegalStateException("There is no order");
                }
            });
            return configurer;
        }
    }

    /** One object of each bean until they are cleared, as Spring Cloud's refresh has it. */
    static class Refresh implements Scope {

        final Map<String, Object> made = new ConcurrentHashMap<>();

        @Override
        public Object get(String name, ObjectFactory<?> factory) {
            return made.computeIfAbsent(name, key -> factory.getObject());
        }

        @Override
        public @Nullable Object remove(String name) {
            return made.remove(name);
        }

        @Override
        public void registerDestructionCallback(String name, Runnable callback) {
            // Nothing of these needs to be ended.
        }
    }
}
