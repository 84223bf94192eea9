package io.evio.spring.boot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;
import static org.awaitility.Awaitility.await;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.autoconfigure.EvioHealthAutoConfiguration;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.TestedPoller;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A server's health means that it serves. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class EvioHealthIndicatorTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class, EvioHealthAutoConfiguration.class))
            .withPropertyValues("evio.addresses=tcp://127.0.0.1:0", "evio.blocked-after=100ms");

    @Test
    void aServerThatServesIsUp() {
        runner.withBean("echo", EvioHandler.class, Clients.Echo::new).run(context -> {
            try (Socket client = Clients.connect(port(context))) {
                Clients.echo(client, 10);
                Health health = health(context);
                assertThat(health.getStatus()).isEqualTo(Status.UP);
                assertThat(health.getDetails())
                        .containsEntry("state", "running")
                        .containsEntry("poller", TestedPoller.NAME)
                        .containsEntry("connections", 1L);
                assertThat(health.getDetails().get("addresses")).asString().contains("tcp://127.0.0.1:");
            }
        });
    }

    @Test
    void aServerThatHasEndedIsDown() {
        runner.withBean("echo", EvioHandler.class, Clients.Echo::new).run(context -> {
            try (Socket client = Clients.connect(port(context))) {
                client.getOutputStream().write("SHUTDOWN".getBytes(StandardCharsets.US_ASCII));
                client.getInputStream().readAllBytes();
            }
            await().untilAsserted(() -> assertThat(health(context).getStatus()).isEqualTo(Status.DOWN));
            assertThat(health(context).getDetails()).containsEntry("state", "stopped");
        });
    }

    /** That nobody has asked it to run is no failure; that it ends afterwards is one as ever. */
    @Test
    void aServerThatWasNeverToStartIsNotDown() {
        runner.withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues("evio.auto-startup=false")
                .run(context -> {
                    assertThat(health(context).getStatus()).isEqualTo(Status.UNKNOWN);
                    assertThat(health(context).getDetails()).containsEntry("state", "not started");

                    SmartLifecycle lifecycle = context.getBean("evioLifecycle", SmartLifecycle.class);
                    lifecycle.start();
                    assertThat(health(context).getStatus()).isEqualTo(Status.UP);
                    try (Socket client = Clients.connect(port(context))) {
                        Clients.echo(client, 10);
                    }

                    lifecycle.stop();
                    assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
                    assertThat(health(context).getDetails()).containsEntry("state", "stopped");
                });
    }

    /** As the endpoint, and the readiness that includes it, see it. */
    @Test
    void aServerThatWasNeverToStartLeavesTheApplicationUp() throws Exception {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .run(
                        "--server.port=0",
                        "--evio.addresses=tcp://127.0.0.1:0",
                        "--evio.auto-startup=false",
                        "--management.endpoint.health.show-details=always",
                        "--management.endpoint.health.group.readiness.include=readinessState,evio")) {
            assertThat(get(context, "/actuator/health")).startsWith("200 ").contains("\"not started\"");
            assertThat(get(context, "/actuator/health/readiness")).startsWith("200 ");

            context.getBean("evioLifecycle", SmartLifecycle.class).start();
            assertThat(get(context, "/actuator/health/readiness"))
                    .startsWith("200 ")
                    .contains("\"running\"");
            context.getBean("evioLifecycle", SmartLifecycle.class).stop();
            assertThat(get(context, "/actuator/health")).startsWith("503 ");
        }
    }

    @Test
    void aBlockedServerIsDownAndSaysWhereOnceAndRecovers(CapturedOutput output) {
        CountDownLatch release = new CountDownLatch(1);
        EvioHandler blocking = new EvioHandler() {
            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                in.position(in.limit());
                whereItBlocks(release);
                return Action.NONE;
            }
        };
        runner.withBean("echo", EvioHandler.class, () -> blocking).run(context -> {
            try (Socket client = Clients.connect(port(context))) {
                client.getOutputStream().write('x');
                await().untilAsserted(
                                () -> assertThat(health(context).getStatus()).isEqualTo(Status.DOWN));
                assertThat(health(context).getDetails())
                        .containsEntry("state", "blocked")
                        .extractingByKey("heartbeat", MAP)
                        .hasEntrySatisfying(
                                "turnMillis",
                                millis -> assertThat((Long) millis).isGreaterThanOrEqualTo(100));
                await().until(() -> output.getOut().contains("Evio 'echo' is blocked"));
                release.countDown();
                await().untilAsserted(
                                () -> assertThat(health(context).getStatus()).isEqualTo(Status.UP));
                await().until(() -> output.getOut().contains("Evio 'echo' is no longer blocked"));
            }
        });
        assertThat(output)
                .containsOnlyOnce("Evio 'echo' is blocked")
                .contains("EvioHealthIndicatorTests.whereItBlocks");
    }

    @Test
    void serversRunWithoutHealth() {
        runner.withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withClassLoader(new FilteredClassLoader(HealthContributor.class))
                .run(context -> {
                    try (Socket client = Clients.connect(port(context))) {
                        Clients.echo(client, 10);
                    }
                });
    }

    private static void whereItBlocks(CountDownLatch release) {
        try {
            release.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Health health(ApplicationContext context) {
        CompositeHealthContributor all = context.getBean("evioHealthContributor", CompositeHealthContributor.class);
        return ((HealthIndicator) all.getContributor("echo")).health();
    }

    private static String get(ApplicationContext context, String path) throws Exception {
        String port = context.getEnvironment().getProperty("local.server.port");
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }

    private static int port(ApplicationContext context) {
        return context.getEnvironment().getRequiredProperty("local.evio.port", Integer.class);
    }
}
