package io.evio.spring.boot.server;

import io.evio.spring.boot.server.EvioProperties.Session;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
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
 * An SSL bundle as it was at one time: its context, with the options that the context does not apply.
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

    private static final String GIVE_A_KEY = "Give the bundle a private key with its certificate, as in"
            + " spring.ssl.bundle.pem.web.keystore.private-key=file:privkey.pem and"
            + " spring.ssl.bundle.pem.web.keystore.certificate=file:fullchain.pem.";

    /** Is signed with a key to see whether its certificate verifies it. */
    private static final byte[] PROBE = {'e', 'v', 'i', 'o'};

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

    private static UnusableBundleException unreadable(Exception e) {
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
        } catch (RuntimeException | GeneralSecurityException e) {
            throw unreadable(e);
        }
    }

    private static void requireKey(SslBundle bundle) throws UnusableBundleException, GeneralSecurityException {
        KeyStore store = bundle.getStores().getKeyStore();
        String alias = bundle.getKey().getAlias();
        List<String> keys = store == null ? List.of() : keys(store, alias);
        // Managers of the application's own may be without a store.
        if (store == null ? !managersHaveKey(bundle) : keys.isEmpty()) {
            throw new UnusableBundleException(
                    store != null && alias != null
                            ? "the bundle's key store has no private key '" + alias + "'"
                            : "the bundle has no private key, which a server needs",
                    GIVE_A_KEY,
                    null);
        }
        for (String key : keys) {
            requireKeyOfCertificate(bundle, Objects.requireNonNull(store), key);
        }
    }

    private static List<String> keys(KeyStore store, @Nullable String alias) throws KeyStoreException {
        List<String> keys = new ArrayList<>();
        for (String any : alias != null ? List.of(alias) : Collections.list(store.aliases())) {
            if (store.isKeyEntry(any)) {
                keys.add(any);
            }
        }
        return keys;
    }

    /** While files are replaced one after the other, the new one of one and the old one of the other do not match. */
    private static void requireKeyOfCertificate(SslBundle bundle, KeyStore store, String alias)
            throws UnusableBundleException, GeneralSecurityException {
        String password = bundle.getKey().getPassword();
        password = password != null ? password : bundle.getStores().getKeyStorePassword();
        Key key = store.getKey(alias, password == null ? null : password.toCharArray());
        Certificate certificate = store.getCertificate(alias);
        if (key instanceof PrivateKey own && certificate != null && !areOfEachOther(own, certificate.getPublicKey())) {
            throw new UnusableBundleException(
                    "the bundle's private key is not that of its certificate", GIVE_A_KEY, null);
        }
    }

    private static boolean areOfEachOther(PrivateKey own, PublicKey shown) throws GeneralSecurityException {
        String algorithm = switch (shown.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            case "EdDSA" -> "EdDSA";
            default -> null;
        };
        if (algorithm == null) {
            return true;
        }
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(own);
            signature.update(PROBE);
            byte[] signed = signature.sign();
            signature.initVerify(shown);
            signature.update(PROBE);
            return signature.verify(signed);
        } catch (InvalidKeyException | SignatureException e) {
            // A key of another kind, or an RSA key of another length.
            return false;
        }
    }

    /** Only of managers such as the JDK makes without a store is it known that they have none. */
    private static boolean managersHaveKey(SslBundle bundle) throws GeneralSecurityException {
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(null, null);
        Class<?> ofJdk = factory.getKeyManagers()[0].getClass();
        for (KeyManager manager : bundle.getManagers().getKeyManagers()) {
            if (manager.getClass() != ofJdk
                    || manager instanceof X509KeyManager keys
                            && KEY_TYPES.stream().anyMatch(type -> keys.getServerAliases(type, null) != null)) {
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
        return withOptions(engine);
    }

    /** Makes the engine of a connection to a server, whose certificate has to be for this name. */
    SSLEngine clientEngine(@Nullable String serverName, SocketAddress server) {
        SSLEngine engine =
                context.createSSLEngine(serverName, server instanceof InetSocketAddress inet ? inet.getPort() : -1);
        engine.setUseClientMode(true);
        return withOptions(engine);
    }

    private SSLEngine withOptions(SSLEngine engine) {
        if (ciphers != null) {
            engine.setEnabledCipherSuites(ciphers);
        }
        if (protocols != null) {
            engine.setEnabledProtocols(protocols);
        }
        return engine;
    }
}
