package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Ends of connections: the output that still goes out, the input that still comes in, and the error that the handler
 * gets.
 */
class EndingTest extends ConformanceTest {

    private static final int LARGE = 4 * 1024 * 1024;

    @EveryTransport
    void pendingOutputIsSentBeforeClose(Transport transport) throws IOException {
        byte[] output = PatternBytes.bytes(0, LARGE);
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.write(output);
            return Action.CLOSE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        handler.await("postwrite", event -> event.remaining() > 0);
        assertThat(handler.count("closed")).isZero();
        PatternBytes.check(0, LARGE, client.readBytesToEnd());
        assertThat(handler.await("closed").error()).isNull();
    }

    @EveryTransport
    void pendingOutputIsSentBeforeDetach(Transport transport) throws IOException {
        byte[] output = PatternBytes.bytes(0, LARGE);
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> {
                    in.position(in.limit());
                    out.write(output);
                    return Action.DETACH;
                })
                .onDetached((connection, detached) -> {
                    detached.outputStream().write(new byte[] {1, 2, 3});
                    detached.close();
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        client.send("x");
        handler.await("postwrite", event -> event.remaining() > 0);
        assertThat(handler.count("detached")).isZero();
        PatternBytes.check(0, LARGE, client.readBytes(LARGE));
        assertThat(client.readBytesToEnd()).containsExactly(1, 2, 3);
        List<Event> events = handler.events();
        assertThat(events.get(events.size() - 2).remaining()).isZero();
        assertThat(events.get(events.size() - 1).name()).isEqualTo("detached");
    }

    /** P10: a client that sends its request and shuts its side gets its whole reply. */
    @EveryTransport
    void pendingOutputIsSentWhenThePeerHasShutItsWritingSide(Transport transport) throws IOException {
        byte[] output = PatternBytes.bytes(0, LARGE);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.write(output);
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        client.send("x").shutdownOutput();
        handler.await("postwrite", event -> event.remaining() > 0);
        assertThat(handler.count("closed")).isZero();
        PatternBytes.check(0, LARGE, client.readBytesToEnd());
        assertThat(handler.await("closed").error()).isNull();
    }

    /** P10: closing with input unread would make the kernel destroy the reply with a reset. */
    @EveryTransport
    void inputThatComesAfterCloseDoesNotDestroyTheReply(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.writeAscii("refused");
            return Action.CLOSE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        byte[] upload = new byte[512 * 1024];
        try (Crowd sender = Crowd.one(i -> client.send(upload))) {
            handler.await("closed");
            sender.join();
        }
        client.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("refused");
        assertThat(handler.count("data")).isEqualTo(1);
    }

    @EveryTransport
    void noDataFiresOnceCloseIsDecided(Transport transport) throws Exception {
        byte[] output = PatternBytes.bytes(0, LARGE);
        BlockingQueue<Connection> connections = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            connections.add(connection);
            in.position(in.limit());
            out.write(output);
            return Action.CLOSE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        client.send("first");
        Connection connection = connections.take();
        handler.await("postwrite", event -> event.remaining() > 0);
        client.send("second");
        Eventually.isTrue("refusal of wakes", () -> !connection.wake());
        assertThat(server.wake(connection.id())).isFalse();
        PatternBytes.check(0, LARGE, client.readBytesToEnd());
        assertThat(handler.await("closed").error()).isNull();
        assertThat(handler.count("data")).isEqualTo(1);
    }

    @EveryTransport
    void noDataFiresOnceDetachIsDecided(Transport transport) throws Exception {
        byte[] output = PatternBytes.bytes(0, LARGE);
        BlockingQueue<Connection> connections = new LinkedBlockingQueue<>();
        BlockingQueue<String> read = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> {
                    if (in.remaining() < 5) {
                        return Action.NONE;
                    }
                    connections.add(connection);
                    in.position(in.limit());
                    out.write(output);
                    return Action.DETACH;
                })
                .onDetached((connection, detached) -> {
                    try (detached) {
                        read.add(new String(detached.inputStream().readNBytes(6), "US-ASCII"));
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        client.send("first");
        Connection connection = connections.take();
        long before = handler.count("data");
        handler.await("postwrite", event -> event.remaining() > 0);
        client.send("second");
        Eventually.isTrue("refusal of wakes", () -> !connection.wake());
        PatternBytes.check(0, LARGE, client.readBytesToEnd());
        assertThat(read.poll(10, TimeUnit.SECONDS)).isEqualTo("second");
        assertThat(handler.count("data")).isEqualTo(before);
    }

    /** P6: what is decided stays decided, whatever is asked for meanwhile. */
    @Test
    void requestsDuringTheDrainChangeNothing() throws Exception {
        byte[] output = PatternBytes.bytes(0, LARGE);
        BlockingQueue<Connection> connections = new LinkedBlockingQueue<>();
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            connections.add(connection);
            out.write(output);
            return Action.CLOSE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connectSlowReader(server);
        Connection connection = connections.take();
        handler.await("postwrite", event -> event.remaining() > 0);
        Eventually.isTrue("refusal of wakes", () -> !connection.wake());
        assertThat(connection.send(new byte[] {1})).isFalse();
        assertThat(connection.close()).isFalse();
        PatternBytes.check(0, LARGE, client.readBytesToEnd());
    }

    @EveryTransport
    void closedHasNoErrorWhenThePeerCloses(Transport transport) throws IOException {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        client.send("abc");
        assertThat(client.read(3)).isEqualTo("abc");
        client.close();
        assertThat(handler.await("closed").error()).isNull();
    }

    @EveryTransport
    void closedHasTheErrorWhenThePeerResets(Transport transport) throws IOException {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.writeAscii("unread");
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        handler.await("postwrite", event -> event.remaining() == 0);
        if (transport.isTcp()) {
            client.reset();
        } else {
            // A unix socket resets when its owner has left something unread.
            client.close();
        }
        Event closed = handler.await("closed");
        assertThat(closed.error()).isInstanceOf(IOException.class).hasMessageContaining("ECONNRESET");
        assertThat(handler.names(1)).containsExactly("opened", "prewrite", "postwrite", "closed");
    }

    @EveryTransport
    void aPeerThatVanishesWithOutputPendingIsAnError(Transport transport) throws IOException {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.write(new byte[LARGE]);
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connectSlowReader(server);
        handler.await("postwrite", event -> event.remaining() > 0);
        client.close();
        assertThat(handler.await("closed").error()).isInstanceOf(IOException.class);
        Eventually.holds(() -> assertThat(server.stats().writePending()).isZero());
        assertThat(handler.count("closed")).isEqualTo(1);
    }

    @Test
    void closedFiresOnceForEachOfThousandsOnShutdown() throws Exception {
        int crowd = 3000;
        TestHandler handler = new TestHandler().onData((connection, in, out) -> Action.SHUTDOWN);
        CountDownLatch stopped = new CountDownLatch(1);
        EvioServer server = stopAfterwards(builder(handler, Transport.UNIX.address(folder))
                .onStopped(failure -> stopped.countDown())
                .build());
        server.start();
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < crowd; i++) {
            clients.add(connect(server));
        }
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isEqualTo(crowd));
        clients.get(crowd / 2).send("the end");
        Eventually.reached(stopped);
        assertThat(handler.events("closed"))
                .hasSize(crowd)
                .allSatisfy(closed -> assertThat(closed.error()).isNull())
                .extracting(Event::id)
                .doesNotHaveDuplicates();
        assertThat(clients.get(0).readToEnd()).isEmpty();
        assertThat(clients.get(crowd - 1).readToEnd()).isEmpty();
        assertThat(server.stats().connectionsActive()).isZero();
        assertThat(server.stats().connectionsClosed()).isEqualTo(crowd);
    }

    /** P13: one opened, first; one end, last; however a connection ends and whoever else ends it at the same time. */
    @EveryTransport
    void everyConnectionOpensOnceAndEndsOnce(Transport transport) throws Exception {
        int perThread = 60;
        TestHandler handler = new TestHandler();
        handler.onOpened((connection, out) -> {
                    out.writeAscii("hi");
                    return connection.id() % 11 == 0 ? Action.CLOSE : Action.NONE;
                })
                .onData((connection, in, out) -> {
                    if (!in.hasRemaining()) {
                        return Action.NONE;
                    }
                    byte what = in.get();
                    in.position(in.limit());
                    out.writeAscii("ok");
                    return switch (what) {
                        case 'c' -> Action.CLOSE;
                        case 'd' -> Action.DETACH;
                        case 't' -> throw new IllegalStateException("as asked for");
                        case 'w' -> {
                            connection.wake();
                            connection.close();
                            connection.wake();
                            yield Action.CLOSE;
                        }
                        default -> Action.NONE;
                    };
                });
        EvioServer server = start(handler, transport.address(folder));
        closeAfterwards(new LogCapture());
        try (Crowd meddlers = Crowd.start(2, index -> {
                    Random random = new Random(index);
                    while (!Thread.currentThread().isInterrupted()) {
                        long id = server.stats().connectionsOpened() - random.nextInt(3);
                        switch (random.nextInt(20)) {
                            case 0 -> server.closeConnection(id);
                            case 1 -> server.send(id, new byte[] {'s'});
                            case 2 -> server.wake(id);
                            default -> Thread.onSpinWait();
                        }
                    }
                });
                Crowd visitors = Crowd.start(4, index -> {
                    Random random = new Random(index);
                    for (int i = 0; i < perThread; i++) {
                        try (Client client = Client.connect(server.addresses().get(0))) {
                            visit(client, transport, "cdtwxyz".charAt(random.nextInt(7)));
                        }
                    }
                })) {
            visitors.join();
            meddlers.interrupt();
        }
        int all = 4 * perThread;
        Eventually.holds(() ->
                assertThat(handler.count("closed") + handler.count("detached")).isEqualTo(all));
        server.stop(Duration.ZERO);
        Map<Long, List<String>> byConnection = handler.events().stream()
                .filter(event -> event.id() > 0)
                .collect(Collectors.groupingBy(
                        Event::id, Collectors.mapping(Event::name, Collectors.toCollection(ArrayList::new))));
        assertThat(byConnection).hasSize(all).allSatisfy((id, names) -> {
            assertThat(names.get(0)).isEqualTo("opened");
            assertThat(names.get(names.size() - 1)).isIn("closed", "detached");
            assertThat(names.stream().filter(Arrays.asList("opened", "closed", "detached")::contains))
                    .hasSize(2);
        });
        assertThat(server.stats().connectionsActive()).isZero();
    }

    private static void visit(Client client, Transport transport, char what) {
        try {
            switch (what) {
                case 'x' -> {
                    if (transport.isTcp()) {
                        client.reset();
                    }
                }
                case 'y' -> client.shutdownOutput().readToEnd();
                case 'z' -> client.send("z").read(2);
                default -> client.send(String.valueOf(what)).readToEnd();
            }
        } catch (IOException | AssertionError e) {
            // The other side was faster in ending it: what this is about.
        }
    }
}
