package io.evio.spring.boot.server;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.origin.Origin;

/** The configuration of the servers makes no sense: what is wrong, where it was set, and what to do about it. */
public class EvioConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String description;
    private final String action;

    EvioConfigurationException(String description, String action) {
        this(description, action, null);
    }

    private EvioConfigurationException(String description, String action, @Nullable Throwable cause) {
        super(description + (description.contains("\n") ? "\n\n    " : " ") + action, cause);
        this.description = description;
        this.action = action;
    }

    /** @param written what is wrong, of which the origin is told */
    EvioConfigurationException(String description, @Nullable ConfigurationProperty written, String action) {
        this(description, written, action, null);
    }

    EvioConfigurationException(
            String description, @Nullable ConfigurationProperty written, String action, @Nullable Throwable cause) {
        this(withOrigin(description, written == null ? null : written.getOrigin()), action, cause);
    }

    /**
     * A property has a value that cannot be.
     *
     * @param written the property as it was set: 2097152B is what became of 2MB. Null where that is not known
     * @param reason part of a sentence, without its full stop
     * @param example a value that can be
     */
    public static EvioConfigurationException wrongValue(
            String property,
            @Nullable Object value,
            @Nullable ConfigurationProperty written,
            String reason,
            String example,
            @Nullable Throwable cause) {
        // A text is what was written, or an element of it.
        Object shown = written == null || value instanceof String ? value : written.getValue();
        return new EvioConfigurationException(
                withOrigin(
                        "The value '" + shown + "' of " + property + " is wrong: " + reason + ".",
                        written == null ? null : written.getOrigin()),
                "Set " + property + " to a value such as " + example + ".",
                cause);
    }

    /** A description, with the file and line, or whatever it was, that set what it is about. */
    public static String withOrigin(String description, @Nullable Origin origin) {
        return origin == null ? description : description + "\n\n    Origin: " + origin;
    }

    public String getDescription() {
        return description;
    }

    public String getAction() {
        return action;
    }
}
