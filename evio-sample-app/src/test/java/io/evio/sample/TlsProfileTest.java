package io.evio.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Address;
import io.evio.sample.testing.Programs;
import io.evio.sample.testing.TrustAll;
import io.evio.spring.boot.EvioServers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** The profile {@code tls} and its certificate. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class TlsProfileTest {

    @TempDir
    private Path folder;

    @Test
    void everyServerListensWithTlsToo(CapturedOutput output) throws Exception {
        try (ConfigurableApplicationContext app = start()) {
            EvioServers servers = app.getBean(EvioServers.class);
            String echo = "127.0.0.1:" + tlsPort(servers, "echo");
            String redis = String.valueOf(tlsPort(servers, "redis"));
            String http = "https://127.0.0.1:" + tlsPort(servers, "http") + "/";

            assertThat(run(Programs.required("curl", "curl"), "-sSk", "--max-time", "20", http))
                    .contains("It works");
            assertThat(run("curl", "-sSk", "-o", "/dev/null", "-w", "%{ssl_verify_result} %{http_version}", http))
                    .isEqualTo("18 1.1"); // X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
            String redisCli = Programs.required("redis-cli", "redis-tools");
            assertThat(run(redisCli, "--tls", "--insecure", "-p", redis, "ping"))
                    .isEqualTo("PONG\n");
            String openssl = Programs.required("openssl", "openssl");
            assertThat(run(openssl, "s_client", "-connect", echo)).contains("subject=CN = localhost");
            assertThat(output.getOut())
                    .contains("Try: openssl s_client -quiet -connect " + echo)
                    .contains("Try: redis-cli --tls --insecure -h 127.0.0.1 -p " + redis)
                    .contains("Try: curl -k " + http);
            // As without the profile.
            assertThat(servers.get("http").addresses().get(0).scheme()).isEqualTo("tcp");
        }
    }

    @Test
    void theCertificateIsOfThisMachineAndForItsOwnerAlone() throws Exception {
        X509Certificate certificate;
        try (ConfigurableApplicationContext app = start()) {
            certificate = certificate(app);
        }
        assertThat(certificate.getPublicKey().getAlgorithm()).isEqualTo("EC");
        assertThat(certificate.getSigAlgName()).isEqualTo("SHA256withECDSA");
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        assertThat(names.stream().map(name -> name.get(1).toString()))
                .containsExactlyInAnyOrder("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1");
        Path made = madeFolder();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(made)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(all.get(0))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void theNextStartUsesTheSameCertificate() throws Exception {
        X509Certificate first;
        try (ConfigurableApplicationContext app = start()) {
            first = certificate(app);
        }
        try (ConfigurableApplicationContext app = start()) {
            assertThat(certificate(app)).isEqualTo(first);
        }
        try (Stream<Path> files = Files.list(madeFolder())) {
            Files.writeString(files.findFirst().orElseThrow(), "no key store");
        }
        try (ConfigurableApplicationContext app = start()) {
            assertThat(certificate(app)).isNotEqualTo(first);
        }
    }

    @Test
    void startsAtTheSameTimeDoNotDisturbEachOther() throws Exception {
        List<CompletableFuture<Void>> starts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            starts.add(CompletableFuture.runAsync(() -> {
                DefaultSslBundleRegistry bundles = new DefaultSslBundleRegistry();
                new SampleCertificate(folder.toString()).registerBundles(bundles);
                bundles.getBundle(SampleCertificate.BUNDLE).createSslContext();
            }));
        }
        for (CompletableFuture<Void> start : starts) {
            start.get(60, TimeUnit.SECONDS);
        }
        try (Stream<Path> files = Files.list(madeFolder())) {
            assertThat(files).hasSize(1);
        }
    }

    /** In a place where anybody may make folders, the one that is there may not be ours. */
    @Test
    void aFolderThatOthersMayEnterIsRefused() throws Exception {
        Files.createDirectory(
                madeFolder(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
        DefaultSslBundleRegistry bundles = new DefaultSslBundleRegistry();
        SampleCertificate certificate = new SampleCertificate(folder.toString());
        assertThatThrownBy(() -> certificate.registerBundles(bundles))
                .hasStackTraceContaining("only this user may enter (mode 700)");
        Files.delete(madeFolder());
        Files.createSymbolicLink(madeFolder(), Files.createDirectory(folder.resolve("elsewhere")));
        assertThatThrownBy(() -> certificate.registerBundles(bundles))
                .hasStackTraceContaining("only this user may enter (mode 700)");
    }

    @Test
    void withoutTheProfileThereIsNoTls() {
        try (ConfigurableApplicationContext app = new SpringApplicationBuilder(EvioSampleApplication.class)
                .run(
                        "--server.port=0",
                        "--java.io.tmpdir=" + folder,
                        "--evio.servers.echo.addresses=tcp://127.0.0.1:0",
                        "--evio.servers.redis.addresses=tcp://127.0.0.1:0",
                        "--evio.servers.http.addresses=tcp://127.0.0.1:0")) {
            assertThat(app.getBean(EvioServers.class))
                    .allSatisfy(server -> assertThat(server.addresses()).noneMatch(Address::isTls));
            assertThat(madeFolder()).doesNotExist();
        }
    }

    private Path madeFolder() {
        return folder.resolve("evio-sample-tls-" + System.getProperty("user.name"));
    }

    private ConfigurableApplicationContext start() {
        return new SpringApplicationBuilder(EvioSampleApplication.class)
                .run(
                        "--server.port=0",
                        "--spring.profiles.active=tls",
                        "--java.io.tmpdir=" + folder,
                        "--evio.servers.echo.addresses=tcp://127.0.0.1:0,tls://127.0.0.1:0",
                        "--evio.servers.redis.addresses=tcp://127.0.0.1:0,tls://127.0.0.1:0",
                        "--evio.servers.http.addresses=tcp://127.0.0.1:0,tls://127.0.0.1:0",
                        "--evio.servers.gateway.addresses=tcp://127.0.0.1:0,tls://127.0.0.1:0",
                        "--evio.servers.proxy.addresses=tcp://127.0.0.1:0,tls://127.0.0.1:0");
    }

    private static int tlsPort(EvioServers servers, String server) {
        return servers.get(server).addresses().stream()
                .filter(Address::isTls)
                .findFirst()
                .orElseThrow()
                .port();
    }

    private static X509Certificate certificate(ConfigurableApplicationContext app) throws Exception {
        try (SSLSocket socket = TrustAll.connect(tlsPort(app.getBean(EvioServers.class), "echo"))) {
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    /** Returns what a program without input writes until its end, which has to be a good one. */
    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
        return output;
    }
}
