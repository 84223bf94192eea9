package io.evio.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Certificates that vouch for themselves, made by the tests: each is its own authority. */
public final class Certificates {

    /** The server's. */
    public static final Certificates LOCALHOST = make("localhost");

    /** Another one of the server's. */
    public static final Certificates OTHER = make("alt.example.com");

    /** One that clients show, and that servers trust in {@link #serverContext}. */
    public static final Certificates CLIENT = make("client.example.com");

    private static final char[] PASSWORD = "changeit".toCharArray();

    private final String name;
    private final KeyPair keys;
    private final X509Certificate certificate;

    private Certificates(String name, KeyPair keys, X509Certificate certificate) {
        this.name = name;
        this.keys = keys;
        this.certificate = certificate;
    }

    /** Makes one for a host name, with an ECDSA key of P-256. */
    public static Certificates make(String name, String... more) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair keys = generator.generateKeyPair();
            X500Principal subject = new X500Principal("CN=" + name);
            Instant now = Instant.now();
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    subject,
                    BigInteger.valueOf(System.nanoTime()),
                    Date.from(now.minus(Duration.ofDays(1))),
                    Date.from(now.plus(Duration.ofDays(1))),
                    subject,
                    keys.getPublic());
            GeneralName[] names = Stream.concat(Stream.of(name), Stream.of(more))
                    .map(dns -> new GeneralName(GeneralName.dNSName, dns))
                    .toArray(GeneralName[]::new);
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            X509Certificate certificate = new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
            return new Certificates(name, keys, certificate);
        } catch (GeneralSecurityException | OperatorException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public X509Certificate certificate() {
        return certificate;
    }

    public PrivateKey key() {
        return keys.getPrivate();
    }

    /** Its key and itself, and {@link #CLIENT} as the one to be trusted. */
    public SSLContext serverContext() {
        return context(null, null);
    }

    /**
     * As {@link #serverContext()}, by this provider, with the keys and the trust of another one; null for the JDK's.
     */
    public SSLContext serverContext(Provider provider, Provider managers) {
        return context(provider, managers);
    }

    private SSLContext context(Provider provider, Provider managers) {
        try {
            KeyManagerFactory mine = managers == null
                    ? KeyManagerFactory.getInstance("SunX509")
                    : KeyManagerFactory.getInstance("PKIX", managers);
            mine.init(keyStore(), PASSWORD);
            TrustManagerFactory trust = managers == null
                    ? TrustManagerFactory.getInstance("PKIX")
                    : TrustManagerFactory.getInstance("PKIX", managers);
            trust.init(trustStore(this == CLIENT ? LOCALHOST : CLIENT));
            SSLContext context =
                    provider == null ? SSLContext.getInstance("TLS") : SSLContext.getInstance("TLS", provider);
            context.init(mine.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A client that shows nothing, and trusts this certificate. */
    public SSLContext trustingContext() {
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trustStore(this));
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private KeyStore keyStore() throws GeneralSecurityException {
        KeyStore store = emptyStore();
        store.setKeyEntry("own", keys.getPrivate(), PASSWORD, new X509Certificate[] {certificate});
        return store;
    }

    private static KeyStore trustStore(Certificates trusted) throws GeneralSecurityException {
        KeyStore store = emptyStore();
        store.setCertificateEntry("trusted", trusted.certificate);
        return store;
    }

    private static KeyStore emptyStore() throws GeneralSecurityException {
        try {
            // PKCS12 hashes the password ten thousand times for each key.
            KeyStore store = KeyStore.getInstance("JKS");
            store.load(null, null);
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the key and the certificate into one file, as openssl reads them. */
    public Path writePem(Path folder) throws GeneralSecurityException, IOException {
        Path file = folder.resolve(name + ".pem");
        Files.writeString(
                file,
                pem("PRIVATE KEY", keys.getPrivate().getEncoded()) + pem("CERTIFICATE", certificate.getEncoded()));
        return file;
    }

    private static String pem(String type, byte[] bytes) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(bytes)
                + "\n-----END " + type + "-----\n";
    }
}
