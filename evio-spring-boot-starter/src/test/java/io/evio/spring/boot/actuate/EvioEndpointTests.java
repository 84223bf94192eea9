package io.evio.spring.boot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.jayway.jsonpath.JsonPath;
import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.PollerType;
import io.evio.Target;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.Identity;
import io.evio.spring.boot.testing.TestedPoller;
import java.io.IOException;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.json.JsonContent;

/** The actuator endpoint and the info, over HTTP as a user sees them. */
@Timeout(60)
class EvioEndpointTests {

    @TempDir
    private Path folder;

    private final List<AutoCloseable> clients = new ArrayList<>();
    private ConfigurableApplicationContext context;

    @BeforeEach
    void start() {
        context = new SpringApplicationBuilder(EchoApplication.class)
                .web(WebApplicationType.SERVLET)
                .run(
                        "--server.port=0",
                        "--management.endpoints.web.exposure.include=evio,info,configprops",
                        "--management.endpoint.configprops.show-values=always",
                        "--evio.servers.echo.addresses=tcp://127.0.0.1:0,unix://" + folder.resolve("echo.sock"),
                        "--evio.servers.echo.limits.max-connections=1234",
                        "--evio.servers.echo.limits.frame-timeout=7s",
                        "--evio.servers.echo.tcp.keep-alive.idle=45s",
                        "--evio.servers.other.addresses=tcp://[::1]:0",
                        "--evio.upstreams.back.targets=unix://" + folder.resolve("none.sock"),
                        "--evio.upstreams.back.balance=round-robin",
                        "--evio.upstreams.back.max-connections=7",
                        "--evio.upstreams.back.health.path=/health",
                        "--evio.upstreams.back.proxy-protocol=v2");
    }

    @AfterEach
    void stop() throws Exception {
        EchoApplication.release.countDown();
        context.close();
        for (AutoCloseable client : clients) {
            client.close();
        }
    }

    @Test
    void everyTargetOfAnUpstreamIsDescribed() throws Exception {
        await().until(() -> String.valueOf(json("/actuator/evio").getJson()).contains("\"state\":\"down\""));
        assertThat(json("/actuator/evio")).satisfies(json -> {
            assertThat(json).extractingPath("$.upstreams.back.balance").isEqualTo("round-robin");
            assertThat(json).extractingPath("$.upstreams.back.connectTimeout").isEqualTo("PT3S");
            assertThat(json).extractingPath("$.upstreams.back.maxConnections").isEqualTo(7);
            assertThat(json).extractingPath("$.upstreams.back.proxyProtocol").isEqualTo("v2");
            assertThat(json).extractingPath("$.upstreams.back.tls").isNull();
            assertThat(json).extractingPath("$.upstreams.back.health.path").isEqualTo("/health");
            assertThat(json).extractingPath("$.upstreams.back.health.fall").isEqualTo(3);
            assertThat(json)
                    .extractingPath("$.upstreams.back.targets[0].target")
                    .isEqualTo("unix://" + folder.resolve("none.sock"));
            assertThat(json)
                    .extractingPath("$.upstreams.back.targets[0].active")
                    .isEqualTo(0);
            assertThat(json)
                    .extractingPath("$.upstreams.back.targets[0].connectSeconds")
                    .isEqualTo(0.0);
            assertThat(json)
                    .extractingPath("$.upstreams.back.targets[0].error")
                    .asString()
                    .contains("ENOENT");
        });
    }

    @Test
    void everyServerIsDescribed() throws Exception {
        assertThat(json("/actuator/evio")).satisfies(json -> {
            assertThat(json).extractingPath("$.servers.echo.running").isEqualTo(true);
            assertThat(json).extractingPath("$.servers.echo.poller").isEqualTo(TestedPoller.NAME);
            assertThat(json)
                    .extractingPath("$.servers.echo.addresses")
                    .asArray()
                    .containsExactly("tcp://127.0.0.1:" + port("echo"), "unix://" + folder.resolve("echo.sock"));
            assertThat(json)
                    .extractingPath("$.servers.echo.limits")
                    .asMap()
                    .containsOnlyKeys(
                            "maxConnections",
                            "maxOutboundConnections",
                            "maxConnectionsPerAddress",
                            "acceptRate",
                            "maxPendingInput",
                            "maxPendingOutput",
                            "maxPendingTotal",
                            "highWaterMark",
                            "lowWaterMark",
                            "idleTimeout",
                            "firstInputTimeout",
                            "frameTimeout",
                            "drainTimeout");
            assertThat(json)
                    .extractingPath("$.servers.echo.limits.maxConnections")
                    .isEqualTo(1234);
            assertThat(json)
                    .extractingPath("$.servers.echo.limits.frameTimeout")
                    .isEqualTo("PT7S");
            assertThat(json)
                    .extractingPath("$.servers.echo.limits.firstInputTimeout")
                    .isEqualTo("PT0S");
            assertThat(json)
                    .extractingPath("$.servers.echo.tcp.keepAlive.enabled")
                    .isEqualTo(true);
            assertThat(json).extractingPath("$.servers.echo.tcp.keepAlive.idle").isEqualTo("PT45S");
            assertThat(json)
                    .extractingPath("$.servers.echo.tcp.keepAlive.count")
                    .isNull();
            assertThat(json).extractingPath("$.servers.echo.tcp.userTimeout").isNull();
            assertThat(json)
                    .extractingPath("$.servers.other.tcp.keepAlive.enabled")
                    .isEqualTo(false);
            assertThat(json)
                    .extractingPath("$.servers.echo.limits.drainTimeout")
                    .isEqualTo("PT10S");
            assertThat(json)
                    .extractingPath("$.servers.echo.counters['evio.connections.active']")
                    .isEqualTo(0);
            assertThat(json)
                    .extractingPath("$.servers.echo.connections.items")
                    .asArray()
                    .isEmpty();
            assertThat(json).extractingPath("$.servers.echo.connections.next").isNull();
            assertThat(json)
                    .extractingPath("$.servers.other.limits.maxConnections")
                    .isEqualTo(65_536);
        });
    }

    @Test
    void aServerWithTlsShowsItAndWhatEachConnectionHasAgreedOn() throws Exception {
        Identity web = Identity.make(folder, "web");
        Identity secret = Identity.make(folder, "secret-client");
        try (ConfigurableApplicationContext secure = new SpringApplicationBuilder(EchoApplication.class)
                .web(WebApplicationType.NONE)
                .properties(web.pemBundle("web"))
                .run(
                        "--management.endpoints.web.exposure.include=evio",
                        "--spring.ssl.bundle.pem.web.truststore.certificate=file:" + secret.certificate(),
                        "--evio.servers.echo.addresses=tls://127.0.0.1:0,tcp://127.0.0.1:0",
                        "--evio.servers.echo.ssl.bundle=web",
                        "--evio.servers.echo.ssl.client-auth=need",
                        "--evio.servers.echo.ssl.alpn=echo/1",
                        "--evio.servers.echo.ssl.server-name-bundles[0].server-name=*.example.com",
                        "--evio.servers.echo.ssl.server-name-bundles[0].bundle=web",
                        "--evio.servers.other.addresses=tcp://127.0.0.1:0")) {
            EvioEndpoint endpoint = secure.getBean(EvioEndpoint.class);
            assertThat(endpoint.server("other", null, 0, null).tls()).isNull();
            EvioServer echo = secure.getBean(EvioServers.class).get("echo");
            SSLParameters parameters = new SSLParameters();
            parameters.setApplicationProtocols(new String[] {"echo/1"});
            parameters.setServerNames(List.of(new SNIHostName("a.example.com")));
            try (SSLSocket client = Identity.connect(
                            secret.clientOf(web), echo.addresses().get(0).port(), parameters);
                    Socket plain = Clients.connect(echo.addresses().get(1).port())) {
                Clients.echo(client, 100);
                Clients.echo(plain, 100);
                EvioEndpoint.Server described = endpoint.server("echo", null, null, null);
                assertThat(described.tls())
                        .isEqualTo(new EvioEndpoint.Tls(
                                "web",
                                Map.of("*.example.com", "web"),
                                "need",
                                List.of("echo/1"),
                                Duration.ofSeconds(10)));
                assertThat(described.connections().items())
                        .extracting(EvioEndpoint.Connection::tls)
                        .containsExactly(
                                new EvioEndpoint.ConnectionTls(
                                        "TLSv1.3", client.getSession().getCipherSuite(), "echo/1", "a.example.com"),
                                null);
                assertThat(described.toString()).doesNotContain("secret");
            }
        }
    }

    @Test
    void aConnectionBehindAProxyShowsBoth() throws Exception {
        try (ConfigurableApplicationContext proxied = new SpringApplicationBuilder(EchoApplication.class)
                .web(WebApplicationType.NONE)
                .run(
                        "--management.endpoints.web.exposure.include=evio",
                        "--evio.servers.echo.addresses=proxy+tcp://127.0.0.1:0",
                        "--evio.proxy-protocol.trusted-proxies=127.0.0.1",
                        "--evio.servers.other.addresses=tcp://127.0.0.1:0")) {
            EvioServers servers = proxied.getBean(EvioServers.class);
            EvioEndpoint endpoint = proxied.getBean(EvioEndpoint.class);
            try (Socket client = Clients.connect(
                            servers.get("echo").addresses().get(0).port());
                    Socket plain = Clients.connect(
                            servers.get("other").addresses().get(0).port())) {
                client.getOutputStream()
                        .write("PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n".getBytes(StandardCharsets.US_ASCII));
                Clients.echo(client, 100);
                Clients.echo(plain, 100);
                EvioEndpoint.Connection described = endpoint.server("echo", null, null, null)
                        .connections()
                        .items()
                        .get(0);
                assertThat(described.peer()).isEqualTo("203.0.113.7:40000");
                assertThat(described.proxy())
                        .isEqualTo(new EvioEndpoint.ConnectionProxy("127.0.0.1:" + client.getLocalPort(), "v1"));
                assertThat(endpoint.server("other", null, null, null)
                                .connections()
                                .items()
                                .get(0)
                                .proxy())
                        .isNull();
            }
        }
    }

    @Test
    void aServerOfSeveralLoopsShowsHowTheLoadIsSpread() throws Exception {
        try (EvioServer server = EvioServer.builder()
                .name("spread")
                .handler(new Clients.Echo())
                .addresses("tcp://127.0.0.1:0")
                .poller(PollerType.of(TestedPoller.NAME))
                .loops(2)
                .build()) {
            server.start();
            int connections = 40;
            for (int i = 0; i < connections; i++) {
                try (Socket client = Clients.connect(server.addresses().get(0).port())) {
                    Clients.echo(client, 10);
                }
            }
            EvioEndpoint.Server described =
                    new EvioEndpoint(List.of(server), any -> null, List.of()).server("spread", null, 0, null);
            assertThat(described.loops()).hasSize(2);
            assertThat(described.loops().stream()
                            .map((Map<String, Number> counters) -> counters.get("evio.connections.opened"))
                            .mapToLong(Number::longValue)
                            .sum())
                    .isEqualTo(connections);
            assertThat(described.counters()).containsEntry("evio.connections.opened", (long) connections);
            assertThat(described.loopEvents()).hasSize(2);
            assertThat(described.loopEvents().stream()
                            .mapToLong(events -> events.durations().count())
                            .sum())
                    .isBetween(connections * 2L, described.events().durations().count() + connections);
        }
        assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.loops")
                .asArray()
                .isEmpty();
    }

    /** By Spring Boot's own endpoint. */
    @Test
    void thePropertiesAreShown() throws Exception {
        assertThat(json("/actuator/configprops/evio"))
                .extractingPath(
                        "$.contexts.application.beans.evioProperties.properties.servers.echo.limits.maxConnections")
                .isEqualTo(1234);
    }

    @Test
    void aConnectionIsDescribed() throws Exception {
        Socket client = connect();
        Clients.echo(client, 100);
        SocketChannel unix = SocketChannel.open(StandardProtocolFamily.UNIX);
        clients.add(unix);
        unix.connect(UnixDomainSocketAddress.of(folder.resolve("echo.sock")));
        await().untilAsserted(() -> assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.connections.items.length()")
                .isEqualTo(2));
        assertThat(json("/actuator/evio/echo")).satisfies(json -> {
            assertThat(json).extractingPath("$.connections.items[0].id").isEqualTo(1);
            assertThat(json)
                    .extractingPath("$.connections.items[0].address")
                    .isEqualTo("tcp://127.0.0.1:" + port("echo"));
            assertThat(json)
                    .extractingPath("$.connections.items[0].peer")
                    .isEqualTo("127.0.0.1:" + client.getLocalPort());
            assertThat(json)
                    .extractingPath("$.connections.items[0].age")
                    .asString()
                    .matches("PT[0-9.]+S");
            assertThat(json).extractingPath("$.connections.items[0].received").isEqualTo(100);
            assertThat(json).extractingPath("$.connections.items[0].sent").isEqualTo(100);
            assertThat(json).extractingPath("$.connections.items[0].pending").isEqualTo(0);
            assertThat(json).extractingPath("$.connections.items[1].peer").isEqualTo("unix");
            assertThat(json)
                    .extractingPath("$.connections.items[1].address")
                    .isEqualTo("unix://" + folder.resolve("echo.sock"));
            assertThat(json).extractingPath("$.counters['evio.data.received']").isEqualTo(100);
        });
    }

    @Test
    void theDurationsOfEventsAndTheSlowestAreShown() throws Exception {
        Socket client = connect();
        Clients.echo(client, 10);
        assertThat(json("/actuator/evio/echo")).satisfies(json -> {
            assertThat(json)
                    .extractingPath("$.events.durations.count")
                    .asNumber()
                    .satisfies(count -> assertThat(count.longValue()).isGreaterThanOrEqualTo(3));
            assertThat(json)
                    .extractingPath("$.events.durations.totalSeconds")
                    .asNumber()
                    .satisfies(seconds -> assertThat(seconds.doubleValue()).isBetween(0.0, 60.0));
            assertThat(json)
                    .extractingPath("$.events.durations.buckets")
                    .asMap()
                    .containsOnlyKeys(
                            "0.00001", "0.00005", "0.0001", "0.0005", "0.001", "0.005", "0.01", "0.05", "0.1", "0.5",
                            "1", "5", "+Inf");
        });
        String server = json("/actuator/evio/echo").getJson();
        int all = JsonPath.read(server, "$.events.durations.count");
        int inBuckets = JsonPath.read(server, "$.events.durations.buckets['+Inf']");
        assertThat(inBuckets).isEqualTo(all);

        client.getOutputStream().write('!');
        await().untilAsserted(() -> assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.connections.items[0].received")
                .isEqualTo(11));
        EvioServer echo = context.getBean(EvioServers.class).get("echo");
        await().until(() -> echo.stats().loopTurnNanos() > 150_000_000);
        EchoApplication.release.countDown();
        assertThat(client.getInputStream().read()).isEqualTo('!');
        await().untilAsserted(() -> assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.events.slowest.event")
                .isEqualTo("data"));
        assertThat(json("/actuator/evio/echo")).satisfies(json -> {
            assertThat(json)
                    .extractingPath("$.events.slowest.handler")
                    .asString()
                    .contains("EchoApplication");
            assertThat(json)
                    .extractingPath("$.events.slowest.seconds")
                    .asNumber()
                    .satisfies(seconds -> assertThat(seconds.doubleValue()).isBetween(0.15, 60.0));
            assertThat(json)
                    .extractingPath("$.events.slowest.at")
                    .asString()
                    .satisfies(at -> assertThat(Instant.parse(at))
                            .isBetween(Instant.now().minusSeconds(60), Instant.now()));
            assertThat(json)
                    .extractingPath("$.counters['evio.event.duration.max']")
                    .asNumber()
                    .satisfies(seconds -> assertThat(seconds.doubleValue()).isGreaterThan(0.15));
        });
    }

    @Test
    void theKernelIsAskedAboutConnectionsOnDemandAlsoWhileAnEventBlocksTheLoop() throws Exception {
        Socket client = connect();
        Clients.echo(client, 10);
        SocketChannel unix = SocketChannel.open(StandardProtocolFamily.UNIX);
        clients.add(unix);
        unix.connect(UnixDomainSocketAddress.of(folder.resolve("echo.sock")));
        client.getOutputStream().write('!');
        await().untilAsserted(() -> assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.connections.items[0].received")
                .isEqualTo(11));
        assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.connections.items[0].tcpInfo")
                .isNull();
        assertThat(json("/actuator/evio/echo?tcpInfo=false"))
                .extractingPath("$.connections.items[0].tcpInfo")
                .isNull();
        for (String path : List.of("$.connections", "$.servers.echo.connections")) {
            JsonContent json =
                    json(path.startsWith("$.c") ? "/actuator/evio/echo?tcpInfo=true" : "/actuator/evio?tcpInfo=true");
            if (TestedPoller.NAME.equals("nio")) {
                assertThat(json).extractingPath(path + ".items[0].tcpInfo").isNull();
                continue;
            }
            assertThat(json)
                    .extractingPath(path + ".items[0].tcpInfo")
                    .asMap()
                    .containsOnlyKeys("roundTripTime", "roundTripVariation", "retransmits", "congestionWindow");
            assertThat(json)
                    .extractingPath(path + ".items[0].tcpInfo.roundTripTime")
                    .asString()
                    .satisfies(time ->
                            assertThat(Duration.parse(time)).isBetween(Duration.ofNanos(1000), Duration.ofSeconds(1)));
            assertThat(json)
                    .extractingPath(path + ".items[0].tcpInfo.congestionWindow")
                    .asNumber()
                    .satisfies(window -> assertThat(window.longValue()).isPositive());
        }
        assertThat(get("/actuator/evio/echo?tcpInfo=many").statusCode()).isEqualTo(400);
    }

    /** It came by none of the server's addresses. */
    @Test
    void aConnectionThatTheServerHasMadeIsListedToo() throws Exception {
        EvioServer echo = context.getBean(EvioServers.class).get("echo");
        echo.connect(Target.of("tcp://127.0.0.1:" + port("echo")), new Clients.Echo());
        await().untilAsserted(() -> assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.connections.items[?(@.address == 'outbound')].peer")
                .asArray()
                .containsExactly("127.0.0.1:" + port("echo")));
    }

    @Test
    void connectionsComeInPagesThatAreBounded() throws Exception {
        for (int i = 0; i < 5; i++) {
            Clients.echo(connect(), 1);
        }
        List<Integer> seen = new ArrayList<>();
        for (Integer after = 0; after != null; ) {
            String page = json("/actuator/evio/echo?limit=2&after=" + after).getJson();
            List<Integer> ids = JsonPath.read(page, "$.connections.items[*].id");
            assertThat(ids).hasSizeBetween(1, 2);
            seen.addAll(ids);
            List<Integer> next = JsonPath.read(page, "$.connections[?(@.next)].next");
            after = next.isEmpty() ? null : next.get(0);
        }
        assertThat(seen).containsExactly(1, 2, 3, 4, 5);
        assertThat(json("/actuator/evio?limit=1"))
                .extractingPath("$.servers.echo.connections.next")
                .isEqualTo(1);
        assertThat(json("/actuator/evio/echo?limit=0"))
                .extractingPath("$.connections.items")
                .asArray()
                .isEmpty();
        assertThat(json("/actuator/evio/echo?limit=1000000000"))
                .extractingPath("$.connections.items.length()")
                .isEqualTo(5);
    }

    @Test
    void moreThanThePageBoundAreNeverInOneAnswer() throws Exception {
        for (int i = 0; i <= EvioEndpoint.DEFAULT_LIMIT; i++) {
            connect();
        }
        await().untilAsserted(() -> assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.counters['evio.connections.active']")
                .isEqualTo(EvioEndpoint.DEFAULT_LIMIT + 1));
        assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.connections.items.length()")
                .isEqualTo(EvioEndpoint.DEFAULT_LIMIT);
    }

    @Test
    void whatDoesNotExistIsNotFoundAndNonsenseIsRefused() throws Exception {
        assertThat(get("/actuator/evio/nobody").statusCode()).isEqualTo(404);
        assertThat(get("/actuator/evio/echo?limit=-1").statusCode()).isEqualTo(400);
        assertThat(get("/actuator/evio/echo?limit=many").statusCode()).isEqualTo(400);
        HttpRequest post = HttpRequest.newBuilder(uri("/actuator/evio/echo"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(post, HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(405);
    }

    @Test
    void itAnswersWhileAnEventBlocksTheLoop() throws Exception {
        Socket client = connect();
        client.getOutputStream().write('!');
        await().untilAsserted(() -> assertThat(json("/actuator/evio/echo"))
                .extractingPath("$.connections.items[0].received")
                .isEqualTo(1));
    }

    @Test
    void theInfoSaysWhichServersThereAre() throws Exception {
        assertThat(json("/actuator/info")).satisfies(json -> {
            assertThat(json)
                    .extractingPath("$.evio.servers.echo.addresses[0]")
                    .isEqualTo("tcp://127.0.0.1:" + port("echo"));
            assertThat(json)
                    .extractingPath("$.evio.servers.other.addresses[0]")
                    .isEqualTo("tcp://[::1]:" + port("other"));
            assertThat(json).extractingPath("$.evio.servers.echo.poller").isEqualTo(TestedPoller.NAME);
        });
    }

    private Socket connect() throws IOException {
        Socket client = Clients.connect(port("echo"));
        clients.add(client);
        return client;
    }

    private int port(String server) {
        return context.getEnvironment().getRequiredProperty("local.evio." + server + ".port", Integer.class);
    }

    private JsonContent json(String path) throws Exception {
        HttpResponse<String> response = get(path);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return new JsonContent(response.body());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port") + path);
    }

    /** Echoes on two servers; an exclamation mark blocks the loop. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class EchoApplication {

        static volatile CountDownLatch release = new CountDownLatch(1);

        @Bean
        EvioHandler echo() {
            release = new CountDownLatch(1);
            return new Clients.Echo() {
                @Override
                public Action data(Connection connection, ByteBuffer in, Output out) {
                    if (in.hasRemaining() && in.get(in.position()) == '!') {
                        awaitRelease();
                    }
                    return super.data(connection, in, out);
                }
            };
        }

        @Bean
        EvioHandler other() {
            return new Clients.Echo();
        }

        private static void awaitRelease() {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
