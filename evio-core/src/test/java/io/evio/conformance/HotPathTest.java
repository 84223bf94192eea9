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
import io.evio.testing.EveryTransport;
import io.evio.testing.LoopThread;
import io.evio.testing.Transport;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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
}
