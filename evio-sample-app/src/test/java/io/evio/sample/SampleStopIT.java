package io.evio.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.SampleJar;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The end of the packaged application: by SIGTERM in the middle of its work, and by SIGKILL. */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@Timeout(180)
class SampleStopIT {

    private static final int CONNECTIONS = 1000;
    private static final int PIPELINED = 4;
    private static final byte[] REQUESTS =
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(PIPELINED).getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path folder;

    /** A connection that has sent some requests and got some bytes of replies. */
    private static final class Client {
        final SocketChannel channel;
        final ByteBuffer in = ByteBuffer.allocate(8192);
        int sent;
        int replies;
        boolean lastIsAnnounced;
        boolean isReset;

        Client(InetSocketAddress address) throws IOException {
            channel = SocketChannel.open(address);
            channel.configureBlocking(false);
        }

        void send() {
            try {
                // The kernel takes so little at once.
                channel.write(ByteBuffer.wrap(REQUESTS));
                sent += PIPELINED;
            } catch (IOException e) {
                // The server has ended it; what it has sent before is still to be read.
            }
        }

        /** Reads what there is and takes whole replies off it; false at the end. */
        boolean receive() throws IOException {
            if (channel.read(in) < 0) {
                return false;
            }
            String text = new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
            int begin = 0;
            int head;
            while ((head = text.indexOf("\r\n\r\n", begin)) >= 0) {
                String fields = text.substring(begin, head);
                assertThat(fields).startsWith("HTTP/1.1 200 OK");
                int length = Integer.parseInt(fields.replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
                if (head + 4 + length > text.length()) {
                    break;
                }
                assertThat(lastIsAnnounced).as("nothing follows the last reply").isFalse();
                lastIsAnnounced = fields.contains("Connection: close");
                replies++;
                begin = head + 4 + length;
            }
            in.flip().position(begin);
            in.compact();
            if (replies == sent && !lastIsAnnounced) {
                send();
            }
            return true;
        }
    }

    @Test
    void requestsSentBeforeSigtermAreAnsweredOnAThousandBusyConnections() throws Exception {
        try (SampleJar sample = SampleJar.start(folder);
                Selector selector = Selector.open()) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), sample.port("http"));
            sample.awaitStarted();
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                Client client = new Client(address);
                clients.add(client);
                client.channel.register(selector, SelectionKey.OP_READ, client);
                client.send();
            }
            int[] sentBefore = new int[CONNECTIONS];
            int open = CONNECTIONS;
            while (open > 0) {
                assertThat(selector.select(30_000)).as("clients that go on").isPositive();
                for (SelectionKey key : selector.selectedKeys()) {
                    Client client = (Client) key.attachment();
                    boolean goesOn = false;
                    try {
                        goesOn = client.receive();
                    } catch (IOException e) {
                        client.isReset = true;
                    }
                    if (!goesOn) {
                        client.channel.close();
                        open--;
                    }
                }
                selector.selectedKeys().clear();
                if (sentBefore[0] == 0 && clients.stream().allMatch(client -> client.replies >= 3 * PIPELINED)) {
                    for (int i = 0; i < CONNECTIONS; i++) {
                        sentBefore[i] = clients.get(i).sent;
                    }
                    sample.signal("TERM");
                }
            }
            assertThat(sample.exitStatus()).isZero();
            assertThat(sample.out()).contains("Evio 'http' stopped").doesNotContain("cut off", " WARN ", " ERROR ");
            for (int i = 0; i < CONNECTIONS; i++) {
                Client client = clients.get(i);
                assertThat(client.isReset).as("connection %d ends orderly", i).isFalse();
                assertThat(client.in.position()).as("bytes of half a reply").isZero();
                assertThat(client.replies).as("replies of connection %d", i).isGreaterThanOrEqualTo(sentBefore[i]);
            }
            assertThat(clients).anyMatch(client -> client.lastIsAnnounced);
        }
    }

    @Test
    void whoTakesNothingIsCutOffBeforeTheGracePeriodIsOverAndTheStatusSaysSo() throws Exception {
        try (SampleJar sample = SampleJar.start(
                        folder, "--evio.shutdown.grace-period=10m", "--evio.limits.drain-timeout=200ms");
                SocketChannel client = SocketChannel.open()) {
            sample.awaitStarted();
            client.setOption(StandardSocketOptions.SO_RCVBUF, 16 * 1024);
            client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), sample.port("echo")));
            client.configureBlocking(false);
            // Every buffer on the way there and back is full, and so is that of the server between them.
            ByteBuffer some = ByteBuffer.allocate(64 * 1024);
            await().during(Duration.ofSeconds(1))
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> client.write(some.clear()) == 0);
            sample.signal("TERM");
            assertThat(sample.exitStatus()).isEqualTo(1);
            assertThat(sample.out()).contains("drain-timeout").doesNotContain("cut off, with output or work");
        }
    }

    @Test
    void afterSigkillARestartNeedsNoHandOnTheSockets() throws Exception {
        Path socket = folder.resolve("echo.sock");
        String onlyThatSocket = "--evio.servers.redis.addresses=tcp://127.0.0.1:0";
        try (SampleJar killed = SampleJar.start(folder, onlyThatSocket)) {
            killed.awaitStarted();
            assertEchoes(socket);
            killed.signal("KILL");
            assertThat(killed.exitStatus()).isEqualTo(128 + 9);
        }
        assertThat(socket).exists();
        try (SampleJar again = SampleJar.start(folder, onlyThatSocket)) {
            again.awaitStarted();
            assertEchoes(socket);
            // A live one is another matter.
            try (SampleJar third = SampleJar.start(folder, onlyThatSocket)) {
                assertThat(third.exitStatus()).isPositive();
                assertThat(third.out()).contains("another server listens on this socket (EADDRINUSE)");
            }
            assertEchoes(socket);
            assertThat(again.stop()).isZero();
            assertThat(socket).doesNotExist();
        }
    }

    private static void assertEchoes(Path socket) throws IOException {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            client.write(ByteBuffer.wrap(new byte[] {'h', 'i'}));
            ByteBuffer in = ByteBuffer.allocate(2);
            while (in.hasRemaining() && client.read(in) >= 0) {
                // The rest is to come.
            }
            assertThat(in.array()).containsExactly('h', 'i');
        }
    }
}
