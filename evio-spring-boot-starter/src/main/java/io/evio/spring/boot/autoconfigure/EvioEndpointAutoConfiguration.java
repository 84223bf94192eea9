package io.evio.spring.boot.autoconfigure;

import io.evio.spring.boot.actuate.EvioEndpoint;
import io.evio.spring.boot.actuate.EvioInfoContributor;
import io.evio.spring.boot.context.EvioLifecycle;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.info.ConditionalOnEnabledInfoContributor;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of the actuator endpoint and the servers' info, where there is
 * actuator.
 */
@AutoConfiguration(after = EvioAutoConfiguration.class)
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnBean(EvioLifecycle.class)
public final class EvioEndpointAutoConfiguration {

    @Bean
    @ConditionalOnAvailableEndpoint
    @ConditionalOnMissingBean
    EvioEndpoint evioEndpoint(EvioLifecycle lifecycle) {
        return new EvioEndpoint(lifecycle.servers(), lifecycle::tls, lifecycle.upstreams());
    }

    @Bean
    @ConditionalOnEnabledInfoContributor("evio")
    @ConditionalOnMissingBean
    EvioInfoContributor evioInfoContributor(EvioLifecycle lifecycle) {
        return new EvioInfoContributor(lifecycle.servers());
    }
}
