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

    String getDescription() {
        return description;
    }

    String getAction() {
        return action;
    }
}
