package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.KeepAlive;
import io.evio.spring.boot.context.EvioLifecycle;
import io.evio.spring.boot.testing.Clients;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.stereotype.Component;

/**
 * The names that mean a property, in files, on the command line and among environment variables; any other is refused.
 */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class EvioEnvironmentTests {

    private static final String ANY = "tcp://127.0.0.1:0";

    /** By the name of their only handler. */
    private static final Map<String, Class<?>> APPLICATIONS = Map.of(
            "echoHandler", EchoHandlerApplication.class,
            "my-echo", MyEcho.class,
            "my_echo", MyUnderscoredEcho.class,
            "my.echo", MyDottedEcho.class);

    @TempDir
    private Path folder;

    /** The environment variables of the application. */
    private final Map<String, Object> variables = new HashMap<>();

    @ParameterizedTest
    @CsvSource({
        "evio.adresses, evio.addresses",
        "evio.servers.my-echo.address, evio.servers.my-echo.addresses",
        "evio.servers.my-echo.limits.idle-timout, evio.servers.my-echo.limits.idle-timeout",
        "evio.servers.my-echo.idle-timeout, evio.servers.my-echo.limits.idle-timeout",
        "evio.server.my-echo.addresses, evio.servers.my-echo.addresses",
        "evio.servers.addresses, evio.addresses",
        "evio.limit.max-connections, evio.limits.max-connections",
        "evio.max-connections, evio.limits.max-connections",
        "evio.shutdown.graceperiod.x, evio.shutdown.grace-period",
        "evio.enable, evio.enabled",
        "evio.adresses[0], evio.addresses[0]",
        "evio.backlog[0], evio.backlog",
    })
    void anUnknownKeyIsNamedWithItsOriginAndTheNearestOne(String key, String nearest, CapturedOutput output) {
        assertRefused(MyEcho.class, "", "--" + key + "=5");
        assertThat(output)
                .contains("Description:\n\n" + key + " is no property.\n\n    Origin: \"" + key
                        + "\" from property source \"commandLineArgs\"\n\nAction:\n\nThe property nearest to " + key
                        + " is " + nearest + ". Write that");
    }

    @Test
    void everyUnknownKeyOfAFileIsNamedWithItsLine(CapturedOutput output) {
        assertRefused(MyEcho.class, """
                evio:
                  servers:
                    my-echo:
                      address: tcp://127.0.0.1:0
                  lopps: 2
                """);
        assertThat(output)
                .contains("evio.servers.my-echo.address is no property.\n\n    Origin: ", "application.yml] - 4:16\n")
                .contains("evio.lopps is no property.\n\n    Origin: ", "application.yml] - 5:10\n")
                .contains("The property nearest to evio.servers.my-echo.address is evio.servers.my-echo.addresses.")
                .contains("The property nearest to evio.lopps is evio.loops.");
    }

    @ParameterizedTest
    @CsvSource({
        "evio.servers.my-echo, tcp://127.0.0.1:0, evio.servers.my-echo.addresses",
        "evio.limits, 5, evio.limits.max-connections",
        "evio.servers, my-echo, evio.servers.my-echo.addresses"
    })
    void aGroupHasNoValue(String key, String value, String example, CapturedOutput output) {
        assertRefused(MyEcho.class, "", "--" + key + "=" + value);
        assertThat(output)
                .contains(key + " has no value of its own.")
                .contains("Set what is under it, such as " + example + ".");
    }

    @Test
    void anEmptySectionSaysNothing() throws Exception {
        try (ConfigurableApplicationContext context =
                run(MyEcho.class, """
                evio:
                  limits:
                  servers:
                    my-echo:
                """, "--evio.servers.my-echo.addresses=" + ANY)) {
            assertServes(context, "my-echo");
        }
    }

    @Test
    void aServerWithNothingIsRefused(CapturedOutput output) {
        assertRefused(MyEcho.class, """
                evio:
                  servers:
                    my-echo:
                """);
        assertThat(output)
                .contains("evio.servers.my-echo has no addresses.\n\n    Origin: ", "application.yml] - 3:")
                .contains("Set evio.servers.my-echo.addresses, as in tcp://127.0.0.1:5000.");
    }

    @Test
    void aValueThatIsRefusedIsNamedWithItsLine(CapturedOutput output) {
        assertRefused(MyEcho.class, """
                evio:
                  servers:
                    my-echo:
                      addresses: tcp://127.0.0.1:0
                      limits:
                        max-pending-total: 1KB
                """);
        assertThat(output)
                .contains("The value '1KB' of evio.servers.my-echo.limits.max-pending-total is wrong: ")
                .contains("application.yml] - 6:28\n");
    }

    /** Kubernetes sets them for the services of a namespace, whatever those are called. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "EVIO_PORT",
                "EVIO_SERVICE_HOST",
                "EVIO_SERVICE_PORT",
                "EVIO_SERVICE_PORT_ECHO",
                "EVIO_PORT_5000_TCP",
                "EVIO_PORT_5000_TCP_ADDR",
                "EVIO_SERVERS_PORT",
                "EVIO_SERVERS_SERVICE_HOST",
                "EVIO_SERVERS_MY_ECHO_PORT",
                "EVIO_SERVERS_MYECHO_PORT_5000_TCP_PROTO",
                "EVIO_SERVERS_OTHER_PORT",
                "EVIO_LIMITS_PORT",
                "EVIO_ADDRESSES_PORT",
                "EVIO_HOME",
                "EVIO"
            })
    void anEnvironmentVariableOfSomethingElseIsLeftAlone(String variable, CapturedOutput output) throws Exception {
        variables.put(variable, "tcp://10.0.0.1:5000");
        try (ConfigurableApplicationContext context =
                run(MyEcho.class, "", "--evio.servers.my-echo.addresses=" + ANY)) {
            assertServes(context, "my-echo");
        }
        assertThat(output).doesNotContain(variable + " ");
    }

    @Test
    void anEnvironmentVariableThatIsNearlyAPropertyIsHintedAt(CapturedOutput output) throws Exception {
        variables.put("EVIO_SERVERS_MYECHO_ADRESSES", ANY);
        variables.put("EVIO_BAKCLOG", "5");
        run(MyEcho.class, "", "--evio.servers.my-echo.addresses=" + ANY).close();
        assertThat(output)
                .contains("The environment variable EVIO_SERVERS_MYECHO_ADRESSES is none of evio's. Is"
                        + " EVIO_SERVERS_MYECHO_ADDRESSES meant?")
                .contains("The environment variable EVIO_BAKCLOG is none of evio's. Is EVIO_BACKLOG meant?");
    }

    /** The default name of a nested component, too. */
    @Test
    void aNameWithDotsGoesIntoBrackets(CapturedOutput output) throws Exception {
        String name = "evioEnvironmentTests.Dotted";
        for (String brackets : List.of("[" + name + "]", "[evioenvironmenttests.dotted]")) {
            try (ConfigurableApplicationContext context =
                    run(Dotted.class, """
                    evio:
                      servers:
                        "%s":
                          addresses: tcp://127.0.0.1:0
                    """.formatted(brackets), "--evio.servers" + brackets + ".backlog=5")) {
                assertServes(context, name);
            }
        }
        variables.put("EVIO_SERVERS_EVIOENVIRONMENTTESTS_DOTTED_ADDRESSES", ANY);
        try (ConfigurableApplicationContext context = run(Dotted.class, "")) {
            assertServes(context, name);
        }
        variables.clear();

        assertRefused(Dotted.class, """
                evio:
                  servers:
                    evioEnvironmentTests.Dotted:
                      addresses: tcp://127.0.0.1:0
                """);
        assertThat(output)
                .contains("evio.servers.evioEnvironmentTests.Dotted.addresses is no property: the dots in the name of a"
                        + " bean are taken for those between the parts of a property.\n\n    Origin: ")
                .contains("application.yml] - 4:18\n")
                .contains(
                        "Put the name in brackets: evio.servers[evioEnvironmentTests.Dotted].addresses, in YAML the key"
                                + " \"[evioEnvironmentTests.Dotted]\".")
                .doesNotContain("No Evio server is started");

        assertRefused(MyEcho.class, "", "--evio.servers.not.there.addresses=" + ANY);
        assertThat(output).contains("Put the name in brackets: evio.servers[not.there].addresses");
    }

    @ParameterizedTest
    @CsvSource({
        "echoHandler, EVIO_SERVERS_ECHOHANDLER_, IDLETIMEOUT",
        "my-echo, EVIO_SERVERS_MYECHO_, IDLETIMEOUT",
        "my-echo, EVIO_SERVERS_MY_ECHO_, IDLE_TIMEOUT",
        "my_echo, EVIO_SERVERS_MYECHO_, IDLE_TIMEOUT",
        "my_echo, EVIO_SERVERS_MY_ECHO_, IDLETIMEOUT",
        "my.echo, EVIO_SERVERS_MYECHO_, IDLETIMEOUT",
        "my.echo, EVIO_SERVERS_MY_ECHO_, IDLETIMEOUT",
    })
    void environmentVariablesReachEveryServer(String name, String prefix, String idleTimeout) throws Exception {
        variables.put(prefix + "ADDRESSES", ANY);
        variables.put(prefix + "LIMITS_" + idleTimeout, "3s");
        Class<?> application = APPLICATIONS.get(name);
        try (ConfigurableApplicationContext context = run(application, "")) {
            assertServes(context, name);
            assertThat(server(context).limits().idleTimeout()).isEqualTo(Duration.ofSeconds(3));
        }

        // And what they leave open may be in a file, under the name as it is or as relaxed.
        variables.remove(prefix + "ADDRESSES");
        for (String written : List.of(name, name.toUpperCase(Locale.ROOT))) {
            try (ConfigurableApplicationContext context = run(application, """
                    evio:
                      servers:
                        "[%s]":
                          addresses: tcp://127.0.0.1:0
                          limits:
                            idle-timeout: 9s
                            max-connections: 7
                    """.formatted(written))) {
                assertServes(context, name);
                assertThat(server(context).limits().idleTimeout())
                        .as("the environment goes before the file")
                        .isEqualTo(Duration.ofSeconds(3));
                assertThat(server(context).limits().maxConnections()).isEqualTo(7);
            }
        }
    }

    @Test
    void listsComeFromTheEnvironmentToo() throws Exception {
        variables.put("EVIO_SERVERS_ECHOHANDLER_ADDRESSES_0", ANY);
        variables.put("EVIO_SERVERS_ECHOHANDLER_ADDRESSES_1", "unix://" + folder.resolve("s"));
        try (ConfigurableApplicationContext context = run(EchoHandlerApplication.class, """
                evio:
                  servers:
                    echoHandler:
                      addresses: [ "tcp://127.0.0.1:0", "tcp4://127.0.0.1:0", "tcp4://127.0.0.1:0" ]
                """)) {
            assertThat(server(context).addresses()).hasSize(2);
            assertThat(folder.resolve("s")).exists();
        }
    }

    @Test
    void theDefaultsOfAllServersComeFromTheEnvironmentToo() throws Exception {
        variables.put("EVIO_LIMITS_MAXCONNECTIONS", "5");
        variables.put("EVIO_LIMITS_IDLE_TIMEOUT", "4s");
        variables.put("EVIO_POLLER", "NIO");
        variables.put("EVIO_ADDRESSES", ANY);
        try (ConfigurableApplicationContext context = run(MyEcho.class, "evio.limits.max-connections: 6")) {
            assertThat(server(context).limits().maxConnections()).isEqualTo(5);
            assertThat(server(context).limits().idleTimeout()).isEqualTo(Duration.ofSeconds(4));
            assertThat(server(context).poller().id()).isEqualTo("nio");
        }
    }

    /** As it was written before there were times; these may be said elsewhere. */
    @Test
    void keepAliveMayHaveAValueOfItsOwn() throws Exception {
        variables.put("EVIO_ADDRESSES", ANY);
        for (String yaml : List.of("evio.tcp.keep-alive: true", """
                evio:
                  tcp:
                    keep-alive: true
                """, "evio.tcp.keepAlive: 'on'")) {
            try (ConfigurableApplicationContext context = run(MyEcho.class, yaml)) {
                assertThat(server(context).keepAlive()).isEqualTo(KeepAlive.ON);
            }
        }
        KeepAlive withIdle = KeepAlive.ON.idle(Duration.ofSeconds(45));
        variables.put("EVIO_TCP_KEEPALIVE_IDLE", "45s");
        try (ConfigurableApplicationContext context = run(MyEcho.class, "evio.tcp.keep-alive: true")) {
            assertThat(server(context).keepAlive()).isEqualTo(withIdle);
        }
        variables.put("EVIO_TCP_KEEP_ALIVE", "false");
        try (ConfigurableApplicationContext context = run(MyEcho.class, "evio.tcp.keep-alive: true")) {
            assertThat(server(context).keepAlive()).isEqualTo(withIdle.enabled(false));
        }
    }

    @Test
    void theTimesOfKeepAliveTurnItOnAndAServerOverridesThem() throws Exception {
        try (ConfigurableApplicationContext context = run(MyEcho.class, """
                evio:
                  tcp:
                    keep-alive:
                      idle: 60s
                      interval: 10s
                    user-timeout: 30s
                  servers:
                    my-echo:
                      addresses: tcp://127.0.0.1:0
                      tcp:
                        keep-alive:
                          interval: 5s
                          count: 3
                """, "--evio.poller=auto")) {
            EvioServer server = server(context);
            assertThat(server.keepAlive())
                    .isEqualTo(KeepAlive.ON
                            .idle(Duration.ofSeconds(60))
                            .interval(Duration.ofSeconds(5))
                            .count(3));
            assertThat(server.userTimeout()).isEqualTo(Duration.ofSeconds(30));
        }
        try (ConfigurableApplicationContext context = run(MyEcho.class, """
                evio:
                  tcp:
                    keep-alive: { enabled: true, idle: 60s, interval: 10s, count: 3 }
                  servers:
                    my-echo:
                      addresses: tcp://127.0.0.1:0
                      tcp:
                        keep-alive: false
                """)) {
            assertThat(server(context).keepAlive().isEnabled()).isFalse();
            assertThat(server(context).userTimeout()).isZero();
        }
    }

    /** A property that sets up a server that is not there is a mistake wherever it is. */
    @Test
    void anEnvironmentVariableOfAServerThatIsNotThereIsRefused(CapturedOutput output) {
        variables.put("EVIO_SERVERS_ECKO_ADDRESSES", ANY);
        assertRefused(MyEcho.class, "");
        assertThat(output)
                .contains("evio.servers.ecko is set, but there is no EvioHandler or EvioHandlerFactory bean named"
                        + " 'ecko'.")
                .contains("EVIO_SERVERS_ECKO_ADDRESSES")
                .contains("Use the name of one that exists: my-echo.");
    }

    @Test
    void namesThatAreTooMuchAlikeAreRefused(CapturedOutput output) {
        assertRefused(TwoAlike.class, "", "--evio.servers.my-echo.addresses=" + ANY);
        assertThat(output)
                .contains("'my-echo'", "'myEcho'", "which properties do not tell apart")
                .contains("Rename one of them.");
    }

    private void assertRefused(Class<?> application, String yaml, String... arguments) {
        assertThat(catchThrowable(() -> run(application, yaml, arguments).close()))
                .isNotNull();
    }

    private ConfigurableApplicationContext run(Class<?> application, String yaml, String... arguments)
            throws IOException {
        Path file = Files.writeString(folder.resolve("application.yml"), yaml);
        StandardEnvironment environment = new StandardEnvironment();
        String name = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
        environment.getPropertySources().replace(name, new SystemEnvironmentPropertySource(name, variables));
        return new SpringApplicationBuilder(application)
                .web(WebApplicationType.NONE)
                .environment(environment)
                .properties("spring.config.location=file:" + file)
                .run(arguments);
    }

    private static EvioServer server(ConfigurableApplicationContext context) {
        assertThat(context.getBean(EvioLifecycle.class).servers()).hasSize(1);
        return context.getBean(EvioLifecycle.class).servers().get(0);
    }

    private static void assertServes(ConfigurableApplicationContext context, String server) throws IOException {
        assertThat(server(context).name()).isEqualTo(server);
        int port = context.getEnvironment().getRequiredProperty("local.evio." + server + ".port", Integer.class);
        try (Socket client = Clients.connect(port)) {
            Clients.echo(client, 100);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class EchoHandlerApplication {
        @Bean
        EvioHandler echoHandler() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class MyEcho {
        @Bean("my-echo")
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class MyUnderscoredEcho {
        @Bean("my_echo")
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class MyDottedEcho {
        @Bean("my.echo")
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoAlike extends MyEcho {
        @Bean
        EvioHandler myEcho() {
            return new Clients.Echo();
        }
    }

    /** The application is the handler: its name is the one that a component scan gives a nested class. */
    @Component
    @EnableAutoConfiguration
    static class Dotted extends Clients.Echo {}
}
