package io.evio.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The whole application, as it is but for its addresses. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
// Its servers are not to run on while other tests look at what runs.
@DirtiesContext
class EvioSampleApplicationTest {

    @TempDir
    private static Path folder;

    @Value("${local.evio.echo.port}")
    private int echoPort;

    @Value("${local.evio.redis.port}")
    private int redisPort;

    @Value("${local.evio.http.port}")
    private int httpPort;

    @Value("${local.evio.gateway.port}")
    private int gatewayPort;

    @Value("${local.evio.proxy.port}")
    private int proxyPort;

    @Value("${local.server.port}")
    private int actuatorPort;

    @Value("${evio.servers.http.limits.idle-timeout}")
    private Duration httpIdleTimeout;

    private final HttpClient http = HttpClient.newHttpClient();

    @DynamicPropertySource
    static void addresses(DynamicPropertyRegistry properties) {
        properties.add("evio.servers.echo.addresses", () -> "tcp://127.0.0.1:0,unix://" + folder.resolve("echo.sock"));
        properties.add(
                "evio.servers.redis.addresses", () -> "tcp://127.0.0.1:0,unix://" + folder.resolve("redis.sock"));
        properties.add("evio.servers.http.addresses", () -> "tcp://127.0.0.1:0,unix://" + folder.resolve("http.sock"));
        properties.add("evio.servers.gateway.addresses", () -> "tcp://127.0.0.1:0");
        properties.add("evio.servers.proxy.addresses", () -> "tcp://127.0.0.1:0");
        properties.add("evio.upstreams.echo.targets", () -> "unix://" + folder.resolve("echo.sock"));
        properties.add("evio.upstreams.http.targets", () -> "unix://" + folder.resolve("http.sock"));
    }

    @Test
    void itSaysWhatToType(CapturedOutput output) {
        assertThat(output.getOut())
                .contains("Try: nc 127.0.0.1 " + echoPort)
                .contains("Try: nc -U " + folder.resolve("echo.sock"))
                .contains("Try: redis-cli -h 127.0.0.1 -p " + redisPort)
                .contains("Try: redis-cli -s " + folder.resolve("redis.sock"))
                .contains("Try: nc 127.0.0.1 " + gatewayPort)
                .contains("Try: curl http://127.0.0.1:" + httpPort + "/")
                .contains("Try: curl http://127.0.0.1:" + proxyPort + "/")
                .contains("Dashboard: http://127.0.0.1:" + actuatorPort + "/");
    }

    @Test
    void echoSendsEveryByteBack() throws IOException {
        for (SocketAddress address : new SocketAddress[] {tcp(echoPort), unix("echo.sock"), tcp(gatewayPort)}) {
            byte[] bytes = new byte[100_000];
            new Random(5).nextBytes(bytes);
            assertThat(exchange(address, bytes, bytes.length)).isEqualTo(bytes);
        }
    }

    @Test
    void redisAnswersOverBoth() throws IOException {
        for (SocketAddress address : new SocketAddress[] {tcp(redisPort), unix("redis.sock")}) {
            byte[] request = ascii("SET app evio\r\n*2\r\n$3\r\nGET\r\n$3\r\napp\r\n");
            assertThat(exchange(address, request, 15)).isEqualTo(ascii("+OK\r\n$4\r\nevio\r\n"));
        }
    }

    @Test
    void httpAnswersAlsoOffTheLoop() throws Exception {
        for (int port : new int[] {httpPort, proxyPort}) {
            assertThat(get(port, "/")).contains("It works");
            assertThat(get(port, "/slow?millis=1")).isEqualTo("done in 1 ms\n");
        }
    }

    /**
     * Of common load balancers it is 60 s: the side that sends requests has to be the first to end an idle connection.
     */
    @Test
    void httpConnectionsMayBeIdleForLongerThanBehindLoadBalancers() {
        assertThat(httpIdleTimeout).hasSeconds(75);
    }

    @ParameterizedTest
    @ValueSource(strings = {"health", "info", "metrics", "prometheus", "evio"})
    void actuatorExposes(String endpoint) throws Exception {
        assertThat(get(actuatorPort, "/actuator/" + endpoint)).isNotBlank();
        assertThat(get(actuatorPort, "/actuator")).contains("/actuator/" + endpoint);
    }

    @Test
    void metersAreExactToTheByte() throws Exception {
        await().until(() -> meter("evio.connections.active") == 0);
        double received = meter("evio.data.received");
        double sent = meter("evio.data.sent");
        double taken = meter("evio.postwrite.size");
        double opened = meter("evio.connections.opened");
        double closed = meter("evio.connections.closed");

        int connections = 7;
        int bytes = 0;
        Random random = new Random(11);
        List<SocketChannel> channels = new ArrayList<>();
        try {
            for (int i = 0; i < connections; i++) {
                channels.add(SocketChannel.open(i % 2 == 0 ? tcp(echoPort) : unix("echo.sock")));
            }
            for (int i = 0; i < 200; i++) {
                byte[] message = new byte[1 + random.nextInt(5_000)];
                assertThat(exchange(channels.get(i % connections), message, message.length))
                        .hasSameSizeAs(message);
                bytes += message.length;
            }
            assertThat(meter("evio.connections.active")).isEqualTo(connections);
        } finally {
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }

        await().until(() -> meter("evio.connections.active") == 0);
        assertThat(meter("evio.data.received") - received).isEqualTo(bytes);
        assertThat(meter("evio.data.sent") - sent).isEqualTo(bytes);
        assertThat(meter("evio.postwrite.size") - taken).isEqualTo(bytes);
        assertThat(meter("evio.connections.opened") - opened).isEqualTo(connections);
        assertThat(meter("evio.connections.closed") - closed).isEqualTo(connections);
        assertThat(meter("evio.write.pending")).isZero();
        assertThat(meter("evio.handler.errors")).isZero();
        assertThat(get(actuatorPort, "/actuator/prometheus"))
                .contains("evio_data_received_bytes_total{server=\"echo\"} ")
                .contains("evio_connections_active_connections{server=\"redis\"} ");
    }

    /** The echo server's meter, as actuator has it. */
    private double meter(String name) throws IOException, InterruptedException {
        String answer = get(actuatorPort, "/actuator/metrics/" + name + "?tag=server:echo");
        Matcher value = Pattern.compile("\"value\":([-0-9.E]+)").matcher(answer);
        assertThat(value.find()).as(answer).isTrue();
        return Double.parseDouble(value.group(1));
    }

    private String get(int port, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(path).isEqualTo(200);
        return response.body();
    }

    private static SocketAddress tcp(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static SocketAddress unix(String name) {
        return UnixDomainSocketAddress.of(folder.resolve(name));
    }

    private static byte[] exchange(SocketAddress address, byte[] request, int answerLength) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            return exchange(channel, request, answerLength);
        }
    }

    private static byte[] exchange(SocketChannel channel, byte[] request, int answerLength) throws IOException {
        ByteBuffer out = ByteBuffer.wrap(request);
        while (out.hasRemaining()) {
            channel.write(out);
        }
        ByteBuffer answer = ByteBuffer.allocate(answerLength);
        while (answer.hasRemaining() && channel.read(answer) >= 0) {
            // Until it is complete.
        }
        return java.util.Arrays.copyOf(answer.array(), answer.position());
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
