package io.evio.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.spring.boot.autoconfigure.EvioAutoConfiguration;
import io.evio.spring.boot.testing.Clients;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The servers are injected where they are needed. */
@Timeout(60)
class EvioServersTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
            .withUserConfiguration(TwoHandlers.class)
            .withPropertyValues(
                    "evio.servers.echo.addresses=tcp://127.0.0.1:0",
                    "evio.servers.counting.addresses=tcp://127.0.0.1:0");

    @Test
    void aServerIsFoundByItsName() {
        runner.run(context -> {
            EvioServers servers = context.getBean(EvioServers.class);
            assertThat(servers.get("echo").addresses().get(0).port()).isEqualTo(port(context, "echo"));
            assertThat(servers.find("counting")).containsSame(servers.get("counting"));
            assertThat(servers.find("ecko")).isEmpty();
            assertThat(servers.all()).extracting(EvioServer::name).containsExactly("echo", "counting");
            assertThat(servers).containsExactlyElementsOf(servers.all());
        });
    }

    @Test
    void anUnknownNameIsAnsweredWithThoseThatExist() {
        runner.run(context -> assertThatThrownBy(
                        () -> context.getBean(EvioServers.class).get("ecko"))
                .isInstanceOf(NoSuchElementException.class)
                .hasMessage("There is no Evio server 'ecko'. Use the name of one that exists: echo, counting"));
    }

    @Test
    void theyAreTheSameWhileStoppedAndStarted() {
        runner.withPropertyValues("evio.auto-startup=false").run(context -> {
            EvioServers servers = context.getBean(EvioServers.class);
            EvioServer echo = servers.get("echo");
            assertThat(echo.isRunning()).isFalse();
            for (int i = 0; i < 2; i++) {
                context.start();
                assertThat(servers.get("echo")).isSameAs(echo);
                assertThat(echo.isRunning()).isTrue();
                context.stop();
                assertThat(servers.get("echo")).isSameAs(echo);
                assertThat(echo.isRunning()).isFalse();
            }
        });
    }

    /** A bean that depends on them is still made. */
    @Test
    void thereAreNoneWhenEvioIsDisabled() {
        runner.withPropertyValues("evio.enabled=false")
                .withBean(Dependent.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    EvioServers servers = context.getBean(Dependent.class).servers;
                    assertThat(servers).isEmpty();
                    assertThat(servers.find("echo")).isEmpty();
                    assertThatThrownBy(() -> servers.get("echo"))
                            .isInstanceOf(NoSuchElementException.class)
                            .hasMessage("There is no Evio server 'echo', and no other one");
                });
    }

    /** It gets them before there are any. */
    @Test
    void aHandlerAsksThemInItsEvents() {
        runner.run(context -> {
            try (Socket echo = Clients.connect(port(context, "echo"));
                    Socket counting = Clients.connect(port(context, "counting"))) {
                Clients.echo(echo, 100);
                counting.getOutputStream().write('?');
                assertThat(new String(counting.getInputStream().readNBytes(1), StandardCharsets.US_ASCII))
                        .isEqualTo("1");
            }
        });
    }

    /** Even one that is made before the servers are. */
    @Test
    void aBeanMayAskInItsConstructor() {
        new ApplicationContextRunner()
                .withBean(Early.class)
                .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
                .withUserConfiguration(TwoHandlers.class)
                .withPropertyValues("evio.servers.echo.addresses=tcp://127.0.0.1:0")
                .run(context -> assertThat(context.getBean(Early.class).names).containsExactly("echo"));
    }

    @Test
    void thoseOfAParentComeAfterTheContextsOwn() {
        runner.run(parent -> new ApplicationContextRunner()
                .withParent(parent)
                .withConfiguration(AutoConfigurations.of(EvioAutoConfiguration.class))
                .withBean("lower", EvioHandler.class, Clients.Echo::new)
                .withPropertyValues("evio.servers.lower.addresses=tcp://127.0.0.1:0")
                .run(child -> {
                    assertThat(child.getBean(EvioServers.class).all())
                            .extracting(EvioServer::name)
                            .containsExactly("lower", "echo", "counting");
                    assertThat(child.getBean(EvioServers.class).get("echo"))
                            .isSameAs(parent.getBean(EvioServers.class).get("echo"));
                    assertThat(parent.getBean(EvioServers.class).find("lower")).isEmpty();
                }));
    }

    private static int port(ApplicationContext context, String server) {
        return context.getEnvironment().getRequiredProperty("local.evio." + server + ".port", Integer.class);
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoHandlers {

        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }

        /** Answers with the number of the other server's connections. */
        @Bean
        EvioHandler counting(EvioServers servers) {
            return new EvioHandler() {
                @Override
                public Action data(Connection connection, ByteBuffer in, Output out) {
                    in.position(in.limit());
                    out.writeAscii(servers.get("echo").stats().connectionsActive() + "");
                    return Action.NONE;
                }
            };
        }
    }

    static class Dependent {

        final EvioServers servers;

        Dependent(EvioServers servers) {
            this.servers = servers;
        }
    }

    static class Early {

        final List<String> names = new ArrayList<>();

        Early(EvioServers servers) {
            servers.forEach(server -> names.add(server.name()));
        }
    }
}
