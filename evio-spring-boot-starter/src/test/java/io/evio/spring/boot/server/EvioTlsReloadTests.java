package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.EvioHandler;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.autoconfigure.EvioMetricsAutoConfiguration;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.Identity;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** The files of an SSL bundle change while servers that use it run. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class EvioTlsReloadTests {

    @TempDir
    private Path folder;

    private Identity first;
    private Identity second;

    @BeforeEach
    void makeCertificates() throws Exception {
        first = Identity.make(folder, "first");
        second = Identity.make(folder, "second");
    }

    private static ApplicationContextRunner runner() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SslAutoConfiguration.class,
                        EvioAutoConfiguration.class,
                        EvioMetricsAutoConfiguration.class,
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class))
                .withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withBean("other", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues(
                        "spring.ssl.bundle.watch.file.quiet-period=100ms",
                        "spring.ssl.bundle.pem.web.reload-on-update=true",
                        "evio.ssl.bundle=web",
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.loops=2",
                        "evio.servers.other.addresses=tls://127.0.0.1:0",
                        "evio.servers.other.ssl.session.timeout=1h");
    }

    private Certificate shownBy(ConfigurableApplicationContext context, String server) throws Exception {
        try (SSLSocket socket = connect(context, server)) {
            Clients.echo(socket, 100);
            return Identity.shown(socket);
        }
    }

    private SSLSocket connect(ConfigurableApplicationContext context, String server) throws Exception {
        int port = context.getEnvironment().getRequiredProperty("local.evio." + server + ".port", Integer.class);
        return Identity.connect(Identity.trusting(first, second), port);
    }

    private static double count(ConfigurableApplicationContext context, String meter) {
        return context.getBean(MeterRegistry.class)
                .get(meter)
                .tag("bundle", "web")
                .functionCounter()
                .count();
    }

    @Test
    void newConnectionsOfAllServersSeeTheNewCertificateAndOldOnesGoOn() throws Exception {
        Identity web = first.copyTo(folder, "web");
        runner().withPropertyValues(web.pemBundle("web")).run(context -> {
            assertThat(count(context, "evio.tls.reloads")).isZero();
            try (SSLSocket old = connect(context, "echo")) {
                Clients.echo(old, 1_000);
                second.copyTo(folder, "web");
                await().until(() -> shownBy(context, "echo").equals(second.x509()));
                await().until(() -> shownBy(context, "other").equals(second.x509()));
                Clients.echo(old, 1_000);
                assertThat(Identity.shown(old)).isEqualTo(first.x509());
            }
            // Of two loops and two servers: the bundle has changed once, or twice if it was seen between two files.
            assertThat(count(context, "evio.tls.reloads")).isBetween(1.0, 2.0);
        });
    }

    @Test
    void aBrokenFileChangesNothing(CapturedOutput output) throws Exception {
        Identity web = first.copyTo(folder, "web");
        runner().withPropertyValues(web.pemBundle("web")).run(context -> {
            Files.writeString(web.certificate(), "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n");
            await().until(() -> count(context, "evio.tls.reload.errors") >= 1);
            assertThat(shownBy(context, "echo")).isEqualTo(first.x509());
            assertThat(count(context, "evio.tls.reloads")).isZero();
            assertThat(output)
                    .contains("SSL bundle 'web' has changed and cannot be used: Evio goes on with the one before."
                            + " The reason: the bundle cannot be used: ");
            second.copyTo(folder, "web");
            await().until(() -> shownBy(context, "echo").equals(second.x509()));
        });
    }

    /** As it is seen by a watcher that looks between two files. */
    @Test
    void aCertificateThatIsNotItsKeysChangesNothing() throws Exception {
        Identity web = first.copyTo(folder, "web");
        runner().withPropertyValues(web.pemBundle("web")).run(context -> {
            Files.copy(second.certificate(), web.certificate(), StandardCopyOption.REPLACE_EXISTING);
            await().until(() -> count(context, "evio.tls.reload.errors") >= 1);
            assertThat(shownBy(context, "echo")).isEqualTo(first.x509());
            Files.copy(second.privateKey(), web.privateKey(), StandardCopyOption.REPLACE_EXISTING);
            await().until(() -> shownBy(context, "echo").equals(second.x509()));
        });
    }

    /** As certbot has them: live/fullchain.pem is a link to archive/fullchain1.pem, and then to fullchain2.pem. */
    @Test
    void linksThatPointToOtherFilesAreFollowed() throws Exception {
        Path archive = Files.createDirectory(folder.resolve("archive"));
        Path live = Files.createDirectory(folder.resolve("live"));
        Identity old = first.copyTo(archive, "1");
        Identity renewed = second.copyTo(archive, "2");
        Identity web = new Identity(null, live.resolve("fullchain.pem"), live.resolve("privkey.pem"));
        web.linkTo(old);
        runner().withPropertyValues(web.pemBundle("web")).run(context -> {
            assertThat(shownBy(context, "echo")).isEqualTo(first.x509());
            web.linkTo(renewed);
            await().until(() -> shownBy(context, "echo").equals(second.x509()));
        });
    }

    /** The handlers of others come after ours. */
    @Test
    void aChangeThatCannotBeUsedIsToldToTheOthersToo() {
        DefaultSslBundleRegistry registry = new DefaultSslBundleRegistry("web", first.ownBundle());
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
                .withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withBean(SslBundleRegistry.class, () -> registry)
                .withPropertyValues("evio.ssl.bundle=web", "evio.servers.echo.addresses=tls://127.0.0.1:0")
                .run(context -> {
                    AtomicInteger told = new AtomicInteger();
                    context.getBean(SslBundles.class).addBundleUpdateHandler("web", bundle -> told.incrementAndGet());
                    registry.updateBundle("web", SslBundle.of(null));
                    assertThat(told).hasValue(1);
                    assertThat(shownBy(context, "echo")).isEqualTo(first.x509());
                    registry.updateBundle("web", second.ownBundle());
                    assertThat(told).hasValue(2);
                    assertThat(shownBy(context, "echo")).isEqualTo(second.x509());
                    EvioSslBundle used =
                            context.getBean(EvioSslBundles.class).used().get(0);
                    assertThat(used.reloads()).isEqualTo(1);
                    assertThat(used.reloadErrors()).isEqualTo(1);
                });
    }

    /** Its own servers are gone, and the bundles are those of the parent, which goes on. */
    @Test
    void aContextThatIsClosedIsToldInVain(CapturedOutput output) {
        DefaultSslBundleRegistry registry = new DefaultSslBundleRegistry("web", first.ownBundle());
        EvioSslBundle[] used = new EvioSslBundle[1];
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
                .withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withBean(SslBundleRegistry.class, () -> registry)
                .withPropertyValues("evio.ssl.bundle=web", "evio.servers.echo.addresses=tls://127.0.0.1:0")
                .run(context ->
                        used[0] = context.getBean(EvioSslBundles.class).used().get(0));
        registry.updateBundle("web", second.ownBundle());
        registry.updateBundle("web", SslBundle.of(null));
        assertThat(used[0].reloads()).isZero();
        assertThat(used[0].reloadErrors()).isZero();
        assertThat(output).doesNotContain("SSL bundle 'web' has changed");
    }
}
