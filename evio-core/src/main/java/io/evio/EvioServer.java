package io.evio;

import io.evio.loop.Counters;
import io.evio.loop.LoopConnection;
import io.evio.poll.WaitingThreads;
import io.evio.sys.SystemCallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server: a handler, its addresses and the loop that brings them together. Starts and stops any number of times; the
 * counters and the connections' ids go on over them. All methods are safe from any thread.
 */
public final class EvioServer {

    private final ServerConfig config;

    /** Of each loop, over all runs. */
    private final List<Counters> counters;

    /** Those of the connections that have left the loops; over all runs, because connections outlive them. */
    private final WaitingThreads waiting;

    /** The current run; null before the first and after each end. */
    private volatile @Nullable ServerRun run;

    private EvioServer(ServerConfig config) {
        this.config = config;
        this.counters = Stream.generate(Counters::new).limit(config.loops()).toList();
        this.waiting = new WaitingThreads(
                "evio-" + config.name() + "-detached", () -> config.pollers().open(config.poller()));
    }

    /** A builder with every default. */
    public static Builder builder() {
        return new Builder();
    }

    /** The name, as in thread names, logs and meters. */
    public String name() {
        return config.name();
    }

    /** The limits the server keeps to. */
    public Limits limits() {
        return config.limits();
    }

    /** How long pending output may take when an event ends the server, and what a stop is usually given. */
    public Duration gracePeriod() {
        return config.gracePeriod();
    }

    WaitingThreads waiting() {
        return waiting;
    }

    /** How many loops the server runs. */
    public int loops() {
        return config.loops();
    }

    /** How long a loop that has nothing to do looks for work before it sleeps; zero when it sleeps at once. */
    public Duration busyPoll() {
        return config.busyPoll();
    }

    /**
     * Binds every address on the calling thread, then runs the loop on a new non-daemon thread named
     * {@code evio-<name>}, or several loops on {@code evio-<name>-0} and so on. Returns once the handler's {@code serving} event is over,
     * and of several handlers those of all. The {@code serving} and {@code tick} of a handler that the loops share fire on
     * {@code evio-<name>-0}. What the calling thread has written is visible to all events, and what {@code serving} has written to
     * the calling thread.
     *
     * @throws EvioBindException when one of the addresses cannot be bound; none stays bound then
     * @throws IOException when the system has no descriptors or memory left for the loop
     * @throws EvioUnsupportedException when there is no such poller here
     * @throws IllegalStateException when the server is running, or its {@code serving} event threw
     */
    public void start() throws IOException {
        ServerRun current = bind(null);
        current.start();
        current.awaitServing();
        Throwable failure = current.failure();
        if (failure != null) {
            current.awaitEnd();
            if (failure instanceof SystemCallException e) {
                throw e; // The loop's own first call, made before the event.
            }
            throw current.threwInServing(failure);
        }
    }

    /**
     * Binds every address and runs the loop on the calling thread until it ends, by {@link Action#SHUTDOWN} or
     * {@link #stop}. Of several loops it runs the first, and waits for the others: the {@code serving} and {@code tick} of a handler
     * that the loops share fire on the calling thread, the events of connections on each one's loop.
     *
     * @throws EvioBindException as {@link #start} does
     * @throws IOException as {@link #start} does, or when the operating system fails the loop itself
     * @throws IllegalStateException when the server is running
     */
    public void serve() throws IOException {
        ServerRun current = bind(Thread.currentThread());
        current.start();
        current.run();
        Throwable failure = current.failure();
        if (failure instanceof IOException e) {
            throw e;
        } else if (failure instanceof RuntimeException e) {
            throw e;
        } else if (failure instanceof Error e) {
            throw e;
        } else if (failure != null) {
            // A checked exception from a language that does not make the handler declare it.
            throw current.threwInServing(failure);
        }
    }

    private synchronized ServerRun bind(@Nullable Thread caller) throws IOException {
        if (run != null) {
            throw new IllegalStateException("Evio '" + config.name() + "' is running already");
        }
        ServerRun bound =
                new ServerRun(config, HandlerEvents.of(this, config.handlers()), counters, caller, () -> run = null);
        run = bound;
        return bound;
    }

    /**
     * Ends the server: listeners close; within the grace period requests that have arrived by now (of a connection up to 1 MiB)
     * are still given to the handler, what it has under way goes on, and pending output goes out; every open connection
     * gets its {@code closed}. Waits until that is done; when the server is not running there is nothing to do. On the loop's own
     * thread it only asks for it, and the end comes after the event.
     *
     * @param grace how long pending output may take; {@link Duration#ZERO} gives it one more attempt
     * @return false when the loop has not ended 5 seconds after the grace period, because an event blocks it, when an event has
     *     called {@link System#exit} and so never returns, when the calling thread was interrupted, or on the loop's own thread
     */
    public boolean stop(Duration grace) {
        ServerRun current = run;
        return current == null || current.stop(grace);
    }

    /**
     * Whether the calling thread is one of the server's loops, so that an event is running. There {@link #stop} only asks for the
     * stop, and whatever else waits for the server would wait for itself.
     */
    public boolean isLoopThread() {
        ServerRun current = run;
        return current != null && current.isLoopThread();
    }

    /** Whether the server is bound and its loop has not ended. */
    public boolean isRunning() {
        return run != null;
    }

    /**
     * Whether the server is on its way to its end: listeners are closed, and what it is still given had arrived before. A
     * protocol that can say so tells its clients with the last reply, as HTTP does with {@code Connection: close}.
     */
    public boolean isStopping() {
        ServerRun current = run;
        return current != null && current.loops().isStopping();
    }

    /** The addresses in the order they were given, with the real ports; as configured while the server is not running. */
    public List<Address> addresses() {
        ServerRun current = run;
        return current == null ? config.addresses() : current.loops().addresses();
    }

    /** The mechanism in use, such as {@code epoll}; as configured while the server is not running. */
    public String poller() {
        ServerRun current = run;
        return current == null ? config.poller() : current.loops().pollerName();
    }

    /** The counters now, over all loops. */
    public EvioStats stats() {
        return EvioStats.of(counters, config.limits().maxConnections());
    }

    /** The counters of each loop now, whose sum is {@link #stats}: how the load is spread over them. */
    public List<EvioStats> loopStats() {
        return counters.stream()
                .map(loop -> EvioStats.of(List.of(loop), config.limits().maxConnections()))
                .toList();
    }

    /**
     * The open connections with the smallest ids above {@code after}, in the order of their ids: a page of all of them. The
     * last one's id is where the next page begins.
     *
     * @param after 0 for the first page
     * @param limit how many at most
     * @return empty when there are none, also while the server is not running
     * @throws IllegalArgumentException when {@code limit} is negative
     */
    public List<ConnectionStats> connections(long after, int limit) {
        ServerRun current = run;
        return current == null ? List.of() : current.loops().connections(after, limit);
    }

    /**
     * What the loop's thread is doing now, innermost call first; empty while the server is not running. Of several loops, the one that
     * has not waited for longest.
     */
    public StackTraceElement[] loopStack() {
        ServerRun current = run;
        return current == null ? new StackTraceElement[0] : current.stack();
    }

    /**
     * Fires a {@code data} event for the connection soon, as {@link Connection#wake} does.
     *
     * @return false when there is no connection with this id, or not any more
     */
    public boolean wake(long id) {
        LoopConnection connection = find(id);
        return connection != null && connection.wake();
    }

    /**
     * Sends bytes on the connection, as {@link Connection#send(byte[])} does.
     *
     * @return false when there is no connection with this id, or not any more
     */
    public boolean send(long id, byte[] bytes) {
        LoopConnection connection = find(id);
        return connection != null && connection.send(bytes.clone());
    }

    /**
     * Sends the remaining bytes of a buffer, as {@link Connection#send(ByteBuffer)} does; without such a connection its
     * position stays.
     *
     * @return false when there is no connection with this id, or not any more
     */
    public boolean send(long id, ByteBuffer bytes) {
        LoopConnection connection = find(id);
        return connection != null && connection.send(Connection.taken(bytes));
    }

    /**
     * Closes the connection once its pending output is out, as {@link Connection#close} does.
     *
     * @return false when there is no connection with this id, or not any more
     */
    public boolean close(long id) {
        LoopConnection connection = find(id);
        return connection != null && connection.close();
    }

    private @Nullable LoopConnection find(long id) {
        ServerRun current = run;
        return current == null ? null : current.loops().find(id);
    }

    /** What a server is made of. A handler and at least one address are needed, everything else has a default. */
    public static final class Builder extends ServerBuilder {

        private Builder() {}

        /** @throws IllegalArgumentException when there is no handler or no address */
        public EvioServer build() {
            return new EvioServer(config());
        }
    }
}
