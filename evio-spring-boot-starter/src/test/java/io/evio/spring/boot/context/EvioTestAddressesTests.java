package io.evio.spring.boot.context;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Address;
import io.evio.EvioHandler;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.TestedPoller;
import io.evio.test.TestClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Tests of an application beside the application itself. */
@Timeout(60)
class EvioTestAddressesTests {

    @TempDir
    private Path folder;

    private ConfigurableApplicationContext run(int port, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--evio.servers.echo.addresses=tcp://127.0.0.1:" + port + ",tcp://127.0.0.1:1,unix://"
                        + folder.resolve("echo.sock") + ",unix://" + folder.resolve("other.sock"),
                "--evio.servers.other.addresses=unix://" + folder.resolve("third.sock")));
        arguments.addAll(List.of(more));
        return new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .run(arguments.toArray(String[]::new));
    }

    private static List<String> addresses(ConfigurableApplicationContext context) {
        return context.getBean(EvioServers.class).all().stream()
                .flatMap(server -> server.addresses().stream())
                .map(Address::toString)
                .toList();
    }

    @Test
    void serversOfSeveralContextsDoNotCollide() throws IOException {
        String random = "--evio.test.random-addresses=true";
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path file = Files.createFile(folder.resolve("echo.sock"));
            Path socketFolder;
            try (ConfigurableApplicationContext one = run(taken.getLocalPort(), random);
                    ConfigurableApplicationContext two = run(taken.getLocalPort(), random)) {
                List<String> all = Stream.concat(addresses(one).stream(), addresses(two).stream())
                        .toList();
                assertThat(all).hasSize(10).doesNotHaveDuplicates().noneMatch(address -> address.contains("" + folder));
                for (String address : all) {
                    try (TestClient client = TestClient.connect(address)) {
                        client.send("x").expect("x").endOutput().expectEnd();
                    }
                }
                socketFolder = Path.of(one.getEnvironment().getRequiredProperty("local.evio.echo.path"))
                        .getParent();
                assertThat(socketFolder)
                        .isDirectoryContaining(path -> path.toString().endsWith(".sock"));
            }
            assertThat(socketFolder).doesNotExist();
            assertThat(file).as("what another one has").exists();
        }
    }

    @Test
    void anAbstractSocketGetsAnotherName() {
        if (TestedPoller.NAME.equals("nio")) {
            return; // It has none.
        }
        try (ConfigurableApplicationContext context =
                run(1, "--evio.test.random-addresses=true", "--evio.servers.other.addresses=unix://@evio-test-fixed")) {
            assertThat(addresses(context).get(5)).startsWith("unix://@").isNotEqualTo("unix://@evio-test-fixed");
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
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
