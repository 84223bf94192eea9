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
import io.evio.spring.boot.testing.ChildJvm;
import io.evio.spring.boot.testing.Clients;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

/** An event that stops or closes what it runs in: it is only asked for, and happens once the event is over. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class EvioStopInEventTests {

    /** Far below the grace period, which is 20 seconds, and the five that a stop waits longer. */
    private static final Duration AT_ONCE = Duration.ofSeconds(5);

    @ParameterizedTest
    @ValueSource(strings = {"close", "exit", "stop", "stop and close", "lifecycle", "server"})
    void theEventReturnsAndEveryReplyArrives(String how, CapturedOutput output) throws Exception {
        ConfigurableApplicationContext context = run("--evio.loops=2");
        Asked asked = context.getBean(Asked.class);
        try (Socket bystander = connect(context);
                Socket reader = connect(context);
                Socket client = connect(context)) {
            reader.getOutputStream().write("large\n".getBytes(StandardCharsets.US_ASCII));
            InputStream large = reader.getInputStream();
            assertThat(large.read()).isEqualTo('x');
            assertThat(ask(client, how)).isEqualTo("asked to " + how + "\n");
            assertThat(asked.took.get(1, TimeUnit.SECONDS)).isLessThan(AT_ONCE);
            assertThat(bystander.getInputStream().read()).isEqualTo(-1);
            assertThat(large.readAllBytes()).hasSize(StoppingHandler.LARGE - 1);
        }
        await().atMost(AT_ONCE).until(() -> loopThreads() == 0);
        assertThat(context.isActive()).isEqualTo(!how.contains("close") && !how.equals("exit"));
        await().until(() -> output.getOut().contains("Evio 'main' stopped"));
        assertThat(output).doesNotContain("has not stopped", "A listener threw", "cut off");
        context.close();
    }

    /** Of another server too, whose loops go on meanwhile. */
    @Test
    void theOtherServersOfTheContextStopAsWell() throws Exception {
        ConfigurableApplicationContext context = run(
                OtherServer.class,
                "--evio.addresses=",
                "--evio.servers.main.addresses=tcp://127.0.0.1:0",
                "--evio.servers.other.addresses=tcp://127.0.0.1:0");
        int other = context.getEnvironment().getRequiredProperty("local.evio.other.port", Integer.class);
        int main = context.getEnvironment().getRequiredProperty("local.evio.main.port", Integer.class);
        try (Socket bystander = Clients.connect(other);
                Socket client = Clients.connect(main)) {
            Clients.echo(bystander, 100);
            assertThat(ask(client, "close")).isEqualTo("asked to close\n");
            assertThat(bystander.getInputStream().read()).isEqualTo(-1);
        }
        await().atMost(AT_ONCE).until(() -> loopThreads() == 0);
        assertThat(context.isActive()).isFalse();
    }

    @Test
    void aStopPublishesItsEventsAndTheServersStartAgain() throws Exception {
        try (ConfigurableApplicationContext context = run()) {
            EventLog log = context.getBean(EventLog.class);
            for (int i = 0; i < 3; i++) {
                log.events.clear();
                try (Socket client = connect(context)) {
                    assertThat(ask(client, "stop")).isEqualTo("asked to stop\n");
                }
                EvioLifecycle lifecycle = context.getBean(EvioLifecycle.class);
                await().atMost(AT_ONCE).until(() -> !lifecycle.isRunning());
                context.start();
                assertThat(log.events)
                        .hasExactlyElementsOfTypes(
                                EvioServerStoppingEvent.class,
                                EvioServerStoppedEvent.class,
                                EvioServerStartedEvent.class);
                assertThat(loopThreads()).isEqualTo(1);
            }
        }
    }

    @Test
    void aCloseFromOutsideWaitsForTheStopThatAnEventHasAskedFor() throws Exception {
        ConfigurableApplicationContext context = run();
        try (Socket client = connect(context)) {
            assertThat(ask(client, "stop")).isEqualTo("asked to stop\n");
        }
        context.close();
        assertThat(loopThreads()).isZero();
    }

    /** The context is still being started then, on a thread that waits for the event. */
    @Test
    void aContextThatIsClosedInServingDoesNotStayUp() {
        assertThatThrownBy(() -> run("--test.close-in-serving=true"))
                .hasStackTraceContaining("The context was closed while Evio 'main' started");
        assertThat(loopThreads()).isZero();
    }

    @Test
    void aCloseInAnEventSaysWhatItMeans(CapturedOutput output) throws Exception {
        ConfigurableApplicationContext context = run();
        try (Socket client = connect(context)) {
            ask(client, "close");
        }
        await().atMost(AT_ONCE).until(() -> loopThreads() == 0);
        assertThat(output).containsOnlyOnce("The context is closed inside an event of Evio.");
    }

    @Test
    void theJvmEndsByItself(@TempDir Path folder) throws Exception {
        try (ChildJvm jvm = child(folder);
                Socket client = Clients.connect(port(jvm))) {
            assertThat(ask(client, "exit")).isEqualTo("asked to exit\n");
            assertThat(jvm.awaitEnd()).as(jvm.output()).isZero();
            assertThat(jvm.output()).contains("Evio 'main' stopped");
        }
    }

    /**
     * A call that is as usual as it is wrong on a loop: the reply cannot go out any more, but nobody waits for it
     * either.
     */
    @ParameterizedTest
    @ValueSource(strings = {"System.exit", "System.exit(SpringApplication.exit)"})
    void anEventThatEndsTheJvmDoesNotHoldItUp(String how, @TempDir Path folder) throws Exception {
        try (ChildJvm jvm = child(folder);
                Socket client = Clients.connect(port(jvm))) {
            client.getOutputStream().write((how + "\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(jvm.awaitEnd()).isEqualTo(how.equals("System.exit") ? 7 : 0);
            assertThat(jvm.output()).contains("Evio 'main' cannot stop: an event has called System.exit");
        }
    }

    private static ChildJvm child(Path folder) throws Exception {
        // Devtools would start the application once more, and end its first main thread with an exception.
        return ChildJvm.start(
                folder,
                name -> !name.contains("devtools"),
                StoppingApplication.class,
                "--evio.addresses=tcp://127.0.0.1:0");
    }

    private static int port(ChildJvm jvm) {
        await().atMost(Duration.ofSeconds(30)).until(() -> jvm.output().contains("port="));
        return await().until(
                        () -> jvm.output()
                                .lines()
                                .filter(line -> line.startsWith("port="))
                                .findFirst(),
                        found -> found.isPresent())
                .map(line -> Integer.parseInt(line.substring("port=".length())))
                .orElseThrow();
    }

    private static String ask(Socket client, String how) throws Exception {
        client.getOutputStream().write((how + "\n").getBytes(StandardCharsets.US_ASCII));
        return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    private static Socket connect(ConfigurableApplicationContext context) throws Exception {
        return Clients.connect(context.getEnvironment().getRequiredProperty("local.evio.port", Integer.class));
    }

    private static ConfigurableApplicationContext run(String... arguments) {
        return run(StoppingApplication.class, arguments);
    }

    private static ConfigurableApplicationContext run(Class<?> more, String... arguments) {
        return new SpringApplicationBuilder(StoppingApplication.class, more)
                .web(WebApplicationType.NONE)
                .properties("evio.addresses=tcp://127.0.0.1:0", "spring.jmx.enabled=false")
                .run(arguments);
    }

    private static long loopThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("evio-(main|other)(-\\d)?"))
                .count();
    }

    /** The time that the call took that asked for the stop. */
    static class Asked {
        final CompletableFuture<Duration> took = new CompletableFuture<>();
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
    static class StoppingApplication {

        public static void main(String[] arguments) {
            ConfigurableApplicationContext context = SpringApplication.run(StoppingApplication.class, arguments);
            System.out.println("port=" + context.getEnvironment().getRequiredProperty("local.evio.port"));
        }

        @Bean
        Asked asked() {
            return new Asked();
        }

        @Bean
        EventLog eventLog() {
            return new EventLog();
        }

        @Bean
        EvioHandler main(ConfigurableApplicationContext context, Asked asked) {
            return new StoppingHandler(context, asked);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OtherServer {
        @Bean
        EvioHandler other() {
            return new Clients.Echo();
        }
    }

    /** Does what a line says, then replies. */
    static class StoppingHandler implements EvioHandler {

        /** More than two socket buffers hold. */
        static final int LARGE = 32 * 1024 * 1024;

        private final ConfigurableApplicationContext context;
        private final Asked asked;
        private EvioServer server;

        StoppingHandler(ConfigurableApplicationContext context, Asked asked) {
            this.context = context;
            this.asked = asked;
        }

        @Override
        public Action serving(EvioServer started) {
            server = started;
            if (context.getEnvironment().getProperty("test.close-in-serving", Boolean.class, false)) {
                context.close();
            }
            return Action.NONE;
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            String how = StandardCharsets.US_ASCII.decode(in).toString().strip();
            long began = System.nanoTime();
            switch (how) {
                case "close" -> context.close();
                case "exit" -> SpringApplication.exit(context);
                case "stop" -> context.stop();
                case "stop and close" -> {
                    context.stop();
                    context.close();
                }
                case "lifecycle" -> context.getBean(EvioLifecycle.class).stop();
                case "server" -> server.stop(Duration.ofSeconds(20));
                case "System.exit" -> System.exit(7);
                case "System.exit(SpringApplication.exit)" -> System.exit(SpringApplication.exit(context));
                case "large" -> {
                    byte[] large = new byte[LARGE];
                    Arrays.fill(large, (byte) 'x');
                    out.write(large);
                    return Action.NONE;
                }
                default -> throw new IllegalArgumentException(how);
            }
            asked.took.complete(Duration.ofNanos(System.nanoTime() - began));
            out.writeAscii("asked to " + how + "\n");
            return Action.NONE;
        }
    }
}
