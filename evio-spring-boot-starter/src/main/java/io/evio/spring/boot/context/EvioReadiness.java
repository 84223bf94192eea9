package io.evio.spring.boot.context;

import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;

/**
 * Refuses traffic as the first thing when the context is closed, before any server stops. Boot does so itself for web
 * applications only.
 */
public class EvioReadiness implements ApplicationListener<ContextClosedEvent> {

    private final ConfigurableApplicationContext context;

    public EvioReadiness(ConfigurableApplicationContext context) {
        this.context = context;
    }

    @Override
    public void onApplicationEvent(ContextClosedEvent event) {
        if (event.getApplicationContext() == context) {
            AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
        }
    }
}
