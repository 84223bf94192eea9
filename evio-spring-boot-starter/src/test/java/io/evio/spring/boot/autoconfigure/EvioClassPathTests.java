package io.evio.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.spring.boot.testing.ChildJvm;
import io.evio.spring.boot.testing.Clients;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.ClassUtils;

/** Nothing but Spring Boot itself is needed: no Actuator, no Micrometer, no web server. */
@Timeout(120)
class EvioClassPathTests {

    private static final String MICROMETER = "io.micrometer";
    private static final String MICROMETER_BOOT = "org.springframework.boot.micrometer";
    private static final String ACTUATOR = "org.springframework.boot.actuate";
    private static final String HEALTH = "org.springframework.boot.health";

    /** The jars that spring-boot-starter and evio-core bring, and the folders of this project. */
    private static final Pattern NEEDED = Pattern.compile("(test-)?classes|evio-core-.*"
            + "|spring-(core|beans|context|aop|expression)-\\d.*|spring-boot(-autoconfigure)?-\\d.*"
            + "|(jspecify|commons-logging|slf4j-api|logback-classic|logback-core)-\\d.*"
            + "|(jnr-.*|jffi|asm(-[a-z]+)?)-\\d.*");

    static Stream<List<String>> missing() {
        return Stream.of(
                List.of(MICROMETER),
                List.of(MICROMETER_BOOT),
                List.of(ACTUATOR),
                List.of(HEALTH),
                List.of("jakarta.servlet", "org.apache.catalina", "org.springframework.web"),
                List.of(MICROMETER, MICROMETER_BOOT, ACTUATOR, HEALTH));
    }

    @ParameterizedTest
    @MethodSource("missing")
    void servesWithout(List<String> packages) {
        new ApplicationContextRunner()
                .withUserConfiguration(AllOfEvio.class)
                .withClassLoader(new FilteredClassLoader(packages.toArray(String[]::new)))
                .withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    int port = context.getEnvironment().getRequiredProperty("local.evio.port", Integer.class);
                    try (Socket client = Clients.connect(port)) {
                        Clients.echo(client, 100);
                    }
                });
    }

    /**
     * A class loader that filters hides nothing from our own classes, which another one has loaded; a class path does.
     */
    @ParameterizedTest
    @CsvSource({
        "micrometer-.*, io.micrometer",
        "spring-boot-actuator-.*, org.springframework.boot.actuate",
        "spring-boot-health-.*, org.springframework.boot.health",
        "(micrometer|spring-boot-(micrometer|actuator|health))-.*, org.springframework.boot"
    })
    void servesWithoutTheJars(String jars, String packageThatIsGone, @TempDir Path folder) throws Exception {
        assertThat(presentWith(name -> !name.matches(jars), folder)).doesNotContain(packageThatIsGone);
    }

    @Test
    void servesWithTheJarsThatAreNeededAndNoOthers(@TempDir Path folder) throws Exception {
        assertThat(presentWith(name -> NEEDED.matcher(name).matches(), folder)).isEqualTo("[]");
    }

    /** No native calls then: plain Java serves, and one line says why. */
    @ParameterizedTest
    @ValueSource(strings = {"(jnr-.*|jffi|asm(-[a-z]+)?)-\\d.*", "jnr-ffi-\\d.*"})
    void servesWithoutJnr(String jars, @TempDir Path folder) throws Exception {
        Path path = folder.resolve("e.sock");
        try (ChildJvm jvm = ChildJvm.start(
                folder,
                name -> !name.matches(jars),
                Application.class,
                "--evio.poller=auto",
                "--evio.addresses=unix://" + path)) {
            await().atMost(Duration.ofSeconds(60)).until(() -> jvm.output().contains("started on") || !jvm.isAlive());
            assertThat(jvm.isAlive()).as(jvm.output()).isTrue();
            try (SocketChannel client = Clients.connect(path)) {
                client.write(ByteBuffer.wrap(new byte[] {'?'}));
                assertThat(line(client)).startsWith("[");
            }
            assertThat(jvm.terminate()).isEqualTo(143);
            assertThat(jvm.output())
                    .contains("Evio 'present' started on unix://" + path + " (nio)")
                    .doesNotContain("ERROR");
            assertThat(jvm.output().lines().filter(line -> line.contains(" WARN ")))
                    .singleElement()
                    .asString()
                    .endsWith("Evio uses the poller nio, because epoll cannot be used: jnr-ffi, which makes the system"
                            + " calls, is not on the class path, or not all of it. Add com.github.jnr:jnr-ffi with all"
                            + " that it brings");
        }
    }

    /** Returns those of the optional classes that an application with this class path says it has. */
    private static String presentWith(Predicate<String> onClassPath, Path folder) throws Exception {
        Path path = folder.resolve("e.sock");
        String present;
        try (ChildJvm jvm = ChildJvm.start(folder, onClassPath, Application.class, "--evio.addresses=unix://" + path)) {
            await().atMost(Duration.ofSeconds(60)).until(() -> jvm.output().contains("started on") || !jvm.isAlive());
            assertThat(jvm.isAlive()).as(jvm.output()).isTrue();
            try (SocketChannel client = Clients.connect(path)) {
                client.write(ByteBuffer.wrap(new byte[] {'?'}));
                present = line(client);
            }
            assertThat(jvm.terminate()).isEqualTo(143);
            assertThat(path).doesNotExist();
            assertThat(jvm.output()).doesNotContain("WARN").doesNotContain("ERROR");
        }
        return present;
    }

    private static String line(SocketChannel client) throws IOException {
        return new BufferedReader(new InputStreamReader(Channels.newInputStream(client), StandardCharsets.US_ASCII))
                .readLine();
    }

    /** Through a selector as in an application: what conditions leave out is not even loaded. */
    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        EvioAutoConfiguration.class,
        EvioHealthAutoConfiguration.class,
        EvioMetricsAutoConfiguration.class
    })
    static class AllOfEvio {}

    /** Answers which of the classes that are not needed there are. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        public static void main(String[] arguments) {
            SpringApplication.run(Application.class, arguments);
        }

        @Bean
        EvioHandler present() {
            List<String> present = Stream.of(
                            "io.micrometer.core.instrument.MeterRegistry",
                            "io.micrometer.observation.ObservationRegistry",
                            "org.springframework.boot.health.contributor.Health",
                            "org.springframework.boot.actuate.endpoint.annotation.Endpoint",
                            "jakarta.servlet.Servlet",
                            "org.springframework.web.context.WebApplicationContext")
                    .filter(name -> ClassUtils.isPresent(name, null))
                    .toList();
            return new EvioHandler() {
                @Override
                public Action data(Connection connection, ByteBuffer in, Output out) {
                    in.position(in.limit());
                    out.writeAscii(present + "\n");
                    return Action.CLOSE;
                }
            };
        }
    }
}
