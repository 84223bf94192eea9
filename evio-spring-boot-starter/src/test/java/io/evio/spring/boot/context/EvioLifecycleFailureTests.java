package io.evio.spring.boot.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.spring.boot.EvioServerEvent;
import io.evio.spring.boot.EvioServerStartedEvent;
import io.evio.spring.boot.EvioServerStoppedEvent;
import io.evio.spring.boot.EvioServerStoppingEvent;
import io.evio.spring.boot.testing.Clients;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.LivenessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContextException;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

/** Whatever fails around the servers' start and stop: none of them stays up unmanaged, and no port stays bound. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class EvioLifecycleFailureTests {

    @TempDir
    private Path folder;

    private int port;
    private Path path;
    private final List<EvioServerEvent> events = new CopyOnWriteArrayList<>();

    @BeforeEach
    void chooseAddresses() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        path = folder.resolve("e.sock");
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        assertThat(path).doesNotExist();
        assertThatThrownBy(() -> Clients.connect(port)).isInstanceOf(ConnectException.class);
        try (ServerSocket bound = new ServerSocket()) {
            bound.setReuseAddress(true);
            bound.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
        }
        // The threads of the stop itself may be on their last step.
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("evio-")));
    }

    @Test
    void aStartedListenerThatThrowsFailsTheStart() {
        assertThatThrownBy(() -> run(throwing(EvioServerStartedEvent.class, new IllegalStateException("not today"))))
                .hasRootCauseMessage("not today");
    }

    @Test
    void aStartedListenerThatThrowsAnErrorFailsTheStart() {
        assertThatThrownBy(() -> run(throwing(EvioServerStartedEvent.class, new AssertionError("not today"))))
                .hasRootCauseMessage("not today");
    }

    @Test
    void aStoppingListenerThatThrowsKeepsNeitherTheServerUpNorTheCallbackBack(CapturedOutput output) throws Exception {
        try (ConfigurableApplicationContext context =
                run(throwing(EvioServerStoppingEvent.class, new IllegalStateException("not today")))) {
            CountDownLatch called = new CountDownLatch(1);
            context.getBean("evioLifecycle", SmartLifecycle.class).stop(called::countDown);
            assertThat(called.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(output).contains("A listener threw at EvioServerStoppingEvent of Evio 'echo'", "not today");
            assertThat(events).hasAtLeastOneElementOfType(EvioServerStoppedEvent.class);
            assertThatThrownBy(() -> Clients.connect(port)).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void aStoppedListenerThatThrowsDoesNotKeepTheServerUp(CapturedOutput output) {
        run(throwing(EvioServerStoppedEvent.class, new AssertionError("not today")))
                .close();
        assertThat(output).contains("A listener threw at EvioServerStoppedEvent of Evio 'echo'", "not today");
    }

    @Test
    void aStoppedListenerThatThrowsDoesNotKeepOnExitFromItsWork() throws IOException {
        try (ConfigurableApplicationContext context = run(
                throwing(EvioServerStoppedEvent.class, new IllegalStateException("not today")),
                "--evio.on-exit=break-liveness")) {
            try (Socket client = Clients.connect(port)) {
                client.getOutputStream().write("SHUTDOWN".getBytes(StandardCharsets.US_ASCII));
                ApplicationAvailability availability = context.getBean(ApplicationAvailability.class);
                await().until(() -> availability.getLivenessState() == LivenessState.BROKEN);
            }
        }
    }

    /** It is a start that failed, and no server that ended by itself. */
    @Test
    void aHandlerThatThrowsInServingIsNoExit(CapturedOutput output) {
        EvioHandler throwing = new EvioHandler() {
            @Override
            public Action serving(EvioServer server) {
                throw new IllegalArgumentException("not today");
            }
        };
        assertThatThrownBy(() -> run(throwing, context -> {}, "--evio.on-exit=close-context"))
                .hasRootCauseMessage("not today");
        assertThat(events).isEmpty();
        assertThat(output).doesNotContain("by itself").doesNotContain("Evio 'echo' stopped");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, Integer.MAX_VALUE})
    void aLaterBeanThatFailsToStartTakesTheServersDown(int phase) {
        // Beans of one phase start in any order, but after those they depend on.
        assertThatThrownBy(() -> run(
                        context -> context.registerBean(
                                SmartLifecycle.class,
                                () -> new Failing(phase),
                                definition -> definition.setDependsOn("evioLifecycle")),
                        "--evio.phase=" + (phase == 1 ? 0 : Integer.MAX_VALUE)))
                .isInstanceOf(ApplicationContextException.class)
                .hasRootCauseMessage("not today");
        assertThat(events)
                .hasExactlyElementsOfTypes(
                        EvioServerStartedEvent.class, EvioServerStoppingEvent.class, EvioServerStoppedEvent.class);
    }

    @Test
    void aRunnerThatFailsTakesTheServersDown() {
        assertThatThrownBy(() -> run(context -> context.registerBean(ApplicationRunner.class, () -> arguments -> {
                    throw new IllegalStateException("not today");
                })))
                .hasMessage("not today");
        assertThat(events)
                .hasExactlyElementsOfTypes(
                        EvioServerStartedEvent.class, EvioServerStoppingEvent.class, EvioServerStoppedEvent.class);
    }

    @Test
    void withoutAutoStartupItIsStartedByHand() throws IOException {
        try (ConfigurableApplicationContext context = run(none -> {}, "--evio.auto-startup=false")) {
            SmartLifecycle lifecycle = context.getBean("evioLifecycle", SmartLifecycle.class);
            assertThat(lifecycle.isRunning()).isFalse();
            assertThatThrownBy(() -> Clients.connect(port)).isInstanceOf(ConnectException.class);
            lifecycle.start();
            assertThat(lifecycle.isRunning()).isTrue();
            assertServes();
        }
    }

    @Test
    void withoutAutoStartupNothingIsStoppedThatWasNotStarted() {
        run(none -> {}, "--evio.auto-startup=false").close();
        assertThat(events).isEmpty();
    }

    @Test
    void startingAndStoppingTwiceIsOnce() throws IOException {
        try (ConfigurableApplicationContext context = run(none -> {})) {
            SmartLifecycle lifecycle = context.getBean("evioLifecycle", SmartLifecycle.class);
            lifecycle.start();
            assertServes();
            lifecycle.stop();
            lifecycle.stop();
        }
        assertThat(events)
                .hasExactlyElementsOfTypes(
                        EvioServerStartedEvent.class, EvioServerStoppingEvent.class, EvioServerStoppedEvent.class);
    }

    @Test
    void anInterruptDoesNotCutTheStopShort() {
        try (ConfigurableApplicationContext context = run(none -> {})) {
            SmartLifecycle lifecycle = context.getBean("evioLifecycle", SmartLifecycle.class);
            Thread.currentThread().interrupt();
            lifecycle.stop();
            assertThat(Thread.interrupted()).isTrue();
            assertThatThrownBy(() -> Clients.connect(port)).isInstanceOf(ConnectException.class);
        } finally {
            Thread.interrupted();
        }
    }

    /** The loop cannot be ended under a running event: the stop gives up some seconds after the grace period. */
    @Test
    void aStopCallsBackThoughAnEventBlocksTheLoop(CapturedOutput output) throws Exception {
        Blocking blocking = new Blocking();
        try (ConfigurableApplicationContext context = run(blocking, none -> {}, "--evio.shutdown.grace-period=100ms");
                Socket client = Clients.connect(port)) {
            try {
                client.getOutputStream().write('x');
                assertThat(blocking.reached.await(20, TimeUnit.SECONDS)).isTrue();
                SmartLifecycle lifecycle = context.getBean("evioLifecycle", SmartLifecycle.class);
                CountDownLatch called = new CountDownLatch(1);
                lifecycle.stop(called::countDown);
                assertThat(called.await(20, TimeUnit.SECONDS)).isTrue();
                assertThat(lifecycle.isRunning()).isFalse();
                assertThat(output).contains("Evio 'echo' has not stopped: an event blocks its loop at");
            } finally {
                blocking.release.countDown();
            }
            await().untilAsserted(() -> assertThat(events).last().isInstanceOf(EvioServerStoppedEvent.class));
            assertThat(output).doesNotContain("by itself");
            // Once the event has returned nothing of it is left, and the server can be had again.
            context.getBean("evioLifecycle", SmartLifecycle.class).start();
            assertThat(events).last().isInstanceOf(EvioServerStartedEvent.class);
        }
    }

    private void assertServes() throws IOException {
        try (Socket client = Clients.connect(port)) {
            Clients.echo(client, 100);
        }
    }

    private Consumer<GenericApplicationContext> throwing(Class<? extends EvioServerEvent> type, Throwable failure) {
        return context -> context.addApplicationListener((ApplicationListener<EvioServerEvent>) event -> {
            if (type.isInstance(event)) {
                if (failure instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) failure;
            }
        });
    }

    private ConfigurableApplicationContext run(Consumer<GenericApplicationContext> more, String... arguments) {
        return run(new Clients.Echo(), more, arguments);
    }

    private ConfigurableApplicationContext run(
            EvioHandler handler, Consumer<GenericApplicationContext> more, String... arguments) {
        ApplicationContextInitializer<GenericApplicationContext> beans = context -> {
            context.registerBean("echo", EvioHandler.class, () -> handler);
            context.addApplicationListener((ApplicationListener<EvioServerEvent>) events::add);
            more.accept(context);
        };
        return new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .initializers(beans)
                .properties("evio.addresses=tcp://127.0.0.1:" + port + ", unix://" + path)
                .run(arguments);
    }

    /** A bean that fails to start. */
    private record Failing(int phase) implements SmartLifecycle {

        @Override
        public int getPhase() {
            return phase;
        }

        @Override
        public void start() {
            throw new IllegalStateException("not today");
        }

        @Override
        public void stop() {}

        @Override
        public boolean isRunning() {
            return false;
        }
    }

    /** Its first data event takes until it is released. */
    private static final class Blocking implements EvioHandler {

        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch release = new CountDownLatch(1);

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            in.position(in.limit());
            reached.countDown();
            boolean interrupted = false;
            while (release.getCount() > 0) {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            return Action.NONE;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}
}
