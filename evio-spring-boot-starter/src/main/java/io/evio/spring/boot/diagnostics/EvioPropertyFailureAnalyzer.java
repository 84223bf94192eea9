package io.evio.spring.boot.diagnostics;

import io.evio.spring.boot.server.EvioConfigurationException;
import io.evio.spring.boot.server.EvioProperties;
import io.evio.spring.boot.server.EvioPropertyNames;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.unit.DataSize;

/**
 * Says which evio property has a value that is not of its type, and how a right one looks. In front of Boot's own
 * analyzers, which know no examples.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class EvioPropertyFailureAnalyzer extends AbstractFailureAnalyzer<BindException> {

    @Override
    protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BindException failure) {
        ConfigurationProperty property = failure.getProperty();
        if (property == null || !EvioPropertyNames.EVIO.isAncestorOf(failure.getName())) {
            return null;
        }
        Right right = Right.of(failure.getTarget().getType().resolve(Object.class));
        EvioConfigurationException wrong = EvioConfigurationException.wrongValue(
                EvioPropertyNames.show(failure.getName()),
                property.getValue(),
                property,
                right.reason,
                right.example,
                failure);
        return new FailureAnalysis(wrong.getDescription(), wrong.getAction(), failure);
    }

    /**
     * A right example for a type.
     *
     * @param reason what a wrong value is not
     * @param example a right one
     */
    private record Right(String reason, String example) {

        static Right of(Class<?> type) {
            if (type == Integer.class || type == int.class) {
                return new Right("it is no whole number", "1024");
            }
            if (type == Boolean.class || type == boolean.class || type == EvioProperties.KeepAlive.class) {
                return new Right("it is neither true nor false", "true");
            }
            if (type == Duration.class) {
                return new Right("it is no duration with a unit (ns, us, ms, s, m, h or d)", "30s");
            }
            if (type == DataSize.class) {
                return new Right("it is no size with a unit (B, KB, MB, GB or TB)", "16MB");
            }
            if (type.isEnum()) {
                String values = Arrays.stream(type.getEnumConstants())
                        .map(value -> value.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
                        .collect(Collectors.joining(", "));
                return new Right("it is none of " + values, values.substring(0, values.indexOf(',')));
            }
            return new Right("it does not fit here", "that of the README's table of properties");
        }
    }
}
