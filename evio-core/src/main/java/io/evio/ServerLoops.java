package io.evio;

import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventLoop;
import io.evio.internal.loop.LoopGroup;
import io.evio.internal.loop.Source;
import io.evio.internal.net.Acceptor;
import io.evio.internal.net.Connector;
import io.evio.internal.net.PathTakenException;
import io.evio.internal.poll.Poller;
import io.evio.internal.proxy.ProxyLoop;
import io.evio.internal.stream.Admission;
import io.evio.internal.stream.Layer;
import io.evio.internal.stream.NoRoomException;
import io.evio.internal.stream.Stream;
import io.evio.internal.stream.StreamEvents;
import io.evio.internal.stream.Streams;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.Networks;
import io.evio.internal.sys.Scheduler;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.UnsupportedSystemException;
import io.evio.internal.tls.HandshakeTasks;
import io.evio.internal.tls.TlsLoop;
import io.evio.internal.tls.TlsSettings;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The loops of one run of a server, bound to its addresses. Of several loops each has a listener of its own where the
 * kernel spreads connections over them; elsewhere the first one accepts for all, and hands over.
 */
final class ServerLoops {

    /** Threads that look names up, at the most: a server of names that does not answer holds up one of them. */
    private static final int NAME_THREADS = 4;

    private final ServerConfig config;

    /** Of each loop. */
    private final List<Counters> counters;

    private final LoopGroup group;
    /** Of each loop, in the same order. */
    private final List<Streams> streams = new ArrayList<>();

    private final List<Acceptor> acceptors = new ArrayList<>();

    /** The shared state of each loop's TLS connections. */
    private final List<TlsLoop> tls = new ArrayList<>();

    /** The shared state of each loop's connections that begin with a PROXY header. */
    private final List<ProxyLoop> proxies = new ArrayList<>();

    /** Decides which connections are taken; null for all. */
    private final @Nullable Admission admission;

    /** The TLS settings of the server's addresses; null without any. */
    private final @Nullable TlsSettings tlsSettings;

    /** The slow work of TLS handshakes, also of outbound connections; null to do it on the loops. */
    private final @Nullable HandshakeTasks handshakeTasks;

    /** Makes the outbound connections of each loop. */
    private final List<Connector> connectors = new ArrayList<>();

    private final List<Address> addresses = new ArrayList<>();

    /** The addresses as they are bound, one for each that was asked for. */
    private final List<SocketAddress> bound = new ArrayList<>();

    private final Sockets sockets;
    private final PollerType poller;

    /**
     * Opens the loops and binds every address, or nothing.
     *
     * @param threads those that will run the loops, in the same order, as are the other two
     */
    ServerLoops(ServerConfig config, List<Thread> threads, List<? extends StreamEvents> events, List<Counters> counters)
            throws IOException {
        this.config = config;
        this.counters = counters;
        this.group = new LoopGroup(
                config.name(),
                threads.size(),
                config.limits().maxConnections(),
                config.limits().maxOutboundConnections());
        this.admission = admission(config);
        Executor names = DaemonThreads.of("evio-" + config.name() + "-names", NAME_THREADS, () -> {});
        boolean complete = false;
        try {
            Poller first = open();
            this.sockets = first.sockets();
            Scheduler scheduler = first.scheduler();
            this.tlsSettings = config.tls() == null ? null : config.tls().settings(config.name(), scheduler);
            this.handshakeTasks =
                    tlsSettings == null ? Tls.defaultTasks(config.name(), scheduler) : tlsSettings.tasks();
            this.poller = PollerType.of(first.name());
            for (int i = 0; i < threads.size(); i++) {
                Poller own = i == 0 ? first : open();
                open(own, events.get(i), counters.get(i), threads.get(i), names);
            }
            for (Address address : config.addresses()) {
                addLayers(address);
                SocketAddress real = listen(address);
                addresses.add(address.bound(real));
                bound.add(real);
            }
            complete = true;
        } catch (OutOfMemoryError e) {
            throw new IOException("There is no memory left for the loop: " + e.getMessage(), e);
        } finally {
            if (!complete) {
                for (int i = 0; i < streams.size(); i++) {
                    discard(i);
                }
            }
        }
    }

    private Poller open() throws IOException {
        try {
            return config.pollers().open(config.poller().id());
        } catch (UnsupportedSystemException e) {
            throw new EvioUnsupportedException(e.reason(), e.advice(), e);
        }
    }

    private void open(Poller own, StreamEvents events, Counters counters, Thread thread, Executor names) {
        try {
            EventLoop loop = new EventLoop(
                    group, counters, own, thread, Nanos.of(config.busyPoll()), Nanos.of(config.gracePeriod()));
            Streams made =
                    new Streams(config.limits().config(config.name()), admission, loop, counters, thread, events);
            acceptors.add(new Acceptor(loop, counters, made.log(), streams));
            streams.add(made);
            tls.add(new TlsLoop(counters, made.log(), loop.clock()));
            proxies.add(new ProxyLoop(counters, made.log(), loop.clock()));
            connectors.add(new Connector(made, connectOptions(), names));
        } catch (OutOfMemoryError e) {
            own.close();
            throw e;
        }
    }

    private static @Nullable Admission admission(ServerConfig config) {
        Limits limits = config.limits();
        ProxyHeaders headers = config.proxyHeaders();
        return headers == null
                        && config.access().isForAll()
                        && limits.maxConnectionsPerAddress() == 0
                        && limits.acceptRate() == 0
                ? null
                : new Admission(
                        headers == null ? new Networks(List.of()) : headers.trusted(),
                        config.access().allowedNetworks(),
                        config.access().deniedNetworks(),
                        limits.maxConnectionsPerAddress(),
                        limits.acceptRate());
    }

    private SocketAddress listen(Address address) throws EvioBindException {
        ListenOptions options = new ListenOptions(
                config.backlog(), address.isIpv6Only(), config.reusePort(), config.tcp(), config.unixPermissions());
        try {
            SocketAddress resolved = address.resolve();
            if (Address.isIpv4Stack() && isIpv6(resolved)) {
                throw EvioBindException.ipv4Stack(address);
            }
            return listen(address, resolved, options);
        } catch (SystemCallException e) {
            throw EvioBindException.of(address, e, sockets);
        } catch (PathTakenException e) {
            throw EvioBindException.taken(address, e);
        } catch (UnsupportedSystemException e) {
            throw EvioBindException.unsupported(address, e);
        } catch (UnknownHostException e) {
            throw EvioBindException.unknownHost(address, e);
        } catch (EvioBindException e) {
            throw e;
        } catch (IOException e) {
            throw new EvioBindException(
                    address.toString(), null, String.valueOf(e.getMessage()), "Use another address", e);
        }
    }

    private static boolean isIpv6(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() instanceof Inet6Address;
    }

    private SocketAddress listen(Address address, SocketAddress resolved, ListenOptions options) throws IOException {
        try {
            return listen(resolved, options);
        } catch (SystemCallException e) {
            if (e.errno() == Errno.EAFNOSUPPORT && address.isEveryInterface()) {
                Address four = new Address("tcp4", "", address.port(), "");
                return listen(four, four.resolve(), options);
            }
            if (e.errno() == Errno.EADDRINUSE) {
                requireNoClash(address, resolved, e);
            }
            throw e;
        }
    }

    /** Blames no other server for what this one has itself. */
    private void requireNoClash(Address address, SocketAddress resolved, SystemCallException failure)
            throws EvioBindException {
        for (int i = 0; i < bound.size(); i++) {
            if (AddressClash.overlap(addresses.get(i), bound.get(i), address, resolved)) {
                throw EvioBindException.clash(address, i + 1, addresses.get(i), failure);
            }
        }
    }

    /** The connections of the address that comes next have this between the wire and the handler. */
    private void addLayers(Address address) {
        for (int i = 0; i < streams.size(); i++) {
            TlsSettings settings = address.isTls() ? tlsSettings : null;
            Layer.Factory layers =
                    settings == null ? config.layers() : tls.get(i).layers(settings);
            ProxyHeaders headers = address.isProxied() ? config.proxyHeaders() : null;
            streams.get(i).addAddress(headers == null ? layers : introduced(i, headers, layers));
        }
    }

    private Layer.Factory introduced(int loop, ProxyHeaders headers, Layer.@Nullable Factory next) {
        return proxies.get(loop).layers(Nanos.of(headers.timeout()), headers.maxLength(), next);
    }

    private SocketAddress listen(SocketAddress address, ListenOptions options) throws IOException {
        int index = addresses.size();
        if (acceptors.size() == 1 || !sockets.spreads(address)) {
            return acceptors.get(0).listen(index, address, options, acceptors.size() > 1);
        }
        SocketAddress bound = options.reusePort() ? address : reserve(address, options);
        for (Acceptor acceptor : acceptors) {
            bound = acceptor.listen(index, bound, options.withReusePort(true), false);
        }
        return bound;
    }

    /**
     * Binds and lets go again: a port that the loops share could be shared by another server of this user just as well,
     * which would take a part of the connections without a word.
     */
    private SocketAddress reserve(SocketAddress address, ListenOptions options) throws SystemCallException {
        int handle = sockets.listen(address, options);
        try {
            return sockets.localAddress(handle);
        } finally {
            sockets.close(handle);
        }
    }

    private ListenOptions connectOptions() {
        return new ListenOptions(config.backlog(), false, false, config.tcp(), -1);
    }

    /** See {@link EvioServer#connect}. From any thread; false when the loop is over. */
    boolean connectLater(EvioServer server, TargetChooser targets, EvioHandler handler) {
        int loop = group.leastBusy();
        group.announce(loop);
        boolean isTaken = streams.get(loop).loop().wake(new Source(0, -1) {
            @Override
            protected void woken() {
                group.arrived(loop);
                connect(server, loop, targets, handler, null, null);
            }

            @Override
            protected void failed(OutOfMemoryError cause) {
                streams.get(loop).log().warn("a connection could not be made", cause, 0);
            }

            @Override
            protected void cutOff(@Nullable IOException cause) {
                woken();
            }
        });
        if (!isTaken) {
            group.arrived(loop);
        }
        return isTaken;
    }

    /**
     * Begins to make a connection. On the thread of that loop.
     *
     * @param client whose connection it is made for, and where that connected to; null when it is the server's own
     */
    Connection connect(
            EvioServer server,
            int loop,
            TargetChooser targets,
            EvioHandler handler,
            @Nullable SocketAddress client,
            @Nullable SocketAddress clientTarget) {
        boolean room = group.addOutbound(loop);
        Dialer dialer = new Dialer(
                targets, connectors.get(loop), tls.get(loop), handshakeTasks, config.name(), client, clientTarget);
        HandlerEvents events = new HandlerEvents(server, handler, false, targets, counters.get(loop).eventTimes);
        boolean goesElsewhere = room && !(targets instanceof Target.Only);
        Stream stream = streams.get(loop).outbound(events, goesElsewhere ? dialer : null);
        Connection facade = new Connection(stream);
        stream.setFacade(facade);
        if (room) {
            dialer.begin(stream);
        } else {
            stream.hasNoRoom();
            connectors.get(loop).refuse(stream, new NoRoomException(group.maxOutbound()));
        }
        return facade;
    }

    /** See {@link EventLoop#run}. */
    void run(int index, Runnable serving) throws IOException {
        streams.get(index).loop().run(streams.get(index), serving);
    }

    /** Frees a loop that was never run. */
    void discard(int index) {
        streams.get(index).loop().discard(streams.get(index));
    }

    /** Asks all of them to end; see {@link EventLoop#stop}. */
    void stop(long graceNanos) {
        group.stop(graceNanos);
    }

    /** See {@link LoopGroup#stopIsSlow}. */
    void stopIsSlow() {
        group.stopIsSlow();
    }

    /** Returns whether the end of one of them has begun, which is the end of all. From any thread. */
    boolean isStopping() {
        return group.isStopping();
    }

    List<Address> addresses() {
        return List.copyOf(addresses);
    }

    PollerType poller() {
        return poller;
    }

    /** The connection with this id, or null. From any thread. */
    @Nullable
    Stream find(long id) {
        return streams.get((int) Math.floorMod(id - 1, (long) streams.size())).find(id);
    }

    /** See {@link EvioServer#connections}. From any thread. */
    List<ConnectionStats> connections(long after, int limit) {
        return streams.stream()
                .flatMap(loop -> loop.page(after, limit).stream())
                .sorted(Comparator.comparingLong(Stream::id))
                .limit(limit)
                .map(ConnectionStats::of)
                .toList();
    }
}
