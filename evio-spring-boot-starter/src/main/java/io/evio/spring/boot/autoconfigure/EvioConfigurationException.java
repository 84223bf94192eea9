package io.evio.spring.boot.autoconfigure;

import org.jspecify.annotations.Nullable;

/** The configuration of the servers makes no sense: what is wrong, and what to do about it. */
class EvioConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String description;
    private final String action;

    EvioConfigurationException(String description, String action, @Nullable Throwable cause) {
        super(description + " " + action, cause);
        this.description = description;
        this.action = action;
    }

    EvioConfigurationException(String description, String action) {
        this(description, action, null);
    }

    /**
     * A property has a value that cannot be.
     *
     * @param reason part of a sentence, without its full stop
     * @param example a value that can be
     */
    static EvioConfigurationException wrongValue(
            String property, @Nullable Object value, String reason, String example, @Nullable Throwable cause) {
        return new EvioConfigurationException(
                "The value '" + value + "' of " + property + " is wrong: " + reason + ".",
                "Set " + property + " to a value such as " + example + ".",
                cause);
    }

    String getDescription() {
        return description;
    }

    String getAction() {
        return action;
    }
}
