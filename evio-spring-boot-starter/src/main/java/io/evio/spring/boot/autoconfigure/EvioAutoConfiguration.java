package io.evio.spring.boot.autoconfigure;

import io.evio.EvioHandler;
import io.evio.OffLoop;
import io.evio.spring.boot.EvioServerBuilderCustomizer;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.context.EvioContextServers;
import io.evio.spring.boot.context.EvioLifecycle;
import io.evio.spring.boot.context.EvioLocalNames;
import io.evio.spring.boot.context.EvioLocalProperties;
import io.evio.spring.boot.context.EvioReadiness;
import io.evio.spring.boot.server.EvioEnvironment;
import io.evio.spring.boot.server.EvioHandlers;
import io.evio.spring.boot.server.EvioOffLoopExecutor;
import io.evio.spring.boot.server.EvioProperties;
import io.evio.spring.boot.server.EvioServerFactory;
import io.evio.spring.boot.server.EvioSslBundles;
import io.evio.spring.boot.server.EvioTestAddresses;
import io.evio.spring.boot.server.EvioUpstreamSettings;
import io.evio.spring.boot.upstream.EvioUpstreamRegistrar;
import io.evio.spring.boot.upstream.EvioUpstreams;
import java.util.concurrent.Executor;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that runs {@link EvioHandler} and
 * {@link io.evio.EvioHandlerFactory} beans as servers. With {@code evio.enabled=false} there are none, and all the
 * beans are there nonetheless: others may depend on them.
 */
@AutoConfiguration(afterName = "org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration")
public final class EvioAutoConfiguration {

    @Bean
    EvioEnvironment evioEnvironment(ConfigurableApplicationContext context) {
        return new EvioEnvironment(context.getEnvironment(), EvioHandlers.serverNames(context));
    }

    @Bean
    EvioProperties evioProperties(EvioEnvironment environment) {
        return environment.properties();
    }

    @Bean
    EvioSslBundles evioSslBundles(ObjectProvider<SslBundles> bundles) {
        return new EvioSslBundles(bundles::getIfAvailable);
    }

    @Bean
    EvioTestAddresses evioTestAddresses(EvioProperties properties) {
        return new EvioTestAddresses(properties.test().randomAddresses());
    }

    @Bean
    static EvioLocalNames evioLocalNames() {
        return new EvioLocalNames();
    }

    @Bean
    static EvioUpstreamRegistrar evioUpstreamRegistrar(ConfigurableEnvironment environment) {
        return new EvioUpstreamRegistrar(environment);
    }

    @Bean
    EvioUpstreams evioUpstreams(EvioEnvironment environment, EvioSslBundles bundles) {
        return new EvioUpstreams(EvioUpstreamSettings.of(environment, bundles));
    }

    @Bean
    EvioLifecycle evioLifecycle(
            EvioEnvironment environment,
            EvioProperties properties,
            ObjectProvider<EvioServerBuilderCustomizer> customizers,
            EvioLocalProperties localProperties,
            EvioSslBundles bundles,
            EvioTestAddresses testAddresses,
            EvioUpstreams upstreams,
            ConfigurableApplicationContext context) {
        EvioServerFactory factory = new EvioServerFactory(
                properties,
                properties.enabled() ? EvioHandlers.of(context) : EvioHandlers.NONE,
                customizers.orderedStream().toList(),
                bundles,
                testAddresses,
                environment::find);
        return new EvioLifecycle(properties, factory, upstreams, localProperties, context);
    }

    @Bean
    EvioServers evioServers(ObjectProvider<EvioLifecycle> lifecycle, ConfigurableApplicationContext context) {
        return new EvioContextServers(lifecycle, context);
    }

    @Bean
    EvioReadiness evioReadiness(ConfigurableApplicationContext context, ObjectProvider<EvioLifecycle> lifecycle) {
        return new EvioReadiness(context, lifecycle);
    }

    /** Lazy, because most handlers have no slow work. */
    @Bean
    @Lazy
    @ConditionalOnMissingBean
    OffLoop offLoop(
            @Qualifier("applicationTaskExecutor") ObjectProvider<Executor> applicationTaskExecutor,
            ObjectProvider<Executor> executors) {
        return new OffLoop(EvioOffLoopExecutor.of(applicationTaskExecutor, executors));
    }

    @Bean
    EvioLocalProperties evioLocalProperties(ConfigurableApplicationContext context) {
        return new EvioLocalProperties(context);
    }
}
