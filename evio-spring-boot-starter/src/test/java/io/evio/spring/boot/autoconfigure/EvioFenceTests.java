package io.evio.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.EvioHandler;
import io.evio.spring.boot.actuate.EvioEndpoint;
import io.evio.spring.boot.testing.Clients;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Nothing is opened that was not asked for: no port, no file, no thread, no meter. */
@Timeout(60)
class EvioFenceTests {

    @TempDir
    private Path folder;

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    EvioAutoConfiguration.class,
                    EvioMetricsAutoConfiguration.class,
                    EvioHealthAutoConfiguration.class,
                    EvioEndpointAutoConfiguration.class,
                    EndpointAutoConfiguration.class))
            .withBean(MeterRegistry.class, SimpleMeterRegistry::new);

    /** Loads what a first server loads, jnr-ffi's library and all. */
    @BeforeEach
    void warmUp() {
        runner.withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void withoutAHandlerAndWithoutAddressesThereIsNothing() throws Exception {
        Set<String> before = opened();
        runner.run(context -> {
            assertThat(context).hasNotFailed();
            assertNothing(before);
            assertThat(context.getBean(MeterRegistry.class).getMeters()).isEmpty();
        });
        assertNothing(before);
    }

    @Test
    void aHandlerAloneOpensNothing() throws Exception {
        Set<String> before = opened();
        runner.withBean("echo", EvioHandler.class, Clients.Echo::new).run(context -> {
            assertThat(context).hasNotFailed();
            assertNothing(before);
            assertThat(context.getBean(MeterRegistry.class).getMeters()).isEmpty();
        });
    }

    @Test
    void addressesWithEvioDisabledOpenNothing() throws Exception {
        Set<String> before = opened();
        runner.withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues("evio.enabled=false", "evio.addresses=tcp://127.0.0.1:0")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertNothing(before);
                });
    }

    @Test
    void onlyTheAddressesThatAreAskedForAreListenedOn() throws Exception {
        Path path = folder.resolve("fence.sock");
        Set<String> before = listening();
        runner.withBean("echo", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0, unix://" + path)
                .run(context -> {
                    String port = context.getEnvironment().getRequiredProperty("local.evio.port");
                    Set<String> added = listening();
                    added.removeAll(before);
                    assertThat(added)
                            .containsExactlyInAnyOrder(
                                    String.format("0100007F:%04X", Integer.parseInt(port)), path.toString());
                    assertThat(filesIn(folder)).containsExactly(path);
                });
        assertThat(filesIn(folder)).isEmpty();
        assertThat(listening()).isEqualTo(before);
    }

    /** It is one that exposure has to name, and that has nothing to write. */
    @Test
    void theEndpointIsReadOnly() {
        assertThat(Stream.of(EvioEndpoint.class.getDeclaredMethods())
                        .flatMap(method -> Stream.of(method.getAnnotations()))
                        .map(annotation -> annotation.annotationType().getSimpleName()))
                .contains("ReadOperation")
                .doesNotContain("WriteOperation", "DeleteOperation");
    }

    private void assertNothing(Set<String> before) throws IOException {
        Set<String> added = opened();
        added.removeAll(before);
        assertThat(added).isEmpty();
        // The thread that stopped a context may still be on its way out when the context is closed.
        await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .filter(name -> name.startsWith("evio-")))
                .isEmpty());
    }

    /** Returns what this JVM has open; the libraries it loads from jars aside. */
    private static Set<String> opened() throws IOException {
        Set<String> found = new TreeSet<>();
        for (Path link : filesIn(Path.of("/proc/self/fd"))) {
            try {
                String target = Files.readSymbolicLink(link).toString();
                if (!target.endsWith(".jar") && !target.endsWith("/fd")) {
                    found.add(target);
                }
            } catch (NoSuchFileException e) {
                // The one that listed the directory.
                continue;
            }
        }
        return found;
    }

    /** Addresses of TCP as proc(5) writes them, and paths, that this JVM listens on. */
    private static Set<String> listening() throws IOException {
        Set<String> inodes = opened().stream()
                .filter(target -> target.startsWith("socket:["))
                .map(target -> target.substring(8, target.length() - 1))
                .collect(Collectors.toSet());
        Set<String> found = new TreeSet<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            rows(table)
                    .filter(field -> field[3].equals("0A") && inodes.contains(field[9]))
                    .forEach(field -> found.add(field[1]));
        }
        rows("/proc/net/unix")
                .filter(field -> field.length > 7 && field[3].equals("00010000") && inodes.contains(field[6]))
                .forEach(field -> found.add(field[7]));
        return found;
    }

    private static Stream<String[]> rows(String table) throws IOException {
        return new ArrayList<>(Files.readAllLines(Path.of(table)))
                .stream().map(line -> line.strip().split("\\s+"));
    }

    private static List<Path> filesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }
}
