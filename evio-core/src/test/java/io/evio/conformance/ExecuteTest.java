package io.evio.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tasks that run on a connection's loop. */
class ExecuteTest extends ConformanceTest {

    private final Connections connections = new Connections();

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    @EveryTransport
    void writesToTheOutputOfItsConnection(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        assertThat(connection.execute(() -> {
                    connection.output().writeAscii("written ");
                    connection.send(ascii("and sent "));
                    connection.output().writeAscii("in a task");
                }))
                .isTrue();
        assertThat(client.read(26)).isEqualTo("written and sent in a task");
        assertThat(handler.count("data")).isZero();
        assertThat(handler.count("prewrite")).isEqualTo(1);
    }

    /** Sends and tasks of one thread, one by one; and each thread's own among those of others. */
    @EveryTransport
    void whatOneThreadSendsAndExecutesKeepsItsOrder(Transport transport) throws Exception {
        int threads = 4;
        int each = 500;
        EvioServer server = start(new TestHandler().onOpened(connections), transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        Crowd crowd = closeAfterwards(Crowd.start(threads, index -> {
            for (int i = 0; i < each; i++) {
                int number = index * each + i;
                boolean taken = i % 3 == 0
                        ? connection.send(new byte[] {0, 0, (byte) (number >> 8), (byte) number})
                        : connection.execute(() -> connection.output().writeInt(number));
                assertThat(taken).isTrue();
            }
        }));
        int[] next = new int[threads];
        for (int i = 0; i < threads * each; i++) {
            int number = java.nio.ByteBuffer.wrap(client.readBytes(4)).getInt();
            assertThat(number % each).isEqualTo(next[number / each]++);
        }
        crowd.join();
    }

    @EveryTransport
    void runsOnTheThreadOfItsConnectionsLoop(Transport transport) throws Exception {
        int count = 30;
        ConcurrentHashMap<Long, Thread> threads = new ConcurrentHashMap<>();
        AtomicInteger right = new AtomicInteger();
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            threads.put(connection.id(), Thread.currentThread());
            return connections.on(connection, out);
        });
        EvioServer server = start(builder(handler, transport.address(folder)).loops(3));
        List<Connection> opened = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            connect(server);
            opened.add(connections.next());
        }
        assertThat(threads.values().stream().distinct()).hasSize(3);
        for (Connection connection : opened) {
            // From each loop to every other.
            Connections.runOnLoop(
                    opened.get(0),
                    () -> assertThat(connection.execute(() -> {
                                if (threads.get(connection.id()) == Thread.currentThread()
                                        && server.isLoopThread()
                                        && connection.pendingOutput() == 0) {
                                    right.incrementAndGet();
                                }
                            }))
                            .isTrue());
        }
        Eventually.holds(() -> assertThat(right).hasValue(count));
    }

    @EveryTransport
    void fromAnEventOfTheSameConnectionRunsAfterIt(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            assertThat(connection.execute(() -> {
                        connection.output().writeAscii("3");
                        connection.execute(() -> connection.output().writeAscii("5"));
                        connection.output().writeAscii("4");
                    }))
                    .isTrue();
            out.writeAscii("1");
            connection.send(ascii("2"));
            return Action.NONE;
        });
        assertThat(connect(start(handler, transport.address(folder))).send("x").read(5))
                .isEqualTo("12345");
    }

    /** Work that was taken before the end is decided runs before it. */
    @EveryTransport
    void runsBeforeACloseThatComesAfterIt(Transport transport) throws Exception {
        EvioServer server = start(new TestHandler().onOpened(connections), transport.address(folder));
        for (int i = 0; i < 50; i++) {
            Client client = connect(server);
            Connection connection = connections.next();
            assertThat(connection.execute(() -> connection.output().writeAscii("done")))
                    .isTrue();
            assertThat(connection.close()).isTrue();
            assertThat(client.readToEnd()).isEqualTo("done");
        }
    }

    @EveryTransport
    void oneThatThrowsClosesItsConnectionWithTheCause(Transport transport) throws Exception {
        try (LogCapture log = new LogCapture()) {
            IllegalStateException bug = new IllegalStateException("a bug");
            TestHandler handler = new TestHandler().onOpened(connections);
            EvioServer server = start(handler, transport.address(folder));
            Client client = connect(server);
            Connection connection = connections.next();
            connect(server);
            Connection other = connections.next();
            CountDownLatch both = new CountDownLatch(1);
            AtomicInteger after = new AtomicInteger();
            other.execute(() -> {
                try {
                    Eventually.reached(both);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            assertThat(connection.execute(() -> {
                        throw bug;
                    }))
                    .isTrue();
            assertThat(connection.execute(after::incrementAndGet)).isTrue();
            both.countDown();
            assertThat(handler.await("closed").error())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("execute")
                    .hasCause(bug);
            assertThat(connection.closeReason()).isEqualTo(CloseReason.FAILURE);
            assertThat(client.isEnded()).isTrue();
            assertThat(after).hasValue(0);
            assertThat(server.stats().handlerErrors()).isEqualTo(1);
            assertThat(log.lines(Level.ERROR))
                    .singleElement()
                    .satisfies(line -> assertThat(line.getFormattedMessage()).contains("threw in execute"));
            Connections.runOnLoop(other, () -> {});
        }
    }

    @EveryTransport
    void isRefusedAfterTheEnd(Transport transport) throws Exception {
        AtomicInteger runs = new AtomicInteger();
        Queue<Boolean> taken = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onOpened(connections).onClosed((connection, error) -> {
            taken.add(connection.execute(runs::incrementAndGet));
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        assertThat(connection.close()).isTrue();
        handler.await("closed");
        taken.add(connection.execute(runs::incrementAndGet));
        assertThat(client.readToEnd()).isEmpty();
        client.close();
        server.close();
        taken.add(connection.execute(runs::incrementAndGet));
        assertThat(taken).containsExactly(false, false, false);
        assertThat(runs).hasValue(0);
    }

    /** Within the grace period it is as at any other time. */
    @EveryTransport
    void runsDuringAStop(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections);
        EvioServer server = start(builder(handler, transport.address(folder)).gracePeriod(Duration.ofSeconds(10)));
        Client client = connect(server);
        Connection connection = connections.next();
        Queue<Boolean> stopping = new ConcurrentLinkedQueue<>();
        Connections.runOnLoop(connection, () -> {
            server.shutdown();
            connection.execute(() -> connection.execute(() -> {
                stopping.add(server.isStopping());
                connection.output().writeAscii("bye");
            }));
        });
        assertThat(client.readToEnd()).isEqualTo("bye");
        assertThat(stopping).containsExactly(true);
        assertThat(handler.await("closed").error()).isNull();
    }

    /** Each is run, or was refused, or its connection ended before: never run twice, never after {@code closed}. */
    @EveryTransport
    void fromManyThreadsDuringEndsIsNeverRunAfterClosed(Transport transport) throws Exception {
        AtomicInteger late = new AtomicInteger();
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onOpened(connections)
                .onClosed((connection, error) -> {
                    connection.attach("closed");
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        for (int i = 0; i < 20; i++) {
            Client client = connect(server);
            Connection connection = connections.next();
            AtomicInteger taken = new AtomicInteger();
            AtomicInteger run = new AtomicInteger();
            Crowd crowd = closeAfterwards(Crowd.start(3, index -> {
                boolean open = true;
                for (int n = 0; n < 1000 && open; n++) {
                    open = connection.execute(() -> {
                        run.incrementAndGet();
                        if (connection.attachment() != null) {
                            late.incrementAndGet();
                        }
                    });
                    taken.addAndGet(open ? 1 : 0);
                }
            }));
            Eventually.isTrue("some are run", () -> run.get() > 0);
            switch (i % 3) {
                case 0 -> client.close();
                case 1 -> connection.close();
                default -> connection.abort();
            }
            crowd.join();
            // Of each thread the one that was refused may have been in time.
            assertThat(run.get()).isLessThanOrEqualTo(taken.get() + 3);
            client.close();
        }
        assertThat(late).hasValue(0);
        assertThat(server.stats().handlerErrors()).isZero();
    }

    @Test
    void needsATask() throws Exception {
        connect(start(new TestHandler().onOpened(connections), ANY_PORT));
        Connection connection = connections.next();
        assertThatNullPointerException()
                .isThrownBy(() -> connection.execute(null))
                .withMessage("task");
    }
}
