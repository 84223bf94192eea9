package io.evio.interop;

import io.evio.testing.Programs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** An authority and what it has signed, as PEM files that {@code openssl} has made: ECDSA on P-256. */
final class Keys {

    private static final char[] NO_PASSWORD = new char[0];

    private final Path folder;

    private Keys(Path folder) {
        this.folder = folder;
    }

    /** Makes the keys {@code server}, for this machine, {@code alt}, for another name of it, and {@code client}. */
    static Keys make(Path folder) throws IOException, InterruptedException {
        Programs.require("openssl", "openssl");
        Keys keys = new Keys(folder);
        keys.make("ca", "/CN=authority", "-addext", "keyUsage=critical,keyCertSign");
        keys.sign("server", "DNS:localhost,IP:127.0.0.1");
        keys.sign("alt", "DNS:alt.example.com");
        keys.sign("client", "DNS:client");
        return keys;
    }

    private void sign(String name, String names) throws IOException, InterruptedException {
        make(
                name,
                "/CN=" + name,
                "-CA",
                certificate("ca"),
                "-CAkey",
                key("ca"),
                "-addext",
                "subjectAltName=" + names,
                "-addext",
                "basicConstraints=critical,CA:false",
                "-addext",
                "keyUsage=critical,digitalSignature");
    }

    private void make(String name, String subject, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("openssl", "req", "-x509", "-nodes", "-days", "2"));
        command.addAll(List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", subject));
        command.addAll(List.of("-keyout", key(name), "-out", certificate(name)));
        Collections.addAll(command, more);
        Programs.output(command.toArray(String[]::new));
    }

    /** The file of a certificate. */
    String certificate(String name) {
        return folder.resolve(name + ".pem").toString();
    }

    /** The file of a private key. */
    String key(String name) {
        return folder.resolve(name + ".key").toString();
    }

    /** Shows this certificate, and trusts the authority. */
    SSLContext context(String name) throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keyManagers(name), trustManagers(), null);
        return context;
    }

    KeyManager[] keyManagers(String name) throws IOException, GeneralSecurityException {
        KeyStore store = emptyStore();
        store.setKeyEntry(name, readKey(name), NO_PASSWORD, new Certificate[] {read(name)});
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, NO_PASSWORD);
        return managers.getKeyManagers();
    }

    TrustManager[] trustManagers() throws IOException, GeneralSecurityException {
        KeyStore store = emptyStore();
        store.setCertificateEntry("ca", read("ca"));
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        return managers.getTrustManagers();
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private Certificate read(String name) throws IOException, GeneralSecurityException {
        byte[] pem = Files.readAllBytes(Path.of(certificate(name)));
        return CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
    }

    private PrivateKey readKey(String name) throws IOException, GeneralSecurityException {
        String pem = Files.readString(Path.of(key(name))).replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    }
}
