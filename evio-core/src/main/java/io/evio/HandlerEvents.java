package io.evio;

import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventTimes;
import io.evio.internal.stream.Handover;
import io.evio.internal.stream.Stream;
import io.evio.internal.stream.StreamEvents;
import io.evio.internal.stream.Verdict;
import io.evio.internal.stream.Work;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns the events of one loop into those of an {@link EvioHandler}, and times them. */
final class HandlerEvents implements StreamEvents {

    private static final Duration LONGEST_DELAY = Duration.ofNanos(Long.MAX_VALUE / 2);

    private final EvioServer server;
    private final EvioHandler handler;
    private final boolean first;
    private final @Nullable TargetChooser targets;
    private final HandlerType type;
    private final EventTimes times;

    /** The events of each loop, whose handlers may be one object. */
    static List<HandlerEvents> of(EvioServer server, List<EvioHandler> handlers, List<Counters> counters) {
        Set<EvioHandler> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<HandlerEvents> events = new ArrayList<>();
        for (int i = 0; i < handlers.size(); i++) {
            EvioHandler handler = handlers.get(i);
            events.add(new HandlerEvents(server, handler, seen.add(handler), null, counters.get(i).eventTimes));
        }
        return events;
    }

    /**
     * @param first whether this is the first of the loops that the handler is for: on it alone {@code serving} and
     *     ticks fire
     * @param targets chooses where an outbound connection goes; null for accepted ones
     * @param times those of the loop
     */
    HandlerEvents(
            EvioServer server, EvioHandler handler, boolean first, @Nullable TargetChooser targets, EventTimes times) {
        this.server = server;
        this.handler = handler;
        this.first = first;
        this.targets = targets;
        this.type = HandlerType.of(handler);
        this.times = times;
    }

    EvioServer server() {
        return server;
    }

    @Override
    public Verdict serving() {
        if (!first) {
            return Verdict.NONE;
        }
        long began = System.nanoTime();
        try {
            return handler.serving(server).verdict();
        } finally {
            times.ended("serving", type.name(), began);
        }
    }

    @Override
    public NextTick tick() {
        Tick tick = first ? fireTick() : Tick.NEVER;
        boolean never = tick.delay().compareTo(LONGEST_DELAY) > 0;
        return new NextTick(
                never ? Long.MAX_VALUE : tick.delay().toNanos(), tick.action().verdict());
    }

    private Tick fireTick() {
        long began = System.nanoTime();
        try {
            return handler.tick();
        } finally {
            times.ended("tick", type.name(), began);
        }
    }

    @Override
    public Verdict opened(Stream connection) {
        Connection facade = connection.facade() instanceof Connection made ? made : new Connection(connection);
        connection.setFacade(facade);
        long began = System.nanoTime();
        try {
            if (targets != null) {
                targets.opened(facade);
            }
            return handler.opened(facade, facade.output()).verdict();
        } finally {
            times.ended("opened", type.name(), began);
        }
    }

    @Override
    public Verdict data(Stream connection, ByteBuffer in) {
        Connection facade = facade(connection);
        long began = System.nanoTime();
        try {
            return handler.data(facade, in, facade.output()).verdict();
        } finally {
            times.ended("data", type.name(), began);
        }
    }

    @Override
    public Verdict prewrite(Stream connection, int amount) {
        if (!type.hasPrewrite()) {
            return Verdict.NONE;
        }
        int weight = times.prewrites.next();
        if (weight == 0) {
            return handler.prewrite(facade(connection), amount).verdict();
        }
        long began = System.nanoTime();
        try {
            return handler.prewrite(facade(connection), amount).verdict();
        } finally {
            times.ended("prewrite", type.name(), began, weight);
        }
    }

    @Override
    public Verdict postwrite(Stream connection, int amount, int remaining) {
        if (!type.hasPostwrite()) {
            return Verdict.NONE;
        }
        int weight = times.postwrites.next();
        if (weight == 0) {
            return handler.postwrite(facade(connection), amount, remaining).verdict();
        }
        long began = System.nanoTime();
        try {
            return handler.postwrite(facade(connection), amount, remaining).verdict();
        } finally {
            times.ended("postwrite", type.name(), began, weight);
        }
    }

    @Override
    public Verdict detached(Stream connection, Handover handover) throws IOException {
        Connection facade = facade(connection);
        ConnectionGroup.ended(facade);
        DetachedConnection detached = new DetachedConnection(handover, server.waiting());
        long began = System.nanoTime();
        try {
            endOutbound(facade);
            return handler.detached(facade, detached).verdict();
        } catch (Throwable t) {
            detached.close();
            throw t;
        } finally {
            times.ended("detached", type.name(), began);
        }
    }

    @Override
    public Verdict closed(Stream connection, @Nullable IOException error) {
        Connection facade = facade(connection);
        ConnectionGroup.ended(facade);
        long began = System.nanoTime();
        try {
            endOutbound(facade);
            return handler.closed(facade, error).verdict();
        } finally {
            times.ended("closed", type.name(), began);
        }
    }

    private void endOutbound(Connection facade) {
        if (targets != null) {
            targets.ended(facade);
        }
    }

    @Override
    public Verdict work(String what, Work work) throws Throwable {
        long began = System.nanoTime();
        try {
            return work.run();
        } finally {
            times.ended(what, type.name(), began);
        }
    }

    @SuppressWarnings("NullAway") // set in opened, which comes first
    private static Connection facade(Stream connection) {
        return (Connection) connection.facade();
    }
}
