package io.evio.spring.boot.server;

import io.evio.ClientAuth;
import io.evio.PollerType;
import io.evio.ProxyProtocol;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.ConfigurationPropertiesSource;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.util.unit.DataSize;

/**
 * The properties under {@code evio}. What a server may set for itself is its default here, for every server.
 *
 * @param enabled Whether Evio servers are run at all. Without them all other beans are still there.
 * @param autoStartup Whether the servers start with the application context. Otherwise the bean evioLifecycle, a
 *     SmartLifecycle, starts them.
 * @param phase Phase of the servers in the application's lifecycle. By default they start last and stop first.
 * @param blockedAfter How long an event may take before its server counts as blocked: down in health, and once in the
 *     log with its stack.
 * @param onExit What happens when a server ends by itself, because an event returned SHUTDOWN or its loop failed.
 * @param addresses Addresses of the application's only EvioHandler or EvioHandlerFactory bean, as in
 *     tcp://127.0.0.1:5000 or unix:///tmp/echo.sock. Without a host every interface, with port 0 a free one.
 * @param servers Servers by the name of their EvioHandler or EvioHandlerFactory bean.
 * @param upstreams Upstreams, to which servers connect, by the name of their EvioUpstream bean.
 * @param poller Mechanism the loop waits with: auto, epoll, kqueue or nio.
 * @param loops Loops of a server, each with a thread of its own, that share its connections.
 * @param busyPoll How long a loop with nothing to do looks for work before it sleeps, at most 1s: shorter waits for a
 *     processor that each loop keeps busy. 0 sleeps at once.
 * @param backlog Connections that the kernel keeps waiting to be accepted.
 * @param limits Bounds of a server.
 * @param tcp Options of TCP connections.
 * @param unix Options of unix sockets.
 * @param ssl How a server speaks TLS on its tls:// addresses.
 * @param proxyProtocol How a server reads PROXY headers on its proxy+tcp://, proxy+tls:// and proxy+unix:// addresses.
 * @param access From where a server takes connections.
 * @param shutdown How servers stop.
 * @param metrics Meters.
 * @param test Help for tests.
 */
@ConfigurationProperties("evio")
public record EvioProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("true") boolean autoStartup,
        @DefaultValue("2147483647") int phase,
        @DefaultValue("2s") Duration blockedAfter,
        @DefaultValue("nothing") OnExit onExit,
        @DefaultValue List<String> addresses,
        @DefaultValue Map<String, Server> servers,
        @DefaultValue Map<String, Upstream> upstreams,
        @DefaultValue("auto") PollerType poller,
        @DefaultValue("1") int loops,
        @DefaultValue("0") Duration busyPoll,
        @DefaultValue("1024") int backlog,
        @DefaultValue Limits limits,
        @DefaultValue Tcp tcp,
        @DefaultValue Unix unix,
        @DefaultValue Ssl ssl,
        @DefaultValue ProxyHeaders proxyProtocol,
        @DefaultValue Access access,
        @DefaultValue Shutdown shutdown,
        @DefaultValue Metrics metrics,
        @DefaultValue Test test) {

    /** The consequence when a server ends by itself. */
    public enum OnExit {
        /** The application goes on without it. */
        NOTHING,
        /** The application's liveness is broken, so that a platform that looks at it starts it anew. */
        BREAK_LIVENESS,
        /** The application context is closed, and with it the application. */
        CLOSE_CONTEXT
    }

    /**
     * One server. What is not set is taken from the same property under {@code evio}.
     *
     * @param addresses Addresses to listen on, as in tcp://127.0.0.1:5000 or unix:///tmp/echo.sock. Without a host
     *     every interface, with port 0 a free one.
     * @param poller Mechanism the loop waits with: auto, epoll, kqueue or nio.
     * @param loops Loops of the server, each with a thread of its own, that share its connections.
     * @param busyPoll How long a loop with nothing to do looks for work before it sleeps, at most 1s: shorter waits for
     *     a processor that each loop keeps busy. 0 sleeps at once.
     * @param backlog Connections that the kernel keeps waiting to be accepted.
     * @param limits Bounds of the server.
     * @param tcp Options of TCP connections.
     * @param unix Options of unix sockets.
     * @param ssl How the server speaks TLS on its tls:// addresses.
     * @param proxyProtocol How the server reads PROXY headers on its proxy+tcp://, proxy+tls:// and proxy+unix://
     *     addresses.
     * @param access From where the server takes connections.
     * @param shutdown How the server stops.
     */
    @ConfigurationPropertiesSource
    public record Server(
            @DefaultValue List<String> addresses,
            @Nullable PollerType poller,
            @Nullable Integer loops,
            @Nullable Duration busyPoll,
            @Nullable Integer backlog,
            @DefaultValue Limits limits,
            @DefaultValue Tcp tcp,
            @DefaultValue Unix unix,
            @DefaultValue Ssl ssl,
            @DefaultValue ProxyHeaders proxyProtocol,
            @DefaultValue Access access,
            @DefaultValue ServerShutdown shutdown) {}

    /**
     * Bounds, so that no peer can make a server grow without end.
     *
     * @param maxConnections Connections at a time; further ones wait in the kernel's backlog. 65536 by default.
     * @param maxOutboundConnections Connections at a time that a server makes itself; further ones fail. 65536 by
     *     default.
     * @param maxConnectionsPerAddress Connections at a time of one IPv4 address, or of one IPv6 network of 64 bits;
     *     further ones are refused. 0, the default, for any number.
     * @param acceptRate Connections per second that a server takes; further ones are refused. 0, the default, for any
     *     number.
     * @param maxPendingInput Bytes that a handler may leave unread on a connection, at most 512MB; beyond, it is
     *     closed. 16MB by default.
     * @param maxPendingOutput Unsent bytes of a connection, at most 1GB; beyond, it is closed. 64MB by default.
     * @param maxPendingTotal Memory that unread input and unsent output of all connections may take together, at least
     *     1MB for each loop; beyond, the connection that holds the most is closed. Of several loops each has an equal
     *     share, and closes its own. 1GB by default.
     * @param highWaterMark Unsent bytes of a connection above which it is not read any more. 1MB by default.
     * @param lowWaterMark Unsent bytes of a connection below which it is read again. 256KB by default.
     * @param idleTimeout How long a connection may be silent before it is closed; 0 for ever. 2h by default.
     * @param firstInputTimeout How long a connection may receive nothing after it has opened before it is closed; 0,
     *     the default, for ever. For protocols in which the client speaks first.
     * @param frameTimeout How long input may lie unread before the connection is closed: the time for the rest of a
     *     frame, while the connection is read; 0, the default, for ever.
     * @param drainTimeout How long a connection that is to end may take none of its pending output. 10s by default.
     */
    public record Limits(
            @Nullable Integer maxConnections,
            @Nullable Integer maxOutboundConnections,
            @Nullable Integer maxConnectionsPerAddress,
            @Nullable Integer acceptRate,
            @Nullable DataSize maxPendingInput,
            @Nullable DataSize maxPendingOutput,
            @Nullable DataSize maxPendingTotal,
            @Nullable DataSize highWaterMark,
            @Nullable DataSize lowWaterMark,
            @Nullable Duration idleTimeout,
            @Nullable Duration firstInputTimeout,
            @Nullable Duration frameTimeout,
            @Nullable Duration drainTimeout) {}

    /**
     * Options of TCP connections.
     *
     * @param noDelay Whether small writes are sent at once (TCP_NODELAY). On by default.
     * @param keepAlive How the kernel probes silent peers.
     * @param userTimeout How long what was sent may stay unacknowledged before the connection ends (TCP_USER_TIMEOUT);
     *     0, the default, for the system's time. On Linux also how long a peer may take nothing. Not with nio.
     * @param reusePort Whether several processes may listen on the port (SO_REUSEPORT). Off by default.
     */
    public record Tcp(
            @Nullable Boolean noDelay,
            @DefaultValue KeepAlive keepAlive,
            @Nullable Duration userTimeout,
            @Nullable Boolean reusePort) {}

    /**
     * Probes of silent peers by the kernel.
     *
     * @param enabled Whether it does (SO_KEEPALIVE). Off by default, and on when one of the times is set.
     * @param idle Silence before the first probe (TCP_KEEPIDLE), from 1s to 32767s. By default the system's, 2h on
     *     Linux.
     * @param interval Time between two probes (TCP_KEEPINTVL), from 1s to 32767s. By default the system's, 75s on
     *     Linux.
     * @param count Probes in a row that stay unanswered before the connection ends (TCP_KEEPCNT), from 1 to 127. By
     *     default the system's, 9 on Linux.
     */
    public record KeepAlive(
            @Nullable Boolean enabled,
            @Nullable Duration idle,
            @Nullable Duration interval,
            @Nullable Integer count) {

        /** Takes what is written as {@code keep-alive: true}. */
        public static KeepAlive valueOf(String enabled) {
            return valueOf(ApplicationConversionService.getSharedInstance().convert(enabled, Boolean.class));
        }

        /** Takes what is written as {@code keep-alive: true}. */
        public static KeepAlive valueOf(@Nullable Boolean enabled) {
            return new KeepAlive(enabled, null, null, null);
        }
    }

    /**
     * Options of unix sockets.
     *
     * @param permissions Mode of the socket's file, as in rw-rw----. By default what the umask leaves.
     */
    public record Unix(@Nullable String permissions) {}

    /**
     * TLS of a server on its tls:// addresses.
     *
     * @param bundle SSL bundle with the server's key and certificates: a name under spring.ssl.bundle.pem or
     *     spring.ssl.bundle.jks. With reload-on-update its files may change while the server runs.
     * @param clientAuth Whether clients are asked for a certificate: none, want or need. The bundle's truststore says
     *     which ones are trusted. None by default.
     * @param serverNameBundles SSL bundles by the server name that a client asks for (SNI). Clients that ask for
     *     another name, or for none, get the bundle above.
     * @param alpn Application protocols that the server offers, the preferred one first (ALPN), as in http/1.1. None by
     *     default.
     * @param handshakeTimeout How long a client may take from being accepted to the end of its handshake. 10s by
     *     default.
     * @param handshakes Handshakes that may have work off the loop at a time; further ones wait for their turn. 256 by
     *     default.
     * @param session Sessions that clients may resume.
     */
    public record Ssl(
            @Nullable String bundle,
            @Nullable ClientAuth clientAuth,
            @Nullable List<ServerNameBundle> serverNameBundles,
            @Nullable List<String> alpn,
            @Nullable Duration handshakeTimeout,
            @Nullable Integer handshakes,
            @DefaultValue Session session) {}

    /**
     * The SSL bundle for a server name.
     *
     * @param serverName Host name, or *.example.org for all names that have one label more than example.org.
     * @param bundle SSL bundle for clients that ask for the name.
     */
    public record ServerNameBundle(
            @Nullable String serverName, @Nullable String bundle) {}

    /**
     * TLS sessions that clients may resume.
     *
     * @param cacheSize Sessions that the server remembers. 20480 by default.
     * @param timeout How long a session may be resumed, at most 7d. 24h by default.
     */
    public record Session(
            @Nullable Integer cacheSize, @Nullable Duration timeout) {}

    /**
     * PROXY headers of a server.
     *
     * @param trustedProxies Networks and addresses of the proxies whose headers are believed, as in 10.0.0.0/8, and
     *     unix for the peers of unix sockets. Connections from elsewhere are refused on proxy+ addresses.
     * @param timeout How long a connection may take from being accepted until its header is complete. 5s by default.
     * @param maxLength Bytes that a header may have, from 232B to 65551B. 4KB by default.
     */
    public record ProxyHeaders(
            @Nullable List<String> trustedProxies,
            @Nullable Duration timeout,
            @Nullable DataSize maxLength) {}

    /**
     * From where a server takes connections.
     *
     * @param allow Networks and addresses that connections are taken from, as in 10.0.0.0/8, and unix for the peers of
     *     unix sockets. All by default. Behind a PROXY header the header's address counts.
     * @param deny Networks and addresses that no connections are taken from, even if they are allowed. None by default.
     */
    public record Access(
            @Nullable List<String> allow, @Nullable List<String> deny) {}

    /**
     * Targets that servers connect to.
     *
     * @param targets Where connections go, as in tcp://10.0.0.7:8080, tls://app.internal:8443 or unix:///run/app.sock.
     * @param balance How a target is chosen: least-connections or round-robin.
     * @param connectTimeout How long one target may take until a connection to it is open, the look-up of its name and
     *     the TLS handshake included.
     * @param maxConnections Connections to one target at a time; without it as many as the servers make.
     * @param health How targets are checked. Without this section they are not.
     * @param ssl How connections to tls:// targets speak TLS.
     * @param proxyProtocol PROXY header that a connection begins with, v1 or v2. None by default.
     */
    @ConfigurationPropertiesSource
    public record Upstream(
            @DefaultValue List<String> targets,
            @DefaultValue("least-connections") Balance balance,
            @DefaultValue("3s") Duration connectTimeout,
            @Nullable Integer maxConnections,
            @Nullable TargetHealth health,
            @DefaultValue UpstreamSsl ssl,
            @Nullable ProxyProtocol proxyProtocol) {}

    /** The way in which an upstream's target is chosen. */
    public enum Balance {
        /** The one with the fewest connections. */
        LEAST_CONNECTIONS,
        /** One after the other. */
        ROUND_ROBIN
    }

    /**
     * Checks of an upstream's targets.
     *
     * @param interval Time from the beginning of a check to that of the next.
     * @param rise Successful checks in a row after which a target that was down is up.
     * @param fall Failed checks in a row after which a target that was up is down.
     * @param path What is asked for by GET over HTTP/1.1; an answer of 2xx or 3xx is a success. Without it, a
     *     connection is.
     */
    public record TargetHealth(
            @DefaultValue("2s") Duration interval,
            @DefaultValue("2") int rise,
            @DefaultValue("3") int fall,
            @Nullable String path) {}

    /**
     * TLS of connections to tls:// targets.
     *
     * @param bundle SSL bundle whose truststore says which targets are trusted, and whose key, if it has one, they are
     *     shown. Without it the JVM's certificate authorities are trusted.
     * @param serverName Name that targets are asked for (SNI), and that their certificates have to be for. By default
     *     the host of the target.
     * @param verifyHostName Whether a target's certificate has to be for its name. On by default.
     */
    public record UpstreamSsl(
            @Nullable String bundle,
            @Nullable String serverName,
            @Nullable Boolean verifyHostName) {}

    /**
     * The stop of all servers.
     *
     * @param gracePeriod How long pending output may take to go out. 20s by default.
     * @param delay How long servers go on serving after the application's readiness has begun to refuse traffic, so
     *     that what is in front of them notices. 0 stops them at once.
     */
    public record Shutdown(
            @Nullable Duration gracePeriod,
            @DefaultValue("0") Duration delay) {}

    /**
     * The stop of one server.
     *
     * @param gracePeriod How long pending output may take to go out. 20s by default.
     */
    public record ServerShutdown(@Nullable Duration gracePeriod) {}

    /**
     * Meters.
     *
     * @param enabled Whether the servers are metered where the application has a meter registry.
     */
    public record Metrics(@DefaultValue("true") boolean enabled) {}

    /**
     * Help for tests.
     *
     * @param randomAddresses Whether every server listens on a free port in place of its own, and on unix sockets in a
     *     temporary folder, so that tests do not collide with an application that runs. Targets of upstreams stay.
     */
    public record Test(@DefaultValue("false") boolean randomAddresses) {}
}
