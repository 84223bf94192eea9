package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.ProxyHeaders;
import io.evio.spring.boot.EvioServerBuilderCustomizer;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.testing.Clients;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;

/** The properties that say whose PROXY headers servers believe, and from where they take connections. */
@ExtendWith(OutputCaptureExtension.class)
class EvioProxyProtocolTests {

    private static final String HEADER = "PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n";
    private static final String ANY_PORT = "proxy+tcp://127.0.0.1:0";

    private final BlockingQueue<Connection> opened = new LinkedBlockingQueue<>();

    private final class Echo extends Clients.Echo {
        @Override
        public Action opened(Connection connection, Output out) {
            opened.add(connection);
            return Action.NONE;
        }
    }

    private ApplicationContextRunner runner(String... properties) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
                .withBean("echo", EvioHandler.class, Echo::new)
                .withBean("other", EvioHandler.class, Echo::new)
                .withPropertyValues(properties);
    }

    private static EvioServer server(ApplicationContext context, String name) {
        return context.getBean(EvioServers.class).get(name);
    }

    /** A client that the server has to serve; closed at once when it is refused. */
    private static boolean isServed(EvioServer server, String header) throws IOException {
        try (Socket socket = Clients.connect(server.addresses().get(0).port())) {
            socket.getOutputStream().write((header + "ping").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(4), StandardCharsets.US_ASCII).equals("ping");
        } catch (java.net.SocketException refused) {
            return false;
        }
    }

    private Connection next() throws InterruptedException {
        return opened.poll(15, TimeUnit.SECONDS);
    }

    private static String report(ApplicationContext context) {
        Throwable failure = ((org.springframework.boot.test.context.assertj.AssertableApplicationContext) context)
                .getStartupFailure();
        while (failure.getCause() != null && !(failure instanceof EvioConfigurationException)) {
            failure = failure.getCause();
        }
        EvioConfigurationException wrong = (EvioConfigurationException) failure;
        return wrong.getDescription() + " " + wrong.getAction();
    }

    @Test
    void trustedProxiesOfAllServersOrOfOne() {
        runner(
                        "evio.proxy-protocol.trusted-proxies=10.0.0.0/8,127.0.0.0/8",
                        "evio.servers.echo.addresses=" + ANY_PORT,
                        "evio.servers.other.addresses=" + ANY_PORT,
                        "evio.servers.other.proxy-protocol.trusted-proxies[0]=192.0.2.0/24")
                .run(context -> {
                    assertThat(isServed(server(context, "echo"), HEADER)).isTrue();
                    Connection connection = next();
                    assertThat(connection.remoteAddress()).isEqualTo(new InetSocketAddress("203.0.113.7", 40_000));
                    assertThat(isServed(server(context, "other"), HEADER)).isFalse();
                    assertThat(server(context, "other").stats().refusedUntrusted())
                            .isEqualTo(1);
                });
    }

    @Test
    void timeoutAndLengthOfAllServersOrOfOne() {
        ProxyHeaders[] headers = new ProxyHeaders[1];
        EvioServerBuilderCustomizer customizer = builder -> headers[0] = builder.proxyProtocol();
        runner(
                        "evio.proxy-protocol.timeout=3s",
                        "evio.proxy-protocol.max-length=1KB",
                        "evio.servers.echo.addresses=" + ANY_PORT,
                        "evio.servers.echo.proxy-protocol.trusted-proxies=127.0.0.1",
                        "evio.servers.echo.proxy-protocol.max-length=2KB")
                .withBean(EvioServerBuilderCustomizer.class, () -> customizer)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(headers[0].timeout()).isEqualTo(Duration.ofSeconds(3));
                    assertThat(headers[0].maxLength()).isEqualTo(2048);
                    assertThat(headers[0].trustedProxies()).containsExactly("127.0.0.1");
                });
    }

    @Test
    void aHeaderThatTakesTooLongIsCut() {
        runner(
                        "evio.addresses=",
                        "evio.servers.echo.addresses=" + ANY_PORT,
                        "evio.proxy-protocol.trusted-proxies=127.0.0.1",
                        "evio.servers.echo.proxy-protocol.timeout=100ms")
                .run(context -> {
                    EvioServer server = server(context, "echo");
                    try (Socket silent =
                            Clients.connect(server.addresses().get(0).port())) {
                        assertThat(silent.getInputStream().read()).isEqualTo(-1);
                    }
                    await().until(() -> server.stats().cutByProxyTimeout() == 1);
                });
    }

    @Test
    void anAddressWithoutTrustedProxiesFailsTheStart() {
        runner("evio.servers.echo.addresses=tcp://127.0.0.1:0," + ANY_PORT)
                .run(context -> assertThat(report(context))
                        .contains(
                                "The value '" + ANY_PORT + "' of evio.servers.echo.addresses[1] is wrong: PROXY headers"
                                        + " are believed of trusted proxies alone, but"
                                        + " evio.servers.echo.proxy-protocol.trusted-proxies and"
                                        + " evio.proxy-protocol.trusted-proxies are not set.")
                        .contains("Set evio.servers.echo.proxy-protocol.trusted-proxies to the addresses of the load"
                                + " balancers, as in 10.0.0.0/8."));
        // An empty list takes the default back.
        runner(
                        "evio.proxy-protocol.trusted-proxies=127.0.0.1",
                        "evio.servers.echo.proxy-protocol.trusted-proxies=",
                        "evio.servers.echo.addresses=" + ANY_PORT)
                .run(context -> assertThat(report(context)).contains("are believed of trusted proxies alone"));
    }

    @Test
    void trustedProxiesWithoutAnAddressAreWarnedOf(CapturedOutput output) {
        runner(
                        "evio.servers.echo.addresses=tcp://127.0.0.1:0",
                        "evio.servers.echo.proxy-protocol.trusted-proxies=127.0.0.1")
                .run(context -> assertThat(context).hasNotFailed());
        assertThat(output)
                .contains("Evio 'echo' has trusted proxies [127.0.0.1], but none of its addresses [tcp://127.0.0.1:0]"
                        + " expects a PROXY header: write one as proxy+tcp://host:port");
    }

    @Test
    void thoseOfAllServersMayBeOfUseToNone(CapturedOutput output) {
        runner("evio.servers.echo.addresses=tcp://127.0.0.1:0", "evio.proxy-protocol.trusted-proxies=127.0.0.1")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(isServed(server(context, "echo"), "")).isTrue();
                });
        assertThat(output).doesNotContain("trusted proxies");
    }

    @Test
    void theLastWordIsACustomizers() {
        runner("evio.servers.echo.addresses=" + ANY_PORT)
                .withBean(
                        EvioServerBuilderCustomizer.class,
                        () -> builder -> builder.proxyProtocol(ProxyHeaders.from("127.0.0.1")))
                .run(context ->
                        assertThat(isServed(server(context, "echo"), HEADER)).isTrue());
        runner("evio.servers.echo.addresses=tcp://127.0.0.1:0", "evio.proxy-protocol.trusted-proxies=127.0.0.1")
                .withBean(EvioServerBuilderCustomizer.class, () -> builder -> builder.addresses(ANY_PORT))
                .run(context -> assertThat(server(context, "echo").addresses()).hasSize(2));
    }

    @Test
    void accessOfAllServersOrOfOne() {
        runner(
                        "evio.access.deny=127.0.0.0/8",
                        "evio.servers.echo.addresses=tcp://127.0.0.1:0",
                        "evio.servers.other.addresses=tcp://127.0.0.1:0",
                        "evio.servers.other.access.deny=",
                        "evio.servers.other.access.allow=10.0.0.0/8,127.0.0.1")
                .run(context -> {
                    assertThat(isServed(server(context, "echo"), "")).isFalse();
                    assertThat(server(context, "echo").stats().refusedAccess()).isEqualTo(1);
                    assertThat(isServed(server(context, "other"), "")).isTrue();
                });
    }

    @Test
    void accessIsByTheHeadersAddress() {
        runner(
                        "evio.proxy-protocol.trusted-proxies=127.0.0.1",
                        "evio.access.allow=203.0.113.0/24",
                        "evio.servers.echo.addresses=" + ANY_PORT)
                .run(context -> {
                    EvioServer server = server(context, "echo");
                    assertThat(isServed(server, HEADER)).isTrue();
                    assertThat(isServed(server, HEADER.replace("203.0.113.7", "198.51.100.7")))
                            .isFalse();
                    assertThat(server.stats().refusedAccess()).isEqualTo(1);
                });
    }

    @Test
    void limitsOfConnectionsPerAddressAndOfTheirRate() {
        runner(
                        "evio.limits.max-connections-per-address=1",
                        "evio.servers.echo.addresses=tcp://127.0.0.1:0",
                        "evio.servers.other.addresses=tcp://127.0.0.1:0",
                        "evio.servers.other.limits.accept-rate=1",
                        "evio.servers.other.limits.max-connections-per-address=0")
                .run(context -> {
                    EvioServer echo = server(context, "echo");
                    assertThat(echo.limits().maxConnectionsPerAddress()).isEqualTo(1);
                    try (Socket first = Clients.connect(echo.addresses().get(0).port())) {
                        Clients.echo(first, 100);
                        assertThat(isServed(echo, "")).isFalse();
                    }
                    assertThat(echo.stats().refusedPerAddress()).isEqualTo(1);
                    EvioServer other = server(context, "other");
                    assertThat(other.limits().acceptRate()).isEqualTo(1);
                    int served = 0;
                    for (int i = 0; i < 20; i++) {
                        served += isServed(other, "") ? 1 : 0;
                    }
                    assertThat(served).isBetween(1, 19);
                    assertThat(other.stats().refusedAcceptRate()).isEqualTo(20 - served);
                });
    }
}
