package io.evio.spring.boot.autoconfigure;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The configuration of the servers makes no sense: what is wrong, and what to do about it. */
class EvioConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String description;
    private final String action;

    /** The property whose value is wrong, where that was made into something else than the text that was written. */
    private final @Nullable String property;

    /** How the description begins then. */
    private final String shown;

    private EvioConfigurationException(
            String description, String action, @Nullable String property, String shown, @Nullable Throwable cause) {
        super(description + " " + action, cause);
        this.description = description;
        this.action = action;
        this.property = property;
        this.shown = shown;
    }

    EvioConfigurationException(String description, String action) {
        this(description, action, null, "", null);
    }

    /**
     * A property has a value that cannot be.
     *
     * @param reason part of a sentence, without its full stop
     * @param example a value that can be
     */
    static EvioConfigurationException wrongValue(
            String property, @Nullable Object value, String reason, String example, @Nullable Throwable cause) {
        String shown = "The value '" + value + "' of " + property;
        return new EvioConfigurationException(
                shown + " is wrong: " + reason + ".",
                "Set " + property + " to a value such as " + example + ".",
                value instanceof String ? null : property,
                shown,
                cause);
    }

    String getDescription() {
        return description;
    }

    /**
     * The description with the value as it was written: 2097152B is what became of 2MB.
     *
     * @param written gives a property's text, or null
     */
    String getDescription(UnaryOperator<@Nullable String> written) {
        String text = property == null ? null : written.apply(property);
        return text == null
                ? description
                : "The value '" + text + "' of " + property + description.substring(shown.length());
    }

    String getAction() {
        return action;
    }
}
