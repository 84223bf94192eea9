package io.evio.testing;

import io.evio.Action;
import io.evio.Connection;
import io.evio.DetachedConnection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.Tick;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A handler whose events are lambdas, which may throw anything, and which logs every event before its lambda runs.
 *
 * <p>Without lambdas each event does what {@link EvioHandler} does by default.
 */
public final class TestHandler implements EvioHandler {

    /** {@link EvioHandler#serving}. */
    @FunctionalInterface
    public interface Serving {
        Action on(EvioServer server) throws Throwable;
    }

    /** {@link EvioHandler#tick}. */
    @FunctionalInterface
    public interface Ticking {
        Tick on() throws Throwable;
    }

    /** {@link EvioHandler#opened}. */
    @FunctionalInterface
    public interface Opened {
        Action on(Connection connection, Output out) throws Throwable;
    }

    /** {@link EvioHandler#data}. */
    @FunctionalInterface
    public interface Data {
        Action on(Connection connection, ByteBuffer in, Output out) throws Throwable;
    }

    /** {@link EvioHandler#prewrite}. */
    @FunctionalInterface
    public interface Prewrite {
        Action on(Connection connection, int amount) throws Throwable;
    }

    /** {@link EvioHandler#postwrite}. */
    @FunctionalInterface
    public interface Postwrite {
        Action on(Connection connection, int amount, int remaining) throws Throwable;
    }

    /** {@link EvioHandler#detached}. */
    @FunctionalInterface
    public interface Detached {
        Action on(Connection connection, DetachedConnection detached) throws Throwable;
    }

    /** {@link EvioHandler#closed}. */
    @FunctionalInterface
    public interface Closed {
        Action on(Connection connection, @Nullable IOException error) throws Throwable;
    }

    private final Queue<Event> log = new ConcurrentLinkedQueue<>();
    private volatile boolean logging = true;
    private volatile @Nullable EvioServer server;

    private volatile Serving serving = EvioHandler.super::serving;
    private volatile Ticking ticking = EvioHandler.super::tick;
    private volatile Opened opened = EvioHandler.super::opened;
    private volatile Data data = EvioHandler.super::data;
    private volatile Prewrite prewrite = EvioHandler.super::prewrite;
    private volatile Postwrite postwrite = EvioHandler.super::postwrite;
    private volatile Detached detached = EvioHandler.super::detached;
    private volatile Closed closed = EvioHandler.super::closed;

    /** A handler that sends back what it gets. */
    public static TestHandler echo() {
        return new TestHandler().onData((connection, in, out) -> {
            out.write(in);
            return Action.NONE;
        });
    }

    public TestHandler onServing(Serving event) {
        serving = event;
        return this;
    }

    public TestHandler onTick(Ticking event) {
        ticking = event;
        return this;
    }

    public TestHandler onOpened(Opened event) {
        opened = event;
        return this;
    }

    public TestHandler onData(Data event) {
        data = event;
        return this;
    }

    public TestHandler onPrewrite(Prewrite event) {
        prewrite = event;
        return this;
    }

    public TestHandler onPostwrite(Postwrite event) {
        postwrite = event;
        return this;
    }

    public TestHandler onDetached(Detached event) {
        detached = event;
        return this;
    }

    public TestHandler onClosed(Closed event) {
        closed = event;
        return this;
    }

    /** Keeps no log, for tests with events by the hundred thousand. */
    public TestHandler withoutLog() {
        logging = false;
        return this;
    }

    /** The server that {@code serving} was given. */
    public EvioServer server() {
        EvioServer result = server;
        if (result == null) {
            throw new IllegalStateException("serving has not fired yet");
        }
        return result;
    }

    /** All events so far, in their order. */
    public List<Event> events() {
        return List.copyOf(log);
    }

    /** The events of this name so far. */
    public List<Event> events(String name) {
        return log.stream().filter(event -> event.is(name)).toList();
    }

    /** The names of the events so far, in their order. */
    public List<String> names() {
        return log.stream().map(Event::name).toList();
    }

    /** As {@link #names()}, with {@code data} after {@code data} as one, as a layer may split what arrives. */
    public List<String> turns() {
        return turns(names());
    }

    /** As {@link #names(long)}, likewise. */
    public List<String> turns(long id) {
        return turns(names(id));
    }

    private static List<String> turns(List<String> names) {
        List<String> turns = new ArrayList<>();
        for (String name : names) {
            if (!name.equals("data")
                    || turns.isEmpty()
                    || !turns.get(turns.size() - 1).equals("data")) {
                turns.add(name);
            }
        }
        return turns;
    }

    /** The names of one connection's events so far, in their order. */
    public List<String> names(long id) {
        return log.stream().filter(event -> event.id() == id).map(Event::name).toList();
    }

    public long count(String name) {
        return log.stream().filter(event -> event.is(name)).count();
    }

    /** Returns the amounts of the events of this name so far, added up. */
    public long amount(String name) {
        return log.stream()
                .filter(event -> event.is(name))
                .mapToLong(Event::amount)
                .sum();
    }

    /** Waits for the first event of this name. */
    public Event await(String name) {
        return await(name, event -> true);
    }

    /** Waits for the first event of this name that meets the condition. */
    public Event await(String name, Predicate<Event> condition) {
        return Eventually.present(
                "event " + name + " among " + names(),
                () -> log.stream()
                        .filter(event -> event.is(name) && condition.test(event))
                        .findFirst());
    }

    @Override
    public Action serving(EvioServer started) {
        server = started;
        log("serving", 0, 0, 0, null);
        try {
            return serving.on(started);
        } catch (Throwable t) {
            throw TestHandler.<RuntimeException>unchecked(t);
        }
    }

    @Override
    public Tick tick() {
        log("tick", 0, 0, 0, null);
        try {
            return ticking.on();
        } catch (Throwable t) {
            throw TestHandler.<RuntimeException>unchecked(t);
        }
    }

    @Override
    public Action opened(Connection connection, Output out) {
        log("opened", connection.id(), 0, 0, null);
        try {
            return opened.on(connection, out);
        } catch (Throwable t) {
            throw TestHandler.<RuntimeException>unchecked(t);
        }
    }

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        log("data", connection.id(), in.remaining(), 0, null);
        try {
            return data.on(connection, in, out);
        } catch (Throwable t) {
            throw TestHandler.<RuntimeException>unchecked(t);
        }
    }

    @Override
    public Action prewrite(Connection connection, int amount) {
        log("prewrite", connection.id(), amount, 0, null);
        try {
            return prewrite.on(connection, amount);
        } catch (Throwable t) {
            throw TestHandler.<RuntimeException>unchecked(t);
        }
    }

    @Override
    public Action postwrite(Connection connection, int amount, int remaining) {
        log("postwrite", connection.id(), amount, remaining, null);
        try {
            return postwrite.on(connection, amount, remaining);
        } catch (Throwable t) {
            throw TestHandler.<RuntimeException>unchecked(t);
        }
    }

    @Override
    public Action detached(Connection connection, DetachedConnection channel) {
        log("detached", connection.id(), 0, 0, null);
        try {
            return detached.on(connection, channel);
        } catch (Throwable t) {
            throw TestHandler.<RuntimeException>unchecked(t);
        }
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        log("closed", connection.id(), 0, 0, error);
        try {
            return closed.on(connection, error);
        } catch (Throwable t) {
            throw TestHandler.<RuntimeException>unchecked(t);
        }
    }

    private void log(String name, long id, int amount, int remaining, @Nullable Throwable error) {
        if (logging) {
            log.add(Event.of(name, id, amount, remaining, error));
        }
    }

    /** Throws it as it is: checked or not, the loop has to live with it. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> RuntimeException unchecked(Throwable thrown) throws T {
        throw (T) thrown;
    }
}
