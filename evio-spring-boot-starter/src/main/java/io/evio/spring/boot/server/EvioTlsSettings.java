package io.evio.spring.boot.server;

import io.evio.ClientAuth;
import io.evio.Tls;
import io.evio.TlsEngines;
import io.evio.spring.boot.server.EvioProperties.ServerNameBundle;
import io.evio.spring.boot.server.EvioProperties.Session;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/** Collects how a server speaks TLS, first from the properties of all servers and then from its own. */
class EvioTlsSettings {

    /** RFC 8446, 4.6.1; the JDK gives no tickets at all beyond it. */
    private static final Duration LONGEST_SESSION = Duration.ofDays(7);

    private static final Duration SHORTEST_SESSION = Duration.ofSeconds(1);

    private static final TlsEngines NONE = (serverName, peer) -> {
        throw new IllegalStateException("There is no bundle");
    };

    private final EvioValues values;
    private final EvioSslBundles bundles;

    /** The server on which changes are tried as they come. */
    private Tls probe = Tls.of(NONE);

    private UnaryOperator<Tls> changes = UnaryOperator.identity();
    private @Nullable String bundle;
    private String bundleProperty = "";
    private List<ServerNameBundle> serverNames = List.of();
    private String serverNamesProperty = "";
    private ClientAuth clientAuth = ClientAuth.NONE;
    private String clientAuthProperty = "";
    private List<String> alpn = List.of();
    private Session session = new Session(null, null);

    EvioTlsSettings(EvioValues values, EvioSslBundles bundles) {
        this.values = values;
        this.bundles = bundles;
    }

    /** @param prefix the property that they are under, such as {@code evio.servers.echo} */
    void set(String prefix, EvioProperties.Ssl ssl) {
        String under = prefix + ".ssl.";
        if (ssl.bundle() != null) {
            // An empty one, as ${BUNDLE:} is, takes back the default.
            bundle = StringUtils.hasText(ssl.bundle()) ? ssl.bundle() : null;
            bundleProperty = under + "bundle";
        }
        values.apply(under + "client-auth", ssl.clientAuth(), "need", value -> {
            change(tls -> tls.clientAuth(value));
            clientAuth = value;
            clientAuthProperty = under + "client-auth";
        });
        if (ssl.serverNameBundles() != null) {
            serverNames = ssl.serverNameBundles();
            serverNamesProperty = under + "server-name-bundles";
            requireServerNames();
        }
        values.apply(under + "alpn", ssl.alpn(), "http/1.1", value -> {
            change(tls -> tls.alpn(value.toArray(String[]::new)));
            alpn = value;
        });
        values.apply(under + "handshake-timeout", ssl.handshakeTimeout(), "10s", value -> {
            change(tls -> tls.handshakeTimeout(value));
        });
        values.apply(under + "handshakes", ssl.handshakes(), "256", value -> {
            change(tls -> tls.handshakes(value));
        });
        values.apply(under + "session.cache-size", ssl.session().cacheSize(), "20480", value -> {
            if (value < 1) {
                throw new IllegalArgumentException("it must be at least 1");
            }
            session = new Session(value, session.timeout());
        });
        values.apply(under + "session.timeout", ssl.session().timeout(), "24h", value -> {
            if (value.compareTo(SHORTEST_SESSION) < 0 || value.compareTo(LONGEST_SESSION) > 0) {
                throw new IllegalArgumentException("it must be from 1 s to 7 d");
            }
            session = new Session(session.cacheSize(), value);
        });
    }

    private void change(UnaryOperator<Tls> change) {
        probe = change.apply(probe);
        UnaryOperator<Tls> before = changes;
        changes = tls -> change.apply(before.apply(tls));
    }

    private void requireServerNames() {
        Tls[] named = {Tls.of(NONE)};
        for (int i = 0; i < serverNames.size(); i++) {
            String property = serverNamesProperty + "[" + i + "]";
            ServerNameBundle each = serverNames.get(i);
            require(property, "server-name", each.serverName(), "alt.example.com");
            require(property, "bundle", each.bundle(), "web");
            values.apply(property + ".server-name", each.serverName(), "alt.example.com", name -> {
                named[0] = named[0].serverName(name, NONE);
            });
        }
    }

    private void require(String property, String part, @Nullable String value, String example) {
        if (!StringUtils.hasText(value)) {
            throw new EvioConfigurationException(
                    property + " has no " + part + ".",
                    values.written().apply(property),
                    "Set " + property + "." + part + ", as in " + example + ".");
        }
    }

    /** Returns whether there is what a certificate comes from. */
    boolean hasBundle() {
        return bundle != null;
    }

    /** Returns whether the server's own properties name the bundle, or those of all servers do. */
    boolean hasBundleOf(String prefix) {
        return bundle != null && bundleProperty.equals(prefix + ".ssl.bundle");
    }

    /**
     * Requires that no property under the prefix asks for TLS, because nothing speaks it.
     *
     * @param reason why nothing does
     */
    void requireNone(String prefix, String reason) {
        String under = prefix + ".ssl.";
        if (hasBundleOf(prefix)) {
            throw unused(bundleProperty, bundle, reason);
        }
        if (clientAuth != ClientAuth.NONE && clientAuthProperty.startsWith(under)) {
            throw unused(clientAuthProperty, clientAuth.name().toLowerCase(Locale.ROOT), reason);
        }
        if (!serverNames.isEmpty() && serverNamesProperty.startsWith(under)) {
            throw unused(
                    serverNamesProperty + "[0].server-name", serverNames.get(0).serverName(), reason);
        }
    }

    private EvioConfigurationException unused(String property, @Nullable Object value, String reason) {
        return values.wrong(
                property,
                String.valueOf(value),
                reason,
                "Write an address with TLS as tls://127.0.0.1:5443, or remove " + property + ".",
                null);
    }

    /** Makes them, of a bundle that there must be. */
    Tls create() {
        Tls tls = changes.apply(Tls.of(engines(bundleProperty, bundle)));
        for (int i = 0; i < serverNames.size(); i++) {
            ServerNameBundle each = serverNames.get(i);
            tls = tls.serverName(
                    String.valueOf(each.serverName()),
                    engines(serverNamesProperty + "[" + i + "].bundle", each.bundle()));
        }
        return tls;
    }

    private TlsEngines engines(String property, @Nullable String name) {
        if (name == null) {
            throw new IllegalStateException("There is no bundle");
        }
        try {
            return bundles.get(name).engines(session, clientAuth != ClientAuth.NONE);
        } catch (UnusableBundleException e) {
            throw values.wrong(property, name, e.reason(), e.advice(), e);
        }
    }

    /** Describes what {@link #create} has made. */
    EvioServerTls describe(Tls tls) {
        Map<String, String> names = new LinkedHashMap<>();
        serverNames.forEach(each -> names.put(String.valueOf(each.serverName()), String.valueOf(each.bundle())));
        return new EvioServerTls(String.valueOf(bundle), names, clientAuth, alpn, tls.handshakeTimeout());
    }
}
