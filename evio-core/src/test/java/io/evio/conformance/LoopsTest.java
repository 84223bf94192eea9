package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioBindException;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.Limits;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Descriptors;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * A server of several loops is one server: what is said of connections, limits, ids and the end holds over all of them.
 */
class LoopsTest extends ConformanceTest {

    private static final int LOOPS = 3;
    private static final int MIB = 1024 * 1024;

    private final TestHandler handler = TestHandler.echo();

    @Test
    void everyLoopServesItsShareOfTcpConnections() throws Exception {
        EvioServer server = start(builder(handler, ANY_PORT).loops(LOOPS));

        List<Client> clients = connect(server, 90);

        assertThat(server.loops()).isEqualTo(LOOPS);
        assertThat(server.loopStats()).hasSize(LOOPS).allSatisfy(loop -> {
            assertThat(loop.connectionsOpened()).isPositive();
            assertThat(loop.dataReceived()).isEqualTo(loop.connectionsOpened());
        });
        assertThat(server.loopStats().stream()
                        .mapToLong(EvioStats::connectionsOpened)
                        .sum())
                .isEqualTo(90);
        assertThat(server.stats().connectionsActive()).isEqualTo(90);
        assertThat(clients).hasSize(90);
    }

    /**
     * Of a unix socket there is one listener: the loop that has it hands over to the one with the fewest connections.
     */
    @Test
    void connectionsOfAUnixSocketAreSpreadEvenly() throws Exception {
        EvioServer server =
                start(builder(handler, "unix://" + folder.resolve("s.sock")).loops(LOOPS));

        List<Client> clients = connect(server, 30);

        assertThat(server.loopStats()).extracting(EvioStats::connectionsOpened).containsExactly(10L, 10L, 10L);
        for (Client client : clients.subList(0, 15)) {
            client.close();
        }
        Eventually.isTrue("half of them gone", () -> server.stats().connectionsActive() == 15);
        connect(server, 15);
        assertThat(server.loopStats()).extracting(EvioStats::connectionsActive).containsExactly(10L, 10L, 10L);
    }

    @Test
    void idsAreCountedOnceAndFindTheirConnection() throws Exception {
        EvioServer server = start(
                builder(handler, ANY_PORT, "unix://" + folder.resolve("s.sock")).loops(LOOPS));
        List<Client> clients = connect(server, 40);
        clients.add(greeted(connect(server.addresses().get(1))));

        Set<Long> ids = ConcurrentHashMap.newKeySet();
        handler.events("opened")
                .forEach(event -> assertThat(ids.add(event.id())).isTrue());
        assertThat(ids).hasSize(41).allMatch(id -> id > 0);
        List<Long> listed = new ArrayList<>();
        server.connections(0, 100).forEach(connection -> listed.add(connection.id()));
        assertThat(listed).isSorted().containsExactlyInAnyOrderElementsOf(ids);
        assertThat(server.connections(listed.get(9), 5))
                .extracting(stats -> stats.id())
                .isEqualTo(listed.subList(10, 15));

        for (long id : ids) {
            assertThat(server.send(id, new byte[] {'!'})).isTrue();
        }
        for (Client client : clients) {
            assertThat(client.read(1)).isEqualTo("!");
        }
        for (long id : ids) {
            assertThat(server.closeConnection(id)).isTrue();
        }
        for (Client client : clients) {
            assertThat(client.isEnded()).isTrue();
        }
        assertThat(LongStream.of(0, -1, 1_000_000, Long.MAX_VALUE, Long.MIN_VALUE)
                        .anyMatch(server::wake))
                .isFalse();
    }

    @Test
    void theEventsOfAConnectionAllFireOnOneThread() throws Exception {
        Map<Long, Set<Thread>> threads = new ConcurrentHashMap<>();
        Map<String, Set<Long>> fired = new ConcurrentHashMap<>();
        BiConsumer<String, Connection> note = (event, connection) -> {
            threads.computeIfAbsent(connection.id(), any -> ConcurrentHashMap.newKeySet())
                    .add(Thread.currentThread());
            fired.computeIfAbsent(event, any -> ConcurrentHashMap.newKeySet()).add(connection.id());
        };
        List<Long> ids = new CopyOnWriteArrayList<>();
        TestHandler noted = new TestHandler()
                .withoutLog()
                .onOpened((connection, out) -> {
                    note.accept("opened", connection);
                    ids.add(connection.id());
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    note.accept(in.hasRemaining() ? "data" : "woken", connection);
                    out.write(in);
                    return Action.NONE;
                })
                .onPrewrite((connection, amount) -> {
                    note.accept("prewrite", connection);
                    return Action.NONE;
                })
                .onPostwrite((connection, amount, remaining) -> {
                    note.accept("postwrite", connection);
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    note.accept("closed", connection);
                    return Action.NONE;
                });
        EvioServer server = start(builder(noted, ANY_PORT).loops(LOOPS));
        List<Client> clients = connectToEveryLoop(server, 12);

        Crowd.start(clients.size(), index -> {
                    Client client = clients.get(index);
                    // One after the other has been opened, so this is the next client's.
                    long other = ids.get((index + 1) % ids.size());
                    for (int i = 0; i < 200; i++) {
                        assertThat(server.wake(other)).isTrue();
                        assertThat(client.send("abc").read(3)).isEqualTo("abc");
                    }
                })
                .join();
        for (Client client : clients) {
            client.close();
        }

        assertThat(ids).hasSameSizeAs(clients).doesNotHaveDuplicates();
        for (String event : List.of("opened", "data", "woken", "prewrite", "postwrite", "closed")) {
            Eventually.holds(() -> assertThat(fired.get(event)).as(event).containsExactlyInAnyOrderElementsOf(ids));
        }
        assertThat(threads.values()).allSatisfy(those -> assertThat(those).hasSize(1));
        assertThat(threads.values().stream().flatMap(Set::stream).map(Thread::getName))
                .containsOnly("evio-test-0", "evio-test-1", "evio-test-2");
    }

    @Test
    void aSharedHandlerServesAndTicksOnOneLoop() throws Exception {
        Set<Thread> ticking = Collections.newSetFromMap(new ConcurrentHashMap<>());
        handler.onTick(() -> {
            ticking.add(Thread.currentThread());
            return Tick.after(Duration.ofMillis(1));
        });
        EvioServer server = start(builder(handler, ANY_PORT).loops(LOOPS));
        connect(server, 10);

        Eventually.isTrue("ticks", () -> handler.count("tick") > 20);

        assertThat(handler.count("serving")).isEqualTo(1);
        assertThat(ticking).extracting(Thread::getName).containsExactly("evio-test-0");
        List<String> names = handler.names();
        assertThat(names.indexOf("serving")).isLessThan(names.indexOf("opened"));
    }

    @Test
    void withServeTheFirstLoopIsTheCallersThread() throws Exception {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        handler.onServing(any -> {
            threads.add(Thread.currentThread());
            return Action.NONE;
        });
        handler.onTick(() -> {
            threads.add(Thread.currentThread());
            return Tick.after(Duration.ofMillis(1));
        });
        EvioServer server =
                stopAfterwards(builder(handler, ANY_PORT).loops(LOOPS).build());
        Crowd serve = Crowd.one(index -> server.serve());
        Eventually.isTrue("ticks", () -> handler.count("tick") > 5);

        assertThat(server.stop(Duration.ZERO)).isTrue();
        serve.join();

        assertThat(threads).containsExactly(serve.thread());
    }

    @Test
    void aTickOfASharedHandlerHoldsUpItsOwnLoopAlone() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch left = new CountDownLatch(1);
        handler.onTick(() -> {
            if (handler.count("opened") == 2) {
                entered.countDown();
                Eventually.reached(left);
            }
            return Tick.after(Duration.ofMillis(1));
        });
        EvioServer server =
                start(builder(handler, "unix://" + folder.resolve("s.sock")).loops(2));
        List<Client> clients = connect(server, 2);
        Eventually.reached(entered);

        assertThat(clients.get(1).send("b").read(1)).isEqualTo("b");
        clients.get(0).send("a");
        left.countDown();
        assertThat(clients.get(0).read(1)).isEqualTo("a");
    }

    @Test
    void aHandlerALoopHasItsLoopToItself() throws Exception {
        Map<EvioHandler, Set<Thread>> threads = Collections.synchronizedMap(new IdentityHashMap<>());
        List<TestHandler> made = new CopyOnWriteArrayList<>();
        EvioServer.Builder builder = builder(handler, ANY_PORT).loops(LOOPS).handlers(loop -> {
            assertThat(loop).isEqualTo(made.size());
            TestHandler own = TestHandler.echo();
            own.onTick(() -> {
                threads.computeIfAbsent(own, any -> ConcurrentHashMap.newKeySet())
                        .add(Thread.currentThread());
                return Tick.after(Duration.ofMillis(1));
            });
            own.onOpened((connection, out) -> {
                threads.computeIfAbsent(own, any -> ConcurrentHashMap.newKeySet())
                        .add(Thread.currentThread());
                return Action.NONE;
            });
            made.add(own);
            return own;
        });
        EvioServer server = start(builder);
        connect(server, 60);

        assertThat(made).hasSize(LOOPS).allSatisfy(own -> {
            assertThat(own.count("serving")).isEqualTo(1);
            assertThat(own.server()).isSameAs(server);
            assertThat(own.count("opened")).isPositive();
            Eventually.isTrue("ticks", () -> own.count("tick") > 3);
            assertThat(threads.get(own)).hasSize(1);
        });
        assertThat(made.stream().mapToLong(own -> own.count("opened")).sum()).isEqualTo(60);
    }

    @Test
    void aShutdownOnOneLoopEndsAll() throws Exception {
        handler.onData((connection, in, out) -> {
            byte what = in.get();
            in.position(in.limit());
            out.write(what);
            return what == 'q' ? Action.SHUTDOWN : Action.NONE;
        });
        EvioServer server =
                stopAfterwards(builder(handler, ANY_PORT).loops(LOOPS).build());
        Crowd serve = Crowd.one(index -> server.serve());
        Eventually.isTrue("serving", () -> handler.count("serving") == 1);
        List<Client> clients = connect(server, 30);

        clients.get(17).send("q");
        serve.join();

        assertThat(server.isRunning()).isFalse();
        for (Client client : clients) {
            assertThat(client.isEnded()).isTrue();
        }
        assertThat(handler.count("closed")).isEqualTo(30);
        assertThat(handler.events("closed")).extracting(Event::id).doesNotHaveDuplicates();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("evio-test-1", "evio-test-2");
    }

    @Test
    void aStopLetsEveryLoopFinishItsOutput() throws Exception {
        int large = 8 * MIB;
        handler.onOpened((connection, out) -> {
            out.write(new byte[large]);
            return Action.NONE;
        });
        EvioServer server = start(builder(handler, ANY_PORT).loops(LOOPS));
        List<Client> slow = new ArrayList<>();
        while (slow.size() < 6 || !everyLoopHasOne(server)) {
            slow.add(connectSlowReader(server));
            Eventually.isTrue("opened", () -> handler.count("opened") == slow.size());
            assertThat(slow).hasSizeLessThan(100);
        }
        // The kernel has taken at most 4 MiB of each.
        Eventually.holds(() -> assertThat(server.loopStats())
                .allSatisfy(loop -> assertThat(loop.writePending()).isPositive()));

        Crowd stop = Crowd.one(
                index -> assertThat(server.stop(Duration.ofSeconds(30))).isTrue());

        for (Client client : slow) {
            assertThat(client.readBytesToEnd()).hasSize(large);
        }
        stop.join();
        assertThat(server.stats().connectionsCutOff()).isZero();
    }

    @Test
    void theLimitOfConnectionsIsTheServers() throws Exception {
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        handler.onOpened((connection, out) -> {
            most.accumulateAndGet(open.incrementAndGet(), Math::max);
            return Action.NONE;
        });
        handler.onClosed((connection, error) -> {
            open.decrementAndGet();
            return Action.NONE;
        });
        EvioServer server =
                start(builder(handler, ANY_PORT).loops(LOOPS).limits(Limits.DEFAULTS.withMaxConnections(7)));
        List<Client> seated = connect(server, 7);
        List<Client> waiting = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            waiting.add(connect(server).send("x"));
        }
        assertThat(waiting.get(0).hasInput(Duration.ofMillis(100))).isFalse();
        assertThat(server.stats().connectionsActive()).isEqualTo(7);
        assertThat(server.stats().connectionsMax()).isEqualTo(7);

        seated.get(3).close();
        Eventually.isTrue("another one", () -> server.stats().connectionsOpened() == 8);
        for (Client client : seated) {
            client.close();
        }
        // Whichever loop they wait at, and whichever loop those were of: each leaves when it has been served.
        int served = 0;
        for (int i = 0; served < waiting.size(); i = (i + 1) % waiting.size()) {
            Client client = waiting.get(i);
            if (client.channel().isOpen() && client.hasInput(Duration.ofMillis(20))) {
                assertThat(client.read(1)).isEqualTo("x");
                client.close();
                served++;
            }
        }
        assertThat(most).hasValue(7);
    }

    /** One loop has more than its third pending, the server less than it may. */
    @Test
    void ofTheLimitOfPendingMemoryEachLoopHasItsShare() throws Exception {
        handler.onData((connection, in, out) -> {
            boolean large = in.get() == 'b';
            in.position(in.limit());
            out.write(large ? new byte[16 * MIB] : new byte[1]);
            return Action.NONE;
        });
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(builder(handler, "unix://" + folder.resolve("s.sock"))
                    .loops(LOOPS)
                    .limits(Limits.DEFAULTS.withMaxPendingTotal(60 * MIB)));
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < LOOPS + 1; i++) {
                Client client = connectSlowReader(server);
                client.send("x").read(1);
                clients.add(client);
            }
            clients.get(0).send("b");
            clients.get(1).send("b");
            // The kernel has taken at most 4 MiB of each.
            Eventually.isTrue("both have theirs", () -> server.stats().writePending() >= 24L * MIB);
            assertThat(server.stats().cutByPendingTotal()).isZero();

            clients.get(LOOPS).send("b");

            Event closed = handler.await("closed");
            assertThat(closed.id()).isIn(1L, LOOPS + 1L);
            assertThat(closed.error())
                    .hasMessageContaining("connection " + closed.id() + " of test")
                    .hasMessageContaining("more than any other of its loop")
                    .hasMessageEndingWith("the loop's share of max-pending-total (" + 60 * MIB + "), which is "
                            + 20 * MIB + " for each of 3 loops");
            assertThat(log.lines(Level.WARN))
                    .singleElement()
                    .satisfies(line -> assertThat(line.getFormattedMessage())
                            .contains(closed.error().getMessage()));
            assertThat(server.loopStats())
                    .extracting(EvioStats::cutByPendingTotal)
                    .containsExactly(1L, 0L, 0L);
            assertThat(server.stats().connectionsActive()).isEqualTo(LOOPS);
        }
    }

    @Test
    void aShareOfPendingMemoryBelowTheLeastOneIsRefused() {
        String reason = "max-pending-total must be at least 1 MiB for each of the 8 loops, but was 8388607."
                + " Raise it to at least 8388608, or have fewer loops";
        Limits limits = Limits.DEFAULTS.withMaxPendingTotal(8 * MIB);
        Limits tooLittle = Limits.DEFAULTS.withMaxPendingTotal(8 * MIB - 1);

        assertThatThrownBy(() -> builder(handler, ANY_PORT).loops(8).limits(tooLittle))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(reason);
        assertThatThrownBy(() -> builder(handler, ANY_PORT).limits(tooLittle).loops(8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(reason);

        assertThat(builder(handler, ANY_PORT).loops(8).limits(limits).build().limits())
                .isEqualTo(limits);
        assertThat(builder(handler, ANY_PORT).loops(1024).build().loops()).isEqualTo(1024);
    }

    @Test
    void oneHandlerThatThrowsInServingFailsTheStart() throws Exception {
        int before = Descriptors.countOfServers();
        List<TestHandler> made = new ArrayList<>();
        EvioServer server = stopAfterwards(builder(handler, ANY_PORT, "unix://" + folder.resolve("s.sock"))
                .loops(LOOPS)
                .handlers(loop -> {
                    TestHandler own = TestHandler.echo();
                    if (loop == 1) {
                        own.onServing(any -> {
                            throw new IllegalArgumentException("no");
                        });
                    }
                    made.add(own);
                    return own;
                })
                .build());

        assertThatThrownBy(server::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'test' threw in serving")
                .hasRootCauseMessage("no");

        assertThat(server.isRunning()).isFalse();
        assertThat(made).allSatisfy(own -> assertThat(own.names()).doesNotContain("tick", "opened"));
        assertThat(folder.resolve("s.sock")).doesNotExist();
        Descriptors.areAtMost(before);
    }

    /** The loops share their port, but nobody else shares it with them. */
    @Test
    void aPortOfAnotherServerIsRefused() throws Exception {
        EvioServer first = start(builder(handler, ANY_PORT).loops(2));
        EvioServer second = stopAfterwards(
                builder(handler, first.addresses().get(0).toString()).loops(2).build());

        assertThatThrownBy(second::start)
                .isInstanceOf(EvioBindException.class)
                .hasMessageContaining("the address is in use");

        assertThat(greeted(connect(first)).channel().isOpen()).isTrue();
    }

    @Test
    void itStartsAgainOnItsPortAndItsIdsGoOn() throws Exception {
        EvioServer server = start(builder(handler, ANY_PORT).loops(LOOPS));
        connect(server, 10);
        String address = server.addresses().get(0).toString();
        assertThat(server.stop(Duration.ZERO)).isTrue();

        EvioServer again = start(builder(handler, address).loops(LOOPS));
        connect(again, 5);
        again.stop(Duration.ZERO);
        again.start();
        connect(again, 20);

        assertThat(again.addresses().get(0)).hasToString(address);
        assertThat(again.stats().connectionsOpened()).isEqualTo(25);
        List<Long> ids = handler.events("opened").stream().map(Event::id).toList();
        assertThat(ids.subList(10, 35)).doesNotHaveDuplicates();
    }

    @Test
    void nothingIsLeftBehind() throws Exception {
        int servers = Descriptors.countOfServers();
        long sockets = Descriptors.countOfSockets();
        for (int i = 0; i < 20; i++) {
            EvioServer server = start(builder(handler, ANY_PORT, "unix://" + folder.resolve("s.sock"))
                    .loops(LOOPS));
            List<Client> clients = new ArrayList<>();
            for (int j = 0; j < 4; j++) {
                clients.add(connect(server));
                clients.add(connect(server.addresses().get(1)));
            }
            // In the middle of handing over.
            assertThat(server.stop(Duration.ZERO)).isTrue();
            for (Client client : clients) {
                client.close();
            }
        }
        Descriptors.areAtMost(servers);
        Eventually.isTrue("sockets closed", () -> Descriptors.countOfSockets() == sockets);
        assertThat(handler.count("opened")).isEqualTo(handler.count("closed"));
    }

    @Test
    void wrongNumbersAreRefused() {
        EvioServer.Builder builder = builder(handler, ANY_PORT);

        assertThatThrownBy(() -> builder.loops(0)).hasMessage("There must be 1 to 1024 loops, but was 0");
        assertThatThrownBy(() -> builder.loops(1025)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.busyPoll(Duration.ofSeconds(2)))
                .hasMessage("busy-poll must be from 0 to 1 s, but was PT2S");
        assertThatThrownBy(() -> builder.busyPoll(Duration.ofMillis(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    /** Connects so many clients, each of which has had one byte echoed. */
    private List<Client> connect(EvioServer server, int count) throws IOException {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(greeted(connect(server)));
        }
        return clients;
    }

    /**
     * As many or more, until each of the loops has one of them: the kernel spreads them by a hash, and not in turns.
     */
    private List<Client> connectToEveryLoop(EvioServer server, int atLeast) throws IOException {
        List<Client> clients = connect(server, atLeast);
        while (!everyLoopHasOne(server)) {
            clients.addAll(connect(server, 1));
            assertThat(clients).hasSizeLessThan(1000);
        }
        return clients;
    }

    private static boolean everyLoopHasOne(EvioServer server) {
        return server.loopStats().stream().allMatch(loop -> loop.connectionsActive() > 0);
    }

    private static Client greeted(Client client) throws IOException {
        assertThat(client.send("x").read(1)).isEqualTo("x");
        return client;
    }
}
