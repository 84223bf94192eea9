package io.evio;

import io.evio.internal.sys.Scheduler;
import io.evio.internal.tls.HandshakeTasks;
import io.evio.internal.tls.TlsSettings;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * The TLS settings of a server, for its addresses {@code tls://}, {@code tls4://} and {@code tls6://}. Immutable: each
 * method returns a changed copy.
 *
 * <pre>{@code
 * EvioServer.builder()
 *         .handler(handler)
 *         .addresses("tls://0.0.0.0:5443")
 *         .tls(Tls.of(sslContext).clientAuth(ClientAuth.NEED).alpn("http/1.1"))
 * }</pre>
 *
 * <p>{@link EvioHandler#opened} fires when the handshake is over. A handshake that fails fires nothing; it is counted
 * ({@link EvioMeter#TLS_HANDSHAKE_ERRORS}) and logged, at most one line per minute.
 *
 * <p>No argument may be null: {@link NullPointerException}.
 */
public final class Tls {

    private static final Duration DEFAULT_HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);
    private static final int DEFAULT_HANDSHAKES = 256;

    /** A host name, or one with a {@code *} for its first label. */
    private static final Pattern SERVER_NAME =
            Pattern.compile("(\\*\\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*");

    private static final int LONGEST_PROTOCOL = 255;

    private final TlsEngines engines;
    private final Map<String, TlsEngines> serverNames = new LinkedHashMap<>();
    private @Nullable ClientAuth clientAuth;
    private List<String> alpn = List.of();
    private List<String> protocols = List.of();
    private List<String> ciphers = List.of();
    private Duration handshakeTimeout = DEFAULT_HANDSHAKE_TIMEOUT;
    private int handshakes = DEFAULT_HANDSHAKES;
    private @Nullable Executor executor;
    private boolean onLoop;

    private Tls(TlsEngines engines) {
        this.engines = Objects.requireNonNull(engines, "engines");
    }

    /** Speaks TLS by the JDK's engine, with the keys and the trust of this context. */
    public static Tls of(SSLContext context) {
        return new Tls(engines(context));
    }

    /** Speaks TLS by these engines, of any provider. */
    public static Tls of(TlsEngines engines) {
        return new Tls(engines);
    }

    private static TlsEngines engines(SSLContext context) {
        Objects.requireNonNull(context, "context");
        // Key managers ask the engine for the peer.
        return (serverName, peer) -> peer instanceof InetSocketAddress inet
                ? context.createSSLEngine(inet.getHostString(), inet.getPort())
                : context.createSSLEngine();
    }

    private Tls with(Consumer<Tls> change) {
        Tls copy = new Tls(engines);
        copy.serverNames.putAll(serverNames);
        copy.clientAuth = clientAuth;
        copy.alpn = alpn;
        copy.protocols = protocols;
        copy.ciphers = ciphers;
        copy.handshakeTimeout = handshakeTimeout;
        copy.handshakes = handshakes;
        copy.executor = executor;
        copy.onLoop = onLoop;
        change.accept(copy);
        return copy;
    }

    /** Asks clients for certificates, or not; by default it is as the engine has it, which mostly does not. */
    public Tls clientAuth(ClientAuth clientAuth) {
        Objects.requireNonNull(clientAuth, "clientAuth");
        return with(tls -> tls.clientAuth = clientAuth);
    }

    /**
     * Offers these application protocols, the preferred one first (RFC 7301). A client that offers others only is
     * refused with {@code no_application_protocol}; one that offers none is not.
     *
     * @throws IllegalArgumentException when one is empty or longer than 255 characters
     */
    public Tls alpn(String... protocols) {
        List<String> checked = requireProtocols(protocols);
        return with(tls -> tls.alpn = checked);
    }

    /** Returns application protocols that can be offered. */
    static List<String> requireProtocols(String... protocols) {
        for (String protocol : protocols) {
            if (protocol.isEmpty() || protocol.length() > LONGEST_PROTOCOL) {
                throw new IllegalArgumentException(
                        "An application protocol has 1 to 255 characters, but was '" + protocol + "'");
            }
        }
        return List.of(protocols);
    }

    /** Allows these versions alone, as in {@code TLSv1.3}; none for what the engine has. */
    public Tls protocols(String... protocols) {
        List<String> allowed = List.of(protocols);
        return with(tls -> tls.protocols = allowed);
    }

    /** Allows these cipher suites alone, by the JDK's names; none for what the engine has. */
    public Tls ciphers(String... ciphers) {
        List<String> allowed = List.of(ciphers);
        return with(tls -> tls.ciphers = allowed);
    }

    /**
     * Has clients that ask for this server name (RFC 6066, 3) use another context. A client that asks for none, or for
     * an unknown one, gets the default.
     *
     * @param name a host name, or {@code *.example.org} for every name that has one label more than
     *     {@code example.org}; an exact name goes before it
     * @throws IllegalArgumentException when it is neither, or was given before
     */
    public Tls serverName(String name, SSLContext context) {
        return serverName(name, engines(context));
    }

    /**
     * Has clients that ask for this server name use other engines.
     *
     * @throws IllegalArgumentException as {@link #serverName(String, SSLContext)} does
     */
    public Tls serverName(String name, TlsEngines engines) {
        Objects.requireNonNull(engines, "engines");
        String key = name.toLowerCase(Locale.ROOT);
        if (!SERVER_NAME.matcher(key).matches()) {
            throw new IllegalArgumentException(
                    "'" + name + "' is no server name. Use a host name, or *.example.org for all names below one");
        }
        if (serverNames.containsKey(key)) {
            throw new IllegalArgumentException("The server name '" + key + "' is there twice. Leave one out");
        }
        return with(tls -> tls.serverNames.put(key, engines));
    }

    /**
     * Sets how long a client may take from being accepted to the end of its handshake; 10 seconds by default.
     *
     * @throws IllegalArgumentException when it is shorter than a millisecond
     */
    public Tls handshakeTimeout(Duration timeout) {
        Duration checked = Nanos.atLeastAMilli("handshake-timeout", timeout);
        return with(tls -> tls.handshakeTimeout = checked);
    }

    /** Returns how long a client may take from being accepted to the end of its handshake. */
    public Duration handshakeTimeout() {
        return handshakeTimeout;
    }

    /**
     * Sets how many handshakes may have work off the loop at a time, queued or under way; 256 by default. The others
     * wait for their turn. A client that leaves its handshake half done does not count.
     *
     * @throws IllegalArgumentException when less than 1
     */
    public Tls handshakes(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("handshakes must be at least 1, but was " + most);
        }
        return with(tls -> tls.handshakes = most);
    }

    /**
     * Has the slow work of handshakes, key exchanges and signatures, done by this executor; also that of connections
     * that the server makes ({@link EvioServer#connect}). It takes at most as many threads as there are processors,
     * less one for the loop. By default daemon threads named {@code evio-<server>-tls-<n>} do the work, which end when
     * there is nothing to do; with the poller epoll they have a lower priority (nice 10), so that other connections
     * hardly wait for them where they share a processor. An executor that takes no work ends the handshake.
     */
    public Tls tasks(Executor executor) {
        Objects.requireNonNull(executor, "executor");
        return with(tls -> {
            tls.executor = executor;
            tls.onLoop = false;
        });
    }

    /**
     * Has the slow work of handshakes done on the loop: no thread more, but each full handshake holds up all other
     * connections of its loop for milliseconds.
     */
    public Tls tasksOnLoop() {
        return with(tls -> tls.onLoop = true);
    }

    /** Makes what the layers of a server need. */
    TlsSettings settings(String server, Scheduler scheduler) {
        return new TlsSettings(
                this::engine,
                false,
                !serverNames.isEmpty(),
                Nanos.of(handshakeTimeout),
                onLoop ? null : tasks(server, scheduler, executor, handshakes));
    }

    /** Makes the place for slow work of a server that has no settings of its own. */
    static HandshakeTasks defaultTasks(String server, Scheduler scheduler) {
        return tasks(server, scheduler, null, DEFAULT_HANDSHAKES);
    }

    private static HandshakeTasks tasks(
            String server, Scheduler scheduler, @Nullable Executor executor, int handshakes) {
        // One processor less than there are, for the loop.
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
        return new HandshakeTasks(
                executor != null ? executor : DaemonThreads.of("evio-" + server + "-tls", threads, scheduler::stepBack),
                handshakes,
                threads);
    }

    private SSLEngine engine(@Nullable String serverName, SocketAddress peer) {
        SSLEngine engine = Objects.requireNonNull(
                enginesFor(serverName).engine(serverName, peer), "TlsEngines have returned null instead of an engine");
        engine.setUseClientMode(false);
        if (clientAuth == ClientAuth.NEED) {
            engine.setNeedClientAuth(true);
        } else if (clientAuth != null) {
            engine.setWantClientAuth(clientAuth == ClientAuth.WANT);
        }
        if (!protocols.isEmpty()) {
            engine.setEnabledProtocols(protocols.toArray(String[]::new));
        }
        if (!ciphers.isEmpty()) {
            engine.setEnabledCipherSuites(ciphers.toArray(String[]::new));
        }
        if (!alpn.isEmpty()) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setApplicationProtocols(alpn.toArray(String[]::new));
            engine.setSSLParameters(parameters);
        }
        return engine;
    }

    private TlsEngines enginesFor(@Nullable String serverName) {
        if (serverName == null || serverNames.isEmpty()) {
            return engines;
        }
        TlsEngines exact = serverNames.get(serverName);
        if (exact != null) {
            return exact;
        }
        int dot = serverName.indexOf('.');
        TlsEngines below = dot < 1 ? null : serverNames.get("*" + serverName.substring(dot));
        return below != null ? below : engines;
    }
}
