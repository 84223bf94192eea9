package io.evio.sample.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.evio.EvioStats;
import io.evio.spring.boot.EvioServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;

/** The gateway in front of the echo server, and of a target that the test has in its own hand. */
@Timeout(60)
class GatewayTest {

    @TempDir
    private Path folder;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private ServerSocket target;
    private @Nullable ConfigurableApplicationContext context;

    @BeforeEach
    void listen() throws IOException {
        target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        opened.push(target);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
        if (context != null) {
            context.close();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @ComponentScan({"io.evio.sample.echo", "io.evio.sample.gateway"})
    static class EchoAndGateway {}

    private String echoSocket() {
        return "unix://" + folder.resolve("echo.sock");
    }

    private String ofTest() {
        return "tcp://127.0.0.1:" + target.getLocalPort();
    }

    private ConfigurableApplicationContext start(String targets, String... properties) {
        ConfigurableApplicationContext started = new SpringApplicationBuilder(EchoAndGateway.class)
                .web(WebApplicationType.NONE)
                .run(Stream.concat(
                                Stream.of(
                                        "--spring.config.name=none",
                                        "--evio.servers.echo.addresses=" + echoSocket(),
                                        "--evio.servers.gateway.addresses=tcp://127.0.0.1:0",
                                        "--evio.upstreams.echo.targets=" + targets),
                                Arrays.stream(properties))
                        .toArray(String[]::new));
        context = started;
        return started;
    }

    private Socket connect(int receiveBuffer) throws IOException {
        ConfigurableApplicationContext running = context;
        assertThat(running).isNotNull();
        Socket client = new Socket();
        opened.push(client);
        if (receiveBuffer > 0) {
            client.setReceiveBufferSize(receiveBuffer);
        }
        client.connect(new InetSocketAddress(
                InetAddress.getLoopbackAddress(),
                running.getEnvironment().getRequiredProperty("local.evio.gateway.port", Integer.class)));
        client.setSoTimeout(20_000);
        return client;
    }

    private Socket taken() throws IOException {
        Socket socket = target.accept();
        opened.push(socket);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void everyByteComesBackAndTheEndOfASideIsPassedOn() throws Exception {
        start(echoSocket());
        Socket client = connect(0);
        byte[] sent = random(3_000_000);
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try {
                client.getOutputStream().write(sent);
                client.shutdownOutput();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(client.getInputStream().readAllBytes()).isEqualTo(sent);
        sending.get(20, TimeUnit.SECONDS);
    }

    @Test
    void aSideThatHasEndedStillReads() throws Exception {
        start(ofTest());
        Socket client = connect(0);
        client.getOutputStream().write(ascii("question"));
        client.shutdownOutput();
        Socket socket = taken();
        assertThat(socket.getInputStream().readAllBytes()).isEqualTo(ascii("question"));
        socket.getOutputStream().write(ascii("answer"));
        socket.shutdownOutput();
        assertThat(client.getInputStream().readAllBytes()).isEqualTo(ascii("answer"));
    }

    @Test
    void aResetIsPassedOnBothWays() throws Exception {
        start(ofTest());
        Socket client = connect(0);
        client.getOutputStream().write('x');
        Socket socket = taken();
        assertThat(socket.getInputStream().read()).isEqualTo('x');
        client.setSoLinger(true, 0);
        client.close();
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);

        Socket second = connect(0);
        second.getOutputStream().write('y');
        Socket ofSecond = taken();
        assertThat(ofSecond.getInputStream().read()).isEqualTo('y');
        ofSecond.setSoLinger(true, 0);
        ofSecond.close();
        assertThatThrownBy(() -> second.getInputStream().read()).isInstanceOf(SocketException.class);
    }

    @Test
    void theNextTargetIsTriedBeforeTheFirstByte() throws Exception {
        start("unix://" + folder.resolve("none.sock") + "," + ofTest());
        Socket client = connect(0);
        client.getOutputStream().write(ascii("hello"));
        assertThat(taken().getInputStream().readNBytes(5)).isEqualTo(ascii("hello"));
    }

    @Test
    void aProxyHeaderNamesTheClientWhereThePropertyAsksForIt() throws Exception {
        start(ofTest(), "--evio.upstreams.echo.proxy-protocol=v1");
        Socket client = connect(0);
        client.getOutputStream().write(ascii("hello"));
        String expected =
                "PROXY TCP4 127.0.0.1 127.0.0.1 " + client.getLocalPort() + " " + client.getPort() + "\r\nhello";
        assertThat(taken().getInputStream().readNBytes(expected.length())).isEqualTo(ascii(expected));
    }

    @Test
    void aStopDrainsPairs() throws Exception {
        ConfigurableApplicationContext running = start(ofTest(), "--evio.limits.high-water-mark=32MB");
        Socket client = connect(4096);
        // More than the kernel keeps.
        byte[] sent = random(16_000_000);
        Socket socket = taken();
        socket.getOutputStream().write(sent);
        await().until(() -> stats(running).dataReceived() == sent.length);
        assertThat(stats(running).writePending()).isPositive();
        CompletableFuture<Void> stop = CompletableFuture.runAsync(running::close);
        await().until(() -> running.getBean(EvioServers.class).get("gateway").isStopping());
        assertThat(client.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
        client.shutdownOutput();
        socket.close();
        stop.get(30, TimeUnit.SECONDS);
        assertThat(client.getInputStream().read()).isEqualTo(-1);
    }

    private static EvioStats stats(ConfigurableApplicationContext running) {
        return running.getBean(EvioServers.class).get("gateway").stats();
    }
}
