package io.evio.spring.boot.autoconfigure;

import io.evio.EvioHandler;
import io.evio.OffLoop;
import io.evio.spring.boot.EvioServerCustomizer;
import java.util.concurrent.Executor;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Lazy;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that runs {@link EvioHandler} and {@link io.evio.EvioHandlerFactory} beans as
 * servers.
 */
@AutoConfiguration(afterName = "org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration")
@Conditional(EvioEnabledCondition.class)
@EnableConfigurationProperties(EvioProperties.class)
public final class EvioAutoConfiguration {

    @Bean
    EvioLifecycle evioLifecycle(
            EvioProperties properties,
            ObjectProvider<EvioServerCustomizer> customizers,
            EvioLocalProperties localProperties,
            ConfigurableApplicationContext context) {
        EvioServerFactory factory = new EvioServerFactory(
                properties,
                EvioHandlers.of(context),
                customizers.orderedStream().toList());
        return new EvioLifecycle(properties, factory, localProperties, context);
    }

    @Bean
    EvioReadiness evioReadiness(ConfigurableApplicationContext context) {
        return new EvioReadiness(context);
    }

    /**
     * Uses the application's executor: Boot's, which has virtual threads where {@code spring.threads.virtual.enabled} says so, or the
     * only one there is. Lazy, because most handlers have no slow work.
     */
    @Bean
    @Lazy
    @ConditionalOnMissingBean
    OffLoop offLoop(
            @Qualifier("applicationTaskExecutor") ObjectProvider<Executor> applicationTaskExecutor,
            ObjectProvider<Executor> executors) {
        Executor executor = applicationTaskExecutor.getIfAvailable(executors::getIfUnique);
        if (executor == null) {
            throw new EvioConfigurationException(
                    "An io.evio.OffLoop is injected, but it is not clear which of the application's Executor beans is to do"
                            + " its work.",
                    "Name the one 'applicationTaskExecutor', or declare a bean of type io.evio.OffLoop.");
        }
        return new OffLoop(executor);
    }

    @Bean
    EvioLocalProperties evioLocalProperties(ConfigurableApplicationContext context) {
        return new EvioLocalProperties(context);
    }
}
