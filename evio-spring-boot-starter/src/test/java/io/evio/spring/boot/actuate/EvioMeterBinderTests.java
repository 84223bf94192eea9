package io.evio.spring.boot.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.EvioHandler;
import io.evio.EvioMeter;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.autoconfigure.EvioMetricsAutoConfiguration;
import io.evio.spring.boot.testing.Clients;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The meters tell to the byte what went through. */
@Timeout(60)
class EvioMeterBinderTests {

    private static final int CLIENTS = 20;
    private static final int BYTES = 123_457;

    private static final List<String> BUCKETS = List.of(
            "0.00001", "0.00005", "0.0001", "0.0005", "0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1", "5", "+Inf");

    /** Of a server, or of each of its loops: those of the table, the timer of events, and its buckets. */
    private static final int METERS = EvioMeter.values().length + 1 + BUCKETS.size();

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    EvioAutoConfiguration.class,
                    EvioMetricsAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    CompositeMeterRegistryAutoConfiguration.class))
            .withUserConfiguration(Application.class)
            .withPropertyValues("evio.addresses=tcp://127.0.0.1:0");

    @Test
    void everyByteAndConnectionIsCounted() {
        runner.run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            int port = context.getEnvironment().getRequiredProperty("local.evio.port", Integer.class);
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Socket client = Clients.connect(port);
                clients.add(client);
                Clients.echo(client, BYTES);
            }
            assertThat(value(registry, "evio.connections.active")).isEqualTo(CLIENTS);
            for (Socket client : clients) {
                client.close();
            }
            await().until(() -> value(registry, "evio.connections.active") == 0);
            double all = (double) CLIENTS * BYTES;
            assertThat(value(registry, "evio.data.received")).isEqualTo(all);
            assertThat(value(registry, "evio.data.sent")).isEqualTo(all);
            assertThat(value(registry, "evio.prewrite.size")).isEqualTo(all);
            assertThat(value(registry, "evio.postwrite.size")).isEqualTo(all);
            assertThat(value(registry, "evio.prewrite")).isEqualTo(value(registry, "evio.postwrite"));
            assertThat(value(registry, "evio.connections.opened")).isEqualTo(CLIENTS);
            assertThat(value(registry, "evio.connections.closed")).isEqualTo(CLIENTS);
            assertThat(value(registry, "evio.write.pending")).isZero();
            assertThat(value(registry, "evio.loop.busy")).isBetween(0.0, 60.0);
            assertThat(value(registry, "evio.loop.iterations")).isPositive();
        });
    }

    /** A registry such as Prometheus's takes a name with one set of tags only. */
    @Test
    void metersOfAllServersAreByLoopWhereOneHasSeveral() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        EvioAutoConfiguration.class,
                        EvioMetricsAutoConfiguration.class,
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class))
                .withBean("registry", MeterRegistry.class, SimpleMeterRegistry::new)
                .withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withBean("other", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues(
                        "evio.servers.echo.addresses=tcp://127.0.0.1:0",
                        "evio.servers.echo.loops=2",
                        "evio.servers.other.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    int port = context.getEnvironment().getRequiredProperty("local.evio.echo.port", Integer.class);
                    for (int i = 0; i < CLIENTS; i++) {
                        try (Socket client = Clients.connect(port)) {
                            Clients.echo(client, 10);
                        }
                    }
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    assertThat(registry.get("evio.connections.opened")
                                    .tag("server", "echo")
                                    .functionCounters())
                            .hasSize(2)
                            .allSatisfy(counter -> assertThat(counter.count()).isPositive());
                    assertThat(registry.get("evio.connections.opened").tag("server", "echo").functionCounters().stream()
                                    .mapToDouble(FunctionCounter::count)
                                    .sum())
                            .isEqualTo(CLIENTS);
                    assertThat(registry.getMeters().stream()
                                    .map(Meter::getId)
                                    .filter(id -> id.getName().startsWith("evio.")))
                            .hasSize(3 * METERS)
                            .allSatisfy(id -> assertThat(id.getTags())
                                    .extracting(Tag::getKey)
                                    .filteredOn(key -> !key.equals("le"))
                                    .containsExactlyInAnyOrder("server", "loop"))
                            .extracting(id -> id.getTag("server") + id.getTag("loop"))
                            .containsOnly("echo0", "echo1", "other0");
                });
    }

    @Test
    void everyMeterHasUnitDescriptionAndOnlyTheServersTag() {
        runner.run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            List<Meter> meters = registry.getMeters().stream()
                    .filter(meter -> meter.getId().getName().startsWith("evio."))
                    .collect(Collectors.toList());
            assertThat(meters).hasSize(METERS);
            assertThat(meters).allSatisfy(meter -> {
                assertThat(meter.getId().getDescription()).isNotBlank();
                assertThat(meter.getId().getTags())
                        .extracting(Tag::getKey)
                        .filteredOn(key -> !key.equals("le"))
                        .containsExactly("server");
                assertThat(meter.getId().getTag("server")).isEqualTo("echo");
            });
        });
    }

    @Test
    void durationsOfEventsAreATimerAndItsBuckets() {
        runner.run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            int port = context.getEnvironment().getRequiredProperty("local.evio.port", Integer.class);
            try (Socket client = Clients.connect(port)) {
                Clients.echo(client, BYTES);
            }
            await().until(() -> value(registry, "evio.connections.closed") == 1);
            await().untilAsserted(() -> {
                FunctionTimer timer = registry.get("evio.event.duration").functionTimer();
                // Opened, closed, and at least as many pieces as the client has sent one after the other.
                assertThat(timer.count()).isGreaterThanOrEqualTo(2 + BYTES / 4_000.0);
                assertThat(timer.totalTime(TimeUnit.SECONDS)).isBetween(1e-9, 60.0);
                double last = 0;
                for (String bucket : BUCKETS) {
                    double count = registry.get("evio.event.duration.histogram")
                            .tags("server", "echo", "le", bucket)
                            .functionCounter()
                            .count();
                    assertThat(count).as(bucket).isGreaterThanOrEqualTo(last);
                    last = count;
                }
                assertThat(last).isEqualTo(timer.count());
                assertThat(value(registry, "evio.event.duration.max")).isBetween(0.0, 60.0);
            });
        });
    }

    /** A function counter that has lost its object goes flat without a word. */
    @Test
    void metersGoOnOverCollectionsAndRestarts() {
        runner.run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            for (int i = 1; i <= 3; i++) {
                int port = context.getEnvironment().getRequiredProperty("local.evio.port", Integer.class);
                try (Socket client = Clients.connect(port)) {
                    Clients.echo(client, 1_000);
                }
                System.gc();
                assertThat(value(registry, "evio.data.received")).isEqualTo(i * 1_000.0);
                context.stop();
                context.start();
            }
        });
    }

    @Test
    void nothingIsMeteredWhenTurnedOff() {
        runner.withPropertyValues("evio.metrics.enabled=false")
                .run(context -> assertThat(context.getBean(MeterRegistry.class).getMeters())
                        .noneMatch(meter -> meter.getId().getName().startsWith("evio.")));
    }

    @Test
    void serversRunWithoutMicrometer() {
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(EvioAutoConfiguration.class, EvioMetricsAutoConfiguration.class))
                .withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0")
                .withClassLoader(new FilteredClassLoader("io.micrometer"))
                .run(context -> {
                    int port = context.getEnvironment().getRequiredProperty("local.evio.port", Integer.class);
                    try (Socket client = Clients.connect(port)) {
                        Clients.echo(client, 100);
                    }
                });
    }

    private static double value(MeterRegistry registry, String name) {
        return registry.get(name)
                .tag("server", "echo")
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    @Configuration(proxyBeanMethods = false)
    static class Application {
        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }

        @Bean
        MeterRegistry meterRegistry() {
            return new SimpleMeterRegistry();
        }
    }
}
