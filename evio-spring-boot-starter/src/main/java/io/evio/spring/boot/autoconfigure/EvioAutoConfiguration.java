package io.evio.spring.boot.autoconfigure;

import io.evio.EvioHandler;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** {@link EnableAutoConfiguration Auto-configuration} that runs {@link EvioHandler} beans as servers. */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "evio.enabled", matchIfMissing = true)
@EnableConfigurationProperties(EvioProperties.class)
public final class EvioAutoConfiguration {

    @Bean
    EvioLifecycle evioLifecycle(
            EvioProperties properties, ListableBeanFactory beans, ApplicationEventPublisher publisher) {
        return new EvioLifecycle(properties, beans.getBeansOfType(EvioHandler.class), publisher);
    }

    @Bean
    EvioPortProperties evioPortProperties(ConfigurableApplicationContext context) {
        return new EvioPortProperties(context);
    }
}
