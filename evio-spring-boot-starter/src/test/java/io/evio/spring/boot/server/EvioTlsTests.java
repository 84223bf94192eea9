package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.Tls;
import io.evio.TlsInfo;
import io.evio.spring.boot.EvioServerBuilderCustomizer;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.Identity;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslBundleRegistrar;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Servers speak TLS by the application's SSL bundles, as the properties say. */
@Timeout(60)
class EvioTlsTests {

    @TempDir
    private static Path folder;

    private static Identity web;
    private static Identity alt;
    private static Identity wild;
    private static Identity client;

    /** Agreements of the handshakes of connections that opened have agreed on. */
    private final BlockingQueue<TlsInfo> opened = new LinkedBlockingQueue<>();

    /** Every byte comes back. */
    private final class Echo extends Clients.Echo {
        @Override
        public Action opened(Connection connection, Output out) {
            if (connection.tls() != null) {
                opened.add(connection.tls());
            }
            return Action.NONE;
        }
    }

    @BeforeAll
    static void makeCertificates() throws Exception {
        web = Identity.make(folder, "web");
        alt = Identity.make(folder, "alt");
        wild = Identity.make(folder, "wild");
        client = Identity.make(folder, "client");
    }

    private ApplicationContextRunner runner() {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SslAutoConfiguration.class, TaskExecutionAutoConfiguration.class, EvioAutoConfiguration.class))
                .withBean("echo", EvioHandler.class, Echo::new)
                .withBean("other", EvioHandler.class, Echo::new)
                .withPropertyValues(web.pemBundle("web"))
                .withPropertyValues(alt.pemBundle("alt"))
                .withPropertyValues(wild.pemBundle("wild"));
    }

    private static int port(ConfigurableApplicationContext context, String server) {
        return context.getEnvironment().getRequiredProperty("local.evio." + server + ".port", Integer.class);
    }

    @Test
    void aServerSpeaksTlsByItsBundle() {
        runner().withPropertyValues("evio.servers.echo.addresses=tls://127.0.0.1:0", "evio.servers.echo.ssl.bundle=web")
                .run(context -> {
                    try (SSLSocket socket = Identity.connect(Identity.trusting(web), port(context, "echo"))) {
                        assertThat(Identity.shown(socket)).isEqualTo(web.x509());
                        Clients.echo(socket, 100_000);
                    }
                });
    }

    @Test
    void oneServerSpeaksBoth() {
        runner().withPropertyValues(
                        "evio.servers.echo.addresses=tcp://127.0.0.1:0,tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=web")
                .run(context -> {
                    try (Socket plain = Clients.connect(port(context, "echo"))) {
                        Clients.echo(plain, 10_000);
                    }
                    int port = context.getBean(EvioServers.class)
                            .get("echo")
                            .addresses()
                            .get(1)
                            .port();
                    try (SSLSocket socket = Identity.connect(Identity.trusting(web), port)) {
                        Clients.echo(socket, 10_000);
                    }
                });
    }

    @Test
    void theApplicationsDefaultIsEveryServersThatSpeaksTls() {
        runner().withPropertyValues(
                        "evio.ssl.bundle=web",
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.other.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    try (SSLSocket socket = Identity.connect(Identity.trusting(web), port(context, "echo"))) {
                        Clients.echo(socket, 1_000);
                    }
                    try (Socket plain = Clients.connect(port(context, "other"))) {
                        Clients.echo(plain, 1_000);
                    }
                });
    }

    @Test
    void aServersOwnBundleGoesBeforeTheDefault() {
        runner().withPropertyValues(
                        "evio.ssl.bundle=web",
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=alt",
                        "evio.servers.other.addresses=tls://127.0.0.1:0")
                .run(context -> {
                    assertThat(shownBy(context, "echo", "localhost")).isEqualTo(alt.x509());
                    assertThat(shownBy(context, "other", "localhost")).isEqualTo(web.x509());
                });
    }

    @Test
    void theOnlyServerSpeaksTlsByTheDefault() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, EvioAutoConfiguration.class))
                .withBean("only", EvioHandler.class, Echo::new)
                .withPropertyValues(web.pemBundle("web"))
                .withPropertyValues("evio.addresses=tls://127.0.0.1:0", "evio.ssl.bundle=web")
                .run(context ->
                        assertThat(shownBy(context, "only", "localhost")).isEqualTo(web.x509()));
    }

    @Test
    void aKeyStoreServesAsWell() {
        runner().withPropertyValues(
                        "spring.ssl.bundle.jks.store.keystore.location=file:" + alt.keyStore(),
                        "spring.ssl.bundle.jks.store.keystore.password=" + Identity.PASSWORD,
                        "spring.ssl.bundle.jks.store.keystore.type=PKCS12",
                        "spring.ssl.bundle.jks.store.key.alias=key",
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=store")
                .run(context ->
                        assertThat(shownBy(context, "echo", "localhost")).isEqualTo(alt.x509()));
    }

    @Test
    void clientsGetTheBundleOfTheServerNameTheyAskFor() {
        runner().withPropertyValues(
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=web",
                        "evio.servers.echo.ssl.server-name-bundles[0].server-name=alt.example.com",
                        "evio.servers.echo.ssl.server-name-bundles[0].bundle=alt",
                        "evio.servers.echo.ssl.server-name-bundles[1].server-name=*.example.org",
                        "evio.servers.echo.ssl.server-name-bundles[1].bundle=wild")
                .run(context -> {
                    assertThat(shownBy(context, "echo", "alt.example.com")).isEqualTo(alt.x509());
                    assertThat(shownBy(context, "echo", "any.example.org")).isEqualTo(wild.x509());
                    assertThat(shownBy(context, "echo", "a.b.example.org")).isEqualTo(web.x509());
                    assertThat(shownBy(context, "echo", "localhost")).isEqualTo(web.x509());
                });
    }

    /** As a container is configured; the default's list gives way to it as a whole. */
    @Test
    void serverNamesMayBeInEnvironmentVariables() {
        runner().withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .addFirst(new SystemEnvironmentPropertySource(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                                Map.of(
                                        "EVIO_SERVERS_ECHO_ADDRESSES", "tls://127.0.0.1:0",
                                        "EVIO_SERVERS_ECHO_SSL_BUNDLE", "web",
                                        "EVIO_SERVERS_ECHO_SSL_SERVERNAMEBUNDLES_0_SERVERNAME", "alt.example.com",
                                        "EVIO_SERVERS_ECHO_SSL_SERVER_NAME_BUNDLES_0_BUNDLE", "alt"))))
                .withPropertyValues(
                        "evio.ssl.server-name-bundles[0].server-name=any.example.org",
                        "evio.ssl.server-name-bundles[0].bundle=wild")
                .run(context -> {
                    assertThat(shownBy(context, "echo", "alt.example.com")).isEqualTo(alt.x509());
                    assertThat(shownBy(context, "echo", "any.example.org")).isEqualTo(web.x509());
                });
    }

    @Test
    void aClientNeedsACertificateThatTheBundleTrusts() {
        runner().withPropertyValues(
                        "spring.ssl.bundle.pem.web.truststore.certificate=file:" + client.certificate(),
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=web",
                        "evio.servers.echo.ssl.client-auth=need")
                .run(context -> {
                    int port = port(context, "echo");
                    try (SSLSocket socket = Identity.connect(client.clientOf(web), port)) {
                        Clients.echo(socket, 1_000);
                        assertThat(opened.take().peerCertificates()).containsExactly(client.x509());
                    }
                    assertRefused(Identity.trusting(web), port);
                    assertRefused(alt.clientOf(web), port);
                    assertThat(opened).isEmpty();
                });
    }

    @Test
    void aClientThatIsWantedToHaveACertificateMayHaveNone() {
        runner().withPropertyValues(
                        "spring.ssl.bundle.pem.web.truststore.certificate=file:" + client.certificate(),
                        "evio.ssl.client-auth=want",
                        "evio.ssl.bundle=web",
                        "evio.servers.echo.addresses=tls://127.0.0.1:0")
                .run(context -> {
                    int port = port(context, "echo");
                    try (SSLSocket socket = Identity.connect(Identity.trusting(web), port)) {
                        Clients.echo(socket, 1_000);
                        assertThat(opened.take().peerCertificates()).isEmpty();
                    }
                    try (SSLSocket socket = Identity.connect(client.clientOf(web), port)) {
                        Clients.echo(socket, 1_000);
                        assertThat(opened.take().peerCertificates()).containsExactly(client.x509());
                    }
                });
    }

    @Test
    void theApplicationProtocolIsChosenInTheServersOrder() {
        runner().withPropertyValues(
                        "evio.ssl.alpn=other/1",
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=web",
                        "evio.servers.echo.ssl.alpn=echo/2,echo/1")
                .run(context -> {
                    SSLParameters parameters = new SSLParameters();
                    parameters.setApplicationProtocols(new String[] {"echo/1", "echo/2"});
                    try (SSLSocket socket =
                            Identity.connect(Identity.trusting(web), port(context, "echo"), parameters)) {
                        assertThat(socket.getApplicationProtocol()).isEqualTo("echo/2");
                    }
                    parameters.setApplicationProtocols(new String[] {"other/1"});
                    assertThatThrownBy(() -> Identity.connect(Identity.trusting(web), port(context, "echo"), parameters)
                                    .close())
                            .isInstanceOf(SSLException.class);
                });
    }

    /** Boot's own contexts leave that to their users. */
    @Test
    void theBundlesProtocolsAndCiphersAreThoseOfConnections() {
        runner().withPropertyValues(
                        "spring.ssl.bundle.pem.web.options.enabled-protocols=TLSv1.2",
                        "spring.ssl.bundle.pem.web.options.ciphers=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=web")
                .run(context -> {
                    try (SSLSocket socket = Identity.connect(Identity.trusting(web), port(context, "echo"))) {
                        assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
                        assertThat(socket.getSession().getCipherSuite())
                                .isEqualTo("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
                    }
                    SSLParameters onlyNewest = new SSLParameters();
                    onlyNewest.setProtocols(new String[] {"TLSv1.3"});
                    assertThatThrownBy(() -> Identity.connect(Identity.trusting(web), port(context, "echo"), onlyNewest)
                                    .close())
                            .isInstanceOf(SSLException.class);
                });
    }

    @Test
    void aHandshakeMayTakeAsLongAsTheTimeoutSays() {
        runner().withPropertyValues(
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=web",
                        "evio.servers.echo.ssl.handshake-timeout=200ms")
                .run(context -> {
                    try (Socket silent = Clients.connect(port(context, "echo"))) {
                        assertThat(silent.getInputStream().read()).isEqualTo(-1);
                    }
                    EvioServer echo = context.getBean(EvioServers.class).get("echo");
                    await().until(() -> echo.stats().cutByHandshakeTimeout() == 1);
                });
    }

    /** The application's executor may be busy. */
    @Test
    void handshakesHaveThreadsOfTheirOwn() {
        AtomicInteger works = new AtomicInteger();
        runner().withBean("applicationTaskExecutor", Executor.class, () -> work -> works.incrementAndGet())
                .withPropertyValues("evio.servers.echo.addresses=tls://127.0.0.1:0", "evio.servers.echo.ssl.bundle=web")
                .run(context -> {
                    assertThat(shownBy(context, "echo", "localhost")).isEqualTo(web.x509());
                    assertThat(works).hasValue(0);
                });
    }

    @Test
    void aSessionIsResumedByEveryLoop() {
        runner().withPropertyValues(
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=web",
                        "evio.servers.echo.loops=2")
                .run(context -> {
                    SSLContext client = Identity.trusting(web);
                    for (int i = 0; i < 4; i++) {
                        try (SSLSocket socket = Identity.connect(client, port(context, "echo"))) {
                            // The ticket comes before what is echoed.
                            Clients.echo(socket, 100);
                        }
                    }
                    EvioServer echo = context.getBean(EvioServers.class).get("echo");
                    assertThat(echo.stats().tlsHandshakes()).isEqualTo(4);
                    assertThat(echo.stats().tlsResumed()).isEqualTo(3);
                });
    }

    /** Servers of one bundle share its sessions; one without a certificate is of no use where one is needed. */
    @Test
    void aSessionIsNoWayAroundClientCertificates() {
        runner().withPropertyValues(
                        "spring.ssl.bundle.pem.web.truststore.certificate=file:" + client.certificate(),
                        "evio.ssl.bundle=web",
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.other.addresses=tls://127.0.0.1:0",
                        "evio.servers.other.ssl.client-auth=need")
                .run(context -> {
                    SSLContext withoutCertificate = Identity.trusting(web);
                    // A client keeps sessions by host and port, and takes both servers for one.
                    for (String server : List.of("echo", "echo")) {
                        try (SSLSocket socket = asOnePort(withoutCertificate, port(context, server))) {
                            Clients.echo(socket, 100);
                        }
                    }
                    assertThat(context.getBean(EvioServers.class)
                                    .get("echo")
                                    .stats()
                                    .tlsResumed())
                            .isEqualTo(1);
                    assertThatThrownBy(() -> {
                                try (SSLSocket socket = asOnePort(withoutCertificate, port(context, "other"))) {
                                    Clients.echo(socket, 100);
                                }
                            })
                            .isInstanceOfAny(SSLException.class, SocketException.class);
                    assertThat(context.getBean(EvioServers.class)
                                    .get("other")
                                    .stats()
                                    .tlsHandshakes())
                            .isZero();
                });
    }

    private static SSLSocket asOnePort(SSLContext client, int port) throws IOException {
        return (SSLSocket) client.getSocketFactory().createSocket(Clients.connect(port), "localhost", 5443, true);
    }

    /** Two servers of one bundle may differ in it: openssl says for how long a ticket is good. */
    @Test
    void aSessionLastsAsLongAsItsServerSays() {
        runner().withPropertyValues(
                        "evio.ssl.bundle=web",
                        "evio.ssl.session.timeout=1h",
                        "evio.ssl.session.cache-size=77",
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.other.addresses=tls://127.0.0.1:0",
                        "evio.servers.other.ssl.session.timeout=42s")
                .run(context -> {
                    assertThat(ticket(port(context, "echo"))).contains("lifetime hint: 3600 (seconds)");
                    assertThat(ticket(port(context, "other"))).contains("lifetime hint: 42 (seconds)");
                    SSLSessionContext sessions = EvioSslContext.of(
                                    context.getBean(SslBundles.class).getBundle("web"),
                                    context.getBean(EvioProperties.class).ssl().session())
                            .context()
                            .getServerSessionContext();
                    assertThat(sessions.getSessionCacheSize()).isEqualTo(77);
                    assertThat(sessions.getSessionTimeout()).isEqualTo(3600);
                });
    }

    private static String ticket(int port) throws Exception {
        Process client;
        try {
            client = new ProcessBuilder("openssl", "s_client", "-tls1_2", "-connect", "127.0.0.1:" + port)
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            assumeFalse(System.getenv("CI") == null, "there is no openssl; it is in the package openssl");
            throw e;
        }
        client.getOutputStream().close();
        String output = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return output;
    }

    @Test
    void aCustomizerHasTheLastWord() {
        runner().withBean(
                        EvioServerBuilderCustomizer.class,
                        () -> builder -> builder.tls(
                                Objects.requireNonNull(builder.tls()).alpn("echo/3")))
                .withPropertyValues("evio.servers.echo.addresses=tls://127.0.0.1:0", "evio.servers.echo.ssl.bundle=web")
                .run(context -> {
                    SSLParameters parameters = new SSLParameters();
                    parameters.setApplicationProtocols(new String[] {"echo/3"});
                    try (SSLSocket socket =
                            Identity.connect(Identity.trusting(web), port(context, "echo"), parameters)) {
                        assertThat(socket.getApplicationProtocol()).isEqualTo("echo/3");
                    }
                });
    }

    @Test
    void aCustomizerMayAddTheAddressThatUsesTheBundle() {
        runner().withBean(EvioServerBuilderCustomizer.class, () -> builder -> builder.addresses("tls://127.0.0.1:0"))
                .withPropertyValues("evio.ssl.bundle=web", "evio.servers.echo.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    EvioServer echo = context.getBean(EvioServers.class).get("echo");
                    try (SSLSocket socket = Identity.connect(
                            Identity.trusting(web), echo.addresses().get(1).port())) {
                        Clients.echo(socket, 1_000);
                    }
                });
    }

    @Test
    void aCustomizerMayBringWhatThePropertiesDoNot() {
        runner().withBean(EvioServerBuilderCustomizer.class, () -> builder -> builder.tls(Tls.of(web.serverContext())))
                .withPropertyValues("evio.servers.echo.addresses=tls://127.0.0.1:0")
                .run(context ->
                        assertThat(shownBy(context, "echo", "localhost")).isEqualTo(web.x509()));
    }

    /** Managers that the application makes have no stores that could be looked into. */
    @Test
    void aBundleOfTheApplicationsOwnManagersServes() {
        runner().withBean(
                        SslBundleRegistrar.class,
                        () -> registry -> registry.registerBundle("own", web.ownBundle(client)))
                .withPropertyValues(
                        "evio.servers.echo.addresses=tls://127.0.0.1:0",
                        "evio.servers.echo.ssl.bundle=own",
                        "evio.servers.echo.ssl.client-auth=need")
                .run(context -> {
                    try (SSLSocket socket = Identity.connect(client.clientOf(web), port(context, "echo"))) {
                        Clients.echo(socket, 1_000);
                    }
                    assertRefused(alt.clientOf(web), port(context, "echo"));
                });
    }

    /** In TLS 1.3 a client learns that its certificate is refused after its own handshake is over. */
    private static void assertRefused(SSLContext client, int port) {
        assertThatThrownBy(() -> {
                    try (SSLSocket socket = Identity.connect(client, port)) {
                        socket.getOutputStream().write(1);
                        assertThat(socket.getInputStream().read()).isEqualTo(-1);
                        throw new SSLException("The server has ended the connection");
                    }
                })
                .isInstanceOfAny(SSLException.class, SocketException.class);
    }

    private static Certificate shownBy(ConfigurableApplicationContext context, String server, String serverName)
            throws Exception {
        try (SSLSocket socket =
                Identity.connect(Identity.trusting(web, alt, wild), port(context, server), serverName)) {
            Clients.echo(socket, 1_000);
            return Identity.shown(socket);
        }
    }
}
