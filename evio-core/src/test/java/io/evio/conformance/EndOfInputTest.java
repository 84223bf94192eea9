package io.evio.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.evio.Action;
import io.evio.Address;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.OffLoop;
import io.evio.internal.sys.Memory;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.Programs;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import io.evio.testing.WithoutLayer;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The last {@code data} of a connection whose peer has ended its side and whose handler has left bytes unread. */
class EndOfInputTest extends ConformanceTest {

    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final Connections connections = new Connections();

    @AfterEach
    void shutDown() {
        executor.shutdownNow();
    }

    /** Answers each line, which the peer ends by a newline, or the last one by its end of input. */
    private static Action answerLines(Connection connection, ByteBuffer in, io.evio.Output out) {
        StringBuilder line = new StringBuilder();
        for (int i = in.position(); i < in.limit(); i++) {
            char c = (char) in.get(i);
            if (c == '\n') {
                in.position(i + 1);
                out.writeAscii("[" + line + "]");
                line.setLength(0);
            } else {
                line.append(c);
            }
        }
        if (connection.isInputEnded()) {
            in.position(in.limit());
            out.writeAscii("last [" + line + "]");
        }
        return Action.NONE;
    }

    @EveryTransport
    void lineWithoutItsNewlineIsNotLost(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onData(EndOfInputTest::answerLines);
        Client client = connect(start(handler, transport.address(folder)));
        client.send("a\nb").shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("[a]last [b]");
        assertThat(handler.await("closed").error()).isNull();
        assertThat(connections.next().closeReason()).isEqualTo(CloseReason.PEER_ENDED);
        assertThat(handler.events("data").get((int) handler.count("data") - 1).amount())
                .isEqualTo(1);
    }

    /** The bytes and the end of input come one by one. */
    @EveryTransport
    void lineWithoutItsNewlineIsNotLostWhenTheEndComesLater(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onData(EndOfInputTest::answerLines);
        Client client = connect(start(handler, transport.address(folder)));
        client.send("a\nb");
        assertThat(client.read(3)).isEqualTo("[a]");
        client.send("cdef");
        handler.await("data", event -> event.amount() == 5);
        long before = handler.count("data");
        client.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("last [bcdef]");
        assertThat(handler.count("data")).isEqualTo(before + 1);
    }

    @WithoutLayer("nc does not speak what the layer makes of it")
    @EveryTransport
    void netcatKeepsItsLastLine(Transport transport) throws Exception {
        Programs.require("nc", "netcat-openbsd");
        EvioServer server = start(new TestHandler().onData(EndOfInputTest::answerLines), transport.address(folder));
        Address address = server.addresses().get(0);
        String target = address.isUnix() ? "-U " + address.path() : address.host() + " " + address.port();
        assertThat(Programs.output("sh", "-c", "printf 'a\\nb' | nc -N " + target))
                .isEqualTo("[a]last [b]");
    }

    @EveryTransport
    void doesNotFireWhenNothingIsUnread(Transport transport) throws Exception {
        TestHandler handler = TestHandler.echo();
        Client client = connect(start(handler, transport.address(folder)));
        client.send("a");
        assertThat(client.read(1)).isEqualTo("a");
        client.shutdownOutput();
        assertThat(client.readToEnd()).isEmpty();
        handler.await("closed");
        assertThat(handler.count("data")).isEqualTo(1);
    }

    @EveryTransport
    void whatIsLeftUnreadThenIsDropped(Transport transport) throws Exception {
        Queue<Boolean> ended = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            ended.add(connection.isInputEnded());
            if (in.remaining() == 4) {
                out.writeAscii("4.");
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        long kept = 0;
        for (int round = 1; round <= 2; round++) {
            Client client = connect(server);
            client.send("half");
            assertThat(client.read(2)).isEqualTo("4.");
            client.shutdownOutput();
            assertThat(client.readToEnd()).isEqualTo("4.");
            long closed = round;
            Eventually.isTrue("closed", () -> handler.count("closed") == closed);
            assertThat(handler.events("closed"))
                    .allSatisfy(event -> assertThat(event.error()).isNull());
            assertThat(connections.next().closeReason()).isEqualTo(CloseReason.PEER_ENDED);
            assertThat(ended).endsWith(false, true).containsOnlyOnce(true);
            ended.clear();
            Eventually.holds(() -> assertThat(server.stats().pendingMemory()).isZero());
            // The loop keeps the small blocks of the first connection, and the second one takes no others.
            if (round == 1) {
                kept = Memory.allocatedBytes();
            }
            assertThat(Memory.allocatedBytes()).isEqualTo(kept);
        }
    }

    @EveryTransport
    void largeRestIsGivenWhole(Transport transport) throws Exception {
        int size = 3 * 1024 * 1024;
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            if (connection.isInputEnded()) {
                out.write(in);
            }
            return Action.NONE;
        });
        Client client = connect(start(handler, transport.address(folder)));
        client.send(new byte[size]).shutdownOutput();
        assertThat(client.readBytesToEnd()).hasSize(size);
    }

    @EveryTransport
    void closeCanBeReturnedThen(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            if (connection.isInputEnded()) {
                out.writeAscii("bye");
                return Action.CLOSE;
            }
            return Action.NONE;
        });
        Client client = connect(start(handler, transport.address(folder)));
        client.send("half").shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("bye");
        assertThat(handler.await("closed").error()).isNull();
        assertThat(connections.next().closeReason()).isEqualTo(CloseReason.HANDLER);
        assertThat(handler.count("closed")).isEqualTo(1);
    }

    @EveryTransport
    void detachCanBeReturnedThen(Transport transport) throws Exception {
        CompletableFuture<String> rest = new CompletableFuture<>();
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> {
                    if (connection.isInputEnded()) {
                        in.get();
                        out.writeAscii("first ");
                        return Action.DETACH;
                    }
                    return Action.NONE;
                })
                .onDetached((connection, detached) -> {
                    executor.execute(() -> {
                        try (detached) {
                            detached.write(ByteBuffer.wrap("second".getBytes(US_ASCII)));
                            rest.complete(new String(detached.inputStream().readAllBytes(), US_ASCII));
                        } catch (Throwable t) {
                            rest.completeExceptionally(t);
                        }
                    });
                    return Action.NONE;
                });
        Client client = connect(start(handler, transport.address(folder)));
        client.send("half").shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("first second");
        assertThat(rest.get()).isEqualTo("alf");
        assertThat(handler.count("closed")).isZero();
    }

    /** The end of input comes while work holds the connection up: it is told when that is done. */
    @EveryTransport
    void comesAfterTheWorkThatIsUnderWay(Transport transport) throws Exception {
        CountDownLatch working = new CountDownLatch(1);
        CountDownLatch finished = new CountDownLatch(1);
        OffLoop offLoop = new OffLoop(executor);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (connection.isInputEnded()) {
                out.writeAscii("last " + in.remaining());
                return Action.NONE;
            }
            if (in.get(in.position()) != 'w') {
                return Action.NONE;
            }
            in.get();
            return offLoop.call(
                    connection,
                    () -> {
                        working.countDown();
                        Eventually.reached(finished);
                        return "done ";
                    },
                    (result, output) -> {
                        output.writeAscii(result);
                        return Action.NONE;
                    });
        });
        Client client = connect(start(handler, transport.address(folder)));
        client.send("wab");
        Eventually.reached(working);
        client.shutdownOutput();
        finished.countDown();
        assertThat(client.readToEnd()).isEqualTo("done last 2");
        assertThat(handler.await("closed").error()).isNull();
    }

    @EveryTransport
    void workBegunThenIsAnswered(Transport transport) throws Exception {
        for (boolean async : List.of(false, true)) {
            OffLoop offLoop = new OffLoop(executor);
            TestHandler handler = new TestHandler().onData((connection, in, out) -> {
                if (!connection.isInputEnded() || !in.hasRemaining()) {
                    return Action.NONE;
                }
                String text = US_ASCII.decode(in).toString();
                OffLoop.Finish<String> finish = (result, output) -> {
                    output.writeAscii(result);
                    return Action.NONE;
                };
                return async
                        ? offLoop.callAsync(connection, text::toUpperCase, finish)
                        : offLoop.call(connection, text::toUpperCase, finish);
            });
            Client client = connect(start(handler, transport.address(folder)));
            client.send("half").shutdownOutput();
            assertThat(client.readToEnd()).isEqualTo("HALF");
            assertThat(handler.await("closed").error()).isNull();
        }
    }

    @Test
    void isSaidOnTheLoopsThreadAlone() throws Exception {
        Client client = connect(start(new TestHandler().onOpened(connections), ANY_PORT));
        Connection connection = connections.next();
        assertThatIllegalStateException().isThrownBy(connection::isInputEnded);
        assertThat(Connections.onLoop(connection, connection::isInputEnded)).isFalse();
        client.close();
    }
}
