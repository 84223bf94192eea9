package io.evio.spring.boot.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.evio.EvioHandler;
import io.evio.spring.boot.testing.Clients;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.AbstractApplicationContext;
import org.springframework.context.support.DefaultLifecycleProcessor;
import org.springframework.test.util.ReflectionTestUtils;

/**
 * A context that is stopped and started again, as for a checkpoint of its JVM: the same addresses, and nothing piles
 * up.
 */
@Timeout(60)
class EvioRestartTests {

    private static final int RESTARTS = 5;
    private static final int BYTES = 1_000;

    @TempDir
    private Path folder;

    private int port;
    private Path path;

    @BeforeEach
    void chooseAddresses() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        path = folder.resolve("e.sock");
    }

    @Test
    void stopAndStartOfTheContext() throws IOException {
        restarts(ConfigurableApplicationContext::stop, ConfigurableApplicationContext::start);
    }

    /** Spring's calls around a checkpoint (CRaC). */
    @Test
    void stopForRestartAndRestartAfterStop() throws IOException {
        restarts(EvioRestartTests::stopForRestart, EvioRestartTests::restartAfterStop);
    }

    private void restarts(Consumer<ConfigurableApplicationContext> stop, Consumer<ConfigurableApplicationContext> start)
            throws IOException {
        try (ConfigurableApplicationContext context = run()) {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            echo();
            stop.accept(context);
            // From here on: what a first run loads and opens for good is there.
            Map<String, Integer> descriptorsWhenStopped = descriptors();
            for (int i = 1; i <= RESTARTS; i++) {
                start.accept(context);
                assertThat(context.getEnvironment().getProperty("local.evio.port", Integer.class))
                        .isEqualTo(port);
                Socket open = Clients.connect(port);
                Clients.echo(open, BYTES);
                echo();
                assertThat(registry.get("evio.data.received").functionCounter().count())
                        .as("received over all runs")
                        .isEqualTo((double) BYTES * (2 * i + 1));
                assertThat(registry.get("evio.connections.opened")
                                .functionCounter()
                                .count())
                        .isEqualTo(3.0 * i + 2);
                stop.accept(context);
                assertThat(open.getInputStream().read()).isEqualTo(-1);
                open.close();
                assertThat(path).doesNotExist();
                assertThatThrownBy(() -> Clients.connect(port)).isInstanceOf(ConnectException.class);
                assertThat(registry.get("evio.connections.active").gauge().value())
                        .isZero();
                await().untilAsserted(() -> {
                    // Fewer too: what libkqueue has of its own it closes a moment later, and may have been counted
                    // before.
                    descriptors()
                            .forEach((kind, count) -> assertThat(count)
                                    .as(kind)
                                    .isLessThanOrEqualTo(descriptorsWhenStopped.getOrDefault(kind, 0)));
                    assertThat(threads()).isEmpty();
                });
            }
        }
    }

    /** A restart is not a start: what had not been running before stays as it was. */
    @Test
    void whatWasNotRunningIsNotStartedByARestart() {
        try (ConfigurableApplicationContext context = run("--evio.auto-startup=false")) {
            stopForRestart(context);
            restartAfterStop(context);
            assertThatThrownBy(() -> Clients.connect(port)).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void whatWasStartedByHandIsStartedByARestart() throws IOException {
        try (ConfigurableApplicationContext context = run("--evio.auto-startup=false")) {
            context.getBean("evioLifecycle", SmartLifecycle.class).start();
            stopForRestart(context);
            assertThatThrownBy(() -> Clients.connect(port)).isInstanceOf(ConnectException.class);
            restartAfterStop(context);
            echo();
        }
    }

    /** So many bytes over the port and the unix socket together, with a connection each. */
    private void echo() throws IOException {
        try (Socket client = Clients.connect(port);
                SocketChannel unix = Clients.connect(path)) {
            Clients.echo(client, BYTES - Clients.LINE.length());
            Clients.echo(unix);
        }
    }

    private static void stopForRestart(ConfigurableApplicationContext context) {
        ReflectionTestUtils.invokeMethod(lifecycle(context), "stopForRestart");
    }

    private static void restartAfterStop(ConfigurableApplicationContext context) {
        ReflectionTestUtils.invokeMethod(lifecycle(context), "restartAfterStop");
    }

    private static DefaultLifecycleProcessor lifecycle(ConfigurableApplicationContext context) {
        return context.getBean(
                AbstractApplicationContext.LIFECYCLE_PROCESSOR_BEAN_NAME, DefaultLifecycleProcessor.class);
    }

    /**
     * Returns how many of each kind are open: sockets, epoll and event descriptors; files the JVM opens as it likes.
     */
    private static Map<String, Integer> descriptors() throws IOException {
        Map<String, Integer> kinds = new TreeMap<>();
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : all.toList()) {
                String target = Files.isSymbolicLink(each)
                        ? Files.readSymbolicLink(each).toString()
                        : "";
                if (target.startsWith("socket:") || target.startsWith("anon_inode:")) {
                    kinds.merge(target.replaceAll(":\\[\\d+]", ""), 1, Integer::sum);
                }
            }
        }
        return kinds;
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("evio-"))
                .toList();
    }

    private ConfigurableApplicationContext run(String... arguments) {
        return new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .properties(
                        "evio.addresses=tcp://127.0.0.1:" + port + ", unix://" + path,
                        "evio.shutdown.grace-period=200ms")
                .run(arguments);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }
}
