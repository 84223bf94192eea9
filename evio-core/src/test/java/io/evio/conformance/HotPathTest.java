package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.frame.LineScanner;
import io.evio.internal.sys.Memory;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LoopThread;
import io.evio.testing.Transport;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests leave no garbage behind. */
@WithoutLayer("counts what the loop allocates, and the test layer allocates more")
class HotPathTest extends ConformanceTest {

    private static final double MOST_BYTES_A_REQUEST = 0.01;

    /** It is what production has that allocates nothing. */
    @BeforeAll
    static void switchMemoryDebugOff() {
        System.setProperty(Memory.DEBUG, "false");
    }

    @AfterAll
    static void switchMemoryDebugOn() {
        System.setProperty(Memory.DEBUG, "true");
    }

    /** Sends back what comes, from where it lies. */
    private static final class EchoHandler implements EvioHandler {
        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            out.write(in);
            return Action.NONE;
        }
    }

    /** Answers a request of eight bytes with as many, by way of heap bytes, text and numbers. */
    private static final class ParsingHandler implements EvioHandler {
        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            byte[] bytes = connection.unread(in);
            int used = 0;
            for (; in.remaining() - used >= 8; used += 8) {
                out.writeAscii("n:");
                out.writeDecimal(1_000_000 + bytes[used]);
                out.writeUtf8("");
                out.write('\n');
                out.write(bytes, used, 0);
            }
            in.position(in.position() + used);
            return Action.NONE;
        }
    }

    /** Answers each line with as many bytes, by way of a scanner. */
    private static final class LineHandler implements EvioHandler {

        private final byte[] line = new byte[100];

        @Override
        public Action opened(Connection connection, Output out) {
            connection.attach(LineScanner.ofMaxLength(line.length));
            return Action.NONE;
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            LineScanner lines = connection.attachment();
            while (lines.next(in)) {
                out.write(line, 0, lines.copyTo(in, line));
                out.write('\n');
            }
            return Action.NONE;
        }
    }

    /** Passes the requests of two clients on to each other; to their own one too with {@code both}. */
    private static final class PairHandler implements EvioHandler {

        private final boolean both;
        private final Connection[] pair = new Connection[2];

        PairHandler(boolean both) {
            this.both = both;
        }

        @Override
        public Action opened(Connection connection, Output out) {
            pair[(int) connection.id() - 1] = connection;
            return Action.NONE;
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            Connection other = pair[2 - (int) connection.id()];
            if (both) {
                byte[] bytes = connection.unread(in);
                out.write(bytes, 0, in.remaining());
                other.output().writeInt(in.remaining());
                out.writeLong(1);
            }
            other.output().write(in);
            return Action.NONE;
        }
    }

    /** A batch on each connection, then the answers from each. */
    private static void exchange(List<Client> clients, byte[] batch, int answer, int rounds) throws IOException {
        for (int i = 0; i < rounds; i++) {
            for (Client client : clients) {
                client.send(batch);
            }
            for (Client client : clients) {
                client.readBytes(answer);
            }
        }
    }

    private List<Client> connect(EvioServer server, int count) throws IOException {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(connect(server));
        }
        return clients;
    }

    @EveryTransport
    void requestAfterRequestAllocatesNothing(Transport transport) throws Exception {
        EvioServer server = start(new EchoHandler(), transport.address(folder));
        LoopThread loop = LoopThread.of(server);
        List<Client> clients = connect(server, 20);
        byte[] request = new byte[64];
        exchange(clients, request, 64, 1000);
        long before = loop.allocatedBytes();
        int rounds = 2000;
        exchange(clients, request, 64, rounds);
        double each = (loop.allocatedBytes() - before) / (rounds * 20.0);
        assertThat(each).as("bytes a request").isLessThan(MOST_BYTES_A_REQUEST);
    }

    @Test
    void aHundredThousandRequestsOneByOneAllocateNothing() throws Exception {
        EvioServer server = start(new EchoHandler(), Transport.UNIX.address(folder));
        LoopThread loop = LoopThread.of(server);
        List<Client> client = connect(server, 1);
        byte[] request = new byte[64];
        exchange(client, request, 64, 20_000);
        long before = loop.allocatedBytes();
        exchange(client, request, 64, 100_000);
        assertThat((loop.allocatedBytes() - before) / 100_000.0)
                .as("bytes a request")
                .isLessThan(MOST_BYTES_A_REQUEST);
    }

    @Test
    void aMillionPipelinedRequestsAllocateNothing() throws Exception {
        EvioServer server = start(new EchoHandler(), ANY_PORT);
        LoopThread loop = LoopThread.of(server);
        List<Client> clients = connect(server, 10);
        int batch = 32;
        byte[] requests = new byte[batch * 64];
        exchange(clients, requests, requests.length, 500);
        long before = loop.allocatedBytes();
        int rounds = 1_000_000 / batch / clients.size();
        exchange(clients, requests, requests.length, rounds);
        double each = (loop.allocatedBytes() - before) / (double) (rounds * batch * clients.size());
        assertThat(each).as("bytes a request").isLessThan(MOST_BYTES_A_REQUEST);
        assertThat(server.stats().dataReceived()).isEqualTo((rounds + 500L) * clients.size() * requests.length);
    }

    @Test
    void parsingAndFormattingAllocateNothing() throws Exception {
        EvioServer server = start(new ParsingHandler(), ANY_PORT);
        LoopThread loop = LoopThread.of(server);
        List<Client> clients = connect(server, 10);
        byte[] request = "request\n".getBytes(StandardCharsets.US_ASCII);
        exchange(clients, request, 10, 2000);
        long before = loop.allocatedBytes();
        exchange(clients, request, 10, 5000);
        assertThat((loop.allocatedBytes() - before) / 50_000.0)
                .as("bytes a request")
                .isLessThan(MOST_BYTES_A_REQUEST);
    }

    @Test
    void scanningLinesAllocatesNothing() throws Exception {
        EvioServer server = start(new LineHandler(), ANY_PORT);
        LoopThread loop = LoopThread.of(server);
        List<Client> clients = connect(server, 10);
        byte[] lines = "one line\nanother line\nand\n".getBytes(StandardCharsets.US_ASCII);
        exchange(clients, lines, lines.length, 2000);
        long before = loop.allocatedBytes();
        exchange(clients, lines, lines.length, 5000);
        assertThat((loop.allocatedBytes() - before) / 150_000.0)
                .as("bytes per line")
                .isLessThan(MOST_BYTES_A_REQUEST);
    }

    @EveryTransport
    void aPingPongBetweenTwoClientsAllocatesNothing(Transport transport) throws Exception {
        EvioServer server = start(new PairHandler(false), transport.address(folder));
        LoopThread loop = LoopThread.of(server);
        List<Client> clients = connectOneByOne(server);
        byte[] message = new byte[64];
        pingPong(clients, message, 20_000);
        long before = loop.allocatedBytes();
        int rounds = 20_000;
        pingPong(clients, message, rounds);
        assertThat((loop.allocatedBytes() - before) / (2.0 * rounds))
                .as("bytes per message")
                .isLessThan(MOST_BYTES_A_REQUEST);
    }

    private List<Client> connectOneByOne(EvioServer server) throws IOException {
        List<Client> clients = connect(server, 2);
        // Opened in this order, so that the ids are 1 and 2.
        Eventually.holds(() -> assertThat(server.stats().connectionsOpened()).isEqualTo(2));
        return clients;
    }

    private static void pingPong(List<Client> clients, byte[] message, int rounds) throws IOException {
        for (int i = 0; i < rounds; i++) {
            clients.get(0).send(message);
            clients.get(1).readBytes(message.length);
            clients.get(1).send(message);
            clients.get(0).readBytes(message.length);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 800})
    void eventsThatWriteToTheirOwnAndToAnotherConnectionAllocateNothing(int size) throws Exception {
        EvioServer server = start(new PairHandler(true), ANY_PORT);
        LoopThread loop = LoopThread.of(server);
        List<Client> clients = connectOneByOne(server);
        byte[] message = new byte[size];
        exchange(clients, message, 2 * size + 12, 10_000);
        long before = loop.allocatedBytes();
        int rounds = 10_000;
        exchange(clients, message, 2 * size + 12, rounds);
        assertThat((loop.allocatedBytes() - before) / (2.0 * rounds))
                .as("bytes per event")
                .isLessThan(MOST_BYTES_A_REQUEST);
    }

    /** Each event but the last leaves the beginning of a line unread, and each brings more of it. */
    @ParameterizedTest
    @ValueSource(ints = {1, 25})
    void scanningLinesInPiecesAllocatesNothing(int piece) throws Exception {
        EvioServer server = start(new LineHandler(), Transport.UNIX.address(folder));
        LoopThread loop = LoopThread.of(server);
        Client client = connect(server);
        byte[] line = ("x".repeat(piece * 3) + "\n").getBytes(StandardCharsets.US_ASCII);
        sendInPieces(server, client, line, piece, 10_000);
        long before = loop.allocatedBytes();
        int rounds = 10_000;
        sendInPieces(server, client, line, piece, rounds);
        assertThat((loop.allocatedBytes() - before) / (4.0 * rounds))
                .as("bytes per event")
                .isLessThan(MOST_BYTES_A_REQUEST);
    }

    private static void sendInPieces(EvioServer server, Client client, byte[] line, int piece, int rounds)
            throws IOException {
        long received = server.stats().dataReceived();
        for (int i = 0; i < rounds; i++) {
            for (int at = 0; at < line.length; at += piece) {
                int length = Math.min(piece, line.length - at);
                client.send(Arrays.copyOfRange(line, at, at + length));
                received += length;
                while (server.stats().dataReceived() < received) {
                    Thread.onSpinWait();
                }
            }
            client.readBytes(line.length);
        }
    }
}
