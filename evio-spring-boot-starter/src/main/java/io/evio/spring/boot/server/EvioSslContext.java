package io.evio.spring.boot.server;

import io.evio.spring.boot.server.EvioProperties.Session;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509KeyManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslOptions;

/**
 * What an SSL bundle was at one time: its context, with the options that the context does not apply.
 *
 * @param ciphers the cipher suites that are allowed; null for those of the context
 * @param protocols the versions that are allowed; null for those of the context
 */
record EvioSslContext(SSLContext context, String @Nullable [] ciphers, String @Nullable [] protocols) {

    /** Of the keys that a certificate may have. */
    private static final List<String> KEY_TYPES = List.of("EC", "RSA", "RSASSA-PSS", "EdDSA", "DSA");

    private static final String CORRECT_IT = "Correct the bundle: its files, their types and passwords, as in"
            + " spring.ssl.bundle.pem.web.keystore.certificate=file:fullchain.pem and"
            + " spring.ssl.bundle.pem.web.keystore.private-key=file:privkey.pem.";

    /** Makes the context of what the bundle holds now. */
    static EvioSslContext of(SslBundle bundle, Session session) throws UnusableBundleException {
        SslOptions options = bundle.getOptions();
        try {
            EvioSslContext made =
                    new EvioSslContext(bundle.createSslContext(), options.getCiphers(), options.getEnabledProtocols());
            made.configure(session);
            made.requireOptions();
            return made;
        } catch (RuntimeException e) {
            throw unreadable(e);
        }
    }

    private static UnusableBundleException unreadable(RuntimeException e) {
        return new UnusableBundleException(
                "the bundle cannot be used: " + UnusableBundleException.messages(e), CORRECT_IT, e);
    }

    private void configure(Session session) {
        SSLSessionContext sessions = context.getServerSessionContext();
        if (session.cacheSize() != null) {
            sessions.setSessionCacheSize(session.cacheSize());
        }
        if (session.timeout() != null) {
            sessions.setSessionTimeout((int) session.timeout().toSeconds());
        }
    }

    /** An engine that does not know them would refuse each connection. */
    private void requireOptions() throws UnusableBundleException {
        SSLParameters supported = context.getSupportedSSLParameters();
        require("options.ciphers", "a cipher suite", ciphers, supported.getCipherSuites());
        require("options.enabled-protocols", "a protocol", protocols, supported.getProtocols());
    }

    private static void require(String option, String what, String @Nullable [] names, String[] supported)
            throws UnusableBundleException {
        if (names == null) {
            return;
        }
        for (String name : names) {
            if (!Arrays.asList(supported).contains(name)) {
                throw new UnusableBundleException(
                        "the bundle's " + option + " has '" + name + "', which is not " + what + " of this JVM",
                        "Set the bundle's " + option + " to names such as " + example(supported) + ".",
                        null);
            }
        }
        if (names.length == 0) {
            throw new UnusableBundleException(
                    "the bundle's " + option + " is empty",
                    "Name " + what + " such as " + example(supported) + ".",
                    null);
        }
    }

    private static String example(String[] supported) {
        return supported[0];
    }

    /**
     * Requires that a server can use the bundle.
     *
     * @param needsTrust whether it asks clients for certificates
     */
    static void check(SslBundle bundle, boolean needsTrust) throws UnusableBundleException {
        try {
            requireKey(bundle);
            if (needsTrust) {
                requireTrust(bundle);
            }
        } catch (RuntimeException | KeyStoreException e) {
            throw unreadable(e instanceof RuntimeException known ? known : new IllegalStateException(e));
        }
    }

    private static void requireKey(SslBundle bundle) throws UnusableBundleException, KeyStoreException {
        KeyStore store = bundle.getStores().getKeyStore();
        String alias = bundle.getKey().getAlias();
        // Managers of the application's own may be without a store.
        boolean hasKey = store == null ? managersHaveKey(bundle) : hasKey(store, alias);
        if (!hasKey) {
            throw new UnusableBundleException(
                    store != null && alias != null
                            ? "the bundle's key store has no private key '" + alias + "'"
                            : "the bundle has no private key, which a server needs",
                    "Give the bundle a key with its certificates, as in"
                            + " spring.ssl.bundle.pem.web.keystore.private-key=file:privkey.pem and"
                            + " spring.ssl.bundle.pem.web.keystore.certificate=file:fullchain.pem.",
                    null);
        }
    }

    private static boolean hasKey(KeyStore store, @Nullable String alias) throws KeyStoreException {
        if (alias != null) {
            return store.isKeyEntry(alias);
        }
        for (String any : Collections.list(store.aliases())) {
            if (store.isKeyEntry(any)) {
                return true;
            }
        }
        return false;
    }

    private static boolean managersHaveKey(SslBundle bundle) {
        for (KeyManager manager : bundle.getManagers().getKeyManagers()) {
            if (!(manager instanceof X509KeyManager keys)
                    || KEY_TYPES.stream().anyMatch(type -> keys.getServerAliases(type, null) != null)) {
                return true;
            }
        }
        return false;
    }

    private static void requireTrust(SslBundle bundle) throws UnusableBundleException, KeyStoreException {
        KeyStore store = bundle.getStores().getTrustStore();
        Set<X509Certificate> issuers = new HashSet<>();
        boolean isKnown = true;
        for (TrustManager manager : bundle.getManagers().getTrustManagers()) {
            if (manager instanceof X509TrustManager trust) {
                issuers.addAll(Arrays.asList(trust.getAcceptedIssuers()));
            } else {
                isKnown = false;
            }
        }
        if (isKnown && store == null && issuers.equals(publicAuthorities())) {
            throw noTrust(
                    "the bundle has no truststore, so that every client with a certificate of a public CA would be"
                            + " trusted");
        }
        if (isKnown && store != null && issuers.isEmpty()) {
            throw noTrust("the bundle's truststore has no certificate, so that no client would be trusted");
        }
    }

    private static UnusableBundleException noTrust(String reason) {
        return new UnusableBundleException(
                reason,
                "Give the bundle the certificate of the clients' CA, as in"
                        + " spring.ssl.bundle.pem.web.truststore.certificate=file:clients-ca.pem, or set client-auth to"
                        + " none.",
                null);
    }

    /** Returns whom the JDK trusts when nothing else is said. */
    private static Set<X509Certificate> publicAuthorities() throws KeyStoreException {
        Set<X509Certificate> issuers = new HashSet<>();
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager trust) {
                    issuers.addAll(Arrays.asList(trust.getAcceptedIssuers()));
                }
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        return issuers;
    }

    /** Makes the engine of a connection. Key managers ask it for the peer. */
    SSLEngine engine(SocketAddress peer) {
        SSLEngine engine = peer instanceof InetSocketAddress inet
                ? context.createSSLEngine(inet.getHostString(), inet.getPort())
                : context.createSSLEngine();
        engine.setUseClientMode(false);
        if (ciphers != null || protocols != null) {
            SSLParameters parameters = engine.getSSLParameters();
            if (ciphers != null) {
                parameters.setCipherSuites(ciphers);
            }
            if (protocols != null) {
                parameters.setProtocols(protocols);
            }
            engine.setSSLParameters(parameters);
        }
        return engine;
    }
}
