package io.evio.spring.boot.context;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.Ordered;

/**
 * Refuses traffic as the first thing when the context is closed, before any server stops, and gives what is in front of
 * the servers the time to notice. Boot does the former itself, for web applications only. In front of all other
 * listeners: executors take no work any more once they have heard of the end.
 */
public class EvioReadiness implements ApplicationListener<ContextClosedEvent>, Ordered {

    private final ConfigurableApplicationContext context;
    private final ObjectProvider<EvioLifecycle> lifecycle;

    public EvioReadiness(ConfigurableApplicationContext context, ObjectProvider<EvioLifecycle> lifecycle) {
        this.context = context;
        this.lifecycle = lifecycle;
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }

    @Override
    public void onApplicationEvent(ContextClosedEvent event) {
        if (event.getApplicationContext() == context) {
            AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
            lifecycle.ifAvailable(EvioLifecycle::delayStop);
        }
    }
}
