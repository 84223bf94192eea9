package io.evio.spring.boot.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.evio.EvioHandler;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.Identity;
import io.evio.spring.boot.testing.Reports;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The report that a user reads when TLS is set up wrongly: the property, its line, the reason and what is right. */
@Timeout(60)
class EvioTlsFailureAnalysisTests {

    @TempDir
    private static Path folder;

    private static Identity web;
    private static Identity other;

    /** The files of this test's bundles. */
    private static String bundles;

    @BeforeAll
    static void makeCertificates() throws Exception {
        web = Identity.make(folder, "web");
        other = Identity.make(folder, "other");
        Path empty = folder.resolve("no-key.p12");
        Identity.keytool(
                "-importcert",
                "-noprompt",
                "-alias",
                "ca",
                "-file",
                web.certificate().toString(),
                "-storetype",
                "PKCS12",
                "-keystore",
                empty.toString(),
                "-storepass",
                Identity.PASSWORD);
        Path none = folder.resolve("nobody.p12");
        KeyStore nobody = KeyStore.getInstance("PKCS12");
        nobody.load(null, null);
        try (OutputStream out = Files.newOutputStream(none)) {
            nobody.store(out, Identity.PASSWORD.toCharArray());
        }
        Path broken = Files.writeString(
                folder.resolve("broken.pem"), "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n");
        bundles = """
                spring:
                  ssl:
                    bundle:
                      pem:
                        web: { keystore: { certificate: "file:CERT", private-key: "file:KEY" } }
                        missing: { keystore: { certificate: "file:FOLDER/missing.pem", private-key: "file:KEY" } }
                        broken: { keystore: { certificate: "file:BROKEN", private-key: "file:KEY" } }
                        mixed: { keystore: { certificate: "file:CERT", private-key: "file:OTHER" } }
                        keyless: { keystore: { certificate: "file:CERT" } }
                        trust-only: { truststore: { certificate: "file:CERT" } }
                        ciphers:
                          keystore: { certificate: "file:CERT", private-key: "file:KEY" }
                          options: { ciphers: [TLS_ROT13] }
                        protocols:
                          keystore: { certificate: "file:CERT", private-key: "file:KEY" }
                          options: { enabled-protocols: [TLSv9] }
                        named:
                          keystore: { certificate: "file:CERT", private-key: "file:KEY" }
                          key: { alias: nobody }
                      jks:
                        password: { keystore: { location: "file:STORE", password: wrong, type: PKCS12 } }
                        no-store: { keystore: { location: "file:FOLDER/none.p12", password: changeit } }
                        no-key: { keystore: { location: "file:EMPTY", password: changeit, type: PKCS12 } }
                        alias:
                          keystore: { location: "file:STORE", password: changeit, type: PKCS12 }
                          key: { alias: nobody }
                        no-trust:
                          keystore: { location: "file:STORE", password: changeit, type: PKCS12 }
                          truststore: { location: "file:NONE", password: changeit, type: PKCS12 }
                """.replace("CERT", web.certificate().toString())
                .replace("KEY", web.privateKey().toString())
                .replace("OTHER", other.privateKey().toString())
                .replace("BROKEN", broken.toString())
                .replace("STORE", web.keyStore().toString())
                .replace("EMPTY", empty.toString())
                .replace("NONE", none.toString())
                .replace("FOLDER", folder.toString());
    }

    /** Starts an application with this YAML, and what it fails with. */
    private static FailureAnalysis report(String yaml) throws Exception {
        Path file =
                Files.writeString(Files.createTempDirectory(folder, "run").resolve("application.yml"), yaml + bundles);
        return Reports.of(catchThrowable(() -> new SpringApplicationBuilder(EchoApplication.class)
                .web(WebApplicationType.NONE)
                .run("--spring.config.location=file:" + file)
                .close()));
    }

    /** Each report has the origin: which line, and which column. */
    private static void assertReport(
            FailureAnalysis report, String value, String property, String reason, String origin) {
        assertThat(report.getDescription())
                .startsWith("The value '" + value + "' of " + property + " is wrong: ")
                .contains(reason)
                .contains("\n\n    Origin: ")
                .endsWith("application.yml] - " + origin);
    }

    @Test
    void anAddressWithTlsWithoutABundle() throws Exception {
        FailureAnalysis report = report("""
                evio:
                  servers:
                    echo:
                      addresses: ["tcp://127.0.0.1:0", "tls://127.0.0.1:0"]
                """);
        assertReport(
                report,
                "tls://127.0.0.1:0",
                "evio.servers.echo.addresses[1]",
                "TLS needs a certificate, but evio.servers.echo.ssl.bundle and evio.ssl.bundle are not set.",
                "4:40");
        assertThat(report.getAction())
                .isEqualTo("Set evio.servers.echo.ssl.bundle to the name of an SSL bundle, as in web for what is under"
                        + " spring.ssl.bundle.pem.web.");
    }

    @Test
    void theOnlyServersAddressWithTlsWithoutABundle() throws Exception {
        FailureAnalysis report = report("""
                evio:
                  addresses: tls://127.0.0.1:0
                """);
        assertReport(report, "tls://127.0.0.1:0", "evio.addresses[0]", "evio.ssl.bundle is not set.", "2:14");
    }

    @Test
    void aBundleThatNoneOfTheServersAddressesUses() throws Exception {
        FailureAnalysis report = report("""
                evio:
                  servers:
                    echo:
                      addresses: tcp://127.0.0.1:0
                      ssl:
                        bundle: web
                """);
        assertReport(
                report,
                "web",
                "evio.servers.echo.ssl.bundle",
                "none of the server's addresses speaks TLS: tcp://127.0.0.1:0.",
                "6:17");
        assertThat(report.getAction())
                .isEqualTo(
                        "Write an address with TLS as tls://127.0.0.1:5443, or remove evio.servers.echo.ssl.bundle.");
    }

    /** Nobody may think that clients are asked for certificates. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    client-auth: need | need | client-auth | 2:14
                    server-name-bundles: [{ server-name: a.example, bundle: web }] | a.example \
                        | server-name-bundles[0].server-name | 2:38
                    """)
    void whatOnlyTlsHasWithoutTls(String setting, String value, String property, String origin) throws Exception {
        assertReport(
                report("evio: { servers: { echo: { addresses: \"tcp://127.0.0.1:0\", ssl: {\n" + setting
                        + "\n} } } }\n"),
                value,
                "evio.servers.echo.ssl." + property,
                "none of the server's addresses speaks TLS",
                origin);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    tcp://127.0.0.1:0 |             | no server speaks TLS.
                    tls://127.0.0.1:0 | bundle: web | every server that speaks TLS has a bundle of its own.
                    """)
    void aDefaultBundleThatNoServerUses(String address, String own, String reason) throws Exception {
        assertReport(
                report("evio:\n  ssl: { bundle: web }\n  servers: { echo: { addresses: \"" + address + "\", ssl: { "
                        + (own == null ? "" : own) + " } } }\n"),
                "web",
                "evio.ssl.bundle",
                reason,
                "2:18");
    }

    @Test
    void anUnknownBundle() throws Exception {
        FailureAnalysis report = report(withBundle("wbe"));
        assertReport(
                report,
                "wbe",
                "evio.servers.echo.ssl.bundle",
                "there is no SSL bundle of this name; there are alias, broken, ciphers, keyless,",
                "5:22");
        assertThat(report.getAction())
                .contains(
                        "spring.ssl.bundle.pem.web.keystore.certificate=", "Use the name of one that exists, such as");
    }

    private static String withBundle(String bundle) {
        return """
                evio:
                  servers:
                    echo:
                      addresses: tls://127.0.0.1:0
                      ssl: { bundle: BUNDLE }
                """.replace("BUNDLE", bundle);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    missing    | missing.pem
                    broken     | the bundle cannot be used: Unable to create key store: Error reading certificate
                    mixed      | the bundle's private key is not that of its certificate.
                    keyless    | the bundle has no private key, which a server needs.
                    trust-only | the bundle has no private key, which a server needs.
                    ciphers    | the bundle's options.ciphers has 'TLS_ROT13', which is not a cipher suite of this JVM.
                    protocols  \
                        | the bundle's options.enabled-protocols has 'TLSv9', which is not a protocol of this JVM.
                    password   | keystore password was incorrect
                    no-store   | none.p12
                    no-key     | the bundle has no private key, which a server needs.
                    alias      | the bundle's key store has no private key 'nobody'.
                    """)
    void aBundleThatNoServerCanUse(String bundle, String reason) throws Exception {
        FailureAnalysis report = report(withBundle(bundle));
        assertReport(report, bundle, "evio.servers.echo.ssl.bundle", reason, "5:22");
        assertThat(report.getAction()).contains("bundle").endsWith(".");
    }

    /** It would trust every client with a certificate of any public CA. */
    @ParameterizedTest
    @CsvSource({
        "need, web, the bundle has no truststore",
        "want, web, the bundle has no truststore",
        "need, no-trust, the bundle's truststore has no certificate"
    })
    void clientsWithoutATruststore(String clientAuth, String bundle, String reason) throws Exception {
        FailureAnalysis report = report(withBundle(bundle + ", client-auth: " + clientAuth));
        assertReport(report, bundle, "evio.servers.echo.ssl.bundle", reason, "5:22");
        assertThat(report.getAction())
                .contains("spring.ssl.bundle.pem.web.truststore.certificate=file:clients-ca.pem")
                .contains("set client-auth to none");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    client-auth: must             | must   | client-auth        | it is none of none, want, need
                    handshake-timeout: 0s         | 0s     | handshake-timeout  \
                        | handshake-timeout must be at least 1 ms
                    handshake-timeout: soon       | soon   | handshake-timeout  | it is no duration with a unit
                    handshakes: 0                 | 0      | handshakes         | handshakes must be at least 1
                    session: { cache-size: 0 }    | 0      | session.cache-size | it must be at least 1
                    session: { cache-size: many } | many   | session.cache-size | it is no whole number
                    session: { timeout: 500ms }   | 500ms  | session.timeout    | it must be from 1 s to 7 d
                    session: { timeout: 8d }      | 8d     | session.timeout    | it must be from 1 s to 7 d
                    """)
    void aValueThatCannotBe(String setting, String value, String property, String reason) throws Exception {
        for (String prefix : new String[] {"evio", "evio.servers.echo"}) {
            String yaml = prefix.equals("evio")
                    ? "evio:\n  addresses: tls://127.0.0.1:0\n  ssl:\n    bundle: web\n    " + setting + "\n"
                    : "evio:\n  servers:\n    echo:\n      addresses: tls://127.0.0.1:0\n      ssl:\n"
                            + "        bundle: web\n        " + setting + "\n";
            FailureAnalysis report = report(yaml);
            assertThat(report.getDescription())
                    .startsWith("The value '" + value + "' of " + prefix + ".ssl." + property + " is wrong: " + reason)
                    .contains("Origin: ", "application.yml] - ");
            assertThat(report.getAction()).startsWith("Set " + prefix + ".ssl." + property + " to a value such as ");
        }
    }

    @Test
    void anEmptyApplicationProtocol() throws Exception {
        FailureAnalysis report = report(withBundle("web, alpn: [http/1.1, \"\"]"));
        assertThat(report.getDescription())
                .contains("of evio.servers.echo.ssl.alpn is wrong: An application protocol has 1 to 255 characters")
                .contains("application.yml] - 5:");
        assertThat(report.getAction()).isEqualTo("Set evio.servers.echo.ssl.alpn to a value such as http/1.1.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {server-name: 'a b', bundle: web}            | [0].server-name | is no server name.
                    {server-name: '*.*.example', bundle: web}    | [0].server-name | is no server name.
                    {server-name: a.example, bundle: web}, {server-name: A.example, bundle: web} \
                        | [1].server-name | is there twice.
                    {server-name: a.example, bundle: wbe}        | [0].bundle      \
                        | there is no SSL bundle of this name; there are
                    {server-name: a.example, bundle: keyless}    | [0].bundle      | the bundle has no private key
                    {server-name: a.example}                     | [0]             | has no bundle.
                    {bundle: web}                                | [0]             | has no server-name.
                    a.example                                    | [0]             | has no value of its own.
                    """)
    void aServerNameThatCannotBe(String names, String property, String reason) throws Exception {
        FailureAnalysis report = report(withBundle("web, server-name-bundles: [" + names + "]"));
        assertThat(report.getDescription())
                .contains("evio.servers.echo.ssl.server-name-bundles" + property + " ")
                .contains(reason)
                .contains("application.yml] - 5:");
        assertThat(report.getAction()).isNotBlank();
    }

    @Test
    void aServerNamesBundleNeedsATruststoreToo() throws Exception {
        assertThat(report(withBundle(
                                "web, client-auth: need, server-name-bundles: [{server-name: a.example, bundle: web}]"))
                        .getDescription())
                .contains("the bundle has no truststore");
    }

    @Test
    void aKeyThatIsNoProperty() throws Exception {
        FailureAnalysis report = report(withBundle("web, server-name-bundles: [{server-nam: a, bundle: web}]"));
        assertThat(report.getDescription())
                .contains("evio.servers.echo.ssl.server-name-bundles[0].server-nam is no property.");
        assertThat(report.getAction()).contains("evio.servers.echo.ssl.server-name-bundles[0].server-name");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class EchoApplication {

        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }
}
