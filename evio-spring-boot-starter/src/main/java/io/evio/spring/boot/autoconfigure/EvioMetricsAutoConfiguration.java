package io.evio.spring.boot.autoconfigure;

import io.evio.spring.boot.actuate.EvioMeterBinder;
import io.evio.spring.boot.actuate.EvioReloadMeterBinder;
import io.evio.spring.boot.actuate.EvioUpstreamMeterBinder;
import io.evio.spring.boot.context.EvioLifecycle;
import io.evio.spring.boot.server.EvioSslBundles;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.DependsOn;

/** {@link EnableAutoConfiguration Auto-configuration} that meters the servers where there is Micrometer. */
@AutoConfiguration(
        after = EvioAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass({MeterRegistry.class, MeterBinder.class})
@ConditionalOnBean(EvioLifecycle.class)
@ConditionalOnBooleanProperty(name = "evio.metrics.enabled", matchIfMissing = true)
public final class EvioMetricsAutoConfiguration {

    @Bean
    EvioMeterBinder evioMeterBinder(EvioLifecycle lifecycle) {
        return new EvioMeterBinder(lifecycle.servers());
    }

    @Bean
    EvioUpstreamMeterBinder evioUpstreamMeterBinder(EvioLifecycle lifecycle) {
        return new EvioUpstreamMeterBinder(lifecycle.upstreams());
    }

    /** After the servers, which say what bundles they use. */
    @Bean
    @DependsOn("evioLifecycle")
    EvioReloadMeterBinder evioReloadMeterBinder(EvioSslBundles bundles) {
        return new EvioReloadMeterBinder(bundles.used());
    }
}
