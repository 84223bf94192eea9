package io.evio.spring.boot.upstream;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.Tls;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.EvioTarget;
import io.evio.spring.boot.EvioUpstream;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.autoconfigure.EvioEndpointAutoConfiguration;
import io.evio.spring.boot.autoconfigure.EvioHealthAutoConfiguration;
import io.evio.spring.boot.autoconfigure.EvioMetricsAutoConfiguration;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.Identity;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/** Connections of a server spread over the targets of an upstream, as the properties say. */
@Timeout(60)
class EvioUpstreamTests {

    @TempDir
    private static Path folder;

    private static Identity web;
    private static Identity other;

    private final List<EvioServer> backends = new ArrayList<>();
    private final List<Socket> clients = new ArrayList<>();

    @BeforeAll
    static void makeCertificates() throws Exception {
        web = Identity.make(folder, "web");
        other = Identity.make(folder, "other");
    }

    @AfterEach
    void stop() {
        closeClients();
        backends.forEach(backend -> backend.stop(Duration.ZERO));
    }

    private void closeClients() {
        for (Socket client : clients) {
            try {
                client.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Closes the clients before the servers of a context stop, which would wait for them. */
    private final class ClientsEnd implements ApplicationListener<ContextClosedEvent> {
        @Override
        public void onApplicationEvent(ContextClosedEvent event) {
            closeClients();
        }
    }

    /** Says its name, then echoes. */
    private record Named(String name) implements EvioHandler {
        @Override
        public Action opened(Connection connection, Output out) {
            out.writeAscii(name);
            return Action.NONE;
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            out.write(in);
            return Action.NONE;
        }
    }

    private EvioServer backend(EvioServer.Builder builder, String address) throws IOException {
        EvioServer backend = builder.addresses(address).build();
        backend.start();
        backends.add(backend);
        return backend;
    }

    private String backend(String name) throws IOException {
        return backend(EvioServer.builder().name(name).handler(new Named(name)), "tcp://127.0.0.1:0")
                .addresses()
                .get(0)
                .toString();
    }

    /** Layer 4 in one bean, with the reasons of the connections that could not be made. */
    @Configuration(proxyBeanMethods = false)
    static class Gateway {

        @Bean
        BlockingQueue<String> ends() {
            return new LinkedBlockingQueue<>();
        }

        @Bean
        EvioHandler gate(@Qualifier("back") EvioUpstream back, BlockingQueue<String> ends) {
            return new EvioHandler() {
                @Override
                public Action opened(Connection connection, Output out) {
                    connection.relay(back.connect(connection, new EvioHandler() {
                        @Override
                        public Action closed(Connection to, IOException error) {
                            ends.add(String.valueOf(error == null ? null : error.getMessage()));
                            return Action.NONE;
                        }
                    }));
                    return Action.NONE;
                }
            };
        }
    }

    private ApplicationContextRunner runner(String... targets) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SslAutoConfiguration.class,
                        MetricsAutoConfiguration.class,
                        EvioAutoConfiguration.class,
                        EvioHealthAutoConfiguration.class,
                        EvioMetricsAutoConfiguration.class,
                        EvioEndpointAutoConfiguration.class))
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withUserConfiguration(Gateway.class)
                .withInitializer(context -> context.addApplicationListener(new ClientsEnd()))
                .withPropertyValues(
                        "evio.servers.gate.addresses=tcp://127.0.0.1:0",
                        "evio.upstreams.back.targets=" + String.join(",", targets));
    }

    private Socket connect(ApplicationContext context) throws IOException {
        Socket client =
                Clients.connect(context.getEnvironment().getRequiredProperty("local.evio.gate.port", Integer.class));
        clients.add(client);
        return client;
    }

    /** Returns whether the gateway has ended it without a byte. */
    private static boolean isEnded(Socket client) throws IOException {
        try {
            return client.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }

    /** Connects, and returns the name of the backend that was reached. */
    private String reached(ApplicationContext context) throws IOException {
        return new String(connect(context).getInputStream().readNBytes(1), StandardCharsets.US_ASCII);
    }

    private static double meter(ApplicationContext context, String name, String target) {
        return context.getBean(MeterRegistry.class)
                .get(name)
                .tags("upstream", "back", "target", target)
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    private static Health health(ApplicationContext context) {
        CompositeHealthContributor evio = context.getBean("evioHealthContributor", CompositeHealthContributor.class);
        CompositeHealthContributor upstreams = (CompositeHealthContributor) evio.getContributor("upstreams");
        return ((HealthIndicator) upstreams.getContributor("back")).health(true);
    }

    @SuppressWarnings("unchecked")
    private static String state(ApplicationContext context, String target) {
        Map<String, Map<String, Object>> targets =
                (Map<String, Map<String, Object>>) health(context).getDetails().get("targets");
        return String.valueOf(targets.get(target).get("state"));
    }

    @Test
    void targetsTakeTurns() throws Exception {
        String a = backend("a");
        String b = backend("b");
        runner(a, b)
                .withPropertyValues("evio.upstreams.back.balance=round-robin")
                .run(context -> {
                    assertThat(List.of(reached(context), reached(context), reached(context), reached(context)))
                            .containsExactly("a", "b", "a", "b");
                    assertThat(meter(context, "evio.upstream.connections.active", a))
                            .isEqualTo(2);
                    assertThat(meter(context, "evio.upstream.connections.opened", b))
                            .isEqualTo(2);
                    assertThat(meter(context, "evio.upstream.connections.errors", b))
                            .isZero();
                    assertThat(meter(context, "evio.upstream.connect", a)).isEqualTo(2);
                    assertThat(health(context).getStatus()).isEqualTo(Status.UNKNOWN);
                    assertThat(state(context, a)).isEqualTo("unchecked");
                });
    }

    @Test
    void theTargetWithTheFewestConnectionsIsNext() throws Exception {
        String a = backend("a");
        String b = backend("b");
        runner(a, b).run(context -> {
            Socket first = connect(context);
            assertThat(first.getInputStream().read()).isEqualTo('a');
            assertThat(reached(context)).isEqualTo("b");
            first.close();
            await().until(() -> meter(context, "evio.upstream.connections.active", a) == 0);
            assertThat(reached(context)).isEqualTo("a");
        });
    }

    @Test
    void theNextTargetIsTriedWhenOneCannotBeReached() throws Exception {
        String none = "unix://" + folder.resolve("none.sock");
        String b = backend("b");
        runner(none, b)
                .withPropertyValues("evio.upstreams.back.balance=round-robin")
                .run(context -> {
                    Socket client = connect(context);
                    assertThat(client.getInputStream().read()).isEqualTo('b');
                    Clients.echo(client, 50_000);
                    assertThat(meter(context, "evio.upstream.connections.errors", none))
                            .isEqualTo(1);
                    assertThat(meter(context, "evio.upstream.connections.active", none))
                            .isZero();
                    // For a while it is the last to be tried, whoever's turn it is.
                    assertThat(reached(context)).isEqualTo("b");
                    assertThat(reached(context)).isEqualTo("b");
                    assertThat(meter(context, "evio.upstream.connections.errors", none))
                            .isEqualTo(1);
                    backends.forEach(backend -> backend.stop(Duration.ZERO));
                    context.getBean("ends", BlockingQueue.class).clear();
                    assertThat(isEnded(connect(context))).isTrue();
                    assertThat((String)
                                    context.getBean("ends", BlockingQueue.class).poll(10, TimeUnit.SECONDS))
                            .startsWith("No target of the upstream 'back' can be reached: ")
                            .contains(none + ": ", "ENOENT", b + ": ", "ECONNREFUSED");
                });
    }

    @Test
    void aTargetHasNoMoreThanItsMaximum() throws Exception {
        String a = backend("a");
        String b = backend("b");
        runner(a, b)
                .withPropertyValues("evio.upstreams.back.balance=round-robin", "evio.upstreams.back.max-connections=1")
                .run(context -> {
                    Socket first = connect(context);
                    assertThat(first.getInputStream().read()).isEqualTo('a');
                    assertThat(reached(context)).isEqualTo("b");
                    assertThat(isEnded(connect(context))).isTrue();
                    assertThat((String)
                                    context.getBean("ends", BlockingQueue.class).poll(10, TimeUnit.SECONDS))
                            .contains(a + " has as many connections as max-connections")
                            .contains(b + " has as many");
                    first.close();
                    await().until(() -> meter(context, "evio.upstream.connections.active", a) == 0);
                    assertThat(reached(context)).isEqualTo("a");
                });
    }

    @Test
    void aTargetThatIsDownAtTheStartComesUp() throws Exception {
        Path socket = folder.resolve("late.sock");
        String late = "unix://" + socket;
        String b = backend("b");
        runner(late, b)
                .withPropertyValues(
                        "evio.upstreams.back.health.interval=20ms", "evio.upstreams.back.balance=round-robin")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    await().until(() -> state(context, late).equals("down")
                            && state(context, b).equals("up"));
                    assertThat(health(context).getStatus()).isEqualTo(Status.UP);
                    assertThat(List.of(reached(context), reached(context))).containsExactly("b", "b");
                    assertThat(meter(context, "evio.upstream.up", late)).isZero();
                    assertThat(meter(context, "evio.upstream.up", b)).isOne();
                    // The check has told: no connection was even tried.
                    assertThat(meter(context, "evio.upstream.connections.errors", late))
                            .isZero();
                    EvioServer made = backend(EvioServer.builder().name("l").handler(new Named("l")), late);
                    await().until(() -> state(context, late).equals("up"));
                    assertThat(meter(context, "evio.upstream.up", late)).isOne();
                    assertThat(List.of(reached(context), reached(context))).containsExactlyInAnyOrder("l", "b");
                    made.stop(Duration.ZERO);
                    backends.get(0).stop(Duration.ZERO);
                    await().until(() -> health(context).getStatus().equals(Status.DOWN));
                    assertThat(isEnded(connect(context))).isTrue();
                });
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.contains("health-checks"));
    }

    /** Answers each request with the status that is set; keeps what it was asked. */
    private static final class Web implements EvioHandler {

        private final AtomicReference<String> status = new AtomicReference<>("204 No Content");
        private final AtomicInteger checks = new AtomicInteger();
        private volatile String asked = "";

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            asked = StandardCharsets.ISO_8859_1.decode(in).toString();
            checks.incrementAndGet();
            out.writeAscii("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 " + status.get() + "\r\n\r\n");
            return Action.NONE;
        }
    }

    @Test
    void aPathIsAskedForAndItsStatusCounts() throws Exception {
        Web handler = new Web();
        String target = backend(EvioServer.builder().name("web").handler(handler), "tcp://127.0.0.1:0")
                .addresses()
                .get(0)
                .toString();
        runner(target)
                .withPropertyValues(
                        "evio.upstreams.back.health.interval=20ms",
                        "evio.upstreams.back.health.path=/health?deep=1",
                        "evio.upstreams.back.health.rise=2",
                        "evio.upstreams.back.health.fall=3")
                .run(context -> {
                    await().until(() -> state(context, target).equals("up"));
                    assertThat(handler.asked)
                            .startsWith("GET /health?deep=1 HTTP/1.1\r\n")
                            .contains("\r\nHost: " + target.substring("tcp://".length()) + "\r\n");
                    int before = handler.checks.get();
                    handler.status.set("503 Service Unavailable");
                    await().until(() -> state(context, target).equals("down"));
                    assertThat(handler.checks.get() - before).isGreaterThanOrEqualTo(3);
                    assertThat(health(context).getDetails().toString())
                            .contains("GET /health?deep=1 was answered with HTTP/1.1 503 Service Unavailable");
                    before = handler.checks.get();
                    handler.status.set("302 Found");
                    await().until(() -> state(context, target).equals("up"));
                    assertThat(handler.checks.get() - before).isGreaterThanOrEqualTo(2);
                });
    }

    private String tlsBackend(Identity identity) throws Exception {
        return backend(
                        EvioServer.builder().name("t").handler(new Named("t")).tls(Tls.of(serverContext(identity))),
                        "tls://127.0.0.1:0")
                .addresses()
                .get(0)
                .toString();
    }

    private static SSLContext serverContext(Identity identity) throws Exception {
        java.security.KeyStore store =
                java.security.KeyStore.getInstance(identity.keyStore().toFile(), Identity.PASSWORD.toCharArray());
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, Identity.PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    @Test
    void targetsAreReachedOverTlsByABundle() throws Exception {
        String trusted = tlsBackend(web);
        String untrusted = tlsBackend(other);
        runner(untrusted, trusted)
                .withPropertyValues(
                        "spring.ssl.bundle.pem.internal.truststore.certificate=file:" + web.certificate(),
                        "evio.upstreams.back.ssl.bundle=internal",
                        "evio.upstreams.back.balance=round-robin")
                .run(context -> {
                    Socket client = connect(context);
                    assertThat(client.getInputStream().read()).isEqualTo('t');
                    Clients.echo(client, 100_000);
                    assertThat(meter(context, "evio.upstream.connections.errors", untrusted))
                            .isEqualTo(1);
                });
    }

    /** The files of the truststore change while the application runs. */
    @Test
    void newConnectionsUseTheBundleAsItIsNow() throws Exception {
        String target = tlsBackend(web);
        Path trusted = folder.resolve("trusted.crt");
        Files.copy(web.certificate(), trusted, REPLACE_EXISTING);
        runner(target)
                .withPropertyValues(
                        "spring.ssl.bundle.watch.file.quiet-period=100ms",
                        "spring.ssl.bundle.pem.internal.reload-on-update=true",
                        "spring.ssl.bundle.pem.internal.truststore.certificate=file:" + trusted,
                        "evio.upstreams.back.ssl.bundle=internal")
                .run(context -> {
                    Socket old = connect(context);
                    assertThat(old.getInputStream().read()).isEqualTo('t');
                    Files.copy(other.certificate(), trusted, REPLACE_EXISTING);
                    await().until(() -> isEnded(connect(context)));
                    assertThat(context.getBean("ends", BlockingQueue.class).toString())
                            .contains("certification path");
                    Clients.echo(old, 10_000);
                    assertThat(count(context, "evio.tls.reloads")).isPositive();

                    Files.writeString(trusted, "-----BEGIN CERTIFICATE-----\nbroken\n");
                    await().until(() -> count(context, "evio.tls.reload.errors") > 0);
                    assertThat(isEnded(connect(context))).isTrue();

                    Files.copy(web.certificate(), trusted, REPLACE_EXISTING);
                    await().until(() -> !isEnded(connect(context)));
                    Clients.echo(old, 10_000);
                });
    }

    private static double count(ApplicationContext context, String meter) {
        return context.getBean(MeterRegistry.class)
                .get(meter)
                .tag("bundle", "internal")
                .functionCounter()
                .count();
    }

    @Test
    void theCertificateHasToBeForTheName() throws Exception {
        String target = tlsBackend(web);
        ApplicationContextRunner wrongName = runner(target)
                .withPropertyValues(
                        "spring.ssl.bundle.pem.internal.truststore.certificate=file:" + web.certificate(),
                        "evio.upstreams.back.ssl.bundle=internal",
                        "evio.upstreams.back.ssl.server-name=app.internal");
        wrongName.run(context -> {
            assertThat(isEnded(connect(context))).isTrue();
            assertThat((String) context.getBean("ends", BlockingQueue.class).poll(10, TimeUnit.SECONDS))
                    .contains("app.internal");
        });
        wrongName
                .withPropertyValues("evio.upstreams.back.ssl.verify-host-name=false")
                .run(context -> assertThat(reached(context)).isEqualTo("t"));
    }

    @Test
    void aProxyHeaderNamesTheClient() throws Exception {
        try (ServerSocket backend = new ServerSocket(0)) {
            runner("tcp://127.0.0.1:" + backend.getLocalPort())
                    .withPropertyValues("evio.upstreams.back.proxy-protocol=v1")
                    .run(context -> {
                        Socket client = connect(context);
                        try (Socket taken = backend.accept()) {
                            String line = "PROXY TCP4 127.0.0.1 127.0.0.1 " + client.getLocalPort() + " "
                                    + client.getPort() + "\r\n";
                            assertThat(new String(
                                            taken.getInputStream().readNBytes(line.length()),
                                            StandardCharsets.US_ASCII))
                                    .isEqualTo(line);
                        }
                    });
        }
    }

    @Test
    void countsHoldOverSeveralLoops() throws Exception {
        String a = backend("a");
        String b = backend("b");
        runner(a, b).withPropertyValues("evio.loops=2").run(context -> {
            for (int i = 0; i < 100; i++) {
                assertThat(reached(context)).isIn("a", "b");
            }
            assertThat(meter(context, "evio.upstream.connections.active", a)
                            + meter(context, "evio.upstream.connections.active", b))
                    .isEqualTo(100);
            for (Socket client : clients) {
                client.close();
            }
            await().until(() -> meter(context, "evio.upstream.connections.active", a)
                            + meter(context, "evio.upstream.connections.active", b)
                    == 0);
            assertThat(meter(context, "evio.upstream.connections.opened", a)
                            + meter(context, "evio.upstream.connections.opened", b))
                    .isEqualTo(100);
        });
    }

    @Test
    void aServerMakesNoMoreThanItsMaximum() throws Exception {
        String a = backend("a");
        runner(a)
                .withPropertyValues("evio.servers.gate.limits.max-outbound-connections=1")
                .run(context -> {
                    assertThat(context.getBean(EvioServers.class)
                                    .get("gate")
                                    .limits()
                                    .maxOutboundConnections())
                            .isEqualTo(1);
                    assertThat(reached(context)).isEqualTo("a");
                    assertThat(isEnded(connect(context))).isTrue();
                    assertThat((String)
                                    context.getBean("ends", BlockingQueue.class).poll(10, TimeUnit.SECONDS))
                            .contains("max-outbound-connections (1)");
                });
    }

    /** Chooses the target first, as a handler that keeps connections does, and says which one was reached. */
    @Configuration(proxyBeanMethods = false)
    static class Choosing {

        @Bean
        BlockingQueue<EvioTarget> reached() {
            return new LinkedBlockingQueue<>();
        }

        @Bean
        EvioHandler gate(@Qualifier("back") EvioUpstream back, BlockingQueue<EvioTarget> reached) {
            return new EvioHandler() {
                @Override
                public Action opened(Connection connection, Output out) {
                    EvioTarget first = back.next();
                    assertThat(first).isNotNull();
                    connection.relay(back.connect(
                            connection, first, new EvioHandler() {}, (made, target) -> reached.add(target)));
                    return Action.NONE;
                }
            };
        }
    }

    @Test
    void aHandlerMayChooseTheTargetAndIsToldWhichOneWasReached() throws Exception {
        String a = backend("a");
        String b = backend("b");
        String none = "unix://" + folder.resolve("none.sock");
        choosing(none, a, b).run(context -> {
            @SuppressWarnings("unchecked")
            BlockingQueue<EvioTarget> told = context.getBean("reached", BlockingQueue.class);
            // The first one cannot be reached, and is avoided from then on.
            assertThat(reached(context)).isEqualTo("a");
            EvioTarget first = told.take();
            assertThat(first.text()).isEqualTo(a);
            assertThat(first.isUp()).isTrue();
            assertThat(reached(context)).isEqualTo("b");
            EvioTarget second = told.take();
            assertThat(second.text()).isEqualTo(b);
            // Each has one connection, but one of the two waits for work.
            second.idle(true);
            for (int i = 0; i < 3; i++) {
                assertThat(context.getBean("back", EvioUpstream.class).next()).isSameAs(second);
            }
            second.idle(false);
            first.idle(true);
            for (int i = 0; i < 3; i++) {
                assertThat(context.getBean("back", EvioUpstream.class).next()).isSameAs(first);
            }
        });
    }

    @Test
    void noTargetIsChosenWhenAllAreDown() throws Exception {
        choosing("unix://" + folder.resolve("none.sock"))
                .withPropertyValues("evio.upstreams.back.health.interval=50ms")
                .run(context -> await().until(() ->
                        context.getBean("back", EvioUpstream.class).next() == null));
    }

    private ApplicationContextRunner choosing(String... targets) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, EvioAutoConfiguration.class))
                .withUserConfiguration(Choosing.class)
                .withPropertyValues(
                        "evio.servers.gate.addresses=tcp://127.0.0.1:0",
                        "evio.upstreams.back.targets=" + String.join(",", targets));
    }

    @Test
    void aServerConnectsWithoutAClient() throws Exception {
        String a = backend("a");
        runner("unix://" + folder.resolve("none.sock"), a).run(context -> {
            BlockingQueue<String> read = new LinkedBlockingQueue<>();
            EvioServer gate = context.getBean(EvioServers.class).get("gate");
            context.getBean("back", EvioUpstream.class).connect(gate, new EvioHandler() {
                @Override
                public Action data(Connection connection, ByteBuffer in, Output out) {
                    read.add(StandardCharsets.US_ASCII.decode(in).toString());
                    return Action.CLOSE;
                }
            });
            assertThat(read.poll(10, TimeUnit.SECONDS)).isEqualTo("a");
            await().until(() -> meter(context, "evio.upstream.connections.active", a) == 0);
        });
    }

    /** A handler may have the name of an upstream. */
    @Test
    void upstreamsAreBeansByTheirNames() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
                .withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withBean(Injected.class)
                .withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .addFirst(new SystemEnvironmentPropertySource(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                                Map.of(
                                        "EVIO_UPSTREAMS_MYBACK_MAXCONNECTIONS", "7",
                                        "EVIO_UPSTREAMS_THIRD_TARGETS", "tcp://127.0.0.1:3"))))
                .withPropertyValues(
                        "evio.upstreams.echo.targets=tcp://127.0.0.1:1",
                        "evio.upstreams.my-back.targets=tcp://127.0.0.1:2",
                        "evio.enabled=false")
                .run(context -> {
                    Injected injected = context.getBean(Injected.class);
                    assertThat(injected.one.name()).isEqualTo("echo");
                    assertThat(injected.third.name()).isEqualTo("third");
                    assertThat(context.getBean("echoUpstream", EvioUpstream.class))
                            .isSameAs(injected.one);
                    assertThat(context.getBean("my-back", EvioUpstream.class).name())
                            .isEqualTo("my-back");
                    assertThat(context.getBean(EvioUpstreams.class).all())
                            .extracting(upstream -> upstream.settings().maxConnections())
                            .containsExactlyInAnyOrder(null, 7, null);
                });
    }

    static class Injected {

        private final EvioUpstream one;
        private final EvioUpstream third;

        Injected(@Qualifier("echo") EvioUpstream one, EvioUpstream third) {
            this.one = one;
            this.third = third;
        }
    }
}
