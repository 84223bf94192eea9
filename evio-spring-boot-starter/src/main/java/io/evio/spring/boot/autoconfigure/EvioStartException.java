package io.evio.spring.boot.autoconfigure;

import org.springframework.context.ApplicationContextException;

/** A server could not be started; the cause says why. */
class EvioStartException extends ApplicationContextException {

    private static final long serialVersionUID = 1L;

    private final String server;
    private final String property;

    /** @param property the one that has the server's addresses */
    EvioStartException(String server, String property, Throwable cause) {
        super("Failed to start Evio '" + server + "'", cause);
        this.server = server;
        this.property = property;
    }

    String getServer() {
        return server;
    }

    String getProperty() {
        return property;
    }
}
