package io.evio;

import io.evio.loop.Counters;
import io.evio.loop.LoopConnection;
import io.evio.poll.Pollers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server: a handler, its addresses and the loop that brings them together. Starts and stops any number of times; the
 * counters and the connections' ids go on over them. All methods are safe from any thread.
 */
public final class EvioServer {

    private final ServerConfig config;
    private final Counters counters = new Counters();

    /** The current run; null before the first and after each end. */
    private volatile @Nullable ServerRun run;

    /** Whether {@link #run} has a thread of its own, and not that of who called {@link #serve}. */
    private volatile boolean ownThread;

    private EvioServer(ServerConfig config) {
        this.config = config;
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

    /**
     * Binds every address on the calling thread, then runs the loop on a new non-daemon thread named
     * {@code evio-<name>}. Returns once the handler's {@code serving} event is over.
     *
     * @throws EvioBindException when one of the addresses cannot be bound; none stays bound then
     * @throws IOException when the system has no descriptors or memory left for the loop
     * @throws EvioUnsupportedException when there is no such poller here
     * @throws IllegalStateException when the server is running, or its {@code serving} event threw
     */
    public void start() throws IOException {
        ServerRun[] started = new ServerRun[1];
        Thread thread = new Thread(() -> started[0].run(this::ended), "evio-" + config.name());
        thread.setDaemon(false);
        ServerRun current = bind(thread, true);
        started[0] = current;
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            run = null;
            current.discard();
            throw e;
        }
        current.awaitServing();
        Throwable failure = current.failure();
        if (failure != null) {
            current.awaitEnd();
            throw threwInServing(failure);
        }
    }

    /**
     * Binds every address and runs the loop on the calling thread until it ends, by {@link Action#SHUTDOWN} or
     * {@link #stop}.
     *
     * @throws EvioBindException as {@link #start} does
     * @throws IOException as {@link #start} does, or when the operating system fails the loop itself
     * @throws IllegalStateException when the server is running
     */
    public void serve() throws IOException {
        ServerRun current = bind(Thread.currentThread(), false);
        current.run(this::ended);
        Throwable failure = current.failure();
        if (failure instanceof IOException e) {
            throw e;
        } else if (failure instanceof RuntimeException e) {
            throw e;
        } else if (failure instanceof Error e) {
            throw e;
        } else if (failure != null) {
            // A checked exception from a language that does not make the handler declare it.
            throw threwInServing(failure);
        }
    }

    private IllegalStateException threwInServing(Throwable failure) {
        return new IllegalStateException("The handler of Evio '" + config.name() + "' threw in serving", failure);
    }

    private synchronized ServerRun bind(Thread thread, boolean own) throws IOException {
        if (run != null) {
            throw new IllegalStateException("Evio '" + config.name() + "' is running already");
        }
        ServerRun bound = new ServerRun(config, new HandlerEvents(this, config.handler()), counters, thread);
        ownThread = own;
        run = bound;
        return bound;
    }

    private void ended() {
        run = null;
    }

    /**
     * Ends the server: listeners close, pending output goes out within the grace period, every open connection gets its
     * {@code closed}. Waits until that is done; when the server is not running there is nothing to do. On the loop's own
     * thread it only asks for it, and the end comes after the event.
     *
     * @param grace how long pending output may take; {@link Duration#ZERO} gives it one more attempt
     * @return false when the loop has not ended 5 seconds after the grace period, because an event blocks it, or when the
     *     calling thread was interrupted, or on the loop's own thread
     */
    public boolean stop(Duration grace) {
        ServerRun current = run;
        return current == null || current.stop(grace, ownThread);
    }

    /** Whether the server is bound and its loop has not ended. */
    public boolean isRunning() {
        return run != null;
    }

    /** The addresses in the order they were given, with the real ports; as configured while the server is not running. */
    public List<Address> addresses() {
        ServerRun current = run;
        return current == null ? config.addresses() : current.addresses();
    }

    /** The mechanism in use, such as {@code epoll}; as configured while the server is not running. */
    public String poller() {
        ServerRun current = run;
        return current == null ? config.poller() : current.pollerName();
    }

    /** The counters now. */
    public EvioStats stats() {
        // Ends before beginnings: what is read later can only be larger, so no difference is negative.
        long turnBegan = counters.turnBegan.get();
        long detached = counters.detached.get();
        long closed = counters.closed.get();
        long opened = counters.opened.get();
        return new EvioStats(
                opened - closed - detached,
                config.limits().maxConnections(),
                opened,
                closed,
                detached,
                counters.cutOff.get(),
                counters.acceptErrors.get(),
                counters.handlerErrors.get(),
                counters.received.get(),
                counters.sent.get(),
                counters.prewriteAttempts.get(),
                counters.prewriteBytes.get(),
                counters.postwriteAttempts.get(),
                counters.postwriteBytes.get(),
                counters.postwritePartial.get(),
                counters.writePending.get(),
                counters.iterations.get(),
                counters.events.get(),
                counters.wakeups.get(),
                counters.ticks.get(),
                counters.busyNanos.get(),
                turnBegan == Counters.WAITING ? 0 : Math.max(0, System.nanoTime() - turnBegan));
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
        return current == null
                ? List.of()
                : current.loop().connections(after, limit).stream()
                        .map(ConnectionStats::of)
                        .toList();
    }

    /** What the loop's thread is doing now, innermost call first; empty while the server is not running. */
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
        if (connection == null) {
            return false;
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return connection.send(copy);
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
        return current == null ? null : current.loop().find(id);
    }

    /** What a server is made of. A handler and at least one address are needed, everything else has a default. */
    public static final class Builder {

        private String name = "server";
        private @Nullable EvioHandler handler;
        private final List<Address> addresses = new ArrayList<>();
        private Limits limits = Limits.DEFAULTS;
        private String poller = "auto";
        private int backlog = 1024;
        private boolean noDelay = true;
        private boolean keepAlive;
        private boolean reusePort;
        private int unixPermissions = -1;
        private Duration gracePeriod = Duration.ZERO;
        private @Nullable Consumer<@Nullable Throwable> onStopped;

        private Builder() {}

        /** For thread names, logs and meters; {@code server} by default. */
        public Builder name(String name) {
            this.name = Objects.requireNonNull(name, "name");
            return this;
        }

        public Builder handler(EvioHandler handler) {
            this.handler = Objects.requireNonNull(handler, "handler");
            return this;
        }

        /**
         * Adds addresses to listen on; see {@link Address}.
         *
         * @throws IllegalArgumentException when one is malformed
         */
        public Builder addresses(String... addresses) {
            return addresses(Arrays.asList(addresses));
        }

        /** As {@link #addresses(String...)}. */
        public Builder addresses(List<String> addresses) {
            addresses.stream().map(Address::parse).forEach(this.addresses::add);
            return this;
        }

        /** {@link Limits#DEFAULTS} by default. */
        public Builder limits(Limits limits) {
            this.limits = Objects.requireNonNull(limits, "limits");
            return this;
        }

        /**
         * {@code auto}, the default, or the name of one mechanism: {@code epoll}.
         *
         * @throws IllegalArgumentException for another name
         */
        public Builder poller(String poller) {
            Pollers.check(poller);
            this.poller = Objects.requireNonNull(poller, "poller");
            return this;
        }

        /** How many connections the kernel keeps waiting, see listen(2); 1024 by default. */
        public Builder backlog(int backlog) {
            if (backlog < 1) {
                throw new IllegalArgumentException("The backlog must be at least 1, but was " + backlog);
            }
            this.backlog = backlog;
            return this;
        }

        /** {@code TCP_NODELAY} for every connection; on by default. */
        public Builder noDelay(boolean on) {
            this.noDelay = on;
            return this;
        }

        /** {@code SO_KEEPALIVE} for every connection, with the system's times; off by default. */
        public Builder keepAlive(boolean on) {
            this.keepAlive = on;
            return this;
        }

        /** {@code SO_REUSEPORT}: several servers on one port, among which the kernel spreads connections; off by default. */
        public Builder reusePort(boolean on) {
            this.reusePort = on;
            return this;
        }

        /** Who may connect to the unix sockets: the mode of their files, by default what the umask leaves. */
        public Builder unixPermissions(Set<PosixFilePermission> permissions) {
            // The enum's order is that of the mode's bits, the owner's read bit the highest.
            this.unixPermissions = permissions.stream()
                    .mapToInt(permission -> 0400 >> permission.ordinal())
                    .reduce(0, (a, b) -> a | b);
            return this;
        }

        /** How long pending output may take when an event returns {@link Action#SHUTDOWN}; zero by default. */
        public Builder gracePeriod(Duration grace) {
            if (grace.isNegative()) {
                throw new IllegalArgumentException("The grace period must not be negative, but was " + grace);
            }
            this.gracePeriod = grace;
            return this;
        }

        /**
         * Called at the end of every run, on the loop's thread, with what made it fail or null for an ordinary end. The
         * server may be started again from another thread by then.
         */
        public Builder onStopped(Consumer<@Nullable Throwable> listener) {
            this.onStopped = Objects.requireNonNull(listener, "listener");
            return this;
        }

        /** @throws IllegalArgumentException when there is no handler or no address */
        public EvioServer build() {
            if (handler == null) {
                throw new IllegalArgumentException("A server needs a handler");
            }
            if (addresses.isEmpty()) {
                throw new IllegalArgumentException("A server needs at least one address");
            }
            return new EvioServer(new ServerConfig(
                    name,
                    handler,
                    List.copyOf(addresses),
                    limits,
                    poller,
                    backlog,
                    noDelay,
                    keepAlive,
                    reusePort,
                    unixPermissions,
                    gracePeriod,
                    onStopped));
        }
    }
}
