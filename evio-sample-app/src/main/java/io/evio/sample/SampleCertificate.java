package io.evio.sample;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.ssl.SslBundleRegistrar;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * The SSL bundle {@code sample}: a self-signed certificate for this machine, to try TLS with. It is made at the first
 * start, in a folder of the temporary one that only its owner may enter, and used again as long as it is valid.
 *
 * <p>Several applications may start at the same time: each makes a file of its own and moves it into place at once, so
 * that there is always a whole one.
 */
@Component
@Profile("tls")
class SampleCertificate implements SslBundleRegistrar {

    static final String BUNDLE = "sample";

    private static final Log logger = LogFactory.getLog(SampleCertificate.class);

    /** No secret: what protects the key is that nobody else may read its file. PKCS #12 wants a password. */
    private static final String PASSWORD = "evio-sample";

    private static final String ALIAS = "sample";
    private static final Duration VALIDITY = Duration.ofDays(90);

    /** A certificate is made anew when this little of its time is left. */
    private static final Duration LEAST = Duration.ofDays(1);

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final Path temporary;

    SampleCertificate(@Value("${java.io.tmpdir}") String temporary) {
        this.temporary = Path.of(temporary);
    }

    @Override
    public void registerBundles(SslBundleRegistry bundles) {
        try {
            SslStoreBundle stores = SslStoreBundle.of(keyStore(), PASSWORD, null);
            bundles.registerBundle(BUNDLE, SslBundle.of(stores, SslBundleKey.of(PASSWORD)));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("The sample's certificate cannot be made in " + temporary, e);
        }
    }

    private KeyStore keyStore() throws IOException, GeneralSecurityException {
        Path folder = folder();
        Path file = folder.resolve("certificate.p12");
        KeyStore there = valid(file);
        if (there != null) {
            return there;
        }
        Path made = Files.createTempFile(folder, "new", ".p12");
        try {
            Files.delete(made); // keytool adds to a file that exists, and this one is no key store
            make(made);
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
            Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(made);
        }
        logger.info("Made a self-signed certificate for localhost: " + file);
        KeyStore loaded = valid(file);
        if (loaded == null) {
            throw new IOException("keytool has made no valid certificate in " + file);
        }
        return loaded;
    }

    /** Makes the folder, or sees that the one there is ours: in a shared one anybody could have made it before. */
    private Path folder() throws IOException {
        Path folder = temporary.resolve("evio-sample-tls-" + System.getProperty("user.name"));
        try {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        } catch (FileAlreadyExistsException e) {
            PosixFileAttributes there =
                    Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!there.isDirectory() || !there.permissions().equals(OWNER_ONLY) || !isOurs(there)) {
                throw new IOException(
                        folder + " is not a folder that only this user may enter (mode 700). Remove it, or set"
                                + " java.io.tmpdir",
                        e);
            }
        }
        return folder;
    }

    private boolean isOurs(PosixFileAttributes attributes) throws IOException {
        Path ours = Files.createTempFile(temporary, "evio-sample", null);
        try {
            return attributes.owner().equals(Files.getOwner(ours));
        } finally {
            Files.delete(ours);
        }
    }

    /** The key store in the file; null when there is none, it is no key store, or its certificate is out of date. */
    private static @Nullable KeyStore valid(Path file) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            logger.warn("Cannot read " + file + ", and makes another: " + e.getMessage());
            return null;
        }
        Instant now = Instant.now();
        return store.getCertificate(ALIAS) instanceof X509Certificate certificate
                        && !certificate.getNotBefore().after(Date.from(now))
                        && certificate.getNotAfter().after(Date.from(now.plus(LEAST)))
                ? store
                : null;
    }

    /** By the JDK's own program, which every Java runtime has. */
    private static void make(Path file) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-sigalg",
                "SHA256withECDSA",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1,ip:::1",
                "-validity",
                String.valueOf(VALIDITY.toDays()),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                file.toString());
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        keytool.getOutputStream().close();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = keytool.onExit().join().exitValue();
        if (status != 0) {
            throw new IOException("keytool ended with " + status + ": " + output.strip());
        }
    }
}
