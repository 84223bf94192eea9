package io.evio.spring.boot;

import io.evio.EvioServer;
import org.jspecify.annotations.Nullable;

/**
 * A server has ended: stopped with the application context, by an event that returned {@link io.evio.Action#SHUTDOWN},
 * or because its loop failed. Published on a thread of the shutdown, or on the loop's when the server ended by itself.
 * Not published when an event closed the context, which is gone by then.
 */
public final class EvioServerStoppedEvent extends EvioServerEvent {

    private static final long serialVersionUID = 1L;

    private final @Nullable Throwable cause;

    /** @param cause what made the loop fail, or null for an ordinary end */
    public EvioServerStoppedEvent(EvioServer server, @Nullable Throwable cause) {
        super(server);
        this.cause = cause;
    }

    /** The cause of the loop's failure, or null for an ordinary end. */
    public @Nullable Throwable getCause() {
        return cause;
    }
}
