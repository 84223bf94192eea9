package io.evio;

import io.evio.internal.loop.Counters;
import io.evio.internal.poll.Pollers;
import io.evio.internal.poll.WaitingThreads;
import io.evio.internal.stream.Layer;
import io.evio.internal.stream.Stream;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server: a handler, its addresses and the loops that bring them together. It can be started and stopped any number
 * of times; the counters and the ids of connections go on across starts. All methods may be called from any thread.
 */
public final class EvioServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("io.evio");

    private final ServerConfig config;

    /** Of each loop, over all runs. */
    private final List<Counters> counters;

    /** Those of the connections that have left the loops; over all runs, because connections outlive them. */
    private final WaitingThreads waiting;

    /** The current run; null before the first and after each end. */
    private volatile @Nullable ServerRun run;

    private EvioServer(ServerConfig config) {
        this.config = config;
        this.counters = IntStream.range(0, config.loops())
                .mapToObj(loop -> new Counters())
                .toList();
        this.waiting = new WaitingThreads(
                "evio-" + config.name() + "-detached",
                () -> config.pollers().open(config.poller().id()));
    }

    /** Returns a builder with every default. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns the name, as in thread names, logs and meters. */
    public String name() {
        return config.name();
    }

    /** Returns the limits the server keeps to. */
    public Limits limits() {
        return config.limits();
    }

    /** Returns how long pending output may take when an event ends the server; {@link #close} gives as much. */
    public Duration gracePeriod() {
        return config.gracePeriod();
    }

    /** Returns how the kernel probes silent peers. */
    public KeepAlive keepAlive() {
        return config.keepAlive();
    }

    /** Returns how long what was sent may stay unacknowledged; zero for the system's time. */
    public Duration userTimeout() {
        return config.userTimeout();
    }

    WaitingThreads waiting() {
        return waiting;
    }

    /** Returns how many loops the server runs. */
    public int loops() {
        return config.loops();
    }

    /** Returns how long a loop that has nothing to do looks for work before it sleeps; zero when it sleeps at once. */
    public Duration busyPoll() {
        return config.busyPoll();
    }

    /**
     * Binds every address on the calling thread, then runs the loop on a new non-daemon thread named
     * {@code evio-<name>}, or several loops on {@code evio-<name>-0} and so on. Returns once the {@code serving} of
     * every handler is over.
     *
     * <p>The {@code serving} and {@code tick} of a handler that the loops share fire on {@code evio-<name>-0}. What the
     * calling thread has written is visible to all events, and what {@code serving} has written to the calling thread.
     *
     * @throws EvioBindException when one of the addresses cannot be bound; none stays bound then
     * @throws IOException when the system has no descriptors or memory left for the loop
     * @throws EvioUnsupportedException when the poller cannot be used here
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
     * {@link #stop}.
     *
     * <p>Of several loops it runs the first, and waits for the others. The {@code serving} and {@code tick} of a
     * handler that the loops share fire on the calling thread, the events of connections on each one's loop.
     *
     * @throws EvioBindException as {@link #start} does
     * @throws IOException as {@link #start} does, or when the operating system fails the loop itself
     * @throws EvioUnsupportedException as {@link #start} does
     * @throws IllegalStateException when the server is running
     * @throws RuntimeException what the {@code serving} event threw
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
        ServerRun bound = new ServerRun(
                config, HandlerEvents.of(this, config.handlers(), counters), counters, caller, () -> run = null);
        run = bound;
        return bound;
    }

    /**
     * Ends the server and waits until that is done. Listeners close, and every open connection gets its {@code closed}.
     * Within the grace period, requests that have arrived by now (up to 1 MiB per connection) still reach the handler,
     * work under way goes on, and pending output goes out.
     *
     * <p>Returns true at once when the server is not running. On the loop's own thread it only asks for the end, which
     * comes after the event.
     *
     * @param grace how long pending output may take; {@link Duration#ZERO} gives it one more attempt
     * @return false when the loop has not ended 5 seconds after the grace period, because an event blocks it; when an
     *     event has called {@link System#exit} and so never returns; when the calling thread was interrupted; and on
     *     the loop's own thread
     */
    public boolean stop(Duration grace) {
        ServerRun current = run;
        return current == null || current.stop(grace);
    }

    /**
     * Asks the server to end within its {@linkplain Builder#gracePeriod grace period}, as {@link Action#SHUTDOWN} does,
     * and returns at once. From any thread. Does nothing when the server is not running.
     */
    public void shutdown() {
        ServerRun current = run;
        if (current != null) {
            current.shutdown();
        }
    }

    /**
     * Stops the server within its {@linkplain Builder#gracePeriod grace period}, as {@link #stop} does. Waits for the
     * end, but at most 5 seconds longer than that, and not at all on the loop's own thread. The server can be started
     * again.
     */
    @Override
    public void close() {
        stop(config.gracePeriod());
    }

    /**
     * Returns whether the calling thread is one of the server's loops, so that an event is running. There {@link #stop}
     * only asks for the stop, and anything else that waits for the server would wait for itself.
     */
    public boolean isLoopThread() {
        ServerRun current = run;
        return current != null && current.isLoopThread();
    }

    /** Returns whether the server is bound and its loop has not ended. */
    public boolean isRunning() {
        return run != null;
    }

    /**
     * Returns whether the server is about to end: listeners are closed, and input that still comes had arrived before.
     * A protocol that can say so tells its clients with the last reply, as HTTP does with {@code Connection: close}.
     */
    public boolean isStopping() {
        ServerRun current = run;
        return current != null && current.loops().isStopping();
    }

    /**
     * Returns the addresses in the order they were given, with the real ports; as configured while the server is not
     * running.
     */
    public List<Address> addresses() {
        ServerRun current = run;
        return current == null ? config.addresses() : current.loops().addresses();
    }

    /**
     * Returns the mechanism in use; while the server is not running the configured one, which may be
     * {@link PollerType#AUTO}.
     */
    public PollerType poller() {
        ServerRun current = run;
        return current == null ? config.poller() : current.loops().poller();
    }

    /** Returns the counters now, over all loops. */
    public EvioStats stats() {
        return EvioStats.of(counters, config.limits().maxConnections());
    }

    /** Returns the counters of each loop now. Their sum is {@link #stats}; they show how the load is spread. */
    public List<EvioStats> loopStats() {
        return counters.stream()
                .map(loop -> EvioStats.of(List.of(loop), config.limits().maxConnections()))
                .toList();
    }

    /**
     * Returns the open connections with the smallest ids above {@code after}, in the order of their ids: one page of
     * all of them. The next page begins after the last one's id.
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
     * Asks the kernel about a connection, by one system call on the calling thread: it answers also while an event
     * blocks the loop.
     *
     * @return null when there is no open connection with this id; and where the system does not tell, see
     *     {@link Connection#tcpInfo}
     */
    public @Nullable TcpInfo tcpInfo(long id) {
        Stream connection = find(id);
        return connection == null ? null : TcpInfo.of(connection.tcpInfoIfOpen());
    }

    /**
     * Returns what the loop's thread is doing now, innermost call first; empty while the server is not running. Of
     * several loops it is the one that has not waited for longest.
     */
    public StackTraceElement[] loopStack() {
        ServerRun current = run;
        return current == null ? new StackTraceElement[0] : current.stack();
    }

    /**
     * Fires a {@code data} event for the connection soon, as {@link Connection#wake} does.
     *
     * @return false when there is no open connection with this id
     */
    public boolean wake(long id) {
        Stream connection = find(id);
        return connection != null && connection.wake();
    }

    /**
     * Sends bytes on the connection, as {@link Connection#send(byte[])} does.
     *
     * @param bytes copied before this returns
     * @return false when there is no open connection with this id
     */
    public boolean send(long id, byte[] bytes) {
        Stream connection = find(id);
        return connection != null && connection.send(bytes.clone(), null);
    }

    /**
     * Sends the remaining bytes of a buffer, as {@link Connection#send(ByteBuffer)} does. Without such a connection the
     * buffer's position stays.
     *
     * @param bytes copied before this returns
     * @return false when there is no open connection with this id
     */
    public boolean send(long id, ByteBuffer bytes) {
        Stream connection = find(id);
        return connection != null && connection.send(Connection.taken(bytes), null);
    }

    /**
     * Closes the connection once its pending output is out, as {@link Connection#close} does.
     *
     * @return false when there is no open connection with this id
     */
    public boolean closeConnection(long id) {
        Stream connection = find(id);
        return connection != null && connection.close();
    }

    /**
     * Makes a connection to somewhere else, on the loop with the fewest connections, as {@link Connection#connect}
     * does. From any thread; the handler's events fire on the loop's.
     *
     * @throws IllegalStateException when the server is not running
     */
    public void connect(Target target, EvioHandler handler) {
        connect(new Target.Only(Objects.requireNonNull(target, "target")), handler);
    }

    /**
     * Makes a connection to the first of several targets that can be reached, as {@link #connect(Target, EvioHandler)}
     * does to one.
     *
     * @param targets called on the loop's thread
     * @throws IllegalStateException when the server is not running
     */
    public void connect(TargetChooser targets, EvioHandler handler) {
        Objects.requireNonNull(targets, "targets");
        Objects.requireNonNull(handler, "handler");
        ServerRun current = run;
        if (current == null || !current.loops().connectLater(this, targets, handler)) {
            throw new IllegalStateException("Evio '" + config.name() + "' is not running: no connection can be made");
        }
    }

    /** On the loop's thread. */
    Connection connect(
            int loop, TargetChooser targets, EvioHandler handler, SocketAddress client, SocketAddress clientTarget) {
        Objects.requireNonNull(handler, "handler");
        ServerRun current = run;
        if (current == null) {
            throw new IllegalStateException("Evio '" + config.name() + "' is not running: no connection can be made");
        }
        return current.loops().connect(this, loop, targets, handler, client, clientTarget);
    }

    private @Nullable Stream find(long id) {
        ServerRun current = run;
        return current == null ? null : current.loops().find(id);
    }

    /**
     * Collects what a server is made of. A handler is needed, and an address unless the server only makes connections
     * itself; everything else has a default. Not safe for use by several threads at the same time.
     */
    public static final class Builder {

        private static final int MAX_LOOPS = 1024;

        /** In milliseconds it is an int. */
        private static final Duration MOST_USER_TIMEOUT = Duration.ofDays(24);

        private String name = "server";
        private @Nullable EvioHandlerFactory handlers;
        private int loops = 1;
        private final List<Address> addresses = new ArrayList<>();
        private Limits limits = Limits.DEFAULTS;
        private PollerType poller = PollerType.AUTO;
        private Duration busyPoll = Duration.ZERO;
        private ServerConfig.PollerOpener pollers = Pollers::open;
        private @Nullable Tls tls;
        private @Nullable ProxyHeaders proxyHeaders;
        private Access access = Access.ALL;
        private Layer.@Nullable Factory layers;
        private int backlog = 1024;
        private boolean noDelay = true;
        private KeepAlive keepAlive = KeepAlive.OFF;
        private Duration userTimeout = Duration.ZERO;
        private boolean reusePort;
        private int unixPermissions = -1;
        private Duration gracePeriod = Duration.ZERO;
        private @Nullable Consumer<@Nullable Throwable> onStopped;

        /** Returns the name that is set so far. */
        public String name() {
            return name;
        }

        /** Sets the name, for threads, logs and meters; {@code server} by default. */
        public Builder name(String name) {
            this.name = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * Sets the handler of all loops. Of several loops its events fire at the same time, for different connections;
         * its {@code serving} and {@code tick} fire on the first.
         */
        public Builder handler(EvioHandler handler) {
            Objects.requireNonNull(handler, "handler");
            return handlers(loop -> handler);
        }

        /** Sets what makes a handler for each loop. */
        public Builder handlers(EvioHandlerFactory handlers) {
            this.handlers = Objects.requireNonNull(handlers, "handlers");
            return this;
        }

        /**
         * Sets how many loops share the server's connections, each on a thread of its own; one by default. More loops
         * than processors are of no use.
         *
         * @throws IllegalArgumentException outside of 1 to 1024, or when each would have less than 1 MiB of the limits'
         *     {@linkplain Limits#maxPendingTotal total}
         */
        public Builder loops(int loops) {
            if (loops < 1 || loops > MAX_LOOPS) {
                throw new IllegalArgumentException("There must be 1 to " + MAX_LOOPS + " loops, but was " + loops);
            }
            limits.requireShares(loops);
            this.loops = loops;
            return this;
        }

        /**
         * Adds addresses to listen on; see {@link Address}.
         *
         * @throws IllegalArgumentException when one is malformed, or the same as one before it
         */
        public Builder addresses(String... addresses) {
            return addresses(Arrays.asList(addresses));
        }

        /**
         * Adds addresses to listen on; see {@link Address}.
         *
         * @throws IllegalArgumentException as {@link #addresses(String...)} does
         */
        public Builder addresses(List<String> addresses) {
            for (String text : addresses) {
                Address address = Address.parse(text);
                AddressClash.requireNew(this.addresses, address);
                this.addresses.add(address);
            }
            return this;
        }

        /** Returns a copy of the addresses that are set so far. */
        public List<Address> addresses() {
            return List.copyOf(addresses);
        }

        /**
         * Replaces all limits; {@link Limits#DEFAULTS} by default. To change some of them use
         * {@link #limits(UnaryOperator)}.
         *
         * @throws IllegalArgumentException when each of the {@linkplain #loops loops} would have less than 1 MiB of the
         *     {@linkplain Limits#maxPendingTotal total}
         */
        public Builder limits(Limits limits) {
            Objects.requireNonNull(limits, "limits").requireShares(loops);
            this.limits = limits;
            return this;
        }

        /**
         * Changes the limits that are set so far, as in {@code limits(set -> set.withMaxConnections(100))}. The others
         * stay.
         *
         * @throws IllegalArgumentException as {@link #limits(Limits)} does
         */
        public Builder limits(UnaryOperator<Limits> change) {
            return limits(change.apply(limits));
        }

        /**
         * Sets how the loops wait for readiness. {@link PollerType#AUTO}, the default, takes the first mechanism that
         * works; one that is named and does not work here fails the start.
         */
        public Builder poller(PollerType poller) {
            this.poller = Objects.requireNonNull(poller, "poller");
            return this;
        }

        /**
         * Sets how long a loop that has nothing to do polls before it sleeps. What arrives meanwhile is served sooner,
         * and each loop keeps a processor busy for it. Zero, the default, sleeps at once. Polling counts as waiting, so
         * {@link EvioStats#loopBusyNanos} stays the time that the loop's work takes.
         *
         * @throws IllegalArgumentException when negative or longer than a second
         */
        public Builder busyPoll(Duration duration) {
            if (duration.isNegative() || duration.compareTo(Duration.ofSeconds(1)) > 0) {
                throw new IllegalArgumentException("busy-poll must be from 0 to 1 s, but was " + duration);
            }
            this.busyPoll = duration;
            return this;
        }

        /** For tests, over system calls that fail. */
        Builder pollers(ServerConfig.PollerOpener pollers) {
            this.pollers = pollers;
            return this;
        }

        /**
         * Sets how the server speaks TLS on its addresses {@code tls://}, {@code tls4://} and {@code tls6://}, of which
         * there must be one.
         */
        public Builder tls(Tls tls) {
            this.tls = Objects.requireNonNull(tls, "tls");
            return this;
        }

        /** Returns how the server speaks TLS, as set so far; null without TLS. */
        public @Nullable Tls tls() {
            return tls;
        }

        /**
         * Sets how the server reads PROXY headers on its addresses with {@code proxy+} in front, such as
         * {@code proxy+tcp://0.0.0.0:5000}.
         */
        public Builder proxyProtocol(ProxyHeaders headers) {
            this.proxyHeaders = Objects.requireNonNull(headers, "headers");
            return this;
        }

        /** Returns how the server reads PROXY headers, as set so far; null without. */
        public @Nullable ProxyHeaders proxyProtocol() {
            return proxyHeaders;
        }

        /** Sets from where the server takes connections; {@link Access#ALL} by default. */
        public Builder access(Access access) {
            this.access = Objects.requireNonNull(access, "access");
            return this;
        }

        /** Returns from where the server takes connections, as set so far. */
        public Access access() {
            return access;
        }

        /** For tests, with something between the wire and the handler. */
        Builder layers(Layer.Factory layers) {
            this.layers = layers;
            return this;
        }

        /**
         * Sets how many connections the kernel keeps waiting, see listen(2); 1024 by default.
         *
         * @throws IllegalArgumentException when less than 1
         */
        public Builder backlog(int backlog) {
            if (backlog < 1) {
                throw new IllegalArgumentException("The backlog must be at least 1, but was " + backlog);
            }
            this.backlog = backlog;
            return this;
        }

        /** Sets {@code TCP_NODELAY} for every connection; on by default. */
        public Builder noDelay(boolean on) {
            this.noDelay = on;
            return this;
        }

        /** Sets {@code SO_KEEPALIVE} for every connection, with the system's times; off by default. */
        public Builder keepAlive(boolean on) {
            return keepAlive(on ? KeepAlive.ON : KeepAlive.OFF);
        }

        /**
         * Sets how the kernel probes the silent peer of every TCP connection, those included that the server makes
         * itself; {@link KeepAlive#OFF} by default. On a system that has no option for one of the times, the start
         * fails.
         */
        public Builder keepAlive(KeepAlive keepAlive) {
            this.keepAlive = Objects.requireNonNull(keepAlive, "keepAlive");
            return this;
        }

        /**
         * Sets how long what was sent over a TCP connection may stay unacknowledged before the connection ends
         * ({@code TCP_USER_TIMEOUT}, tcp(7)): a peer that has vanished is noticed while data is in flight. Zero, the
         * default, leaves that to the system, which mostly tries for 15 minutes and more.
         *
         * <p>On Linux a peer that is there but takes nothing for so long is ended too, and a connection that is probed
         * by {@link #keepAlive(KeepAlive)} ends after so long a silence, whatever the count. With
         * {@link PollerType#NIO}, and on a system without such an option, the start fails.
         *
         * @throws IllegalArgumentException when negative, longer than 24 days, or between zero and a millisecond
         */
        public Builder userTimeout(Duration timeout) {
            if (!timeout.isZero()
                    && (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(MOST_USER_TIMEOUT) > 0)) {
                throw new IllegalArgumentException("user-timeout must be from 1 ms to " + MOST_USER_TIMEOUT.toDays()
                        + " days, or zero for the system's, but was " + timeout);
            }
            this.userTimeout = timeout;
            return this;
        }

        /**
         * Sets {@code SO_REUSEPORT}: several servers on one port, among which the kernel spreads connections; off by
         * default.
         */
        public Builder reusePort(boolean on) {
            this.reusePort = on;
            return this;
        }

        /**
         * Sets the mode of the files of unix sockets, and so which users may connect; by default what the umask leaves.
         * An abstract socket, which has no file, then fails the start.
         */
        public Builder unixPermissions(Set<PosixFilePermission> permissions) {
            // The enum's order is that of the mode's bits, the owner's read bit the highest.
            this.unixPermissions = permissions.stream()
                    .mapToInt(permission -> 0400 >> permission.ordinal())
                    .reduce(0, (a, b) -> a | b);
            return this;
        }

        /**
         * Sets how long pending output may take when an event returns {@link Action#SHUTDOWN}, and by
         * {@link EvioServer#close}; zero by default.
         *
         * @throws IllegalArgumentException when negative
         */
        public Builder gracePeriod(Duration grace) {
            if (grace.isNegative()) {
                throw new IllegalArgumentException("The grace period must not be negative, but was " + grace);
            }
            this.gracePeriod = grace;
            return this;
        }

        /**
         * Sets what is called at the end of every run, on the loop's thread, with the cause of its failure or null for
         * an ordinary end. The server may be started again from another thread by then.
         */
        public Builder onStopped(Consumer<@Nullable Throwable> listener) {
            this.onStopped = Objects.requireNonNull(listener, "listener");
            return this;
        }

        /** Nothing speaks plain text that was meant to speak TLS. */
        private void requireTlsToBeUsed() {
            for (Address address : addresses) {
                if (address.isTls() && tls == null) {
                    throw new IllegalArgumentException("The address " + address
                            + " needs a certificate: give the builder a Tls, as in tls(Tls.of(sslContext))");
                }
            }
            if (tls != null && addresses.stream().noneMatch(Address::isTls)) {
                throw new IllegalArgumentException("The server has a Tls, but none of its addresses " + addresses
                        + " uses it: write one as tls://host:port");
            }
        }

        /** Checks that headers are believed of named proxies alone. */
        private void requireTrustedProxies() {
            for (Address address : addresses) {
                if (address.isProxied() && proxyHeaders == null) {
                    throw new IllegalArgumentException("The address " + address
                            + " needs the proxies whose headers are believed: give the builder ProxyHeaders, as in"
                            + " proxyProtocol(ProxyHeaders.from(\"10.0.0.0/8\"))");
                }
            }
            if (proxyHeaders != null && addresses.stream().noneMatch(Address::isProxied)) {
                LOG.warn(
                        "Evio '{}' has trusted proxies {}, but none of its addresses {} expects a PROXY header: write"
                                + " one"
                                + " as proxy+tcp://host:port",
                        name,
                        proxyHeaders.trustedProxies(),
                        addresses);
            }
        }

        private ServerConfig config() {
            if (handlers == null) {
                throw new IllegalArgumentException("A server needs a handler");
            }
            requireTlsToBeUsed();
            requireTrustedProxies();
            EvioHandlerFactory factory = handlers;
            List<EvioHandler> made = IntStream.range(0, loops)
                    .mapToObj(loop -> Objects.requireNonNull(factory.create(loop), "a handler factory returned null"))
                    .toList();
            return new ServerConfig(
                    name,
                    made,
                    List.copyOf(addresses),
                    limits,
                    poller,
                    busyPoll,
                    pollers,
                    tls,
                    proxyHeaders,
                    access,
                    layers,
                    backlog,
                    noDelay,
                    keepAlive,
                    userTimeout,
                    reusePort,
                    unixPermissions,
                    gracePeriod,
                    onStopped);
        }

        /**
         * Makes the server, which is not started yet.
         *
         * @throws IllegalArgumentException when there is no handler, when two addresses clash, when an address is to
         *     speak TLS without a {@link Tls}, when there is one that no address uses, or when an address expects PROXY
         *     headers without {@link ProxyHeaders}
         */
        public EvioServer build() {
            return new EvioServer(config());
        }
    }
}
