package io.evio.spring.boot.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.spring.boot.EvioServerStoppedEvent;
import io.evio.spring.boot.EvioServerStoppingEvent;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.TestedPoller;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jnr.ffi.LibraryLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

/** The order of what happens when an application ends, and when a server fails under it. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class EvioShutdownTests {

    @Test
    void readinessIsRefusedBeforeAServerStops() {
        List<Object> seen;
        try (ConfigurableApplicationContext context = run(WebApplicationType.NONE)) {
            seen = context.getBean(Seen.class).events;
            assertThat(seen).containsExactly(ReadinessState.ACCEPTING_TRAFFIC);
        }
        assertThat(seen)
                .containsExactly(
                        ReadinessState.ACCEPTING_TRAFFIC, ReadinessState.REFUSING_TRAFFIC, "stopping", "stopped");
    }

    /** As long as the delay lasts: a request that comes then, and what it does off the loop. */
    @Test
    void serversGoOnServingWhileReadinessIsRefused() throws Exception {
        ConfigurableApplicationContext context =
                run(WebApplicationType.SERVLET, "--evio.shutdown.delay=2s", "--evio.shutdown.grace-period=0s");
        Work work = context.getBean(Work.class);
        work.release.countDown();
        long begin = System.nanoTime();
        CompletableFuture<Void> closing = CompletableFuture.runAsync(context::close);
        await().untilAsserted(
                        () -> assertThat(context.getBean(Seen.class).events).contains(ReadinessState.REFUSING_TRAFFIC));
        try (Socket client = Clients.connect(port(context, "local.evio.port"))) {
            client.getOutputStream().write('x');
            assertThat(client.getInputStream().read()).isEqualTo('X');
        }
        assertThat(context.getBean(Seen.class).events).doesNotContain("stopping");
        assertThat(closing).isNotDone();
        closing.get(20, TimeUnit.SECONDS);
        assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(TimeUnit.SECONDS.toNanos(2));
    }

    @Test
    void theActuatorAnswersUntilTheServersHaveStopped() throws Exception {
        ConfigurableApplicationContext context = run(WebApplicationType.SERVLET);
        Work work = context.getBean(Work.class);
        try (Socket client = Clients.connect(port(context, "local.evio.port"))) {
            client.getOutputStream().write('x');
            work.begun.await();
            URI health = URI.create("http://127.0.0.1:" + port(context, "local.server.port") + "/actuator/health");
            CompletableFuture<Void> closing = CompletableFuture.runAsync(context::close);
            await().untilAsserted(
                            () -> assertThat(context.getBean(Seen.class).events).contains("stopping"));
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(health).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.body()).contains("\"status\"");
            assertThat(closing).isNotDone();
            work.release.countDown();
            assertThat(client.getInputStream().readAllBytes()).containsExactly('X');
            client.shutdownOutput();
            closing.get(20, TimeUnit.SECONDS);
        }
    }

    /** Also work that still waits in the executor's queue, whose own shutdown has begun by then. */
    @Test
    void workOffTheLoopIsFinishedWithinTheGracePeriod() throws Exception {
        ConfigurableApplicationContext context =
                run(WebApplicationType.NONE, "--spring.task.execution.pool.core-size=1");
        Work work = context.getBean(Work.class);
        int port = port(context, "local.evio.port");
        try (Socket one = Clients.connect(port);
                Socket two = Clients.connect(port)) {
            one.getOutputStream().write('a');
            work.begun.await();
            two.getOutputStream().write('b');
            EvioLifecycle lifecycle = context.getBean(EvioLifecycle.class);
            await().until(() -> lifecycle.servers().get(0).stats().dataReceived() == 2);
            CompletableFuture<Void> closing = CompletableFuture.runAsync(context::close);
            await().untilAsserted(
                            () -> assertThat(context.getBean(Seen.class).events).contains("stopping"));
            work.release.countDown();
            assertThat(one.getInputStream().readAllBytes()).containsExactly('A');
            assertThat(two.getInputStream().readAllBytes()).containsExactly('B');
            one.shutdownOutput();
            two.shutdownOutput();
            closing.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatIsCutOffIsCounted(CapturedOutput output) throws Exception {
        ConfigurableApplicationContext context = run(WebApplicationType.NONE, "--evio.shutdown.grace-period=100ms");
        Work work = context.getBean(Work.class);
        int port = port(context, "local.evio.port");
        try (Socket one = Clients.connect(port);
                Socket two = Clients.connect(port);
                Socket idle = Clients.connect(port)) {
            one.getOutputStream().write('a');
            two.getOutputStream().write('b');
            EvioLifecycle lifecycle = context.getBean(EvioLifecycle.class);
            await().until(() -> lifecycle.servers().get(0).stats().dataReceived() == 2
                    && lifecycle.servers().get(0).stats().connectionsOpened() == 3);
            CompletableFuture<Void> closing = CompletableFuture.runAsync(context::close);
            await().until(() -> output.getOut().contains("Evio 'slow' stopped"));
            work.release.countDown();
            closing.get(20, TimeUnit.SECONDS);
            assertThat(idle.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(output)
                .contains(
                        "Evio 'slow' stopped; 2 connections were cut off, with output or work that was not done within"
                                + " the grace period (100 ms)");
    }

    /** The system takes the poller away: what no handler can do, and no loop survive. */
    @Test
    void aLoopThatFailsIsVisible(CapturedOutput output) throws Exception {
        Set<Path> before = eventPolls();
        try (ConfigurableApplicationContext context = run(WebApplicationType.NONE)) {
            Set<Path> opened = new HashSet<>(eventPolls());
            opened.removeAll(before);
            assertThat(opened).hasSize(1);
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
            replaceByNothing(opened.iterator().next());
            try (Socket client = Clients.connect(port(context, "local.evio.port"))) {
                await().until(() -> context.getBean(Seen.class).events.contains("stopped"));
                assertThat(client.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(context.getBean(Seen.class).cause).hasMessageContaining(TestedPoller.waitingCall() + ":");
            Health health = health(context);
            assertThat(health.getStatus()).isEqualTo(Status.DOWN);
            assertThat(health.getDetails()).containsEntry("state", "stopped");
            assertThat(health.getDetails().get("error")).asString().contains(TestedPoller.waitingCall() + ":");
            assertThat(output).contains("Evio 'slow' has ended: its loop failed");
            assertThat(context.isActive()).isTrue();
            // And it can be started again.
            context.stop();
            context.start();
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
            assertThat(health(context).getDetails()).doesNotContainKey("error");
        }
    }

    private static Set<Path> eventPolls() throws Exception {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            Set<Path> found = new HashSet<>();
            for (Path descriptor : descriptors.toList()) {
                if (Files.exists(descriptor, java.nio.file.LinkOption.NOFOLLOW_LINKS)
                        && Files.readSymbolicLink(descriptor).toString().contains("[eventpoll]")) {
                    found.add(descriptor);
                }
            }
            return found;
        }
    }

    private static void replaceByNothing(Path descriptor) throws Exception {
        DescriptorCalls calls = LibraryLoader.create(DescriptorCalls.class).load("c");
        int nothing = calls.open("/dev/null", 0);
        int number = Integer.parseInt(descriptor.getFileName().toString());
        assertThat(calls.dup2(nothing, number)).isEqualTo(number);
        calls.close(nothing);
    }

    /** The signal that the test sends to its own process. */
    public interface DescriptorCalls {
        int open(String path, int flags);

        int dup2(int from, int to);

        int close(int descriptor);
    }

    private static Health health(ConfigurableApplicationContext context) {
        CompositeHealthContributor all = context.getBean("evioHealthContributor", CompositeHealthContributor.class);
        return ((HealthIndicator) all.getContributor("slow")).health();
    }

    private static ConfigurableApplicationContext run(WebApplicationType type, String... arguments) {
        return new SpringApplicationBuilder(SlowApplication.class)
                .web(type)
                .properties("evio.addresses=tcp://127.0.0.1:0", "server.port=0")
                .run(arguments);
    }

    private static int port(ConfigurableApplicationContext context, String property) {
        return context.getEnvironment().getRequiredProperty(property, Integer.class);
    }

    static class Seen {
        final List<Object> events = new CopyOnWriteArrayList<>();
        volatile Throwable cause;

        @EventListener
        void on(AvailabilityChangeEvent<ReadinessState> event) {
            events.add(event.getState());
        }

        @EventListener
        void on(EvioServerStoppingEvent event) {
            events.add("stopping");
        }

        @EventListener
        void on(EvioServerStoppedEvent event) {
            cause = event.getCause();
            events.add("stopped");
        }
    }

    /** Waits, as the handler's work off the loop. */
    static class Work {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);

        void run() throws InterruptedException {
            begun.countDown();
            release.await();
        }
    }

    /** Answers each byte with its capital, once the work is done. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class SlowApplication {

        @Bean
        Seen seen() {
            return new Seen();
        }

        @Bean
        Work work() {
            return new Work();
        }

        @Bean
        EvioHandler slow(OffLoop offLoop, Work work) {
            return new EvioHandler() {
                @Override
                public Action data(Connection connection, ByteBuffer in, Output out) {
                    if (!in.hasRemaining()) {
                        return Action.NONE;
                    }
                    char request = (char) in.get();
                    return offLoop.call(
                            connection,
                            () -> {
                                work.run();
                                return request;
                            },
                            (done, reply) -> {
                                reply.write(Character.toUpperCase(done));
                                return Action.NONE;
                            });
                }
            };
        }
    }
}
