package io.evio.spring.boot.server;

import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;

/**
 * Hands values of properties to what takes them. A value that is refused is named with its property, the reason and an
 * example.
 *
 * @param written gives a property as it was set, or null
 */
record EvioValues(Function<String, @Nullable ConfigurationProperty> written) {

    <T> void apply(String property, @Nullable T value, String example, Consumer<T> target) {
        apply(property, property, value, example, target);
    }

    /**
     * Hands on a value, unless it is null.
     *
     * @param element the property, or the element of it that has the value
     */
    <T> void apply(String property, String element, @Nullable T value, String example, Consumer<T> target) {
        if (value == null) {
            return;
        }
        try {
            target.accept(value);
        } catch (IllegalArgumentException e) {
            throw EvioConfigurationException.wrongValue(
                    property, value, written.apply(element), String.valueOf(e.getMessage()), example, e);
        }
    }

    /**
     * Returns the failure for a value that is wrong together with others.
     *
     * @param reason part of a sentence, without its full stop
     */
    EvioConfigurationException wrong(
            String property, Object value, String reason, String action, @Nullable Throwable cause) {
        return new EvioConfigurationException(
                "The value '" + value + "' of " + property + " is wrong: " + reason + ".",
                written.apply(property),
                action,
                cause);
    }
}
