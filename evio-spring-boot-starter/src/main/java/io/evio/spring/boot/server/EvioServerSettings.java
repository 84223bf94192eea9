package io.evio.spring.boot.server;

import io.evio.Access;
import io.evio.Address;
import io.evio.EvioServer;
import io.evio.KeepAlive;
import io.evio.Limits;
import io.evio.PollerType;
import io.evio.ProxyHeaders;
import io.evio.Tls;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Hands the values of properties to a server's builder, first those of all servers and then its own. A value that is
 * refused is named with its property, the reason and an example.
 */
class EvioServerSettings {

    private final EvioServer.Builder builder;
    private final EvioValues values;
    private final EvioTlsSettings tls;
    private Limits limits = Limits.DEFAULTS;
    private Access access = Access.ALL;

    /** The proxies whose headers are believed, and the prefix of the property that says so. */
    private List<String> trustedProxies = List.of();

    private String trustedPrefix = "";

    /** The other settings of PROXY headers; the proxies are in {@link #trustedProxies}. */
    private ProxyHeaders proxyHeaders = ProxyHeaders.from("unix");

    /**
     * The property with the limit that the loops share, which may be too little for so many of them: the default never
     * is.
     */
    private String pendingTotalProperty = "";

    private @Nullable DataSize pendingTotal;
    private int loops = 1;

    /** The times that are set so far. */
    private KeepAlive keepAlive = KeepAlive.OFF;

    /** The last value that was set; null when none was. */
    private @Nullable Boolean keepAliveEnabled;

    /** The property that the addresses are under. */
    private String prefix = "";

    /** As they were written. */
    private List<String> addresses = List.of();

    /** The TLS settings by the server's properties; null when it has none, or a customizer's. */
    private @Nullable EvioServerTls describedTls;

    private boolean usesDefaultBundle;

    EvioServerSettings(EvioServer.Builder builder, EvioValues values, EvioTlsSettings tls) {
        this.builder = builder;
        this.values = values;
        this.tls = tls;
    }

    /** @param prefix the property that the addresses are under, such as {@code evio.servers.echo} */
    void addresses(String prefix, List<String> addresses) {
        String property = prefix + ".addresses";
        for (int i = 0; i < addresses.size(); i++) {
            String element = property + "[" + i + "]";
            values.apply(property, element, addresses.get(i), "tcp://127.0.0.1:5000", builder::addresses);
        }
        this.prefix = prefix;
        this.addresses = addresses;
    }

    void poller(@Nullable PollerType poller) {
        if (poller != null) {
            builder.poller(poller);
        }
    }

    void loops(String prefix, @Nullable Integer loops) {
        apply(prefix + ".loops", loops, "2", value -> {
            builder.loops(value);
            this.loops = value;
        });
    }

    void busyPoll(String prefix, @Nullable Duration busyPoll) {
        apply(prefix + ".busy-poll", busyPoll, "50us", builder::busyPoll);
    }

    void backlog(String prefix, @Nullable Integer backlog) {
        apply(prefix + ".backlog", backlog, "1024", builder::backlog);
    }

    void limits(String prefix, EvioProperties.Limits values) {
        String under = prefix + ".limits.";
        apply(under + "max-connections", values.maxConnections(), "10000", value -> {
            limits = limits.withMaxConnections(value);
        });
        apply(under + "max-outbound-connections", values.maxOutboundConnections(), "10000", value -> {
            limits = limits.withMaxOutboundConnections(value);
        });
        apply(under + "max-connections-per-address", values.maxConnectionsPerAddress(), "100", value -> {
            limits = limits.withMaxConnectionsPerAddress(value);
        });
        apply(under + "accept-rate", values.acceptRate(), "1000", value -> limits = limits.withAcceptRate(value));
        apply(under + "max-pending-input", values.maxPendingInput(), "16MB", value -> {
            limits = limits.withMaxPendingInput(bytes(value));
        });
        apply(under + "max-pending-output", values.maxPendingOutput(), "64MB", value -> {
            limits = limits.withMaxPendingOutput(bytes(value));
        });
        apply(under + "max-pending-total", values.maxPendingTotal(), "1GB", value -> {
            limits = limits.withMaxPendingTotal(value.toBytes());
            pendingTotalProperty = under + "max-pending-total";
            pendingTotal = value;
        });
        waterMarks(under, values.lowWaterMark(), values.highWaterMark());
        apply(under + "idle-timeout", values.idleTimeout(), "5m", value -> limits = limits.withIdleTimeout(value));
        apply(under + "first-input-timeout", values.firstInputTimeout(), "10s", value -> {
            limits = limits.withFirstInputTimeout(value);
        });
        apply(under + "frame-timeout", values.frameTimeout(), "10s", value -> limits = limits.withFrameTimeout(value));
        apply(under + "drain-timeout", values.drainTimeout(), "10s", value -> limits = limits.withDrainTimeout(value));
    }

    /** Together, because neither may pass the other on the way. */
    private void waterMarks(String under, @Nullable DataSize low, @Nullable DataSize high) {
        int lowBytes = low != null ? bytes(low) : limits.lowWaterMark();
        int highBytes = high != null ? bytes(high) : limits.highWaterMark();
        boolean lowIsSet = high == null;
        apply(under + (lowIsSet ? "low-water-mark" : "high-water-mark"), lowIsSet ? low : high, "1MB", value -> {
            limits = limits.withWaterMarks(lowBytes, highBytes);
        });
    }

    void tcp(String prefix, EvioProperties.Tcp values) {
        if (values.noDelay() != null) {
            builder.noDelay(values.noDelay());
        }
        keepAlive(prefix + ".tcp.keep-alive.", values.keepAlive());
        apply(prefix + ".tcp.user-timeout", values.userTimeout(), "30s", builder::userTimeout);
        if (values.reusePort() != null) {
            builder.reusePort(values.reusePort());
        }
    }

    private void keepAlive(String under, EvioProperties.KeepAlive values) {
        apply(under + "idle", values.idle(), "60s", value -> keepAlive = keepAlive.idle(value));
        apply(under + "interval", values.interval(), "10s", value -> keepAlive = keepAlive.interval(value));
        apply(under + "count", values.count(), "3", value -> keepAlive = keepAlive.count(value));
        if (values.enabled() != null) {
            keepAliveEnabled = values.enabled();
        }
        boolean isMeant = keepAlive.idle() != null || keepAlive.interval() != null || keepAlive.count() != null;
        builder.keepAlive(keepAlive.enabled(keepAliveEnabled != null ? keepAliveEnabled : isMeant));
    }

    void unix(String prefix, EvioProperties.Unix values) {
        apply(prefix + ".unix.permissions", values.permissions(), "rw-rw----", value -> {
            builder.unixPermissions(permissions(value));
        });
    }

    private static Set<PosixFilePermission> permissions(String mode) {
        try {
            return PosixFilePermissions.fromString(mode);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "a mode is written as nine characters, rwx for the owner, for the group and for all others, with -"
                            + " for what is not allowed, and not as a number",
                    e);
        }
    }

    void gracePeriod(String prefix, @Nullable Duration gracePeriod) {
        apply(prefix + ".shutdown.grace-period", gracePeriod, "20s", builder::gracePeriod);
    }

    void ssl(String prefix, EvioProperties.Ssl ssl) {
        tls.set(prefix, ssl);
    }

    void proxyProtocol(String prefix, EvioProperties.ProxyHeaders headers) {
        String under = prefix + ".proxy-protocol.";
        List<String> trusted = headers.trustedProxies();
        if (trusted != null) {
            eachNetwork(under + "trusted-proxies", trusted, ProxyHeaders::from);
            trustedProxies = trusted;
            trustedPrefix = prefix;
        }
        apply(under + "timeout", headers.timeout(), "5s", value -> proxyHeaders = proxyHeaders.timeout(value));
        apply(under + "max-length", headers.maxLength(), "4KB", value -> {
            proxyHeaders = proxyHeaders.maxLength(bytes(value));
        });
    }

    void access(String prefix, EvioProperties.Access values) {
        String under = prefix + ".access.";
        if (values.allow() != null) {
            eachNetwork(under + "allow", values.allow(), Access.ALL::allow);
            access = access.allow(values.allow());
        }
        if (values.deny() != null) {
            eachNetwork(under + "deny", values.deny(), Access.ALL::deny);
            access = access.deny(values.deny());
        }
    }

    /** Each by itself, so that the one that is wrong is named. */
    private void eachNetwork(String property, List<String> networks, Consumer<String[]> target) {
        for (int i = 0; i < networks.size(); i++) {
            values.apply(property, property + "[" + i + "]", networks.get(i), "10.0.0.0/8", network -> {
                target.accept(new String[] {network});
            });
        }
    }

    /** @param customizer has the last word */
    EvioServer build(Consumer<EvioServer.Builder> customizer) {
        if (pendingTotal == null) {
            builder.limits(limits);
        } else {
            apply(pendingTotalProperty, pendingTotal, loops + "MB", value -> builder.limits(limits));
        }
        builder.access(access);
        Tls ofProperties = useBundle();
        useTrustedProxies();
        customizer.accept(builder);
        // An address may have come with the customizer.
        ofProperties = ofProperties != null || builder.tls() != null ? ofProperties : useBundle();
        if (builder.tls() == null) {
            requireNoTls();
        }
        useTrustedProxies();
        requireTrustedProxies();
        usesDefaultBundle = ofProperties != null && tls.hasBundleOf("evio");
        describedTls = ofProperties != null && ofProperties == builder.tls() ? tls.describe(ofProperties) : null;
        return builder.build();
    }

    /** Those of all servers only where a header is expected; the server's own always, of which it warns when unused. */
    private void useTrustedProxies() {
        boolean isWanted =
                trustedPrefix.equals(prefix) || builder.addresses().stream().anyMatch(Address::isProxied);
        if (builder.proxyProtocol() == null && isWanted && !trustedProxies.isEmpty()) {
            builder.proxyProtocol(ProxyHeaders.from(trustedProxies)
                    .timeout(proxyHeaders.timeout())
                    .maxLength(proxyHeaders.maxLength()));
        }
    }

    /** Checks that headers are believed of named proxies alone. */
    private void requireTrustedProxies() {
        for (int i = 0; i < addresses.size(); i++) {
            if (builder.proxyProtocol() == null
                    && Address.parse(addresses.get(i)).isProxied()) {
                String own = prefix + ".proxy-protocol.trusted-proxies";
                boolean isOnly = prefix.equals("evio");
                throw values.wrong(
                        prefix + ".addresses[" + i + "]",
                        addresses.get(i),
                        "PROXY headers are believed of trusted proxies alone, but " + own
                                + (isOnly ? " is" : " and evio.proxy-protocol.trusted-proxies are") + " not set",
                        "Set " + own + " to the addresses of the load balancers, as in 10.0.0.0/8.",
                        null);
            }
        }
    }

    private @Nullable Tls useBundle() {
        boolean speaksTls = builder.addresses().stream().anyMatch(Address::isTls);
        if (!speaksTls || !tls.hasBundle()) {
            return null;
        }
        Tls made = tls.create();
        builder.tls(made);
        return made;
    }

    /** Nothing speaks plain text that was meant to speak TLS. */
    private void requireNoTls() {
        for (int i = 0; i < addresses.size(); i++) {
            if (Address.parse(addresses.get(i)).isTls()) {
                String own = prefix + ".ssl.bundle";
                throw values.wrong(
                        prefix + ".addresses[" + i + "]",
                        addresses.get(i),
                        "TLS needs a certificate, but " + own + (prefix.equals("evio") ? "" : " and evio.ssl.bundle")
                                + (prefix.equals("evio") ? " is" : " are") + " not set",
                        "Set " + own + " to the name of an SSL bundle, as in web for what is under"
                                + " spring.ssl.bundle.pem.web.",
                        null);
            }
        }
        if (!prefix.equals("evio")) {
            tls.requireNone(prefix, "none of the server's addresses speaks TLS: " + String.join(", ", addresses));
        }
    }

    /** Returns whether the server speaks TLS by the bundle that is the default of all servers. */
    boolean usesDefaultBundle() {
        return usesDefaultBundle;
    }

    @Nullable
    EvioServerTls describedTls() {
        return describedTls;
    }

    private static int bytes(DataSize size) {
        // More than an int holds is more than any limit allows, and refused there with the rule.
        return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, size.toBytes()));
    }

    private <T> void apply(String property, @Nullable T value, String example, Consumer<T> target) {
        values.apply(property, value, example, target);
    }
}
