package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/**
 * Output of one connection's end to the others while the server stops: it arrives, and keeps none of them from its own
 * end.
 */
class StopSendTest extends ConformanceTest {

    private static final Duration GRACE = Duration.ofSeconds(30);

    /** Far below the drain timeout, and the grace period. */
    private static final Duration PROMPT = Duration.ofSeconds(4);

    private static final int CLIENTS = 40;

    /** Tells everybody else when somebody leaves, and notes what the server has taken for whom. */
    private static final class Chat {

        private final Set<Connection> present = ConcurrentHashMap.newKeySet();
        private final Map<Long, StringBuffer> taken = new ConcurrentHashMap<>();
        private final Map<Long, Integer> refused = new ConcurrentHashMap<>();

        final TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    taken.put(connection.id(), new StringBuffer());
                    present.add(connection);
                    out.writeAscii(String.format("%4d", connection.id()));
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    present.remove(connection);
                    String farewell = connection.id() + " leaves\n";
                    for (Connection other : present) {
                        if (other.send(farewell.getBytes(StandardCharsets.US_ASCII))) {
                            taken.get(other.id()).append(farewell);
                        } else {
                            refused.merge(connection.id(), 1, Integer::sum);
                        }
                    }
                    return Action.NONE;
                });

        String takenFor(long id) {
            return taken.get(id).toString();
        }
    }

    private record Member(Client client, long id) {}

    private List<Member> join(EvioServer server) throws Exception {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Client client = connect(server);
            members.add(new Member(client, Long.parseLong(client.read(4).strip())));
        }
        return members;
    }

    /** Each reads to its end, then leaves. Returns how long the last one's end took. */
    private static Duration readToEnd(List<Member> members, Chat chat) throws Exception {
        long began = System.nanoTime();
        List<String> read = new ArrayList<>();
        for (Member member : members) {
            read.add(member.client().readToEnd());
        }
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        for (int i = 0; i < members.size(); i++) {
            // Of several loops, which take sends in another order than they are noted here.
            assertThat(read.get(i).lines().toList())
                    .containsAll(chat.takenFor(members.get(i).id()).lines().toList());
            members.get(i).client().close();
        }
        return took;
    }

    private static void assertOrdinaryEnds(Chat chat) {
        assertThat(chat.handler.events("closed"))
                .hasSize(CLIENTS)
                .allSatisfy(closed -> assertThat(closed.error()).isNull());
    }

    /** Of one loop, where whoever has not ended takes what is sent. */
    private static void assertEveryFarewellWasTaken(Chat chat) {
        assertThat(chat.refused).isEmpty();
        assertThat(chat.taken.values().stream()
                        .flatMap(text -> text.toString().lines())
                        .filter(line -> line.endsWith("leaves"))
                        .count())
                .isEqualTo(CLIENTS * (CLIENTS - 1) / 2);
    }

    @EveryTransport
    void everyoneHearsOfThoseThatLeaveBeforeAndEndsAtOnce(Transport transport) throws Exception {
        Chat chat = new Chat();
        EvioServer server = start(chat.handler, transport.address(folder));
        List<Member> members = join(server);
        try (LogCapture log = new LogCapture();
                Crowd stop = Crowd.one(index -> assertThat(server.stop(GRACE)).isTrue())) {
            assertThat(readToEnd(members, chat)).isLessThan(PROMPT);
            stop.join();
            assertThat(log.lines(Level.WARN)).isEmpty();
        }
        assertOrdinaryEnds(chat);
        assertEveryFarewellWasTaken(chat);
    }

    @Test
    void alsoWhenAnEventEndsTheServer() throws Exception {
        Chat chat = new Chat();
        chat.handler.onData((connection, in, out) -> {
            in.position(in.limit());
            out.writeAscii("bye\n");
            chat.taken.get(connection.id()).append("bye\n");
            return Action.SHUTDOWN;
        });
        EvioServer server = start(builder(chat.handler, ANY_PORT).gracePeriod(GRACE));
        List<Member> members = join(server);
        members.get(CLIENTS / 2).client().send("end");
        assertThat(readToEnd(members, chat)).isLessThan(PROMPT);
        Eventually.isTrue("the end", () -> !server.isRunning());
        assertOrdinaryEnds(chat);
        assertEveryFarewellWasTaken(chat);
    }

    @Test
    void alsoWithoutAGracePeriod() throws Exception {
        Chat chat = new Chat();
        EvioServer server = start(chat.handler, ANY_PORT);
        List<Member> members = join(server);
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertThat(readToEnd(members, chat)).isLessThan(PROMPT);
        assertOrdinaryEnds(chat);
        assertEveryFarewellWasTaken(chat);
    }

    /** A connection of another loop may have ended meanwhile: then its send is refused, and never lost. */
    @Test
    void whatIsTakenForConnectionsOfOtherLoopsArrives() throws Exception {
        Chat chat = new Chat();
        EvioServer server =
                start(builder(chat.handler, "unix://" + folder.resolve("s")).loops(3));
        List<Member> members = join(server);
        try (Crowd stop = Crowd.one(index -> assertThat(server.stop(GRACE)).isTrue())) {
            assertThat(readToEnd(members, chat)).isLessThan(PROMPT);
            stop.join();
        }
        assertOrdinaryEnds(chat);
    }

    private static List<String> stopLines(LogCapture log) {
        return log.lines(Level.INFO).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(line -> line.contains("is stopping"))
                .toList();
    }

    /** Once per server and not per loop, and only of one that takes longer than a second. */
    @Test
    void aStopThatTakesLongSaysForHowManyConnections() throws Exception {
        byte[] much = new byte[8 * 1024 * 1024];
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.write(much);
            return Action.NONE;
        });
        EvioServer server =
                start(builder(handler, "unix://" + folder.resolve("s")).loops(2));
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            clients.add(connectSlowReader(server));
        }
        Eventually.isTrue("all have output pending", () -> server.stats().connectionsOpened() == 3);
        try (LogCapture log = new LogCapture();
                Crowd stop = Crowd.one(index -> assertThat(server.stop(GRACE)).isTrue())) {
            Eventually.isTrue("it is logged", () -> !stopLines(log).isEmpty());
            assertThat(stop.isDone()).isFalse();
            for (Client client : clients) {
                assertThat(client.readBytesToEnd()).hasSize(much.length);
                client.close();
            }
            stop.join();
            assertThat(stopLines(log)).singleElement().isEqualTo("Evio 'test' is stopping: it waits for 3 connections");
        }
    }

    @Test
    void aStopThatAnEventBeganSaysItToo() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.write(new byte[8 * 1024 * 1024]);
            return Action.SHUTDOWN;
        });
        EvioServer server =
                start(builder(handler, "unix://" + folder.resolve("s")).gracePeriod(GRACE));
        try (LogCapture log = new LogCapture()) {
            Client client = connectSlowReader(server).send("x");
            Eventually.isTrue("it is logged", () -> !stopLines(log).isEmpty());
            assertThat(client.readBytesToEnd()).hasSize(8 * 1024 * 1024);
            client.close();
            Eventually.isTrue("the end", () -> !server.isRunning());
            assertThat(stopLines(log)).singleElement().asString().endsWith(" waits for 1 connection");
        }
    }

    @Test
    void aStopThatAnEventBlocksSaysItToo() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            blocked.countDown();
            Eventually.reached(release);
            in.position(in.limit());
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server).send("x");
        Eventually.reached(blocked);
        try (LogCapture log = new LogCapture();
                Crowd stop = Crowd.one(index -> assertThat(server.stop(GRACE)).isTrue())) {
            Eventually.isTrue("it is logged", () -> !stopLines(log).isEmpty());
            release.countDown();
            assertThat(client.readToEnd()).isEmpty();
            client.close();
            stop.join();
            assertThat(stopLines(log)).singleElement().asString().endsWith(" waits for 1 connection");
        }
    }

    @Test
    void aStopThatIsQuickSaysNothing() throws Exception {
        EvioServer server = start(TestHandler.echo(), ANY_PORT);
        Client client = connect(server).send("x");
        assertThat(client.read(1)).isEqualTo("x");
        try (LogCapture log = new LogCapture();
                Crowd stop = Crowd.one(index -> assertThat(server.stop(GRACE)).isTrue())) {
            assertThat(client.readToEnd()).isEmpty();
            client.close();
            stop.join();
            assertThat(stopLines(log)).isEmpty();
        }
    }
}
