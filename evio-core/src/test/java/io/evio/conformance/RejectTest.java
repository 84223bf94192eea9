package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.evio.Action;
import io.evio.CloseReason;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Peers that break the protocol, as the handler says by {@link Connection#fail}. */
class RejectTest extends ConformanceTest {

    private static final String WHY = "unknown type 99";

    private final Connections connections = new Connections();

    private static void assertRejected(TestHandler handler, Connection connection, String why) {
        Throwable error =
                handler.await("closed", event -> event.id() == connection.id()).error();
        assertThat(error).isInstanceOf(IOException.class).hasMessage(why).hasNoCause();
        assertThat(error.getStackTrace()).isEmpty();
        assertThat(connection.closeReason()).isEqualTo(CloseReason.PROTOCOL_ERROR);
        assertThat(handler.names(connection.id()).stream().filter("closed"::equals))
                .hasSize(1);
    }

    /** Tells whether the event returns what {@code fail} gives it, or anything else. */
    @EveryTransport
    void answerGoesOutAndClosedIsTold(Transport transport) throws Exception {
        for (Action returned : List.of(Action.NONE, Action.CLOSE, Action.DETACH)) {
            try (LogCapture log = new LogCapture()) {
                AtomicReference<Action> given = new AtomicReference<>();
                TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
                    out.writeAscii("ERR ");
                    given.set(connection.fail(WHY));
                    out.writeAscii("type");
                    return returned;
                });
                EvioServer server = start(handler, transport.address(folder));
                Client client = connect(server).send("x");
                assertThat(client.readToEnd()).isEqualTo("ERR type");
                Connection connection = connections.next();
                assertRejected(handler, connection, WHY);
                assertThat(given).hasValue(Action.CLOSE);
                assertThat(log.lines(Level.WARN)).singleElement().satisfies(line -> {
                    assertThat(line.getFormattedMessage())
                            .contains("connection " + connection.id() + " of test")
                            .contains(String.valueOf(connection.remoteAddress()))
                            .endsWith(WHY);
                    assertThat(line.getThrowableProxy()).isNull();
                });
                assertThat(log.lines(Level.ERROR)).isEmpty();
                assertThat(server.stats().handlerErrors()).isZero();
            }
        }
    }

    /** From every event in which a protocol can be at fault, and from those of others. */
    @EveryTransport
    void countsFromEveryEvent(Transport transport) throws Exception {
        try (LogCapture log = new LogCapture()) {
            TestHandler handler = new TestHandler().onOpened((connection, out) -> {
                out.writeAscii("no");
                connection.fail(WHY);
                return connections.on(connection, out);
            });
            EvioServer server = start(handler, transport.address(folder));
            assertThat(connect(server).readToEnd()).isEqualTo("no");
            assertRejected(handler, connections.next(), WHY);

            handler.onOpened(connections);
            Client executing = connect(server);
            Connection executed = connections.next();
            Connections.runOnLoop(executed, () -> executed.fail(WHY));
            assertThat(executing.readToEnd()).isEmpty();
            assertRejected(handler, executed, WHY);

            Client one = connect(server);
            Connection first = connections.next();
            connect(server);
            Connection second = connections.next();
            Connections.runOnLoop(second, () -> {
                first.output().writeAscii("from the other");
                first.fail(WHY);
            });
            assertThat(one.readToEnd()).isEqualTo("from the other");
            assertRejected(handler, first, WHY);

            handler.onPostwrite((connection, amount, remaining) -> {
                connection.fail(WHY);
                return Action.NONE;
            });
            Client writing = connect(server);
            Connection written = connections.next();
            written.send(new byte[1]);
            assertThat(writing.readBytesToEnd()).hasSize(1);
            assertRejected(handler, written, WHY);
            assertThat(handler.count("closed")).isEqualTo(4);
            assertThat(log.lines(Level.WARN)).as("of the first minute").hasSize(1);
        }
    }

    /** It is the handler's to end, and this ends it, whatever event it comes from. */
    @EveryTransport
    void endsAHalfOpenConnection(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            connection.allowHalfOpen(true);
            return connections.on(connection, out);
        });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server).shutdownOutput();
        Connection connection = connections.next();
        handler.await("data");
        connect(server);
        Connection other = connections.next();
        Connections.runOnLoop(other, () -> connection.fail(WHY));
        assertThat(client.readToEnd()).isEmpty();
        assertRejected(handler, connection, WHY);
    }

    @Test
    void firstReasonCounts() throws Exception {
        TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
            connection.fail("first");
            connection.fail("second");
            return Action.NONE;
        });
        assertThat(connect(start(handler, ANY_PORT)).send("x").readToEnd()).isEmpty();
        assertRejected(handler, connections.next(), "first");
    }

    @Test
    void oneLinePerMinuteIsLogged() throws Exception {
        try (LogCapture log = new LogCapture()) {
            TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
                return connection.fail("mistake " + connection.id());
            });
            EvioServer server = start(handler, ANY_PORT);
            for (int i = 1; i <= 20; i++) {
                assertThat(connect(server).send("x").readToEnd()).isEmpty();
                assertRejected(handler, connections.next(), "mistake " + i);
            }
            assertThat(log.lines(Level.WARN))
                    .singleElement()
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .asString()
                    .endsWith("mistake 1");
        }
    }

    /** A peer's bytes in the text forge no line of the log, here or where the exception is logged. */
    @Test
    void controlCharactersAreEscaped() throws Exception {
        try (LogCapture log = new LogCapture()) {
            TestHandler handler = new TestHandler().onOpened(connections).onData((connection, in, out) -> {
                return connection.fail("bad\r\n\u001b[31mline\u0000");
            });
            assertThat(connect(start(handler, ANY_PORT)).send("x").readToEnd()).isEmpty();
            String escaped = "bad\\r\\n\\u001b[31mline\\u0000";
            assertRejected(handler, connections.next(), escaped);
            assertThat(log.lines(Level.WARN))
                    .singleElement()
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .asString()
                    .endsWith(escaped);
        }
    }

    @Test
    void isRefusedOnOtherThreadsAndDoesNothingAfterTheEnd() throws Exception {
        AtomicReference<Action> inClosed = new AtomicReference<>();
        TestHandler handler = new TestHandler().onOpened(connections).onClosed((connection, error) -> {
            inClosed.set(connection.fail("too late"));
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        Connection connection = connections.next();
        assertThatIllegalStateException().isThrownBy(() -> connection.fail(WHY)).withMessageContaining("loop's thread");
        Connections.runOnLoop(
                connection, () -> assertThatNullPointerException().isThrownBy(() -> connection.fail(null)));
        client.close();
        assertThat(handler.await("closed").error()).isNull();
        Eventually.holds(() -> assertThat(inClosed).hasValue(Action.CLOSE));
        assertThat(connection.closeReason()).isEqualTo(CloseReason.PEER_ENDED);
        assertThat(server.stats().handlerErrors()).isZero();
    }
}
