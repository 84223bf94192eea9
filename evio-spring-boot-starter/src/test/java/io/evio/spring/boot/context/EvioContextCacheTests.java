package io.evio.spring.boot.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.spring.boot.LocalEvioPath;
import io.evio.spring.boot.LocalEvioPort;
import io.evio.spring.boot.testing.Clients;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.annotation.DirtiesContext;

/**
 * One user's test class after the other, with contexts from the cache of Spring's test framework: what the classes see
 * of each other's servers.
 */
@Timeout(60)
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class EvioContextCacheTests {

    private static final String ADDRESSES =
            "evio.addresses=tcp://127.0.0.1:0, unix://${java.io.tmpdir}/evio-${random.uuid}.sock";

    /** The connection that is kept would hold the stop for all of it. */
    private static final String GRACE_PERIOD = "evio.shutdown.grace-period=200ms";

    /** The servers that the first class found; the same for all that share its context. */
    private static int port;

    private static Path path;
    private static EvioServer server;
    private static Pauseable pauseable;

    /** A connection that the first class opened, and nobody closes. */
    private static Socket kept;

    @AfterAll
    static void closeConnection() throws IOException {
        kept.close();
    }

    @Nested
    @Order(1)
    @SpringBootTest(
            classes = Cached.class,
            webEnvironment = WebEnvironment.NONE,
            properties = {ADDRESSES, GRACE_PERIOD})
    class First {
        @Test
        void opensAConnection(
                @LocalEvioPort int localPort,
                @LocalEvioPath Path localPath,
                @Autowired EvioLifecycle lifecycle,
                @Autowired Pauseable bean)
                throws IOException {
            port = localPort;
            path = localPath;
            server = lifecycle.servers().get(0);
            pauseable = bean;
            assertThat(pauseable.isRunning()).isTrue();
            kept = Clients.connect(port);
            Clients.echo(kept, 100);
        }
    }

    @Nested
    @Order(2)
    @SpringBootTest(
            classes = Cached.class,
            webEnvironment = WebEnvironment.NONE,
            properties = {ADDRESSES, GRACE_PERIOD})
    class SecondWithTheSameContext {
        @Test
        void findsTheSameServer(
                @LocalEvioPort int localPort, @LocalEvioPath Path localPath, @Autowired EvioLifecycle lifecycle)
                throws IOException {
            assertThat(localPort).isEqualTo(port);
            assertThat(localPath).isEqualTo(path);
            assertThat(lifecycle.servers()).containsExactly(server);
            Clients.echo(kept, 100);
        }
    }

    /** Spring pauses the first context now, see spring.test.context.cache.pause. */
    @Nested
    @Order(3)
    @SpringBootTest(
            classes = Cached.class,
            webEnvironment = WebEnvironment.NONE,
            properties = {ADDRESSES, GRACE_PERIOD, "evio.limits.max-connections=99"})
    @DirtiesContext
    class AnotherContext {
        @Test
        void hasAServerOfItsOwnAndTheFirstContextsStillServes(
                @LocalEvioPort int localPort, @LocalEvioPath Path localPath, @Autowired EvioLifecycle lifecycle)
                throws IOException {
            assertThat(pauseable.isRunning()).as("first context paused").isFalse();
            assertThat(localPort).isNotEqualTo(port);
            assertThat(localPath).isNotEqualTo(path);
            assertThat(lifecycle.servers().get(0)).isNotSameAs(server);
            try (Socket client = Clients.connect(localPort)) {
                Clients.echo(client, 100);
            }
            Clients.echo(kept, 100);
        }
    }

    @Nested
    @Order(4)
    @SpringBootTest(
            classes = Cached.class,
            webEnvironment = WebEnvironment.NONE,
            properties = {ADDRESSES, GRACE_PERIOD})
    @DirtiesContext
    class BackInTheFirstContext {
        @Test
        void findsPortAndConnectionsAsTheyWere(
                @LocalEvioPort int localPort, @LocalEvioPath Path localPath, @Autowired EvioLifecycle lifecycle)
                throws IOException {
            assertThat(pauseable.isRunning()).as("first context restarted").isTrue();
            assertThat(localPort).isEqualTo(port);
            assertThat(localPath).isEqualTo(path).exists();
            assertThat(lifecycle.servers()).containsExactly(server);
            Clients.echo(kept, 100);
            assertThat(server.stats().connectionsOpened()).isEqualTo(1);
            try (Socket client = Clients.connect(localPort)) {
                Clients.echo(client, 100);
            }
        }
    }

    @Nested
    @Order(5)
    class AfterTheContextWasDirtied {
        @Test
        void portAndSocketFileAreFree() throws IOException {
            assertThat(server.isRunning()).isFalse();
            assertThatThrownBy(() -> Clients.connect(port)).isInstanceOf(ConnectException.class);
            assertThat(path).doesNotExist();
            assertThat(kept.getInputStream().read()).as("end of the connection").isEqualTo(-1);
        }

        @Test
        void noThreadIsLeft() {
            await().untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().equals("evio-cached")));
        }
    }

    /** Any bean that pauses, to see that its context is paused. */
    static class Pauseable implements SmartLifecycle {

        private volatile boolean running;

        @Override
        public void start() {
            running = true;
        }

        @Override
        public void stop() {
            running = false;
        }

        @Override
        public boolean isRunning() {
            return running;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Cached {
        @Bean
        EvioHandler cached() {
            return new Clients.Echo();
        }

        @Bean
        Pauseable pauseable() {
            return new Pauseable();
        }
    }
}
