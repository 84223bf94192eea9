package io.evio.spring.boot.autoconfigure;

import io.evio.EvioServer;
import io.evio.spring.boot.actuate.EvioHealthIndicator;
import io.evio.spring.boot.actuate.EvioUpstreamHealthIndicator;
import io.evio.spring.boot.context.EvioLifecycle;
import io.evio.spring.boot.upstream.EvioUpstreamPool;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.context.annotation.Bean;

/** {@link EnableAutoConfiguration Auto-configuration} of the servers' health, where the application has any. */
@AutoConfiguration(after = EvioAutoConfiguration.class)
@ConditionalOnClass({HealthContributor.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(EvioLifecycle.class)
@ConditionalOnEnabledHealthIndicator("evio")
public final class EvioHealthAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = {"evioHealthIndicator", "evioHealthContributor"})
    HealthContributor evioHealthContributor(EvioLifecycle lifecycle) {
        Map<String, HealthContributor> servers = new LinkedHashMap<>();
        for (EvioServer server : lifecycle.servers()) {
            servers.put(server.name(), new EvioHealthIndicator(server, lifecycle));
        }
        Map<String, HealthContributor> upstreams = new LinkedHashMap<>();
        for (EvioUpstreamPool upstream : lifecycle.upstreams()) {
            upstreams.put(upstream.name(), new EvioUpstreamHealthIndicator(upstream));
        }
        if (!upstreams.isEmpty()) {
            servers.putIfAbsent("upstreams", CompositeHealthContributor.fromMap(upstreams));
        }
        return CompositeHealthContributor.fromMap(servers);
    }
}
