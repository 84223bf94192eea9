package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.internal.sys.Memory;
import io.evio.testing.Certificates;
import io.evio.testing.Client;
import io.evio.testing.Descriptors;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import io.evio.testing.LoopThread;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Peers that mean no good: afterwards descriptors, native memory, heap and CPU are where they were. */
@Timeout(180)
class TlsHostileTest extends TlsConformanceTest {

    private static final int CLIENTS = 1000;

    private LogCapture log;
    private EvioServer server;
    private TlsClient good;

    /** The first message of a client, shared by the bad clients that do not continue their handshake. */
    private byte[] hello;

    @BeforeEach
    void begin() throws IOException {
        log = new LogCapture();
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            if (in.get(in.position()) == 'L') {
                in.position(in.limit());
                for (int i = 0; i < 64; i++) {
                    out.write(PatternBytes.at(0, 1024 * 1024));
                }
            } else {
                out.write(in);
            }
            return Action.NONE;
        });
        server = start(tlsBuilder(handler, tls().handshakeTimeout(Duration.ofSeconds(40)))
                .limits(Limits.DEFAULTS
                        .withMaxPendingOutput(80 * 1024 * 1024)
                        .withDrainTimeout(Duration.ofSeconds(1))));
        good = connectTls(server);
        requireEcho(good);
        try (TlsClient client = unconnectedTls(server)) {
            hello = client.hello();
        }
    }

    @AfterEach
    void end() {
        log.close();
    }

    /** Serves the good one, ends the bad ones, and leaves nothing behind. */
    private void requireAllIsAsBefore(List<? extends AutoCloseable> bad, long descriptors, long memory)
            throws Exception {
        requireEcho(good);
        for (AutoCloseable one : bad) {
            one.close();
        }
        Eventually.isTrue("none but the good one", () -> server.stats().connectionsActive() == 1);
        Eventually.holds(
                () -> assertThat(Descriptors.countOfSockets()).as("sockets").isLessThanOrEqualTo(descriptors));
        // Chunks for output are kept for reuse, a few.
        Eventually.holds(() ->
                assertThat(Memory.allocatedBytes() - memory).as("native memory").isLessThan(4 * 1024 * 1024));
        requireEcho(good);
        requireEcho(connectTls(server));
        LoopThread loop = LoopThread.of(server);
        long cpu = loop.cpuNanos();
        long iterations = server.stats().loopIterations();
        assertThat(good.wire().hasInput(Duration.ofMillis(300))).isFalse();
        assertThat(loop.cpuNanos() - cpu).as("CPU of the idle loop").isLessThan(50_000_000);
        assertThat(server.stats().loopIterations() - iterations).isLessThan(30);
    }

    /** Does once what a bad client does. */
    private enum Badness {
        HALF_HANDSHAKE,
        HALF_HELLO,
        PLAIN_TEXT,
        RESET_AFTER_HELLO,
        RESET_WHILE_ANSWERED,
        RESET_AFTER_HANDSHAKE,
        NOTHING
    }

    private Client misbehave(Badness badness) throws IOException {
        Client wire = connect(server);
        switch (badness) {
            case HALF_HANDSHAKE -> wire.send(hello);
            case HALF_HELLO -> wire.send(Arrays.copyOf(hello, hello.length / 2));
            case PLAIN_TEXT -> wire.send("GET / HTTP/1.0\r\n\r\n");
            case RESET_AFTER_HELLO -> {
                wire.send(hello);
                wire.reset();
            }
            case RESET_WHILE_ANSWERED -> {
                wire.send(hello);
                wire.readBytes(50);
                wire.reset();
            }
            case RESET_AFTER_HANDSHAKE -> {
                TlsClient.over(wire, Certificates.LOCALHOST.trustingContext()).handshake();
                wire.reset();
            }
            case NOTHING -> {}
        }
        return wire;
    }

    @ParameterizedTest
    @EnumSource(Badness.class)
    void badClientsByTheThousandLeaveNothing(Badness badness) throws Exception {
        int count = badness == Badness.HALF_HANDSHAKE ? CLIENTS : CLIENTS / 5;
        // Once before, for what is made but once.
        misbehave(badness).close();
        requireEcho(good);
        long descriptors = Descriptors.countOfSockets();
        long memory = Memory.allocatedBytes();
        long heap = usedHeap();
        List<Client> bad = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                bad.add(misbehave(badness));
                if (i % 100 == 0) {
                    requireEcho(good);
                }
            }
            requireAllIsAsBefore(bad, descriptors, memory);
        } finally {
            for (Client one : bad) {
                one.close();
            }
        }
        bad.clear();
        Eventually.holds(() -> assertThat(usedHeap() - heap).as("heap").isLessThan(30 * 1024 * 1024));
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Test
    void aHelloByteByByteFromManyIsServed() throws Exception {
        List<TlsClient> slow = new ArrayList<>();
        List<byte[]> hellos = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            TlsClient client = unconnectedTls(server);
            slow.add(client);
            hellos.add(client.hello());
        }
        int longest = hellos.stream().mapToInt(hello -> hello.length).max().orElseThrow();
        for (int at = 0; at < longest; at++) {
            for (int i = 0; i < slow.size(); i++) {
                if (at < hellos.get(i).length) {
                    slow.get(i).wire().send(new byte[] {hellos.get(i)[at]});
                }
            }
        }
        for (TlsClient client : slow) {
            requireEcho(client.handshake());
        }
        requireEcho(good);
    }

    /** Readers that stop in the middle of 64 MiB: bounded, and the others are served. */
    @Test
    void readersThatStopInTheMiddleAreBounded() throws Exception {
        long descriptors = Descriptors.countOfSockets();
        long memory = Memory.allocatedBytes();
        List<TlsClient> bad = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            TlsClient client = TlsClient.over(
                            Client.connect(server.addresses().get(0), 4096), Certificates.LOCALHOST.trustingContext())
                    .handshake();
            bad.add(client);
            client.send("L");
            PatternBytes.check(0, 1000, client.readBytes(1000));
        }
        Eventually.isTrue("pending", () -> server.stats().writePending() > 150L * 1024 * 1024);
        requireAllIsAsBefore(bad, descriptors, memory);
    }

    /** Clients that send their hello and read nothing of the answer, and then only data. */
    @Test
    void readersThatStopInTheMiddleOfAHandshakeAreCutInTime() throws Exception {
        EvioServer hasty = start(tlsBuilder(TestHandler.echo(), tls().handshakeTimeout(Duration.ofSeconds(2)))
                .name("hasty"));
        List<TlsClient> bad = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            TlsClient client = TlsClient.over(
                    Client.connect(hasty.addresses().get(0), 4096), Certificates.LOCALHOST.trustingContext());
            client.wire().send(client.hello());
            bad.add(client);
        }
        requireEcho(good);
        Eventually.isTrue("cut", () -> hasty.stats().cutByHandshakeTimeout() == 50);
        for (TlsClient client : bad) {
            assertThat(client.wire().isEnded()).isTrue();
            client.close();
        }
        requireEcho(good);
    }
}
