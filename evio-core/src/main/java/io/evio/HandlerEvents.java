package io.evio;

import io.evio.internal.stream.Handover;
import io.evio.internal.stream.Stream;
import io.evio.internal.stream.StreamEvents;
import io.evio.internal.stream.Verdict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the events of one loop into those of an {@link EvioHandler}. */
final class HandlerEvents implements StreamEvents {

    private static final Duration LONGEST_DELAY = Duration.ofNanos(Long.MAX_VALUE / 2);

    private final EvioServer server;
    private final EvioHandler handler;
    private final boolean first;

    /** The events of each loop, whose handlers may be one object. */
    static List<HandlerEvents> of(EvioServer server, List<EvioHandler> handlers) {
        Set<EvioHandler> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<HandlerEvents> events = new ArrayList<>();
        for (EvioHandler handler : handlers) {
            events.add(new HandlerEvents(server, handler, seen.add(handler)));
        }
        return events;
    }

    /**
     * @param first whether this is the first of the loops that the handler is for: on it alone {@code serving} and
     *     ticks fire
     */
    HandlerEvents(EvioServer server, EvioHandler handler, boolean first) {
        this.server = server;
        this.handler = handler;
        this.first = first;
    }

    EvioServer server() {
        return server;
    }

    @Override
    public Verdict serving() {
        return first ? handler.serving(server).verdict() : Verdict.NONE;
    }

    @Override
    public NextTick tick() {
        Tick tick = first ? handler.tick() : Tick.NEVER;
        boolean never = tick.delay().compareTo(LONGEST_DELAY) > 0;
        return new NextTick(
                never ? Long.MAX_VALUE : tick.delay().toNanos(), tick.action().verdict());
    }

    @Override
    public Verdict opened(Stream connection) {
        Connection facade = connection.facade() instanceof Connection made ? made : new Connection(connection);
        connection.setFacade(facade);
        return handler.opened(facade, facade.output()).verdict();
    }

    @Override
    public Verdict data(Stream connection, ByteBuffer in) {
        Connection facade = facade(connection);
        return handler.data(facade, in, facade.output()).verdict();
    }

    @Override
    public Verdict prewrite(Stream connection, int amount) {
        return handler.prewrite(facade(connection), amount).verdict();
    }

    @Override
    public Verdict postwrite(Stream connection, int amount, int remaining) {
        return handler.postwrite(facade(connection), amount, remaining).verdict();
    }

    @Override
    public Verdict detached(Stream connection, Handover handover) throws IOException {
        Connection facade = facade(connection);
        ConnectionGroup.ended(facade);
        DetachedConnection detached = new DetachedConnection(handover, server.waiting());
        try {
            return handler.detached(facade, detached).verdict();
        } catch (Throwable t) {
            detached.close();
            throw t;
        }
    }

    @Override
    public Verdict closed(Stream connection, @Nullable IOException error) {
        Connection facade = facade(connection);
        ConnectionGroup.ended(facade);
        return handler.closed(facade, error).verdict();
    }

    @SuppressWarnings("NullAway") // set in opened, which comes first
    private static Connection facade(Stream connection) {
        return (Connection) connection.facade();
    }
}
