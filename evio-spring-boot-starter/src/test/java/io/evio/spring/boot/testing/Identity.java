package io.evio.spring.boot.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslManagerBundle;

/**
 * A key and its self-signed certificate, made by the JDK's keytool, as a key store and as two files in PEM.
 *
 * @param keyStore PKCS #12, with {@link #PASSWORD}
 */
public record Identity(Path keyStore, Path certificate, Path privateKey) {

    public static final String PASSWORD = "changeit";

    private static final String ALIAS = "key";

    /** Makes one whose files are named after it; those of an earlier one of the name are replaced. */
    public static Identity make(Path folder, String name) throws Exception {
        Path store = folder.resolve(name + ".p12");
        Files.deleteIfExists(store);
        keytool(
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "30",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        Identity made = new Identity(store, folder.resolve(name + ".crt"), folder.resolve(name + ".key"));
        KeyStore entries = made.load();
        // The key last: what sees both change has seen the certificate before.
        Files.writeString(
                made.certificate,
                pem("CERTIFICATE", entries.getCertificate(ALIAS).getEncoded()));
        Files.writeString(
                made.privateKey,
                pem("PRIVATE KEY", entries.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded()));
        return made;
    }

    /** Copies its files, the key last, over those of that name; without the key store. */
    public Identity copyTo(Path folder, String name) throws IOException {
        Identity copy = new Identity(keyStore, folder.resolve(name + ".crt"), folder.resolve(name + ".key"));
        Files.copy(certificate, copy.certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(privateKey, copy.privateKey, StandardCopyOption.REPLACE_EXISTING);
        return copy;
    }

    /** Makes its two files links to those of another one. */
    public void linkTo(Identity other) throws IOException {
        link(privateKey, other.privateKey);
        link(certificate, other.certificate);
    }

    private static void link(Path link, Path to) throws IOException {
        Path next = link.resolveSibling(link.getFileName() + ".next");
        Files.createSymbolicLink(next, to);
        Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
    }

    private static String pem(String what, byte[] content) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n";
    }

    /** Runs the JDK's keytool. */
    public static void keytool(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
    }

    private KeyStore load() throws GeneralSecurityException, IOException {
        KeyStore entries = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keyStore)) {
            entries.load(in, PASSWORD.toCharArray());
        }
        return entries;
    }

    public X509Certificate x509() throws GeneralSecurityException, IOException {
        return (X509Certificate) load().getCertificate(ALIAS);
    }

    /** Returns the properties of an SSL bundle of the two files in PEM. */
    public String[] pemBundle(String bundle) {
        String prefix = "spring.ssl.bundle.pem." + bundle + ".keystore.";
        return new String[] {prefix + "certificate=file:" + certificate, prefix + "private-key=file:" + privateKey};
    }

    /** Returns a client's context that trusts these alone. */
    public static SSLContext trusting(Identity... servers) {
        return context(null, servers);
    }

    /** Returns the context of a client with this identity that trusts these alone. */
    public SSLContext clientOf(Identity... servers) {
        return context(this, servers);
    }

    /** Returns the context of a server with this identity. */
    public SSLContext serverContext() {
        return context(this);
    }

    /** Returns a bundle without stores that trusts these clients alone. */
    public SslBundle ownBundle(Identity... clients) {
        try {
            return SslBundle.of(null, null, null, null, SslManagerBundle.of(keys(this), trust(clients)));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLContext context(Identity own, Identity... trusted) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(own).getKeyManagers(), trust(trusted).getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyManagerFactory keys(Identity own) throws GeneralSecurityException, IOException {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own == null ? null : own.load(), own == null ? null : PASSWORD.toCharArray());
        return keys;
    }

    private static TrustManagerFactory trust(Identity... trusted) throws GeneralSecurityException, IOException {
        KeyStore entries = KeyStore.getInstance("PKCS12");
        entries.load(null, null);
        for (int i = 0; i < trusted.length; i++) {
            entries.setCertificateEntry("trusted-" + i, trusted[i].x509());
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(entries);
        return trust;
    }

    /** Connects and ends the handshake. */
    public static SSLSocket connect(SSLContext context, int port) throws IOException {
        return connect(context, port, new SSLParameters());
    }

    /** Connects and ends the handshake, asking for a server name. */
    public static SSLSocket connect(SSLContext context, int port, String serverName) throws IOException {
        SSLParameters parameters = new SSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(serverName)));
        return connect(context, port, parameters);
    }

    /** Connects and ends the handshake. */
    public static SSLSocket connect(SSLContext context, int port, SSLParameters parameters) throws IOException {
        Socket plain = Clients.connect(port);
        try {
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", port, true);
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return socket;
        } catch (IOException | RuntimeException e) {
            plain.close();
            throw e;
        }
    }

    /** Returns the certificate that a server has shown. */
    public static Certificate shown(SSLSocket socket) throws IOException {
        return socket.getSession().getPeerCertificates()[0];
    }
}
