package io.evio.spring.boot.actuate;

import io.evio.Address;
import io.evio.ConnectionStats;
import io.evio.EventDurations;
import io.evio.EvioMeter;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.KeepAlive;
import io.evio.ProxyInfo;
import io.evio.ProxyProtocol;
import io.evio.SlowestEvent;
import io.evio.TcpInfo;
import io.evio.TlsInfo;
import io.evio.spring.boot.server.EvioProperties.TargetHealth;
import io.evio.spring.boot.server.EvioServerTls;
import io.evio.spring.boot.server.EvioUpstreamSettings;
import io.evio.spring.boot.upstream.EvioUpstreamPool;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * The actuator endpoint {@code evio}: what the servers are, what they have done, and who is connected. Read only. Taken
 * from counters, and {@code TCP_INFO} on the calling thread, without the loop's help: it answers also while an event
 * blocks that.
 */
@Endpoint(id = "evio")
public class EvioEndpoint {

    /** Connections in an answer that asks for no other number. */
    static final int DEFAULT_LIMIT = 100;

    /** Connections in an answer at most. */
    static final int MAX_LIMIT = 1000;

    /** In the place of the address by which a connection came: the server has made it itself. */
    private static final String OUTBOUND = "outbound";

    private final List<EvioServer> servers;
    private final Function<EvioServer, @Nullable EvioServerTls> tls;
    private final List<EvioUpstreamPool> upstreams;

    /** @param tls how a server speaks TLS by its properties; null when it does not */
    public EvioEndpoint(
            List<EvioServer> servers,
            Function<EvioServer, @Nullable EvioServerTls> tls,
            List<EvioUpstreamPool> upstreams) {
        this.servers = servers;
        this.tls = tls;
        this.upstreams = upstreams;
    }

    /**
     * All servers, each with a page of its connections.
     *
     * @param after the id behind which the page begins, 0 by default
     * @param limit how many connections a server, {@value #DEFAULT_LIMIT} by default and {@value #MAX_LIMIT} at most
     * @param tcpInfo whether the kernel is asked about each of them, by a system call each; not by default
     */
    @ReadOperation
    Servers servers(@Nullable Long after, @Nullable Integer limit, @Nullable Boolean tcpInfo) {
        Map<String, Server> described = new LinkedHashMap<>();
        for (EvioServer server : servers) {
            described.put(server.name(), describe(server, after, limit, tcpInfo));
        }
        Map<String, Upstream> to = new LinkedHashMap<>();
        for (EvioUpstreamPool upstream : upstreams) {
            to.put(upstream.name(), describe(upstream));
        }
        return new Servers(described, to);
    }

    private static Upstream describe(EvioUpstreamPool upstream) {
        EvioUpstreamSettings settings = upstream.settings();
        TargetHealth health = settings.health();
        EvioUpstreamSettings.Tls tls = settings.tls();
        ProxyProtocol proxy = settings.proxyProtocol();
        return new Upstream(
                upstream.targets().stream()
                        .map(target -> new UpstreamTarget(
                                target.text(),
                                target.state().name().toLowerCase(Locale.ROOT),
                                target.active(),
                                target.opened(),
                                target.errors(),
                                target.connectNanos() / 1e9,
                                target.lastError()))
                        .toList(),
                settings.balance().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                settings.connectTimeout(),
                settings.maxConnections(),
                health == null
                        ? null
                        : new UpstreamHealth(health.interval(), health.rise(), health.fall(), health.path()),
                tls == null ? null : new UpstreamTls(tls.bundle(), tls.serverName(), tls.verifyHostName()),
                proxy == null ? null : proxy.name().toLowerCase(Locale.ROOT));
    }

    /** One server; null, which is answered with 404, when there is none of this name. */
    @ReadOperation
    @Nullable
    Server server(@Selector String server, @Nullable Long after, @Nullable Integer limit, @Nullable Boolean tcpInfo) {
        for (EvioServer candidate : servers) {
            if (candidate.name().equals(server)) {
                return describe(candidate, after, limit, tcpInfo);
            }
        }
        return null;
    }

    private Server describe(
            EvioServer server, @Nullable Long after, @Nullable Integer limit, @Nullable Boolean tcpInfo) {
        EvioStats stats = server.stats();
        List<EvioStats> loops = server.loops() == 1 ? List.of() : server.loopStats();
        return new Server(
                server.isRunning(),
                server.poller().id(),
                server.addresses().stream().map(Address::toString).toList(),
                limits(server.limits()),
                tcp(server),
                tls(tls.apply(server)),
                counters(stats),
                events(stats),
                loops.stream().map(EvioEndpoint::counters).toList(),
                loops.stream().map(EvioEndpoint::events).toList(),
                page(
                        server,
                        after == null ? 0 : after,
                        limit == null ? DEFAULT_LIMIT : limit,
                        Boolean.TRUE.equals(tcpInfo)));
    }

    private static Limits limits(io.evio.Limits limits) {
        return new Limits(
                limits.maxConnections(),
                limits.maxOutboundConnections(),
                limits.maxConnectionsPerAddress(),
                limits.acceptRate(),
                limits.maxPendingInput(),
                limits.maxPendingOutput(),
                limits.maxPendingTotal(),
                limits.highWaterMark(),
                limits.lowWaterMark(),
                limits.idleTimeout(),
                limits.firstInputTimeout(),
                limits.frameTimeout(),
                limits.drainTimeout());
    }

    private static Tcp tcp(EvioServer server) {
        KeepAlive keepAlive = server.keepAlive();
        return new Tcp(
                new TcpKeepAlive(keepAlive.isEnabled(), keepAlive.idle(), keepAlive.interval(), keepAlive.count()),
                server.userTimeout().isZero() ? null : server.userTimeout());
    }

    private static @Nullable Tls tls(@Nullable EvioServerTls tls) {
        return tls == null
                ? null
                : new Tls(
                        tls.bundle(),
                        tls.serverNames(),
                        tls.clientAuth().name().toLowerCase(Locale.ROOT),
                        tls.alpn(),
                        tls.handshakeTimeout());
    }

    private static Map<String, Number> counters(EvioStats stats) {
        Map<String, Number> counters = new LinkedHashMap<>();
        for (EvioMeter meter : EvioMeter.values()) {
            double value = meter.value(stats);
            counters.put(meter.meterName(), value == Math.rint(value) ? (Number) (long) value : (Number) value);
        }
        return counters;
    }

    private static Events events(EvioStats stats) {
        EventDurations durations = stats.eventDurations();
        List<String> bounds = EvioEventBounds.of(durations);
        Map<String, Long> buckets = new LinkedHashMap<>();
        for (int i = 0; i < bounds.size(); i++) {
            buckets.put(bounds.get(i), durations.count(i));
        }
        SlowestEvent slowest = stats.slowestEvent();
        return new Events(
                new Durations(durations.count(), seconds(durations.total()), buckets),
                slowest == null
                        ? null
                        : new Slowest(slowest.event(), slowest.handler(), seconds(slowest.duration()), slowest.at()));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private static Page page(EvioServer server, long after, int limit, boolean tcpInfo) {
        if (limit < 0) {
            throw new InvalidEndpointRequestException(
                    "limit must not be negative, but was " + limit, "limit must be from 0 to " + MAX_LIMIT);
        }
        int bounded = Math.min(limit, MAX_LIMIT);
        // One more than fits, to know whether there is another page.
        List<ConnectionStats> found = server.connections(after, bounded + 1);
        boolean more = found.size() > bounded;
        List<Connection> connections = found.stream()
                .limit(bounded)
                .map(connection -> describe(server, connection, tcpInfo ? server.tcpInfo(connection.id()) : null))
                .toList();
        return new Page(
                connections,
                !more ? null : connections.isEmpty() ? (Long) after : (Long) connections.get(bounded - 1).id);
    }

    private static Connection describe(EvioServer server, ConnectionStats stats, @Nullable TcpInfo tcpInfo) {
        int address = stats.addressIndex();
        return new Connection(
                stats.id(),
                address < 0 ? OUTBOUND : server.addresses().get(address).toString(),
                peer(stats.remoteAddress()),
                stats.age(),
                stats.dataReceived(),
                stats.dataSent(),
                stats.writePending(),
                tls(stats.tls()),
                proxy(stats.proxy()),
                tcpInfo);
    }

    private static @Nullable ConnectionProxy proxy(@Nullable ProxyInfo proxy) {
        return proxy == null
                ? null
                : new ConnectionProxy(
                        peer(proxy.realRemoteAddress()), proxy.version().name().toLowerCase(Locale.ROOT));
    }

    /** Without the client's certificate, whose subject may be a person's name. */
    private static @Nullable ConnectionTls tls(@Nullable TlsInfo tls) {
        return tls == null
                ? null
                : new ConnectionTls(tls.protocol(), tls.cipherSuite(), tls.applicationProtocol(), tls.serverName());
    }

    private static String peer(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            return "unix";
        }
        String host =
                inet.isUnresolved() ? inet.getHostString() : inet.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + inet.getPort();
    }

    /**
     * @param servers by name
     * @param upstreams by name
     */
    record Servers(Map<String, Server> servers, Map<String, Upstream> upstreams) {}

    /**
     * @param maxConnections to each target; null without a maximum
     * @param health how targets are checked; null when they are not
     * @param tls how tls targets speak it; null when there is none
     * @param proxyProtocol v1 or v2; null without a PROXY header
     */
    record Upstream(
            List<UpstreamTarget> targets,
            String balance,
            Duration connectTimeout,
            @Nullable Integer maxConnections,
            @Nullable UpstreamHealth health,
            @Nullable UpstreamTls tls,
            @Nullable String proxyProtocol) {}

    /**
     * @param target as it was written
     * @param state up or down; unknown before the first check is over, unchecked without checks
     * @param active connections to it now, with those that are being made
     * @param opened connections to it that have opened
     * @param errors connections to it that could not be made
     * @param connectSeconds time until those that have opened were open, together
     * @param error why it could last not be reached; null when it was since
     */
    record UpstreamTarget(
            String target,
            String state,
            int active,
            long opened,
            long errors,
            double connectSeconds,
            @Nullable String error) {}

    /** @param path what a check asks for; null for a connection alone */
    record UpstreamHealth(
            Duration interval, int rise, int fall, @Nullable String path) {}

    /**
     * @param bundle null for what the JVM trusts
     * @param serverName null for each target's host
     */
    record UpstreamTls(@Nullable String bundle, @Nullable String serverName, boolean verifyHostName) {}

    /**
     * @param addresses with the real ports
     * @param tls how it speaks TLS; null when it does not, or when the application sets that itself
     * @param counters by the names of the meters, times in seconds
     * @param events how long they took
     * @param loops of a server with several, the counters of each
     * @param loopEvents of a server with several loops, the events of each
     */
    record Server(
            boolean running,
            String poller,
            List<String> addresses,
            Limits limits,
            Tcp tcp,
            @Nullable Tls tls,
            Map<String, Number> counters,
            Events events,
            List<Map<String, Number>> loops,
            List<Events> loopEvents,
            Page connections) {}

    /** @param slowest of the last one to two minutes; null without one of 100 µs or more */
    record Events(Durations durations, @Nullable Slowest slowest) {}

    /**
     * @param totalSeconds time of all together
     * @param buckets the number of events that took no longer than so many seconds
     */
    record Durations(long count, double totalSeconds, Map<String, Long> buckets) {}

    /**
     * @param event its name, such as data
     * @param handler the handler's class
     * @param at when it was over
     */
    record Slowest(String event, String handler, double seconds, Instant at) {}

    /** Sizes in bytes; 0 connections per address, and an accept rate of 0, are any number. */
    record Limits(
            int maxConnections,
            int maxOutboundConnections,
            int maxConnectionsPerAddress,
            int acceptRate,
            int maxPendingInput,
            int maxPendingOutput,
            long maxPendingTotal,
            int highWaterMark,
            int lowWaterMark,
            Duration idleTimeout,
            Duration firstInputTimeout,
            Duration frameTimeout,
            Duration drainTimeout) {}

    /**
     * Settings by which peers that have vanished are noticed.
     *
     * @param userTimeout null for the system's
     */
    record Tcp(TcpKeepAlive keepAlive, @Nullable Duration userTimeout) {}

    /** Times and the count are null for the system's. */
    record TcpKeepAlive(
            boolean enabled,
            @Nullable Duration idle,
            @Nullable Duration interval,
            @Nullable Integer count) {}

    /** @param next the {@code after} of the next page; null on the last one */
    record Page(List<Connection> items, @Nullable Long next) {}

    /**
     * @param address the server's, by which it came; {@code outbound} when the server has made it
     * @param peer host and port, or {@code unix}; behind a PROXY header the client's
     * @param received bytes read from the peer
     * @param sent bytes that the kernel took for the peer
     * @param pending bytes unsent now
     * @param tls what the handshake has agreed on; null without TLS
     * @param proxy the proxy that it came through; null without a PROXY header
     * @param tcpInfo what the kernel knows of it; null where it does not tell, and when it was not asked
     */
    record Connection(
            long id,
            String address,
            String peer,
            Duration age,
            long received,
            long sent,
            long pending,
            @Nullable ConnectionTls tls,
            @Nullable ConnectionProxy proxy,
            @Nullable TcpInfo tcpInfo) {}

    /**
     * @param peer host and port of the proxy, or {@code unix}
     * @param version of the header: v1 or v2
     */
    record ConnectionProxy(String peer, String version) {}

    /**
     * @param bundle the name of the SSL bundle
     * @param serverNames the names of other bundles, by server name
     * @param clientAuth whether clients are asked for a certificate: none, want or need
     */
    record Tls(
            String bundle,
            Map<String, String> serverNames,
            String clientAuth,
            List<String> alpn,
            Duration handshakeTimeout) {}

    /**
     * @param applicationProtocol chosen by ALPN; null without one
     * @param serverName what the client asked for; null when it asked for none
     */
    record ConnectionTls(
            String protocol,
            String cipherSuite,
            @Nullable String applicationProtocol,
            @Nullable String serverName) {}
}
