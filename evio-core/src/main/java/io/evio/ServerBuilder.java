package io.evio;

import io.evio.internal.stream.Layer;
import io.evio.internal.poll.Pollers;
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

/** The settings of {@link EvioServer.Builder}, its only subclass: their defaults, and what they may be. */
abstract sealed class ServerBuilder permits EvioServer.Builder {

    private static final int MAX_LOOPS = 1024;

    private String name = "server";
    private @Nullable EvioHandlerFactory handlers;
    private int loops = 1;
    private final List<Address> addresses = new ArrayList<>();
    private Limits limits = Limits.DEFAULTS;
    private String poller = "auto";
    private Duration busyPoll = Duration.ZERO;
    private ServerConfig.PollerOpener pollers = Pollers::open;
    private Layer.@Nullable Factory layers;
    private int backlog = 1024;
    private boolean noDelay = true;
    private boolean keepAlive;
    private boolean reusePort;
    private int unixPermissions = -1;
    private Duration gracePeriod = Duration.ZERO;
    private @Nullable Consumer<@Nullable Throwable> onStopped;

    private EvioServer.Builder self() {
        return (EvioServer.Builder) this;
    }

    /** For thread names, logs and meters; {@code server} by default. */
    public EvioServer.Builder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return self();
    }

    /**
     * The handler of all loops. Of several loops its events fire at the same time, for different connections; its {@code serving} and
     * {@code tick} fire on the first.
     */
    public EvioServer.Builder handler(EvioHandler handler) {
        Objects.requireNonNull(handler, "handler");
        return handlers(loop -> handler);
    }

    /** What makes a handler for each loop. */
    public EvioServer.Builder handlers(EvioHandlerFactory handlers) {
        this.handlers = Objects.requireNonNull(handlers, "handlers");
        return self();
    }

    /**
     * How many loops share the server's connections, each on a thread of its own; one by default. More than there are
     * processors to run them is of no use.
     *
     * @throws IllegalArgumentException outside of 1 to 1024, or when each would have less than 1 MiB of the limits'
     *     {@linkplain Limits#maxPendingTotal total}
     */
    public EvioServer.Builder loops(int loops) {
        if (loops < 1 || loops > MAX_LOOPS) {
            throw new IllegalArgumentException("There must be 1 to " + MAX_LOOPS + " loops, but was " + loops);
        }
        limits.requireShares(loops);
        this.loops = loops;
        return self();
    }

    /**
     * Adds addresses to listen on; see {@link Address}.
     *
     * @throws IllegalArgumentException when one is malformed, or the same as one before it
     */
    public EvioServer.Builder addresses(String... addresses) {
        return addresses(Arrays.asList(addresses));
    }

    /** As {@link #addresses(String...)}. */
    public EvioServer.Builder addresses(List<String> addresses) {
        for (String text : addresses) {
            Address address = Address.parse(text);
            AddressClash.requireNew(this.addresses, address);
            this.addresses.add(address);
        }
        return self();
    }

    /**
     * Replaces all limits; {@link Limits#DEFAULTS} by default. To change some of them use {@link #limits(UnaryOperator)}.
     *
     * @throws IllegalArgumentException when each of the {@linkplain #loops loops} would have less than 1 MiB of the
     *     {@linkplain Limits#maxPendingTotal total}
     */
    public EvioServer.Builder limits(Limits limits) {
        Objects.requireNonNull(limits, "limits").requireShares(loops);
        this.limits = limits;
        return self();
    }

    /**
     * Changes the limits that are set so far, as in {@code limits(set -> set.withMaxConnections(100))}. The others stay.
     *
     * @throws IllegalArgumentException as {@link #limits(Limits)} does
     */
    public EvioServer.Builder limits(UnaryOperator<Limits> change) {
        return limits(change.apply(limits));
    }

    /**
     * {@code auto}, the default, or the name of one mechanism: {@code epoll}, which is Linux's, {@code kqueue}, which is
     * that of macOS and the BSDs, or {@code nio}, which is plain Java. {@code auto} takes the first of them that works,
     * and logs why when that is not the system's own; one that is named and does not work fails the start.
     *
     * @throws IllegalArgumentException for another name
     */
    public EvioServer.Builder poller(String poller) {
        Pollers.check(poller);
        this.poller = Objects.requireNonNull(poller, "poller");
        return self();
    }

    /**
     * How long a loop that has nothing to do looks for readiness again and again before it sleeps: what comes meanwhile is served
     * sooner, and a processor is kept busy for it, of several loops one for each. Zero, the default, sleeps at once. The looking counts
     * as waiting, so that {@link EvioStats#loopBusyNanos} stays what the loop's work takes.
     *
     * @throws IllegalArgumentException when negative or longer than a second
     */
    public EvioServer.Builder busyPoll(Duration duration) {
        if (duration.isNegative() || duration.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new IllegalArgumentException("busy-poll must be from 0 to 1 s, but was " + duration);
        }
        this.busyPoll = duration;
        return self();
    }

    /** For tests, over system calls that fail. */
    EvioServer.Builder pollers(ServerConfig.PollerOpener pollers) {
        this.pollers = pollers;
        return self();
    }

    /** For tests, with something between the wire and the handler. */
    EvioServer.Builder layers(Layer.Factory layers) {
        this.layers = layers;
        return self();
    }

    /** How many connections the kernel keeps waiting, see listen(2); 1024 by default. */
    public EvioServer.Builder backlog(int backlog) {
        if (backlog < 1) {
            throw new IllegalArgumentException("The backlog must be at least 1, but was " + backlog);
        }
        this.backlog = backlog;
        return self();
    }

    /** {@code TCP_NODELAY} for every connection; on by default. */
    public EvioServer.Builder noDelay(boolean on) {
        this.noDelay = on;
        return self();
    }

    /** {@code SO_KEEPALIVE} for every connection, with the system's times; off by default. */
    public EvioServer.Builder keepAlive(boolean on) {
        this.keepAlive = on;
        return self();
    }

    /** {@code SO_REUSEPORT}: several servers on one port, among which the kernel spreads connections; off by default. */
    public EvioServer.Builder reusePort(boolean on) {
        this.reusePort = on;
        return self();
    }

    /**
     * Who may connect to the unix sockets: the mode of their files, by default what the umask leaves. An abstract socket, which has
     * no file, then fails the start.
     */
    public EvioServer.Builder unixPermissions(Set<PosixFilePermission> permissions) {
        // The enum's order is that of the mode's bits, the owner's read bit the highest.
        this.unixPermissions = permissions.stream()
                .mapToInt(permission -> 0400 >> permission.ordinal())
                .reduce(0, (a, b) -> a | b);
        return self();
    }

    /** How long pending output may take when an event returns {@link Action#SHUTDOWN}; zero by default. */
    public EvioServer.Builder gracePeriod(Duration grace) {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("The grace period must not be negative, but was " + grace);
        }
        this.gracePeriod = grace;
        return self();
    }

    /**
     * Called at the end of every run, on the loop's thread, with what made it fail or null for an ordinary end. The
     * server may be started again from another thread by then.
     */
    public EvioServer.Builder onStopped(Consumer<@Nullable Throwable> listener) {
        this.onStopped = Objects.requireNonNull(listener, "listener");
        return self();
    }

    /** @throws IllegalArgumentException when there is no handler or no address */
    final ServerConfig config() {
        if (handlers == null) {
            throw new IllegalArgumentException("A server needs a handler");
        }
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("A server needs at least one address");
        }
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
                layers,
                backlog,
                noDelay,
                keepAlive,
                reusePort,
                unixPermissions,
                gracePeriod,
                onStopped);
    }
}
