package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.testing.ChildServer;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** As many pairs at a time as a gateway has: the relay in a process of its own, both ends of each pair in this one. */
@WithoutLayer("the other side is a plain socket")
class RelayPairsTest extends ConformanceTest {

    private static final int WANTED = 8_000;

    /** Descriptors that this process, or the relay's, needs for anything else. */
    private static final int OTHERS = 1_500;

    private static final int FEWEST = 500;

    /** Two descriptors for each pair, here as there. */
    private static int pairs() throws IOException {
        long limit = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(line -> line.startsWith("Max open files"))
                .map(line -> line.split("\\s{2,}")[1])
                .mapToLong(soft -> soft.equals("unlimited") ? Integer.MAX_VALUE : Long.parseLong(soft))
                .findFirst()
                .orElseThrow();
        int pairs = (int) Math.min(WANTED, (limit - OTHERS) / 2);
        assumeTrue(pairs >= FEWEST, "a process may open " + limit + " files only");
        if (pairs < WANTED) {
            System.out.println("RelayPairsTest: " + pairs + " pairs, as a process may open " + limit + " files");
        }
        return pairs;
    }

    private static int take(SocketChannel from) throws IOException {
        ByteBuffer number = ByteBuffer.allocate(Integer.BYTES);
        while (number.hasRemaining()) {
            if (from.read(number) < 0) {
                throw new AssertionError("The input ends after " + number.position() + " bytes");
            }
        }
        return number.getInt(0);
    }

    private static void send(SocketChannel to, int number) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES).putInt(0, number);
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    @Test
    void eightThousandPairs() throws Exception {
        int pairs = pairs();
        InetAddress loopback = InetAddress.getLoopbackAddress();
        ServerSocketChannel backend = closeAfterwards(ServerSocketChannel.open());
        backend.bind(new InetSocketAddress(loopback, 0), 1024);
        ChildServer relay = closeAfterwards(ChildServer.start(
                List.of(),
                List.of(
                        "-Xmx256m",
                        "-Dchild.target=tcp://127.0.0.1:" + backend.socket().getLocalPort()),
                poller,
                "relay"));
        long nativeMemory = relay.stats().get("native");
        List<SocketChannel> clients = new ArrayList<>();
        List<SocketChannel> accepted = new ArrayList<>();
        Crowd accepting = closeAfterwards(Crowd.one(i -> {
            for (int k = 0; k < pairs; k++) {
                accepted.add(closeAfterwards(backend.accept()));
            }
        }));
        for (int i = 0; i < pairs; i++) {
            SocketChannel client = closeAfterwards(SocketChannel.open(
                    new InetSocketAddress(loopback, relay.address().port())));
            clients.add(client);
            send(client, i);
        }
        accepting.join();
        List<SocketChannel> others = othersOf(clients, accepted);
        Eventually.holds(() -> assertThat(relay.stats())
                .containsEntry("active", (long) pairs)
                .containsEntry("outbound", (long) pairs)
                .containsEntry("native", nativeMemory));

        ByteBuffer one = ByteBuffer.allocate(1);
        for (int i = 0; i < pairs; i++) {
            // By turns the client and the other side are the first to end; each end is passed on.
            SocketChannel first = (i % 2 == 0 ? clients : others).get(i);
            SocketChannel second = (i % 2 == 0 ? others : clients).get(i);
            first.shutdownOutput();
            assertThat(second.read(one)).isEqualTo(-1);
            second.shutdownOutput();
            assertThat(first.read(one)).isEqualTo(-1);
            first.close();
            second.close();
        }
        Eventually.holds(() -> {
            Map<String, Long> stats = relay.stats();
            assertThat(stats).containsEntry("active", 0L).containsEntry("outbound", 0L);
            assertThat(stats).containsEntry("closed", (long) pairs).containsEntry("acceptErrors", 0L);
        });
    }

    /**
     * Returns the other side of each client, in their order. What goes in at one end comes out at the other, and at no
     * third.
     */
    private static List<SocketChannel> othersOf(List<SocketChannel> clients, List<SocketChannel> accepted)
            throws IOException {
        SocketChannel[] others = new SocketChannel[clients.size()];
        for (SocketChannel other : accepted) {
            int number = take(other);
            assertThat(others[number]).isNull();
            others[number] = other;
            send(other, ~number);
        }
        for (int i = 0; i < clients.size(); i++) {
            assertThat(take(clients.get(i))).isEqualTo(~i);
        }
        return List.of(others);
    }
}
