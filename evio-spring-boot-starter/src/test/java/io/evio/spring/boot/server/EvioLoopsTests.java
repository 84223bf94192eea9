package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.evio.EvioHandler;
import io.evio.EvioHandlerFactory;
import io.evio.EvioServer;
import io.evio.spring.boot.EvioServerStartedEvent;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.testing.Clients;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.event.EventListener;

/** Servers of several loops, and their handlers. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class EvioLoopsTests {

    private static final int CLIENTS = 40;

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
            .withBean("started", Started.class, Started::new)
            .withBean("echo", EvioHandler.class, Clients.Echo::new)
            .withPropertyValues("evio.servers.echo.addresses=tcp://127.0.0.1:0");

    @Test
    void aHandlerIsSharedByTheLoops(CapturedOutput output) {
        runner.withPropertyValues("evio.servers.echo.loops=3").run(context -> {
            EvioServer server = server(context);
            assertThat(server.loops()).isEqualTo(3);
            assertThat(output)
                    .contains("Evio 'echo' started on " + server.addresses().get(0) + " (")
                    .contains(", 3 loops)");
            connect(context, CLIENTS);
            assertThat(server.loopStats())
                    .allSatisfy(loop -> assertThat(loop.connectionsOpened()).isPositive());
        });
    }

    @Test
    void busyPollReachesTheServers() {
        runner.withBean("other", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues(
                        "evio.servers.other.addresses=tcp://127.0.0.1:0",
                        "evio.busy-poll=20us",
                        "evio.servers.other.busy-poll=0")
                .run(context -> assertThat(context.getBean(Started.class).servers)
                        .extracting(EvioServer::name, EvioServer::busyPoll)
                        .containsExactlyInAnyOrder(
                                tuple("echo", Duration.ofNanos(20_000)), tuple("other", Duration.ZERO)));
        runner.run(context -> assertThat(server(context).busyPoll()).isZero());
    }

    @Test
    void aFactoryBeanMakesAHandlerForEachLoop() {
        List<Integer> made = new ArrayList<>();
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
                .withBean("started", Started.class, Started::new)
                .withBean("echo", EvioHandlerFactory.class, () -> loop -> {
                    made.add(loop);
                    return new Clients.Echo();
                })
                .withPropertyValues("evio.addresses=tcp://127.0.0.1:0", "evio.loops=2")
                .run(context -> {
                    assertThat(made).containsExactly(0, 1);
                    connect(context, 10);
                    context.stop();
                    context.start();
                    connect(context, 10);
                    assertThat(made).hasSize(2);
                    assertThat(server(context).stats().connectionsOpened()).isEqualTo(20);
                });
    }

    private static EvioServer server(ApplicationContext context) {
        return context.getBean(Started.class).servers.stream()
                .filter(server -> server.name().equals("echo"))
                .findFirst()
                .orElseThrow();
    }

    private static void connect(ApplicationContext context, int count) throws Exception {
        int port = server(context).addresses().get(0).port();
        List<Socket> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Socket client = Clients.connect(port);
            clients.add(client);
            Clients.echo(client, 10);
        }
        for (Socket client : clients) {
            client.close();
        }
    }

    static class Started {
        final List<EvioServer> servers = new ArrayList<>();

        @EventListener
        void started(EvioServerStartedEvent event) {
            servers.add(event.getServer());
        }
    }
}
