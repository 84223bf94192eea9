package io.evio.spring.boot.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.spring.boot.EvioServerEvent;
import io.evio.spring.boot.EvioServerStartedEvent;
import io.evio.spring.boot.EvioServerStoppedEvent;
import io.evio.spring.boot.EvioServerStoppingEvent;
import io.evio.spring.boot.testing.Clients;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

/** Starting, stopping and starting again, with whole applications. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class EvioLifecycleTests {

    @Test
    void theLoopThreadKeepsTheApplicationUp() {
        try (ConfigurableApplicationContext context = run(EchoApplication.class)) {
            Thread loop = loopThread("echo");
            assertThat(loop.isDaemon()).isFalse();
            assertThat(context.isRunning()).isTrue();
        }
        assertThat(loopThread("echo")).isNull();
    }

    @Test
    void itStartsLastStopsFirstAndIsNotPaused() {
        try (ConfigurableApplicationContext context = run(EchoApplication.class)) {
            EvioLifecycle lifecycle = context.getBean(EvioLifecycle.class);
            assertThat(lifecycle.getPhase()).isEqualTo(Integer.MAX_VALUE);
            assertThat(lifecycle.isPauseable()).isFalse();
            assertThat(lifecycle.isAutoStartup()).isTrue();
        }
    }

    @Test
    void aTakenPortFailsTheStartAndLeavesNothing(CapturedOutput output) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertThatThrownBy(() -> run(
                            TwoApplication.class,
                            "--evio.servers.echo.addresses=tcp://127.0.0.1:0",
                            "--evio.servers.other.addresses=tcp://127.0.0.1:" + taken.getLocalPort()))
                    .hasRootCauseInstanceOf(io.evio.internal.sys.SystemCallException.class);
            assertThat(output)
                    .contains("APPLICATION FAILED TO START")
                    .contains("Evio 'other' cannot listen on tcp://127.0.0.1:" + taken.getLocalPort()
                            + ": the address is in use (EADDRINUSE).")
                    .contains("Stop the other server or choose another port."
                            + " The address is in evio.servers.other.addresses.");
            assertThat(loopThread("echo")).isNull();
            assertThat(loopThread("other")).isNull();
        }
    }

    @Test
    void aHandlerThatThrowsInServingFailsTheStart() {
        assertThatThrownBy(() -> run(ThrowingApplication.class))
                .hasRootCauseMessage("not today")
                .hasStackTraceContaining("Failed to start Evio 'echo'");
        assertThat(loopThread("echo")).isNull();
    }

    @Test
    void pendingOutputGoesOutWithinTheGracePeriod() throws Exception {
        ConfigurableApplicationContext context = run(LargeApplication.class, "--evio.shutdown.grace-period=20s");
        try (Socket client = Clients.connect(port(context))) {
            client.getOutputStream().write('?');
            InputStream in = client.getInputStream();
            assertThat(in.read()).isEqualTo('x');
            CompletableFuture<Void> closing = CompletableFuture.runAsync(context::close);
            // The server cannot stop before this reader has it all.
            assertThat(in.readAllBytes()).hasSize(LargeApplication.SIZE - 1);
            client.shutdownOutput();
            closing.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void aPeerThatNeverReadsDoesNotHoldTheStopBeyondTheGracePeriod() throws Exception {
        ConfigurableApplicationContext context = run(LargeApplication.class, "--evio.shutdown.grace-period=200ms");
        try (Socket client = Clients.connect(port(context))) {
            client.getOutputStream().write('?');
            assertThat(client.getInputStream().read()).isEqualTo('x');
            CompletableFuture.runAsync(context::close).get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void startsAgainInTheSameContextOnTheSamePort() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        try (ConfigurableApplicationContext context =
                run(EchoApplication.class, "--evio.addresses=tcp://127.0.0.1:" + port)) {
            for (int i = 0; i < 5; i++) {
                try (Socket client = Clients.connect(port)) {
                    Clients.echo(client, 100);
                }
                context.stop();
                assertThat(loopThread("echo")).isNull();
                context.start();
            }
            assertThat(context.getBean(EvioLifecycle.class)
                            .servers()
                            .get(0)
                            .stats()
                            .connectionsOpened())
                    .as("counted over all starts")
                    .isEqualTo(5);
        }
    }

    @Test
    void twoApplicationsInOneJvm() throws Exception {
        try (ConfigurableApplicationContext one = run(EchoApplication.class);
                ConfigurableApplicationContext two = run(EchoApplication.class)) {
            assertThat(port(one)).isNotEqualTo(port(two));
            for (ConfigurableApplicationContext context : List.of(one, two)) {
                try (Socket client = Clients.connect(port(context))) {
                    Clients.echo(client, 100);
                }
            }
        }
    }

    @Test
    void eventsTellOfStartAndStop() {
        EventLog log;
        try (ConfigurableApplicationContext context = run(EchoApplication.class)) {
            log = context.getBean(EventLog.class);
            assertThat(log.events).hasExactlyElementsOfTypes(EvioServerStartedEvent.class);
            EvioServerStartedEvent started = (EvioServerStartedEvent) log.events.get(0);
            assertThat(started.getServer().name()).isEqualTo("echo");
            assertThat(started.getAddresses().get(0).port()).isEqualTo(port(context));
        }
        assertThat(log.events)
                .hasExactlyElementsOfTypes(
                        EvioServerStartedEvent.class, EvioServerStoppingEvent.class, EvioServerStoppedEvent.class);
        assertThat(((EvioServerStoppedEvent) log.events.get(2)).getCause()).isNull();
    }

    @Test
    void aServerThatEndsByItselfLeavesTheContextUp() throws Exception {
        try (ConfigurableApplicationContext context = run(EchoApplication.class)) {
            EventLog log = context.getBean(EventLog.class);
            shutDown(context);
            await().until(() -> log.events.stream().anyMatch(EvioServerStoppedEvent.class::isInstance));
            assertThat(log.events)
                    .hasExactlyElementsOfTypes(EvioServerStartedEvent.class, EvioServerStoppedEvent.class);
            assertThat(context.isActive()).isTrue();
        }
        assertThat(loopThread("echo")).isNull();
    }

    @Test
    void aServerThatEndsByItselfBreaksLivenessIfToldSo() throws Exception {
        try (ConfigurableApplicationContext context = run(EchoApplication.class, "--evio.on-exit=break-liveness")) {
            ApplicationAvailability availability = context.getBean(ApplicationAvailability.class);
            assertThat(availability.getLivenessState()).isEqualTo(LivenessState.CORRECT);
            shutDown(context);
            await().until(() -> availability.getLivenessState() == LivenessState.BROKEN);
            assertThat(context.isActive()).isTrue();
        }
    }

    @Test
    void aServerThatEndsByItselfClosesTheContextIfToldSo() throws Exception {
        try (ConfigurableApplicationContext context = run(EchoApplication.class, "--evio.on-exit=close-context")) {
            shutDown(context);
            await().until(() -> !context.isActive());
        }
    }

    @Test
    void aServerThatIsStoppedIsNoExit() {
        try (ConfigurableApplicationContext context = run(EchoApplication.class, "--evio.on-exit=close-context")) {
            context.stop();
            assertThat(context.isActive()).isTrue();
            context.start();
            assertThat(context.getBean(EvioLifecycle.class).servers().get(0).isRunning())
                    .isTrue();
        }
    }

    private static void shutDown(ConfigurableApplicationContext context) throws Exception {
        try (Socket client = Clients.connect(port(context))) {
            client.getOutputStream().write("SHUTDOWN".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.getInputStream().readAllBytes()).hasSize(8);
        }
    }

    @Test
    void theCallbackOfAStopIsAlwaysCalled() throws Exception {
        try (ConfigurableApplicationContext context = run(EchoApplication.class)) {
            EvioLifecycle lifecycle = context.getBean(EvioLifecycle.class);
            for (int i = 0; i < 2; i++) {
                CountDownLatch called = new CountDownLatch(1);
                lifecycle.stop(called::countDown);
                assertThat(called.await(20, TimeUnit.SECONDS)).isTrue();
                assertThat(lifecycle.isRunning()).isFalse();
            }
        }
    }

    private static ConfigurableApplicationContext run(Class<?> application, String... arguments) {
        return new SpringApplicationBuilder(application)
                .web(WebApplicationType.NONE)
                .properties("evio.addresses=tcp://127.0.0.1:0", "spring.jmx.enabled=false")
                .properties(application == TwoApplication.class ? "evio.addresses=" : "unused=")
                .run(arguments);
    }

    private static int port(ConfigurableApplicationContext context) {
        return context.getEnvironment().getRequiredProperty("local.evio.port", Integer.class);
    }

    private static Thread loopThread(String server) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("evio-" + server))
                .findFirst()
                .orElse(null);
    }

    static class EventLog {
        final List<EvioServerEvent> events = new CopyOnWriteArrayList<>();

        @EventListener
        void on(EvioServerEvent event) {
            events.add(event);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class EchoApplication {
        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }

        @Bean
        EventLog eventLog() {
            return new EventLog();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class TwoApplication {
        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }

        @Bean
        EvioHandler other() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class ThrowingApplication {
        @Bean
        EvioHandler echo() {
            return new EvioHandler() {
                @Override
                public Action serving(io.evio.EvioServer server) {
                    throw new IllegalArgumentException("not today");
                }
            };
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class LargeApplication {

        /** More than two socket buffers hold. */
        static final int SIZE = 32 * 1024 * 1024;

        @Bean
        EvioHandler echo() {
            return new EvioHandler() {
                @Override
                public Action data(Connection connection, ByteBuffer in, Output out) {
                    in.position(in.limit());
                    byte[] large = new byte[SIZE];
                    java.util.Arrays.fill(large, (byte) 'x');
                    out.write(large);
                    return Action.NONE;
                }
            };
        }
    }
}
