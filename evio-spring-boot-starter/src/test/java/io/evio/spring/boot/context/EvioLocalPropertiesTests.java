package io.evio.spring.boot.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.evio.Address;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.spring.boot.LocalEvioPath;
import io.evio.spring.boot.LocalEvioPort;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.TestedPoller;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.test.annotation.DirtiesContext;

/** Values that a user's test asks for: where the servers really listen, wherever it wants to know. */
@Timeout(60)
@SpringBootTest(
        classes = EvioLocalPropertiesTests.Application.class,
        webEnvironment = WebEnvironment.NONE,
        properties = {
            "evio.servers.none.addresses=unix://${java.io.tmpdir}/evio-${random.uuid}.sock",
            "evio.servers.both.addresses=tcp://127.0.0.1:0, unix://${java.io.tmpdir}/evio-${random.uuid}.sock",
            "evio.servers.many.addresses=tcp://127.0.0.1:0, unix://${java.io.tmpdir}/evio-${random.uuid}.sock,"
                    + " tcp://127.0.0.1:0, unix://${java.io.tmpdir}/evio-${random.uuid}.sock"
        })
@DirtiesContext
class EvioLocalPropertiesTests {

    private final int constructorPort;
    private final String constructorPath;
    private int methodPort;
    private int namedMethodPort;
    private Path methodPath;

    @LocalEvioPort
    private int fieldPort;

    @LocalEvioPath
    private Path fieldPath;

    @LocalEvioPath("none")
    private Path pathOfNone;

    @LocalEvioPort("many")
    private int portOfMany;

    @LocalEvioPath("many")
    private Path pathOfMany;

    @Value("${local.evio.many.path}")
    private Path valueOfMany;

    @Autowired
    private Environment environment;

    @Autowired
    private EvioLifecycle lifecycle;

    EvioLocalPropertiesTests(@LocalEvioPort int port, @LocalEvioPath String path) {
        this.constructorPort = port;
        this.constructorPath = path;
    }

    @LocalEvioPort
    void port(int port) {
        this.methodPort = port;
    }

    @LocalEvioPort("many")
    void namedPort(int port) {
        this.namedMethodPort = port;
    }

    @Autowired
    void path(@LocalEvioPath Path path) {
        this.methodPath = path;
    }

    @Test
    void everyInjectionPointGetsThePort(@LocalEvioPort int parameter) throws IOException {
        assertThat(List.of(constructorPort, methodPort, fieldPort)).containsOnly(parameter);
        assertThat(environment.getProperty("local.evio.port", Integer.class)).isEqualTo(parameter);
        try (Socket client = Clients.connect(parameter)) {
            Clients.echo(client, 1_000);
        }
    }

    @Test
    void everyInjectionPointGetsThePath(@LocalEvioPath String parameter) throws IOException {
        assertThat(constructorPath).isEqualTo(parameter);
        assertThat(List.of(methodPath, fieldPath)).containsOnly(Path.of(parameter));
        try (SocketChannel client = Clients.connect(Path.of(parameter))) {
            Clients.echo(client);
        }
    }

    /** A server without a port leaves local.evio.port to the next one. */
    @Test
    void withoutANameItIsTheFirstServerThatHasAny() {
        assertThat(fieldPath).isEqualTo(pathOfNone);
        assertThat(fieldPort).isEqualTo(environment.getProperty("local.evio.both.port", Integer.class));
        assertThat(environment.containsProperty("local.evio.none.port")).isFalse();
    }

    @Test
    void aNamedServerGetsToEveryInjectionPoint(@LocalEvioPort("many") int parameter, @LocalEvioPath("many") Path path) {
        assertThat(parameter)
                .isEqualTo(portOfMany)
                .isEqualTo(namedMethodPort)
                .isEqualTo(environment.getProperty("local.evio.many.port", Integer.class))
                .isNotEqualTo(fieldPort);
        assertThat(path).isEqualTo(pathOfMany).isEqualTo(valueOfMany).isNotEqualTo(fieldPath);
    }

    @Test
    void ofSeveralAddressesOfAServerItIsTheFirst() throws IOException {
        List<Address> addresses = server("many").addresses();
        assertThat(portOfMany).isEqualTo(addresses.get(0).port());
        assertThat(pathOfMany).isEqualTo(Path.of(addresses.get(1).path()));
        try (Socket client = Clients.connect(portOfMany);
                SocketChannel unix = Clients.connect(pathOfMany)) {
            Clients.echo(client, 1_000);
            Clients.echo(unix);
        }
    }

    /** random.uuid is another one each time it is read: the published path has to be the one that was bound. */
    @Test
    void aRandomPathIsResolvedOnce() {
        assertThat(environment.getProperty("evio.servers.none.addresses"))
                .isNotEqualTo(environment.getProperty("evio.servers.none.addresses"));
        assertThat(pathOfNone.toString())
                .startsWith(
                        Path.of(System.getProperty("java.io.tmpdir"), "evio-").toString())
                .isEqualTo(server("none").addresses().get(0).path());
        assertThat(pathOfNone).exists();
        assertThat(pathOfNone.toString().length()).isLessThan(107);
    }

    /** It has no path, and a file called @name is another socket. */
    @Test
    void ofAnAbstractSocketItIsTheAddress() {
        assumeFalse(TestedPoller.NAME.equals("nio"), "nio has no abstract sockets");
        String address = "unix://@evio-" + UUID.randomUUID();
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .run("--evio.servers.none.addresses=" + address)) {
            assertThat(context.getEnvironment().getProperty("local.evio.none.path"))
                    .isEqualTo(address);
            assertThat(context.getEnvironment().getProperty("local.evio.path")).isEqualTo(address);
            assertThat(context.getBean(EvioLifecycle.class).servers().get(0).addresses())
                    .containsExactly(Address.parse(address));
        }
    }

    private EvioServer server(String name) {
        return lifecycle.servers().stream()
                .filter(server -> server.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {
        @Bean
        EvioHandler none() {
            return new Clients.Echo();
        }

        @Bean
        EvioHandler both() {
            return new Clients.Echo();
        }

        @Bean
        EvioHandler many() {
            return new Clients.Echo();
        }
    }
}
