package io.evio.spring.boot;

import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The targets under {@code evio.upstreams.<name>}, among which it spreads connections. A bean of its own, to be
 * injected by its name, also with {@code evio.enabled=false}.
 *
 * <p>A connection goes to a healthy target that has room for it. When that cannot be reached, the next one is tried,
 * until a connection is open. A target that could not be reached is for two seconds tried after the others.
 */
public interface EvioUpstream {

    /** Returns the name, as in the properties. */
    String name();

    /**
     * Makes a connection to one of the targets, on the loop of this one, and returns at once; see
     * {@link Connection#connect}. The handler sees {@code opened} for the target that was reached, or {@code closed}
     * with the reason when none was, each in a later event.
     *
     * @param from whose client a PROXY header names
     * @return what may be written to, {@linkplain Connection#relay tied} and {@linkplain Connection#throttle throttled}
     *     by before it opens
     */
    Connection connect(Connection from, EvioHandler handler);

    /**
     * Returns the target whose turn it is, for a handler that has a connection to it already, or makes one by
     * {@link #connect(Connection, EvioTarget, EvioHandler, BiConsumer)}. From any thread, and without garbage.
     *
     * @return null when all are down
     */
    @Nullable
    EvioTarget next();

    /**
     * Makes a connection as {@link #connect(Connection, EvioHandler)} does, but tries this target first.
     *
     * @param reached called before the handler's {@code opened}, with the target that was reached
     */
    Connection connect(
            Connection from, EvioTarget first, EvioHandler handler, BiConsumer<Connection, EvioTarget> reached);

    /**
     * Makes a connection to one of the targets, on the loop of the server with the fewest connections. From any thread.
     *
     * @throws IllegalStateException when the server is not running
     */
    void connect(EvioServer server, EvioHandler handler);
}
