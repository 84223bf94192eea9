package io.evio.spring.boot.context;

import org.springframework.context.ApplicationContextException;

/** A server could not be started; the cause says why. */
public class EvioStartException extends ApplicationContextException {

    private static final long serialVersionUID = 1L;

    private final String server;
    private final String property;

    /** @param property the one that has the server's addresses */
    EvioStartException(String server, String property, Throwable cause) {
        super("Failed to start Evio '" + server + "'", cause);
        this.server = server;
        this.property = property;
    }

    public String getServer() {
        return server;
    }

    public String getProperty() {
        return property;
    }
}
