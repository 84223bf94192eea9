package io.evio.spring.boot.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Unless {@code evio.enabled} is false. Boot's own condition would take any other text for false, and be silent about it. */
class EvioEnabledCondition extends SpringBootCondition {

    private static final String PROPERTY = "evio.enabled";

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        String value = context.getEnvironment().getProperty(PROPERTY, "true");
        if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
            throw EvioConfigurationException.wrongValue(PROPERTY, value, "it is neither true nor false", "false", null);
        }
        return new ConditionOutcome(value.equalsIgnoreCase("true"), PROPERTY + " is " + value);
    }
}
