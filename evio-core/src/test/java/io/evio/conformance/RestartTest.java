package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.internal.sys.Memory;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Descriptors;
import io.evio.testing.Eventually;
import io.evio.testing.FreePort;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Servers that come and go in one JVM leave nothing behind. */
class RestartTest extends ConformanceTest {

    /** The resources of servers that a JVM holds. */
    private record Holdings(int descriptors, long threads, long nativeBytes, long directBuffers, long directBytes) {

        static Holdings now() {
            BufferPoolMXBean direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                    .filter(pool -> pool.getName().equals("direct"))
                    .findFirst()
                    .orElseThrow();
            return new Holdings(
                    Descriptors.countOfServers(),
                    Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().startsWith("evio-"))
                            .count(),
                    Memory.allocatedBytes(),
                    direct.getCount(),
                    direct.getTotalCapacity());
        }
    }

    /** One life of a server, with clients that leave in different ways, or stay. */
    private void live(EvioServer server, int round) throws IOException {
        server.start();
        try (Client client = Client.connect(server.addresses().get(round % 2));
                Client other = Client.connect(server.addresses().get(0), 4096)) {
            assertThat(client.send("ping").read(4)).isEqualTo("ping");
            switch (round % 4) {
                case 0 -> client.shutdownOutput();
                case 1 -> other.send("much");
                case 2 -> other.send("keep what is unread");
                default -> {
                    // Both stay until the server is gone.
                }
            }
            assertThat(server.stop(Duration.ZERO)).isTrue();
        }
    }

    @Test
    void twoHundredStartsAndStopsOnOnePortLeaveNothingBehind() throws Exception {
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            switch (in.get(0)) {
                case 'p' -> out.write(in);
                case 'm' -> {
                    in.position(in.limit());
                    for (int i = 0; i < 8; i++) {
                        out.write(PatternBytes.at(0, PatternBytes.MAX_LENGTH));
                    }
                }
                default -> {
                    // Stays unread.
                }
            }
            return Action.NONE;
        });
        String[] addresses = {"tcp://127.0.0.1:" + FreePort.find(), "unix://" + folder.resolve("s")};
        EvioServer same = stopAfterwards(builder(handler, addresses).build());
        for (int i = 0; i < 20; i++) {
            live(same, i);
        }
        Holdings before = Holdings.now();
        for (int i = 0; i < 200; i++) {
            // The same server again and again, and new ones.
            live(i % 2 == 0 ? same : stopAfterwards(builder(handler, addresses).build()), i);
        }
        Eventually.holds(() -> {
            // Whose are the direct buffers that events were given in debug mode.
            System.gc();
            Holdings after = Holdings.now();
            assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors());
            assertThat(after.threads()).isZero();
            assertThat(after.nativeBytes()).isEqualTo(before.nativeBytes());
            // The clients' own buffers, one a thread and size, are among these.
            assertThat(after.directBuffers() - before.directBuffers()).isLessThan(10);
            assertThat(after.directBytes() - before.directBytes()).isLessThan(1024 * 1024);
        });
        assertThat(Path.of(folder + "/s")).doesNotExist();
        assertThat(same.stats().connectionsOpened()).isEqualTo(2 * 120);
        assertThat(same.stats().connectionsClosed()).isEqualTo(2 * 120);
        assertThat(same.stats().writePending()).isZero();
    }

    @Test
    void stoppedServerHasGivenEverythingBack() throws Exception {
        Holdings before = Holdings.now();
        EvioServer server = start(TestHandler.echo().withoutLog(), ANY_PORT);
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            clients.add(connect(server).send("x"));
        }
        for (Client client : clients) {
            client.read(1);
            client.close();
        }
        server.stop(Duration.ZERO);
        Holdings after = Holdings.now();
        assertThat(after.nativeBytes()).isEqualTo(before.nativeBytes());
        assertThat(after.threads()).isEqualTo(before.threads());
        // What libkqueue has of its own it closes on a thread of its own, and a moment later.
        Eventually.holds(() -> assertThat(Holdings.now().descriptors()).isLessThanOrEqualTo(before.descriptors()));
    }
}
