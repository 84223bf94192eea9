package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.evio.Action;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.Limits;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

/** A connection that a limit refuses is closed, counted and logged, once each, and the others are served on. */
class LimitsTest extends ConformanceTest {

    private static final int MIB = 1024 * 1024;
    private static final int CLIENTS = 20;

    /** Leaves all input unread. */
    private static TestHandler keeping() {
        return new TestHandler().onData((connection, in, out) -> Action.NONE);
    }

    /** Has so many bytes for everybody who sends one. */
    private static TestHandler answering(int bytes, Action action) {
        return new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            out.write(new byte[bytes]);
            return action;
        });
    }

    private static ToLongFunction<EvioStats> allCuts() {
        return stats -> stats.cutByPendingInput()
                + stats.cutByPendingOutput()
                + stats.cutByPendingTotal()
                + stats.cutByIdleTimeout()
                + stats.cutByFirstInputTimeout()
                + stats.cutByFrameTimeout()
                + stats.cutByDrainTimeout();
    }

    /** Twenty connections come up against the limit: twenty on its counter and no other, one line in the log. */
    private void assertCutCountedAndLogged(
            TestHandler handler,
            Limits limits,
            String message,
            ToLongFunction<EvioStats> counter,
            Level level,
            String limit)
            throws Exception {
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(builder(handler, ANY_PORT).limits(limits));
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(connectSlowReader(server).send(message));
            }
            Eventually.holds(
                    () -> assertThat(counter.applyAsLong(server.stats())).isEqualTo(CLIENTS));
            Eventually.holds(
                    () -> assertThat(server.stats().connectionsClosed()).isEqualTo(CLIENTS));
            assertThat(allCuts().applyAsLong(server.stats())).isEqualTo(CLIENTS);
            // It is counted before it is told.
            Eventually.isTrue("each is told", () -> handler.count("closed") == CLIENTS);
            assertThat(handler.events("closed"))
                    .hasSize(CLIENTS)
                    .allSatisfy(closed -> assertThat(closed.error()).hasMessageContaining(limit));
            for (Client client : clients) {
                assertThat(client.isEnded()).isTrue();
            }
            Eventually.holds(() -> assertThat(server.stats().pendingMemory()).isZero());
            assertThat(log.lines()).singleElement().satisfies(line -> {
                assertThat(line.getLevel()).isEqualTo(level);
                assertThat(line.getFormattedMessage())
                        .startsWith("Evio 'test': a connection is closed: ")
                        .contains(limit, " of test (/127.0.0.1:");
            });
        }
    }

    @Test
    void pendingInput() throws Exception {
        assertCutCountedAndLogged(
                keeping(),
                Limits.DEFAULTS.withMaxPendingInput(100),
                "x".repeat(101),
                EvioStats::cutByPendingInput,
                Level.WARN,
                "max-pending-input (100 bytes)");
    }

    @Test
    void pendingOutput() throws Exception {
        assertCutCountedAndLogged(
                answering(8 * MIB, Action.NONE),
                Limits.DEFAULTS.withMaxPendingOutput(MIB),
                "x",
                EvioStats::cutByPendingOutput,
                Level.WARN,
                "max-pending-output (" + MIB + ")");
    }

    @Test
    void idleTimeout() throws Exception {
        assertCutCountedAndLogged(
                TestHandler.echo(),
                Limits.DEFAULTS.withIdleTimeout(Duration.ofMillis(300)),
                "x",
                EvioStats::cutByIdleTimeout,
                Level.INFO,
                "idle-timeout (300 ms)");
    }

    @Test
    void firstInputTimeout() throws Exception {
        assertCutCountedAndLogged(
                TestHandler.echo(),
                Limits.DEFAULTS.withFirstInputTimeout(Duration.ofMillis(300)),
                "",
                EvioStats::cutByFirstInputTimeout,
                Level.INFO,
                "first-input-timeout (300 ms)");
    }

    @Test
    void frameTimeout() throws Exception {
        assertCutCountedAndLogged(
                keeping(),
                Limits.DEFAULTS.withFrameTimeout(Duration.ofMillis(300)),
                "x",
                EvioStats::cutByFrameTimeout,
                Level.WARN,
                "frame-timeout (300 ms)");
    }

    @Test
    void drainTimeout() throws Exception {
        assertCutCountedAndLogged(
                answering(8 * MIB, Action.CLOSE),
                Limits.DEFAULTS.withDrainTimeout(Duration.ofMillis(300)),
                "x",
                EvioStats::cutByDrainTimeout,
                Level.WARN,
                "drain-timeout (300 ms)");
    }

    @EveryTransport
    void unsentOutputOfAllTogetherCostsTheLargestItsConnection(Transport transport) throws Exception {
        TestHandler handler = answering(16 * MIB, Action.NONE);
        EvioServer server = start(
                builder(handler, transport.address(folder)).limits(Limits.DEFAULTS.withMaxPendingTotal(68 * MIB)));
        for (int i = 0; i < 4; i++) {
            connectSlowReader(server).send("x");
        }
        // The kernel has taken at most 4 MiB of each.
        Eventually.isTrue("all have theirs", () -> server.stats().writePending() >= 48L * MIB);
        assertThat(server.stats().cutByPendingTotal()).isZero();
        handler.onData((connection, in, out) -> {
            out.write(new byte[24 * MIB]);
            return Action.NONE;
        });
        server.wake(2);
        Event closed = handler.await("closed");
        assertThat(closed.id()).isEqualTo(2);
        assertThat(closed.error())
                .hasMessageContaining("connection 2 of test")
                .hasMessageContaining("max-pending-total (" + 68 * MIB + ")");
        assertThat(server.stats().cutByPendingTotal()).isEqualTo(1);
        assertThat(server.stats().connectionsActive()).isEqualTo(3);
        assertThat(server.stats().pendingMemory()).isBetween(1L, 68L * MIB);
        // Another one that is served is not the largest.
        handler.onData((connection, in, out) -> {
            out.write(in);
            return Action.NONE;
        });
        assertThat(connect(server).send("ping").read(4)).isEqualTo("ping");
        assertThat(handler.count("closed")).isEqualTo(1);
    }

    @EveryTransport
    void unreadInputOfAllTogetherIsBoundedWhoeverSendsIt(Transport transport) throws Exception {
        AtomicLong most = new AtomicLong();
        TestHandler handler = new TestHandler().withoutLog();
        handler.onData((connection, in, out) -> {
            most.accumulateAndGet(handler.server().stats().pendingMemory(), Math::max);
            return Action.NONE;
        });
        EvioServer server =
                start(builder(handler, transport.address(folder)).limits(Limits.DEFAULTS.withMaxPendingTotal(8 * MIB)));
        byte[] piece = new byte[64 * 1024];
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            clients.add(connect(server));
        }
        for (int round = 0; round < 8; round++) {
            for (Client client : clients) {
                try {
                    client.send(piece);
                } catch (IOException e) {
                    assertThat(server.stats().cutByPendingTotal())
                            .as("it is one of those that were cut")
                            .isPositive();
                }
            }
        }
        Eventually.isTrue("the limit is reached", () -> server.stats().cutByPendingTotal() > 0);
        assertThat(most.get()).isBetween(4L * MIB, 8L * MIB + 512 * 1024);
        assertThat(server.stats().connectionsActive()).isPositive();
        for (Client client : clients) {
            client.close();
        }
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
        assertThat(server.stats().pendingMemory()).isZero();
    }

    @Test
    void defaultsBoundEverythingAndAreRefusedWhenTheyDoNot() {
        Limits limits = Limits.DEFAULTS;
        assertThat(limits.idleTimeout()).isEqualTo(Duration.ofHours(2));
        assertThat(limits.maxPendingTotal()).isEqualTo(1L << 30);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limits.withMaxPendingTotal(MIB - 1))
                .withMessage("max-pending-total must be at least 1 MiB, but was " + (MIB - 1));
    }

    /** A careless handler puts what it got into its exception. */
    @Test
    void bytesOfThePeerDoNotReachTheLogAsTheyAre() throws Exception {
        String sent = "GET /\r\n2026-01-01 ERROR forged\u001b[2J\u009b\0\t" + "A".repeat(5000);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (in.remaining() < sent.length()) {
                return Action.NONE;
            }
            byte[] bytes = new byte[in.remaining()];
            in.get(bytes);
            String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
            IllegalStateException thrown =
                    new IllegalStateException("bad request: " + text, new IOException("cause: " + text));
            thrown.addSuppressed(new IOException("suppressed: " + text));
            throw thrown;
        });
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(handler, ANY_PORT);
            connect(server).send(sent);
            assertThat(handler.await("closed").error())
                    .hasMessageContaining("bad request: GET /\\r\\n2026-01-01 ERROR forged\\u001b[2J\\u009b\\u0000\\t");
            assertThat(log.lines()).singleElement().satisfies(line -> {
                String printed = printed(line);
                assertThat(printed)
                        .contains("bad request: GET /\\r\\n2026-01-01 ERROR forged\\u001b[2J\\u009b\\u0000\\tAAA")
                        .contains("\njava.lang.IllegalStateException: bad request: GET /\\r\\n")
                        .contains("\nCaused by: java.io.IOException: cause: GET /\\r\\n")
                        .contains("\n\tSuppressed: java.io.IOException: suppressed: GET /\\r\\n")
                        .doesNotContain("Escaped")
                        .contains("LimitsTest.java:")
                        .contains(" more characters)")
                        .doesNotContain("\r\n2026", "\u001b", "\u009b", "\0")
                        .doesNotContain("A".repeat(1001));
            });
        }
    }

    /** Even an exception that cannot say what it is costs its connection alone. */
    @Test
    void exceptionWhoseMessageThrowsIsLogged() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            throw new IllegalStateException() {
                private static final long serialVersionUID = 1L;

                @Override
                public String getMessage() {
                    throw new UnsupportedOperationException();
                }
            };
        });
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(handler, ANY_PORT);
            assertThat(connect(server).send("x").isEnded()).isTrue();
            assertThat(connect(server).send("x").isEnded()).isTrue();
            assertThat(server.isRunning()).isTrue();
            assertThat(log.lines())
                    .singleElement()
                    .satisfies(line -> assertThat(printed(line)).contains("whose message cannot be had"));
        }
    }

    /** As an appender prints it. */
    private static String printed(ILoggingEvent line) {
        return line.getFormattedMessage() + "\n"
                + ch.qos.logback.classic.spi.ThrowableProxyUtil.asString(line.getThrowableProxy());
    }

    /** Failures by the hundred kinds do not get a line each. */
    @Test
    void variedFailuresDoNotFloodTheLog() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            int number = in.getInt();
            IllegalStateException thrown = new IllegalStateException("of its own kind");
            thrown.setStackTrace(
                    new StackTraceElement[] {new StackTraceElement("Handler", "data", "Handler.java", number)});
            throw thrown;
        });
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(handler.withoutLog(), ANY_PORT);
            for (int i = 0; i < 300; i++) {
                connect(server).send(java.nio.ByteBuffer.allocate(4).putInt(i).array());
            }
            Eventually.isTrue("all have thrown", () -> server.stats().handlerErrors() == 300);
            assertThat(log.lines()).hasSizeBetween(60, 70);
        }
    }
}
