package io.evio.spring.boot.autoconfigure;

import io.evio.EvioHandler;
import io.evio.OffLoop;
import io.evio.spring.boot.EvioServerBuilderCustomizer;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.context.EvioContextServers;
import io.evio.spring.boot.context.EvioLifecycle;
import io.evio.spring.boot.context.EvioLocalProperties;
import io.evio.spring.boot.context.EvioReadiness;
import io.evio.spring.boot.server.EvioConfigurationException;
import io.evio.spring.boot.server.EvioEnvironment;
import io.evio.spring.boot.server.EvioHandlers;
import io.evio.spring.boot.server.EvioProperties;
import io.evio.spring.boot.server.EvioServerFactory;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.scheduling.TaskScheduler;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that runs {@link EvioHandler} and {@link io.evio.EvioHandlerFactory} beans as
 * servers. With {@code evio.enabled=false} there are none, and all the beans are there nonetheless: others may depend on them.
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
    EvioLifecycle evioLifecycle(
            EvioEnvironment environment,
            EvioProperties properties,
            ObjectProvider<EvioServerBuilderCustomizer> customizers,
            EvioLocalProperties localProperties,
            ConfigurableApplicationContext context) {
        EvioServerFactory factory = new EvioServerFactory(
                properties,
                properties.enabled() ? EvioHandlers.of(context) : EvioHandlers.NONE,
                customizers.orderedStream().toList(),
                environment::find);
        return new EvioLifecycle(properties, factory, localProperties, context);
    }

    @Bean
    EvioServers evioServers(ObjectProvider<EvioLifecycle> lifecycle, ConfigurableApplicationContext context) {
        return new EvioContextServers(lifecycle, context);
    }

    @Bean
    EvioReadiness evioReadiness(ConfigurableApplicationContext context) {
        return new EvioReadiness(context);
    }

    /**
     * Uses the application's executor: Boot's, which has virtual threads where {@code spring.threads.virtual.enabled} says so, or the
     * only one there is. Not one that is there to run tasks on time, whose few threads slow work would take. Lazy, because most
     * handlers have no slow work.
     */
    @Bean
    @Lazy
    @ConditionalOnMissingBean
    OffLoop offLoop(
            @Qualifier("applicationTaskExecutor") ObjectProvider<Executor> applicationTaskExecutor,
            ObjectProvider<Executor> executors) {
        Executor executor = applicationTaskExecutor.getIfAvailable(() -> onlyOne(executors));
        if (executor == null) {
            throw new EvioConfigurationException(
                    "An io.evio.OffLoop is injected, but it is not clear which of the application's Executor beans is to do"
                            + " its work. One that schedules tasks is not taken.",
                    "Name the one 'applicationTaskExecutor', set spring.task.execution.mode=force to have Spring Boot's, or"
                            + " declare a bean of type io.evio.OffLoop.");
        }
        return new OffLoop(executor);
    }

    private static @Nullable Executor onlyOne(ObjectProvider<Executor> executors) {
        Executor unique = executors.getIfUnique();
        if (unique != null && !isScheduler(unique)) {
            return unique;
        }
        List<Executor> others =
                executors.stream().filter(executor -> !isScheduler(executor)).toList();
        return others.size() == 1 ? others.get(0) : null;
    }

    private static boolean isScheduler(Executor executor) {
        return executor instanceof TaskScheduler || executor instanceof ScheduledExecutorService;
    }

    @Bean
    EvioLocalProperties evioLocalProperties(ConfigurableApplicationContext context) {
        return new EvioLocalProperties(context);
    }
}
