package io.evio.spring.boot.autoconfigure;

import io.evio.EvioHandler;
import io.evio.spring.boot.EvioServerCustomizer;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** {@link EnableAutoConfiguration Auto-configuration} that runs {@link EvioHandler} beans as servers. */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "evio.enabled", matchIfMissing = true)
@EnableConfigurationProperties(EvioProperties.class)
public final class EvioAutoConfiguration {

    @Bean
    EvioLifecycle evioLifecycle(
            EvioProperties properties,
            ListableBeanFactory beans,
            ObjectProvider<EvioServerCustomizer> customizers,
            ConfigurableApplicationContext context) {
        EvioServerFactory factory = new EvioServerFactory(
                properties,
                beans.getBeansOfType(EvioHandler.class),
                customizers.orderedStream().toList());
        return new EvioLifecycle(properties, factory, context);
    }

    @Bean
    EvioPortProperties evioPortProperties(ConfigurableApplicationContext context) {
        return new EvioPortProperties(context);
    }
}
