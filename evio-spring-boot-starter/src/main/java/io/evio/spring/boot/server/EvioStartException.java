package io.evio.spring.boot.server;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.origin.Origin;
import org.springframework.context.ApplicationContextException;

/** A server could not be started; the cause says why. */
public class EvioStartException extends ApplicationContextException {

    private static final long serialVersionUID = 1L;

    private final String server;
    private final @Nullable String property;
    private final transient @Nullable Origin origin;

    /**
     * @param property the one whose value the cause is about; null when the value is of no property
     * @param written the property as it was set; null where that is not known
     */
    EvioStartException(
            String server, @Nullable String property, @Nullable ConfigurationProperty written, Throwable cause) {
        super("Failed to start Evio '" + server + "'", cause);
        this.server = server;
        this.property = property;
        this.origin = written == null ? null : written.getOrigin();
    }

    public String getServer() {
        return server;
    }

    /** Returns the property whose value the cause is about, or null when the value is of no property. */
    public @Nullable String getProperty() {
        return property;
    }

    /** Returns where the property was set, or null where that is not known. */
    public @Nullable Origin getOrigin() {
        return origin;
    }
}
