package io.evio.spring.boot.server;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.origin.Origin;
import org.springframework.context.ApplicationContextException;

/** A server could not be started; the cause says why. */
public class EvioStartException extends ApplicationContextException {

    private static final long serialVersionUID = 1L;

    private final String server;
    private final String property;
    private final transient @Nullable Origin origin;

    /**
     * @param property the one that the cause is about
     * @param written as it was set; null where that is not known, or another value was used instead
     */
    EvioStartException(String server, String property, @Nullable ConfigurationProperty written, Throwable cause) {
        super("Failed to start Evio '" + server + "'", cause);
        this.server = server;
        this.property = property;
        this.origin = written == null ? null : written.getOrigin();
    }

    public String getServer() {
        return server;
    }

    public String getProperty() {
        return property;
    }

    /** Returns where the property was set, or null where that is not known. */
    public @Nullable Origin getOrigin() {
        return origin;
    }
}
