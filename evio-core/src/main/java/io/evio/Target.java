package io.evio;

import io.evio.internal.net.Destination;
import io.evio.internal.net.ProxyHeader;
import io.evio.internal.stream.StreamConfig;
import io.evio.internal.tls.HandshakeTasks;
import io.evio.internal.tls.TlsSettings;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * The destination of outbound connections, and their settings: {@link Connection#connect} and
 * {@link EvioServer#connect}. Immutable: each method returns a changed copy, which may serve any number of connections.
 *
 * <pre>{@code
 * Target backend = Target.of("tcp://backend:8080").timeout(Duration.ofSeconds(3));
 * }</pre>
 *
 * <p>No argument may be null: {@link NullPointerException}.
 */
public final class Target {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    /** An IPv4 or IPv6 address as numbers, which needs no looking up. */
    private static final Pattern LITERAL = Pattern.compile("\\d+\\.\\d+\\.\\d+\\.\\d+|.*:.*");

    private final Address address;
    private Duration timeout = DEFAULT_TIMEOUT;
    private @Nullable InetAddress source;
    private @Nullable TlsEngines engines;
    private @Nullable String serverName;
    private boolean verifyHostName = true;
    private List<String> alpn = List.of();
    private @Nullable ProxyProtocol proxyProtocol;
    private @Nullable Limits limits;

    private Target(Address address) {
        this.address = address;
    }

    /**
     * Connects to this address, in one of the forms of {@link Address}, with a host and a port. A name is looked up at
     * each connection, off the loop; of several addresses the next one is tried when one fails, or has not connected
     * within 250 ms (RFC 8305).
     *
     * @throws IllegalArgumentException when it is malformed, or no address to connect to
     */
    public static Target of(String address) {
        Address parsed = Address.parse(address);
        if (parsed.isHandedOver()) {
            throw new IllegalArgumentException(
                    "The target '" + address + "' is a socket to listen on, which nothing can connect to");
        }
        if (parsed.isProxied()) {
            throw new IllegalArgumentException("The target '" + address
                    + "' is written without proxy+: it is sent a PROXY" + " header by Target.proxyProtocol");
        }
        if (!parsed.isUnix() && (parsed.host().isEmpty() || parsed.port() == 0)) {
            throw new IllegalArgumentException("The target '" + address + "' needs a "
                    + (parsed.host().isEmpty() ? "host" : "port other than 0") + ", as in tcp://backend:8080");
        }
        return new Target(parsed);
    }

    private Target with(Consumer<Target> change) {
        Target copy = new Target(address);
        copy.timeout = timeout;
        copy.source = source;
        copy.engines = engines;
        copy.serverName = serverName;
        copy.verifyHostName = verifyHostName;
        copy.alpn = alpn;
        copy.proxyProtocol = proxyProtocol;
        copy.limits = limits;
        change.accept(copy);
        return copy;
    }

    /** Returns the address as it was given. */
    public Address address() {
        return address;
    }

    /**
     * Sets how long it may take until the connection is open, the look-up of a name and the TLS handshake included; 10
     * seconds by default.
     *
     * @throws IllegalArgumentException when it is shorter than a millisecond
     */
    public Target timeout(Duration timeout) {
        Duration checked = Nanos.atLeastAMilli("The timeout", timeout);
        return with(target -> target.timeout = checked);
    }

    /** Connects from this address of the machine; by default the system chooses. Has no effect on a unix socket. */
    public Target source(InetAddress source) {
        Objects.requireNonNull(source, "source");
        return with(target -> target.source = source);
    }

    /**
     * Has a {@code tls} target use the keys and the trust of this context; by default those of the JVM. The slow work
     * of handshakes, the check of certificates included, is done where the server's own is ({@link Tls#tasks}); that of
     * a server without TLS by daemon threads named {@code evio-<server>-tls-<n>}.
     *
     * @throws IllegalArgumentException when the address does not speak TLS
     */
    public Target tls(SSLContext context) {
        Objects.requireNonNull(context, "context");
        return tls((name, peer) -> context.createSSLEngine(name, port()));
    }

    /**
     * Has a {@code tls} target use these engines, which are given the server name.
     *
     * @throws IllegalArgumentException when the address does not speak TLS
     */
    public Target tls(TlsEngines engines) {
        requireTls("tls");
        Objects.requireNonNull(engines, "engines");
        return with(target -> target.engines = engines);
    }

    /**
     * Sets the name that is asked for (RFC 6066, 3), and that the certificate has to be for; the address's host by
     * default.
     *
     * @throws IllegalArgumentException when the address does not speak TLS, or when it is no host name
     */
    public Target serverName(String name) {
        requireTls("serverName");
        String ascii = new SNIHostName(name).getAsciiName();
        return with(target -> target.serverName = ascii);
    }

    /**
     * Sets whether the certificate has to be for the server's name; it has to by default. Without, anybody with a
     * certificate that is trusted can pose as the server.
     *
     * @throws IllegalArgumentException when the address does not speak TLS
     */
    public Target verifyHostName(boolean on) {
        requireTls("verifyHostName");
        return with(target -> target.verifyHostName = on);
    }

    /**
     * Offers these application protocols, the preferred one first (RFC 7301).
     *
     * @throws IllegalArgumentException when the address does not speak TLS, or when one is empty or longer than 255
     *     characters
     */
    public Target alpn(String... protocols) {
        requireTls("alpn");
        List<String> checked = Tls.requireProtocols(protocols);
        return with(target -> target.alpn = checked);
    }

    /**
     * Sends a PROXY header first, before TLS. It names the client of the connection that {@link Connection#connect} is
     * called on; from {@link EvioServer#connect} it says that the connection is the proxy's own.
     */
    public Target proxyProtocol(ProxyProtocol version) {
        Objects.requireNonNull(version, "version");
        return with(target -> target.proxyProtocol = version);
    }

    /**
     * Sets the limits of the connections; by default they have their server's. What is about a server as a whole has no
     * effect here: {@link Limits#maxConnections}, {@link Limits#maxOutboundConnections} and
     * {@link Limits#maxPendingTotal}.
     */
    public Target limits(Limits limits) {
        Objects.requireNonNull(limits, "limits");
        return with(target -> target.limits = limits);
    }

    private void requireTls(String what) {
        if (!address.isTls()) {
            throw new IllegalArgumentException("The target " + address + " does not speak TLS, so " + what
                    + " means nothing to it: write tls:// instead of " + address.scheme() + "://");
        }
    }

    private int port() {
        return address.port();
    }

    /** The choice of one target alone, which is tried once. */
    record Only(Target target) implements TargetChooser {

        @Override
        public Target next(@Nullable IOException failure) {
            return target;
        }
    }

    Destination destination() {
        return new Destination(
                address.toString(),
                known(),
                this::resolve,
                address.isUnix() || LITERAL.matcher(address.host()).matches(),
                source == null || address.isUnix() ? null : new InetSocketAddress(source, 0),
                Nanos.of(timeout));
    }

    private SocketAddress known() {
        if (!address.isUnix()) {
            return InetSocketAddress.createUnresolved(address.host(), address.port());
        }
        return address.unixAddress();
    }

    private List<SocketAddress> resolve() throws IOException {
        if (address.isUnix()) {
            return List.of(address.unixAddress());
        }
        List<InetAddress> first = new ArrayList<>();
        List<InetAddress> second = new ArrayList<>();
        InetAddress[] found = InetAddress.getAllByName(address.host());
        for (InetAddress ip : found) {
            if (isUsable(ip)) {
                (ip.getClass() == found[0].getClass() ? first : second).add(ip);
            }
        }
        if (first.isEmpty() && second.isEmpty()) {
            throw new UnknownHostException(
                    address.host() + " has no " + (address.isIpv6Only() ? "IPv6" : "IPv4") + " address");
        }
        // By turns, so that a family that does not work costs one delay (RFC 8305, 4).
        List<SocketAddress> inTurn = new ArrayList<>();
        for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
            if (i < first.size()) {
                inTurn.add(new InetSocketAddress(first.get(i), address.port()));
            }
            if (i < second.size()) {
                inTurn.add(new InetSocketAddress(second.get(i), address.port()));
            }
        }
        return inTurn;
    }

    private boolean isUsable(InetAddress ip) {
        boolean four = ip instanceof Inet4Address;
        if (source != null && four != source instanceof Inet4Address) {
            return false;
        }
        if (address.scheme().endsWith("4")) {
            return four;
        }
        return ip instanceof Inet6Address ? !Address.isIpv4Stack() : !address.isIpv6Only();
    }

    /** Returns the bytes that go out before everything else. */
    byte[] preface(@Nullable SocketAddress client, @Nullable SocketAddress server) {
        if (proxyProtocol == null) {
            return new byte[0];
        }
        return proxyProtocol == ProxyProtocol.V1
                ? ProxyHeader.version1(client, server)
                : ProxyHeader.version2(client, server);
    }

    /** Returns what a server's connections to it keep to; null for what the server does. */
    @Nullable
    StreamConfig config(String server) {
        return limits == null ? null : limits.config(server);
    }

    /**
     * Returns how connections to it speak TLS; null when they do not.
     *
     * @param tasks where the slow work of handshakes is done; null to do it on the loop
     */
    @Nullable
    TlsSettings tlsSettings(@Nullable HandshakeTasks tasks) {
        return address.isTls() ? new TlsSettings(this::engine, true, false, Nanos.of(timeout), tasks) : null;
    }

    private SSLEngine engine(@Nullable String ignored, SocketAddress peer) {
        String name = serverName != null ? serverName : address.host();
        SSLEngine engine = engines().engine(name, peer);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        if (serverName != null || !LITERAL.matcher(name).matches()) {
            parameters.setServerNames(List.of(new SNIHostName(name)));
        }
        parameters.setEndpointIdentificationAlgorithm(verifyHostName ? "HTTPS" : null);
        if (!alpn.isEmpty()) {
            parameters.setApplicationProtocols(alpn.toArray(String[]::new));
        }
        engine.setSSLParameters(parameters);
        return engine;
    }

    private TlsEngines engines() {
        if (engines != null) {
            return engines;
        }
        try {
            SSLContext context = SSLContext.getDefault();
            return (name, peer) -> context.createSSLEngine(name, port());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This JVM has no default SSLContext", e);
        }
    }

    /** Returns the address as a user would write it. */
    @Override
    public String toString() {
        return address.toString();
    }
}
