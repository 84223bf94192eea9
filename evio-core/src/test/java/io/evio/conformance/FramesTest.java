package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.frame.DelimiterScanner;
import io.evio.frame.FrameException;
import io.evio.frame.FrameScanner;
import io.evio.frame.FrameTooLongException;
import io.evio.frame.LengthPrefix;
import io.evio.frame.LengthPrefixScanner;
import io.evio.frame.LineScanner;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Event;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The scanners of io.evio.frame over what connections receive and leave unread. */
class FramesTest extends ConformanceTest {

    private static final int MAX = 100_000;

    /**
     * Answers each frame with its length and its content, and one that is refused with the reason, before it closes.
     */
    private static final class FrameHandler implements EvioHandler {

        private final Supplier<FrameScanner> scanners;

        FrameHandler(Supplier<FrameScanner> scanners) {
            this.scanners = scanners;
        }

        @Override
        public Action opened(Connection connection, Output out) {
            connection.attach(scanners.get());
            return Action.NONE;
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            FrameScanner frames = connection.attachment();
            try {
                while (frames.next(in)) {
                    out.writeDecimal(frames.length());
                    out.write(' ');
                    out.write(frames.slice(in));
                    out.write('\n');
                }
                return Action.NONE;
            } catch (FrameException e) {
                out.writeAscii("-ERR " + e.getMessage() + "\n");
                return Action.CLOSE;
            }
        }
    }

    private EvioServer startFrames(Transport transport, Supplier<FrameScanner> scanners) throws Exception {
        return start(new FrameHandler(scanners), transport.address(folder));
    }

    /** Sends a part and waits until the server has had it, so that the next one comes in an event of its own. */
    private static void sendPart(EvioServer server, Client client, String part) throws Exception {
        long received = server.stats().dataReceived() + part.length();
        client.send(part);
        Eventually.isTrue("the part is there", () -> server.stats().dataReceived() == received);
    }

    @EveryTransport
    void linesMayComeInPieces(Transport transport) throws Exception {
        EvioServer server = startFrames(transport, () -> LineScanner.ofMaxLength(MAX));
        Client client = connect(server);
        sendPart(server, client, "on");
        sendPart(server, client, "e\r");
        // A wake shows the same bytes once more.
        server.wake(1);
        sendPart(server, client, "\n\ntw");
        assertThat(client.read(9)).isEqualTo("3 one\n0 \n");
        sendPart(server, client, "o\nthree");
        assertThat(client.read(6)).isEqualTo("3 two\n");
        String large = "x".repeat(MAX - 5);
        client.send(large + "\n");
        assertThat(client.read(MAX + 8)).isEqualTo(MAX + " three" + large + "\n");
    }

    @EveryTransport
    void delimitedFramesMayComeInPieces(Transport transport) throws Exception {
        EvioServer server =
                startFrames(transport, () -> DelimiterScanner.of(new byte[] {'\r', '\n', '.', '\r', '\n'}, MAX));
        Client client = connect(server);
        sendPart(server, client, "Hello\r\n");
        sendPart(server, client, ".\r");
        sendPart(server, client, "\nBob\r\n.\r\n.");
        assertThat(client.read(14)).isEqualTo("5 Hello\n3 Bob\n");
    }

    @EveryTransport
    void prefixedFramesMayComeInPieces(Transport transport) throws Exception {
        LengthPrefix prefix = LengthPrefix.ofBytes(4);
        EvioServer server = startFrames(transport, () -> LengthPrefixScanner.of(prefix, MAX));
        Client client = connect(server);
        sendPart(server, client, "\0\0");
        sendPart(server, client, "\0\3on");
        sendPart(server, client, "e\0\0\0\0\0\0\0\3two\0");
        assertThat(client.read(15)).isEqualTo("3 one\n0 \n3 two\n");
    }

    @EveryTransport
    void refusalIsAnsweredBeforeTheConnectionCloses(Transport transport) throws Exception {
        EvioServer server = startFrames(transport, () -> LineScanner.ofMaxLength(10));
        Client client = connect(server);
        client.send("first\n0123456789ab\n");
        assertThat(client.readToEnd())
                .isEqualTo("5 first\n-ERR The frame is too long: 12 bytes, at most 10 are allowed\n");
    }

    @Test
    void refusalThatIsNotCaughtClosesTheConnectionWithItsCause() throws Exception {
        LengthPrefixScanner frames = LengthPrefixScanner.of(LengthPrefix.ofBytes(4), 10);
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            frames.next(in);
            return Action.NONE;
        });
        Client client = connect(start(handler, ANY_PORT));
        client.send("\0\0\0\13");
        Event closed = handler.await("closed");
        assertThat(closed.error()).hasRootCauseInstanceOf(FrameTooLongException.class);
        assertThat(closed.error()).hasRootCauseMessage("The frame is too long: 11 bytes, at most 10 are allowed");
        assertThat(client.isEnded()).isTrue();
    }

    /** As the package's documentation has it. */
    @Test
    void arrayOfUnreadBytesIsScannedAsWell() throws Exception {
        TestHandler handler = new TestHandler();
        handler.onOpened((connection, out) -> {
            connection.attach(LineScanner.ofMaxLength(MAX));
            return Action.NONE;
        });
        handler.onData((connection, in, out) -> {
            LineScanner lines = connection.attachment();
            ByteBuffer heap = ByteBuffer.wrap(connection.unread(in), 0, in.remaining());
            while (lines.next(heap)) {
                out.write(heap.array(), lines.start(), lines.length());
                out.write(';');
            }
            in.position(in.position() + heap.position());
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        sendPart(server, client, "one\ntw");
        sendPart(server, client, "o\nthr");
        client.send("ee\n");
        assertThat(client.read(14)).isEqualTo("one;two;three;");
    }

    @Test
    void inputIsBigEndianInEveryEvent() throws Exception {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            if (in.remaining() < 2) {
                return Action.NONE;
            }
            seen.add(in.order() + " " + in.getShort(in.position()));
            in.order(ByteOrder.LITTLE_ENDIAN);
            out.write(in);
            return Action.NONE;
        });
        Client client = connect(start(handler, ANY_PORT));
        for (int i = 0; i < 2; i++) {
            client.send("\1\2");
            assertThat(client.readBytes(2)).isEqualTo("\1\2".getBytes(StandardCharsets.ISO_8859_1));
        }
        assertThat(seen).containsExactly("BIG_ENDIAN 258", "BIG_ENDIAN 258");
    }
}
