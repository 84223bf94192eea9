package io.evio.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import com.sun.management.ThreadMXBean;
import io.evio.Action;
import io.evio.Connection;
import io.evio.ConnectionGroup;
import io.evio.EvioServer;
import io.evio.frame.LineScanner;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Messages that are sent to many. */
class ConnectionGroupTest extends ConformanceTest {

    private final ConnectionGroup group = new ConnectionGroup();
    private final Queue<Connection> connections = new ConcurrentLinkedQueue<>();

    private TestHandler joining() {
        return new TestHandler().onOpened((connection, out) -> {
            connections.add(connection);
            assertThat(group.add(connection)).isTrue();
            return Action.NONE;
        });
    }

    private List<Client> connect(EvioServer server, int count) throws IOException {
        int before = group.size();
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(connect(server));
        }
        Eventually.isTrue("all joined", () -> group.size() == before + count);
        return clients;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    @EveryTransport
    void reachesAllMembersFromAnyThread(Transport transport) throws Exception {
        EvioServer server = start(joining(), transport.address(folder));
        List<Client> clients = connect(server, 5);
        byte[] reused = ascii("hello");
        assertThat(group.send(reused)).isEqualTo(5);
        reused[0] = 'j';
        assertThat(group.send(reused, null)).isEqualTo(5);
        for (Client client : clients) {
            assertThat(client.read(10)).isEqualTo("hellojello");
        }
    }

    @Test
    void reachesMembersOfSeveralLoopsAndServers() throws Exception {
        EvioServer one = start(builder(joining(), ANY_PORT).loops(3));
        EvioServer two = start(builder(joining(), ANY_PORT).name("two"));
        List<Client> clients = new ArrayList<>(connect(one, 9));
        clients.addAll(connect(two, 3));
        assertThat(group.send(ascii("from outside"))).isEqualTo(12);
        for (Client client : clients) {
            assertThat(client.read(12)).isEqualTo("from outside");
        }
        for (Connection connection : connections) {
            // In an event of one of the loops, which is not that of most of them.
            connection.execute(() -> assertThat(group.send(ascii(".."))).isEqualTo(12));
        }
        for (Client client : clients) {
            assertThat(client.read(2 * 12)).isEqualTo("..".repeat(12));
        }
    }

    @Test
    void goesWhereItIsCalledInAnEvent() throws Exception {
        TestHandler handler = joining().onData((connection, in, out) -> {
            in.position(in.limit());
            out.writeAscii("1");
            connections.forEach(other -> other.output().writeAscii("2"));
            assertThat(group.send(ascii("3"))).isEqualTo(3);
            assertThat(group.send(ascii("4"), connection)).isEqualTo(2);
            out.writeAscii("5");
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        List<Client> clients = connect(server, 3);
        clients.get(0).send("x");
        assertThat(clients.get(0).read(4)).isEqualTo("1235");
        assertThat(clients.get(1).read(3)).isEqualTo("234");
        assertThat(clients.get(2).read(3)).isEqualTo("234");
    }

    @Test
    void leavesOutOneOrNone() throws Exception {
        EvioServer server = start(joining(), ANY_PORT);
        List<Client> clients = connect(server, 2);
        Connection first = connections.peek();
        assertThat(group.send(ascii("a"), first)).isEqualTo(1);
        assertThat(group.remove(first)).isTrue();
        // One that is no member.
        assertThat(group.send(ascii("b"), first)).isEqualTo(1);
        assertThat(group.add(first)).isTrue();
        assertThat(group.send(ascii("c"), null)).isEqualTo(2);
        List<String> read = List.of(clients.get(0).read(1), clients.get(1).read(3));
        assertThat(read).containsExactly("c", "abc");
    }

    @Test
    void knowsItsMembers() throws Exception {
        EvioServer server = start(joining(), ANY_PORT);
        connect(server, 2);
        Connection first = connections.peek();
        assertThat(group.add(first)).isFalse();
        assertThat(group.contains(first)).isTrue();
        List<Connection> seen = new ArrayList<>();
        group.forEach(seen::add);
        assertThat(seen).containsExactlyInAnyOrderElementsOf(connections);
        assertThat(group.remove(first)).isTrue();
        assertThat(group.remove(first)).isFalse();
        assertThat(group.contains(first)).isFalse();
        assertThat(group.size()).isEqualTo(1);
        group.forEach(group::remove);
        assertThat(group.size()).isZero();
        assertThat(group.send(ascii("nobody"))).isZero();
        assertThatNullPointerException().isThrownBy(() -> group.add(null));
        assertThatNullPointerException().isThrownBy(() -> group.send(null));
    }

    @EveryTransport
    void forgetsThoseThatEndByThemselves(Transport transport) throws Exception {
        Queue<Integer> left = new ConcurrentLinkedQueue<>();
        ConnectionGroup second = new ConnectionGroup();
        TestHandler handler = joining();
        handler.onClosed((connection, error) -> {
                    assertThat(group.contains(connection)).isFalse();
                    assertThat(group.add(connection)).isFalse();
                    left.add(group.size());
                    group.send(ascii(connection.id() + " goes"));
                    return Action.NONE;
                })
                .onData((connection, in, out) -> Action.DETACH)
                .onDetached((connection, detached) -> {
                    detached.close();
                    assertThat(group.contains(connection)).isFalse();
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        List<Client> clients = connect(server, 3);
        connections.forEach(second::add);
        clients.get(1).close();
        assertThat(clients.get(0).read(6)).isEqualTo("2 goes");
        assertThat(clients.get(2).read(6)).isEqualTo("2 goes");
        assertThat(left).containsExactly(2);
        assertThat(second.size()).isEqualTo(2);
        clients.get(2).send("detach");
        handler.await("detached");
        Eventually.holds(() -> assertThat(group.size()).isEqualTo(1));
        assertThat(group.send(ascii("!"))).isEqualTo(1);
        assertThat(clients.get(0).read(1)).isEqualTo("!");
        assertThat(server.stats().handlerErrors()).isZero();
        server.stop(Duration.ZERO);
        assertThat(group.size()).isZero();
        assertThat(second.size()).isZero();
    }

    /** Whatever two threads do at the same time, nothing is kept of a connection that has ended. */
    @Test
    void forgetsThoseThatEndWhileTheyAreAdded() throws Exception {
        TestHandler handler = new TestHandler().withoutLog().onOpened((connection, out) -> {
            connections.add(connection);
            return Action.CLOSE;
        });
        EvioServer server = start(handler, ANY_PORT);
        try (Crowd crowd = Crowd.start(2, index -> {
            for (int seen = 0; seen < 200; ) {
                Connection connection = connections.poll();
                if (connection == null) {
                    Thread.yield();
                } else {
                    group.add(connection);
                    group.add(connection);
                    seen++;
                }
            }
        })) {
            for (int i = 0; i < 400; i++) {
                try (Client client = Client.connect(server.addresses().get(0))) {
                    assertThat(client.readToEnd()).isEmpty();
                }
            }
            crowd.join();
        }
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
        assertThat(group.size()).isZero();
    }

    /** Between other threads and the loop a message is one array, however many are to get it. */
    @Test
    void makesOneCopyForAllMembers() throws Exception {
        EvioServer server = start(joining(), ANY_PORT);
        int members = 50;
        List<Client> clients = connect(server, members);
        byte[] message = new byte[20_000];
        group.send(message);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        group.send(message);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated).isBetween(20_000L, 20_000L + 200L * members);
        for (Client client : clients) {
            client.readBytes(2 * message.length);
        }
    }

    /** Each line of a member goes to all the others. */
    @Test
    void aChatOfAThousandMembers() throws Exception {
        int members = 1000;
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onOpened((connection, out) -> {
                    connection.attach(LineScanner.ofMaxLength(100));
                    group.add(connection);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    LineScanner lines = connection.attachment();
                    while (lines.next(in)) {
                        byte[] line = ascii(connection.id() + ":" + lines.text(in, StandardCharsets.US_ASCII) + "\n");
                        assertThat(group.send(line, connection)).isEqualTo(members - 1);
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, Transport.UNIX.address(folder));
        List<Client> clients = connect(server, members);
        int speakers = 10;
        for (int i = 0; i < speakers; i++) {
            clients.get(i).send("hello\n");
        }
        long spoken = 0;
        for (int i = 1; i <= speakers; i++) {
            spoken += (i + ":hello\n").length();
        }
        for (int i = 0; i < members; i++) {
            String own = i < speakers ? (i + 1) + ":hello\n" : "";
            String read = clients.get(i).read((int) spoken - own.length());
            assertThat(read.split("\n"))
                    .hasSize(i < speakers ? speakers - 1 : speakers)
                    .doesNotContain(own.strip());
        }
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @EveryTransport
    void whatIsSentBeforeTheStopArrives(Transport transport) throws Exception {
        EvioServer server = start(joining(), transport.address(folder));
        List<Client> clients = connect(server, 10);
        assertThat(group.send(ascii("goodbye"))).isEqualTo(10);
        server.stop(Duration.ZERO);
        for (Client client : clients) {
            assertThat(client.readToEnd()).isEqualTo("goodbye");
        }
        assertThat(group.size()).isZero();
        assertThat(group.send(ascii("too late"))).isZero();
    }

    /** Senders that go on while the server stops see nothing but a smaller number. */
    @Test
    void maySendWhileTheServerStops() throws Exception {
        EvioServer server = start(builder(joining(), ANY_PORT).loops(2));
        List<Client> clients = connect(server, 10);
        try (Crowd senders = Crowd.start(4, index -> {
            while (group.size() > 0) {
                assertThat(group.send(ascii("x"))).isBetween(0, 10);
            }
        })) {
            clients.get(0).read(1);
            // The result depends on how much was sent to clients that do not read.
            server.stop(Duration.ofMillis(50));
            senders.join();
        }
        for (Client client : clients) {
            assertThat(client.isEnded()).isTrue();
        }
    }
}
