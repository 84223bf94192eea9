package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The eight events: their order, their arguments and their thread. */
class EventsTest extends ConformanceTest {

    private static TestHandler greetingEcho() {
        return greetingEcho(Action.NONE);
    }

    /** Greets, and sends back three bytes at a time, however they come. */
    private static TestHandler greetingEcho(Action afterwards) {
        return new TestHandler()
                .onOpened((connection, out) -> {
                    out.writeAscii("hi");
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    if (in.remaining() < 3) {
                        return Action.NONE;
                    }
                    out.write(in);
                    return afterwards;
                });
    }

    /** P13: opened comes once and first, closed once and last. */
    @EveryTransport
    void fireInOrder(Transport transport) throws IOException {
        TestHandler handler = greetingEcho();
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        assertThat(client.read(2)).isEqualTo("hi");
        client.send("abc");
        assertThat(client.read(3)).isEqualTo("abc");
        client.close();
        handler.await("closed");
        assertThat(handler.turns())
                .containsExactly(
                        "serving",
                        "tick",
                        "opened",
                        "prewrite",
                        "postwrite",
                        "data",
                        "prewrite",
                        "postwrite",
                        "closed");
    }

    @EveryTransport
    void detachedComesInsteadOfClosed(Transport transport) throws IOException {
        TestHandler handler = greetingEcho(Action.DETACH);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        client.send("abc");
        assertThat(client.readToEnd()).isEqualTo("hiabc");
        handler.await("detached");
        server.stop(Eventually.PATIENCE);
        assertThat(handler.turns(1))
                .containsExactly("opened", "prewrite", "postwrite", "data", "prewrite", "postwrite", "detached");
    }

    @Test
    void allRunOnTheThreadNamedAfterTheServer() throws IOException {
        TestHandler handler = greetingEcho(Action.DETACH);
        EvioServer server = start(builder(handler, ANY_PORT).name("echo-1"));
        Client detached = connect(server);
        Client closed = connect(server);
        detached.send("abc");
        assertThat(detached.readToEnd()).isEqualTo("hiabc");
        closed.close();
        handler.await("detached");
        handler.await("closed");
        Thread loop = loopThread(server);
        assertThat(loop.getName()).isEqualTo("evio-echo-1");
        assertThat(loop.isDaemon()).isFalse();
        assertThat(handler.names())
                .contains("serving", "tick", "opened", "data", "prewrite", "postwrite", "detached", "closed");
        assertThat(handler.events())
                .allSatisfy(event -> assertThat(event.thread()).isSameAs(loop));
    }

    @Test
    void servingComesBeforeTheFirstConnectionHoweverEarlyThatKnocks() throws Exception {
        AtomicReference<Client> early = new AtomicReference<>();
        CompletableFuture<Boolean> wasQuiet = new CompletableFuture<>();
        TestHandler handler = new TestHandler();
        handler.onServing(server -> {
            assertThat(server.isRunning()).isTrue();
            early.set(connect(server));
            wasQuiet.complete(handler.count("opened") == 0);
            return Action.NONE;
        });
        start(handler, ANY_PORT);
        handler.await("opened");
        assertThat(wasQuiet.get()).isTrue();
        assertThat(handler.names()).containsExactly("serving", "tick", "opened");
        assertThat(handler.server().addresses()).hasSize(1);
    }

    @EveryTransport
    void writesAreAnnouncedAndAccountedFor(Transport transport) throws IOException {
        int size = 6 * 1024 * 1024;
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.write(new byte[size]);
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        client.send("x");
        handler.await("postwrite", event -> event.remaining() > 0);
        client.readBytes(size);
        handler.await("postwrite", event -> event.remaining() == 0);
        List<Event> writes = handler.events().stream()
                .filter(event -> event.is("prewrite") || event.is("postwrite"))
                .toList();
        int sent = 0;
        for (int i = 0; i < writes.size(); i += 2) {
            Event before = writes.get(i);
            Event after = writes.get(i + 1);
            assertThat(before.name()).isEqualTo("prewrite");
            assertThat(after.name()).isEqualTo("postwrite");
            assertThat(before.amount()).isPositive();
            assertThat(after.amount()).isBetween(0, before.amount());
            sent += after.amount();
            assertThat(after.remaining()).isEqualTo(size - sent);
        }
        assertThat(sent).isEqualTo(size);
    }

    @EveryTransport
    void aConnectionKnowsItsAddressesAndKeepsItsAttachment(Transport transport) throws Exception {
        CompletableFuture<List<Object>> seen = new CompletableFuture<>();
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    assertThat(connection.<String>attachment()).isNull();
                    connection.attach("mine");
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    seen.complete(List.of(
                            connection.addressIndex(),
                            connection.localAddress(),
                            connection.remoteAddress(),
                            connection.<String>attachment()));
                    return Action.NONE;
                });
        EvioServer server = start(handler, ANY_PORT, transport.address(folder));
        Client client = connect(server.addresses().get(1));
        SocketAddress own = client.channel().getLocalAddress();
        client.close();
        List<Object> facts = seen.get();
        assertThat(facts.get(0)).isEqualTo(1);
        assertThat(facts.get(1))
                .isEqualTo(Client.socketAddress(server.addresses().get(1)));
        if (own instanceof InetSocketAddress) {
            assertThat(facts.get(2)).isEqualTo(own);
        } else {
            assertThat(facts.get(2)).hasToString("");
        }
        assertThat(facts.get(3)).isEqualTo("mine");
    }

    @Test
    void oneLoopServesAddressesOfEveryKind() throws IOException {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(
                handler,
                Transport.TCP4.address(folder),
                Transport.UNIX.address(folder),
                Transport.TCP4.address(folder),
                Transport.UNIX.address(folder));
        for (int i = 0; i < 4; i++) {
            Client client = connect(server.addresses().get(i));
            client.send("to " + i);
            assertThat(client.read(4)).isEqualTo("to " + i);
        }
        assertThat(handler.events("opened")).extracting(Event::id).containsExactly(1L, 2L, 3L, 4L);
    }
}
