package io.evio.spring.boot.autoconfigure;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

/** Says in the application's failure report what is wrong with the evio properties, and what to do. */
class EvioConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<EvioConfigurationException> {

    private final @Nullable Environment environment;

    /** @param environment null where the application has failed before it had one */
    EvioConfigurationFailureAnalyzer(@Nullable Environment environment) {
        this.environment = environment;
    }

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, EvioConfigurationException cause) {
        return new FailureAnalysis(cause.getDescription(this::written), cause.getAction(), cause);
    }

    private @Nullable String written(@Nullable String property) {
        if (environment == null || property == null) {
            return null;
        }
        // The names of beans may have upper-case letters, which are none of a property's canonical name.
        ConfigurationPropertyName name = ConfigurationPropertyName.adapt(property, '.');
        return Binder.get(environment).bind(name, Bindable.of(String.class)).orElse(null);
    }
}
