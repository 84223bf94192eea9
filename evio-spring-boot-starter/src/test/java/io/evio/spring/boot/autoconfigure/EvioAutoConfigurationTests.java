package io.evio.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.spring.boot.EvioServerBuilderCustomizer;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.context.EvioLifecycle;
import io.evio.spring.boot.server.EvioProperties;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.Reports;
import io.evio.spring.boot.testing.TestedPoller;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** Properties and handler beans, and the servers that come of them. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class EvioAutoConfigurationTests {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class));

    @Test
    void oneHandlerNeedsNoMoreThanAnAddress(CapturedOutput output) {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    int port = context.getEnvironment().getProperty("local.evio.port", Integer.class, 0);
                    try (Socket client = Clients.connect(port)) {
                        Clients.echo(client, 10_000);
                    }
                    assertThat(context.getEnvironment().getProperty("local.evio.echo.port", Integer.class))
                            .isEqualTo(port);
                    assertThat(output)
                            .contains(
                                    "Evio 'echo' started on tcp://127.0.0.1:" + port + " (" + TestedPoller.NAME + ")");
                });
        assertThat(output).contains("Evio 'echo' stopped");
    }

    @Test
    void serversAreNamedAfterTheirHandlers(@TempDir Path folder, CapturedOutput output) {
        Path socket = folder.resolve("echo.sock");
        runner.withUserConfiguration(TwoHandlers.class)
                .withPropertyValues(
                        "evio.servers.echo.addresses[0]=tcp://127.0.0.1:0",
                        "evio.servers.echo.addresses[1]=unix://" + socket,
                        "evio.servers.other.addresses=127.0.0.1:0, tcp4://127.0.0.1:0")
                .run(context -> {
                    int echo = context.getEnvironment().getProperty("local.evio.echo.port", Integer.class, 0);
                    int other = context.getEnvironment().getProperty("local.evio.other.port", Integer.class, 0);
                    for (int port : new int[] {echo, other}) {
                        try (Socket client = Clients.connect(port)) {
                            Clients.echo(client, 100);
                        }
                    }
                    assertThat(socket).exists();
                    assertThat(output)
                            .contains("Evio 'echo' started on tcp://127.0.0.1:" + echo + ", unix://" + socket + " ("
                                    + TestedPoller.NAME + ")");
                });
        assertThat(socket).doesNotExist();
    }

    @Test
    void aServerOverridesTheDefaultsOfAll(@TempDir Path folder) {
        Path socket = folder.resolve("e.sock");
        runner.withUserConfiguration(TwoHandlers.class)
                .withPropertyValues(
                        "evio.limits.max-connections=7",
                        "evio.limits.idle-timeout=3s",
                        "evio.limits.high-water-mark=64KB",
                        "evio.limits.low-water-mark=1KB",
                        "evio.unix.permissions=rw-------",
                        "evio.servers.echo.addresses=unix://" + socket,
                        "evio.servers.echo.limits.max-connections=9",
                        "evio.servers.echo.limits.max-pending-output=1MB",
                        "evio.servers.echo.limits.first-input-timeout=5s",
                        "evio.servers.echo.limits.frame-timeout=6s",
                        "evio.servers.echo.unix.permissions=rw-rw----",
                        "evio.servers.other.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    EvioLifecycle lifecycle = context.getBean(EvioLifecycle.class);
                    EvioServer echo = lifecycle.servers().get(0);
                    EvioServer other = lifecycle.servers().get(1);
                    Limits common = Limits.DEFAULTS
                            .withMaxConnections(7)
                            .withIdleTimeout(Duration.ofSeconds(3))
                            .withWaterMarks(1024, 64 * 1024);
                    assertThat(other.limits()).isEqualTo(common);
                    assertThat(echo.limits())
                            .isEqualTo(common.withMaxConnections(9)
                                    .withMaxPendingOutput(1024 * 1024)
                                    .withFirstInputTimeout(Duration.ofSeconds(5))
                                    .withFrameTimeout(Duration.ofSeconds(6)));
                    assertThat(Files.getPosixFilePermissions(socket))
                            .isEqualTo(PosixFilePermissions.fromString("rw-rw----"));
                });
    }

    @Test
    void customizersHaveTheLastWord() {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0", "evio.limits.max-connections=7")
                .withBean(EvioServerBuilderCustomizer.class, () -> builder -> {
                    assertThat(builder.name()).isEqualTo("echo");
                    builder.limits(Limits.DEFAULTS.withMaxConnections(3))
                            .gracePeriod(Duration.ofSeconds(4))
                            .name("other")
                            .onStopped(cause -> {});
                })
                .run(context -> {
                    EvioServer server =
                            context.getBean(EvioLifecycle.class).servers().get(0);
                    assertThat(server.limits().maxConnections()).isEqualTo(3);
                    assertThat(server.gracePeriod()).isEqualTo(Duration.ofSeconds(4));
                    assertThat(server.name())
                            .as("by which the application knows it")
                            .isEqualTo("echo");
                });
    }

    @Test
    void customizersAreCalledInTheirOrderForEachServer() {
        runner.withUserConfiguration(TwoHandlers.class, Ordered.class)
                .withPropertyValues(
                        "evio.servers.echo.addresses=tcp://127.0.0.1:0",
                        "evio.servers.other.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    assertThat(context.getBean(Ordered.class).calls)
                            .containsExactly("first echo", "last echo", "first other", "last other");
                    EvioServers servers = context.getBean(EvioServers.class);
                    assertThat(servers.get("echo").limits().maxConnections()).isEqualTo(2);
                    assertThat(servers.get("other").limits().maxConnections()).isEqualTo(3);
                });
    }

    @Test
    void aCustomizerThatSetsOneLimitKeepsTheOthers() {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues(
                        "evio.addresses=tcp://127.0.0.1:0",
                        "evio.limits.max-connections=7",
                        "evio.limits.idle-timeout=3s")
                .withBean(
                        EvioServerBuilderCustomizer.class,
                        () -> builder -> builder.limits(limits -> limits.withMaxConnections(9)))
                .run(context -> assertThat(server(context).limits())
                        .isEqualTo(Limits.DEFAULTS.withMaxConnections(9).withIdleTimeout(Duration.ofSeconds(3))));
    }

    @Test
    void handlersWithoutAddressesStartNothingAndSaySoOnce(CapturedOutput output) {
        runner.withUserConfiguration(OneHandler.class)
                .run(context -> assertThat(context).hasNotFailed());
        assertThat(output)
                .containsOnlyOnce(
                        "No Evio server is started: there are EvioHandler or EvioHandlerFactory beans (echo)");
    }

    @Test
    void noServerIsThereWhenDisabled() {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.enabled=false", "evio.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    assertThat(context.getBean(EvioLifecycle.class).servers()).isEmpty();
                    assertThat(context.getEnvironment().getProperty("local.evio.port"))
                            .isNull();
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"EPOLL", "Epoll", "Auto", "NIO"})
    void theNameOfAPollerMayBeInAnyCase(String poller) {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.servers.echo.addresses=tcp://127.0.0.1:0", "evio.poller=" + poller)
                .run(context -> assertThat(server(context).poller().id())
                        .isEqualTo(poller.toLowerCase(Locale.ROOT).replace("auto", "epoll")));
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.servers.echo.addresses=tcp://127.0.0.1:0")
                .withPropertyValues("evio.servers.echo.poller=" + poller)
                .run(context -> assertThat(context).hasNotFailed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"CLOSE_CONTEXT", "Close-Context", "closeContext"})
    void whatHappensAtTheEndMayBeInAnyCase(String onExit) {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0", "evio.on-exit=" + onExit)
                .run(context -> assertThat(context.getBean(EvioProperties.class).onExit())
                        .isEqualTo(EvioProperties.OnExit.CLOSE_CONTEXT));
    }

    @Test
    void anApplicationWithoutEvioIsLeftAlone(CapturedOutput output) {
        runner.run(context -> assertThat(context).hasNotFailed());
        assertThat(output).doesNotContain("Evio");
    }

    @Test
    void aServerWithoutItsHandlerSaysWhichThereAre() {
        runner.withUserConfiguration(TwoHandlers.class)
                .withPropertyValues("evio.servers.ecko.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    FailureAnalysis analysis = Reports.of(context.getStartupFailure());
                    assertThat(analysis.getDescription())
                            .isEqualTo(
                                    "evio.servers.ecko is set, but there is no EvioHandler or EvioHandlerFactory bean"
                                            + " named 'ecko'."
                                            + origin("evio.servers.ecko.addresses"));
                    assertThat(analysis.getAction()).isEqualTo("Use the name of one that exists: echo, other.");
                });
    }

    @Test
    void addressesForSeveralHandlersSayHowToNameThem() {
        runner.withUserConfiguration(TwoHandlers.class)
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    FailureAnalysis analysis = Reports.of(context.getStartupFailure());
                    assertThat(analysis.getDescription())
                            .isEqualTo("evio.addresses is set, but there are several EvioHandler or EvioHandlerFactory"
                                    + " beans: echo, other."
                                    + origin("evio.addresses"));
                    assertThat(analysis.getAction()).contains("evio.servers.echo.addresses=tcp://127.0.0.1:5000");
                });
    }

    @Test
    void addressesWithoutAnyHandlerAreRefused() {
        runner.withPropertyValues("evio.addresses=tcp://127.0.0.1:0")
                .run(context -> assertThat(
                                Reports.of(context.getStartupFailure()).getDescription())
                        .isEqualTo(
                                "evio.addresses is set, but there is no EvioHandler or EvioHandlerFactory bean to serve"
                                        + " them."
                                        + origin("evio.addresses")));
    }

    @Test
    void aServerWithoutAddressesIsRefused() {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.servers.echo.backlog=5")
                .run(context -> assertThat(
                                Reports.of(context.getStartupFailure()).getDescription())
                        .isEqualTo("evio.servers.echo has no addresses." + origin("evio.servers.echo.backlog")));
    }

    @Test
    void aMalformedAddressIsNamedWithTheReasonAndTheRightForm() {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.addresses=http://127.0.0.1:80")
                .run(context -> {
                    FailureAnalysis analysis = Reports.of(context.getStartupFailure());
                    assertThat(analysis.getDescription())
                            .startsWith("The value 'http://127.0.0.1:80' of evio.addresses is wrong")
                            .contains("'http' is no known scheme", "tcp://host:port");
                    assertThat(analysis.getAction())
                            .isEqualTo("Set evio.addresses to a value such as tcp://127.0.0.1:5000.");
                });
    }

    @ParameterizedTest
    @CsvSource({
        "evio.limits.max-connections, 0, max-connections must be at least 1",
        "evio.limits.max-pending-input, 1GB, max-pending-input must be at most 512 MiB",
        "evio.limits.max-pending-output, 0, max-pending-output must be at least 1 byte",
        "evio.limits.low-water-mark, 2MB, high-water-mark must not be below low-water-mark",
        "evio.limits.high-water-mark, 1KB, high-water-mark must not be below low-water-mark",
        "evio.limits.idle-timeout, -1s, idle-timeout must not be negative",
        "evio.limits.max-pending-total, 1KB, max-pending-total must be at least 1 MiB",
        "evio.limits.drain-timeout, 0s, drain-timeout must be at least 1 ms",
        "evio.backlog, 0, The backlog must be at least 1",
        "evio.unix.permissions, 0660, a mode is written as nine characters",
        "evio.shutdown.grace-period, -1s, The grace period must not be negative"
    })
    void aValueOutOfItsRangeIsNamedWithItsPropertyAndTheReason(String property, String value, String reason) {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.servers.echo.addresses=tcp://127.0.0.1:0")
                .withPropertyValues(property + "=" + value)
                .run(context -> {
                    FailureAnalysis analysis = Reports.of(context.getStartupFailure());
                    assertThat(analysis.getDescription())
                            .contains(" of " + property + " is wrong: ")
                            .contains(reason);
                    assertThat(analysis.getAction()).startsWith("Set " + property + " to a value such as ");
                });
        String own = property.replace("evio.", "evio.servers.echo.");
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.servers.echo.addresses=tcp://127.0.0.1:0")
                .withPropertyValues(own + "=" + value)
                .run(context -> assertThat(
                                Reports.of(context.getStartupFailure()).getDescription())
                        .contains(" of " + own + " is wrong: "));
    }

    @Test
    void anUnknownPollerIsNamedWithTheOnesThereAre() {
        runner.withUserConfiguration(OneHandler.class)
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0", "evio.poller=select")
                .run(context -> assertThat(
                                Reports.of(context.getStartupFailure()).getDescription())
                        .isEqualTo("The value 'select' of evio.poller is wrong: it is none of auto, epoll, kqueue, nio."
                                + origin("evio.poller")));
    }

    private static EvioServer server(ApplicationContext context) {
        return context.getBean(EvioLifecycle.class).servers().get(0);
    }

    private static String origin(String property) {
        return "\n\n    Origin: \"" + property + "\" from property source \"test\"";
    }

    @Configuration(proxyBeanMethods = false)
    static class Ordered {

        private final List<String> calls = new ArrayList<>();

        @Bean
        @Order(2)
        EvioServerBuilderCustomizer last() {
            return builder -> {
                calls.add("last " + builder.name());
                if (builder.name().equals("echo")) {
                    builder.limits(limits -> limits.withMaxConnections(2));
                }
            };
        }

        /** A name that it sets does not reach the others. */
        @Bean
        @Order(1)
        EvioServerBuilderCustomizer first() {
            return builder -> {
                calls.add("first " + builder.name());
                builder.limits(limits -> limits.withMaxConnections(3)).name("renamed");
            };
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OneHandler {
        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoHandlers {
        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }

        @Bean
        EvioHandler other() {
            return new Clients.Echo();
        }
    }
}
