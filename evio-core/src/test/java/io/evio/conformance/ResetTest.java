package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.internal.sys.Memory;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Descriptors;
import io.evio.testing.Eventually;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import java.time.Duration;
import java.util.BitSet;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Clients that are killed: the kernel resets their connections at any moment. */
class ResetTest extends ConformanceTest {

    @Test
    void thousandsOfResetsInTheMiddleOfEverythingCostEachItsConnectionOnly() throws Exception {
        int threads = 4;
        int each = 1500;
        BitSet open = new BitSet();
        AtomicLong resets = new AtomicLong();
        Queue<String> mistakes = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onOpened((connection, out) -> {
                    // Options of a socket that may be reset already: an error here is not the loop's.
                    connection.noDelay(true);
                    connection.keepAlive(Duration.ofSeconds(30));
                    open.set((int) connection.id());
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    if (!open.get((int) connection.id())) {
                        mistakes.add("data of " + connection.id() + ", which is not open");
                    }
                    byte what = in.hasRemaining() ? in.get(0) : 0;
                    if (what == 'm') {
                        in.position(in.limit());
                        out.write(PatternBytes.at(0, PatternBytes.MAX_LENGTH));
                        out.write(PatternBytes.at(0, PatternBytes.MAX_LENGTH));
                        connection.wake();
                    } else if (what == 'c') {
                        out.write(PatternBytes.at(0, PatternBytes.MAX_LENGTH));
                        return Action.CLOSE;
                    } else if (what == 'e' && in.remaining() >= 4) {
                        out.write(in);
                    }
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    if (!open.get((int) connection.id())) {
                        mistakes.add("closed twice: " + connection.id());
                    }
                    open.clear((int) connection.id());
                    if (error != null) {
                        resets.incrementAndGet();
                    }
                    return Action.NONE;
                });
        EvioServer server =
                start(builder(handler, ANY_PORT).limits(Limits.DEFAULTS.withWaterMarks(256 * 1024, 16 * 1024 * 1024)));
        int descriptors = Descriptors.countOfServers();
        long idle = Memory.allocatedBytes();
        closeAfterwards(Crowd.start(threads, index -> {
                    for (int i = 0; i < each; i++) {
                        try (Client client = Client.connect(server.addresses().get(0), 4096)) {
                            switch (i % 6) {
                                case 0 -> client.send("much");
                                case 1 -> client.send("much").readBytes(10_000);
                                case 2 -> client.send("unread half of a frame");
                                case 3 -> client.send("close").readBytes(1 + i);
                                case 4 -> client.send("echo").read(4);
                                default -> {
                                    // Reset before the first byte, and maybe before it is accepted.
                                }
                            }
                            client.reset();
                        }
                    }
                }))
                .join();
        long total = threads * (long) each;
        Eventually.holds(() -> {
            assertThat(server.stats().connectionsOpened()).isEqualTo(total);
            assertThat(server.stats().connectionsClosed()).isEqualTo(total);
        });
        assertThat(mistakes).isEmpty();
        assertThat(resets).hasValueGreaterThan(total / 3);
        Client after = connect(server);
        assertThat(after.send("echo").read(4)).isEqualTo("echo");
        after.close();
        Eventually.holds(() -> {
            assertThat(server.stats().writePending()).isZero();
            // What the loop keeps for the next connections: chunks of 4 MiB, and less than a tenth as much in small
            // blocks.
            assertThat(Memory.allocatedBytes() - idle).isBetween(0L, 44L * 1024 * 1024 / 10);
        });
        Descriptors.areAtMost(descriptors);
        assertThat(server.stats().handlerErrors()).isZero();
    }
}
