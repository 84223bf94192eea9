package io.evio.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.Address;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.Tls;
import io.evio.frame.DelimiterScanner;
import io.evio.frame.LineScanner;
import io.evio.testing.Certificates;
import io.evio.testing.EveryTransport;
import io.evio.testing.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client that users test with. */
@Timeout(60)
class TestClientTest {

    @TempDir
    private Path folder;

    private EvioServer server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.stop(Duration.ZERO);
        }
    }

    private EvioServer start(EvioServer.Builder builder) throws IOException {
        stop();
        EvioServer started = builder.build();
        started.start();
        server = started;
        return started;
    }

    private TestClient connect(EvioHandler handler) throws IOException {
        return TestClient.connect(start(EvioServer.builder().handler(handler).addresses("tcp://127.0.0.1:0")));
    }

    /** Sends every byte back, and ends when the client does. */
    private static final class Echo implements EvioHandler {
        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            out.write(in);
            return Action.NONE;
        }
    }

    /** Says something at once, and does what is said then. */
    private record Says(String text, Action then) implements EvioHandler {
        @Override
        public Action opened(Connection connection, Output out) {
            out.writeAscii(text);
            return then;
        }
    }

    private static void assertFails(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(AssertionError.class).hasMessage(message);
    }

    private static void talk(TestClient client) {
        client.send("hello\nworld\r\n").expect("hello\n");
        assertThat(client.readLine()).isEqualTo("world");
        client.send(new byte[] {0, 0, 0, 2, 'o', 'k', 0, 0, 0, 0});
        assertThat(client.readFrame()).containsExactly('o', 'k');
        assertThat(client.readFrame()).isEmpty();
        client.send("a.bc.");
        DelimiterScanner sentences = DelimiterScanner.of(new byte[] {'.'}, 10);
        assertThat(client.readFrame(sentences)).containsExactly('a');
        assertThat(client.readFrame(sentences)).containsExactly('b', 'c');
        byte[] large = new byte[3_000_000];
        CompletableFuture<TestClient> sending = CompletableFuture.supplyAsync(() -> client.send(large));
        assertThat(client.read(large.length)).isEqualTo(large);
        sending.join().send("é").endOutput().expect("é").expectEnd().expectEnd();
    }

    @EveryTransport
    void talksOverEveryTransport(Transport transport) throws IOException {
        try (TestClient client = TestClient.connect(
                start(EvioServer.builder().handler(new Echo()).addresses(transport.address(folder))))) {
            talk(client);
        }
    }

    @Test
    void talksOverTls() throws Exception {
        Address address = start(EvioServer.builder()
                        .handler(new Echo())
                        .tls(Tls.of(Certificates.LOCALHOST.serverContext()))
                        .addresses("tls://127.0.0.1:0"))
                .addresses()
                .get(0);
        try (TestClient client = TestClient.connect(address.toString());
                TestClient verifying = TestClient.connect(address, Certificates.LOCALHOST.trustingContext())) {
            talk(client);
            talk(verifying);
        }
        assertThatThrownBy(() -> TestClient.connect(address, Certificates.OTHER.trustingContext()))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("Cannot connect to " + address + ": the connection failed: ");
    }

    @Test
    void anAddressWithoutAHostIsThisMachine() throws IOException {
        try (TestClient client = TestClient.connect(
                start(EvioServer.builder().handler(new Echo()).addresses("tcp://:0")))) {
            client.send("x").expect("x");
        }
    }

    @Test
    void showsWhatCameInstead() throws IOException {
        try (TestClient client = connect(new Says("-ERR\0", Action.CLOSE))) {
            client.expect("-ERR");
            assertThat(client.read(1)).containsExactly(0);
            assertFails(() -> client.expect("!"), """
                    Expected 1 byte: "!" (21)
                     but came nothing,
                     then the end of input""");
        }
        try (TestClient client = connect(new Says("+OK\r\n", Action.CLOSE))) {
            client.expect("+OK");
            assertFails(() -> client.expect("\n"), """
                    Expected 1 byte: "\\n" (0a)
                     but came 2 bytes: "\\r\\n" (0d 0a),
                     which differs at byte 0""");
            assertFails(client::expectEnd, """
                    Expected the end of input
                     but came 2 bytes: "\\r\\n" (0d 0a)""");
            assertFails(() -> client.read(3), """
                    Expected 3 bytes
                     but came 2 bytes: "\\r\\n" (0d 0a),
                     then the end of input""");
            assertFails(client::expectReset, """
                    Expected a reset
                     but came 2 bytes: "\\r\\n" (0d 0a)""");
        }
    }

    @Test
    void showsALineOrFrameThatIsNone() throws IOException {
        try (TestClient client = connect(new Says("no end", Action.CLOSE))) {
            assertFails(client::readLine, """
                    Expected a line
                     but came 6 bytes: "no end" (6e 6f 20 65 6e 64),
                     then the end of input""");
            assertThatThrownBy(() -> client.readFrame(LineScanner.ofMaxLength(3)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("Expected a frame\n but came 6 bytes: \"no end\" (6e 6f 20 65 6e 64),\n"
                            + " which is none: ");
        }
    }

    @Test
    void showsTheBeginningOfMuch() {
        assertThat(Bytes.show(new byte[1000]))
                .startsWith("1000 bytes: \"\\x00\\x00")
                .contains("\\x00\"... (00 00")
                .endsWith(" 00 and 744 more)");
        assertThat(Bytes.show(new byte[0])).isEqualTo("0 bytes");
        assertThat(Bytes.show("\t\\é".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("4 bytes: \"\\t\\\\\\xc3\\xa9\" (09 5c c3 a9)");
    }

    @Test
    void whatDoesNotComeInTimeFails() throws IOException {
        try (TestClient client = connect(new Says("almo", Action.NONE))) {
            long begin = System.nanoTime();
            assertFails(() -> client.within(Duration.ofMillis(200)).expect("almost"), """
                    Expected 6 bytes: "almost" (61 6c 6d 6f 73 74)
                     but came 4 bytes: "almo" (61 6c 6d 6f),
                     then nothing more within 200 ms""");
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(Duration.ofMillis(200), Duration.ofSeconds(9));
        }
    }

    @Test
    void overTlsTooWhatDoesNotComeInTimeFails() throws Exception {
        try (TestClient client = TestClient.connect(start(EvioServer.builder()
                .handler(new Says("almo", Action.NONE))
                .tls(Tls.of(Certificates.LOCALHOST.serverContext()))
                .addresses("tls://127.0.0.1:0")))) {
            assertThatThrownBy(() -> client.within(Duration.ofMillis(200)).expectEnd())
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("Expected the end of input\n but came 4 bytes: \"almo\" (61 6c 6d 6f)");
            client.expect("almo");
            assertThatThrownBy(client::expectEnd)
                    .isInstanceOf(AssertionError.class)
                    .hasMessage("Expected the end of input\n but came nothing,\n then nothing more within 200 ms");
        }
    }

    @Test
    void whatIsNotTakenInTimeFails() throws IOException {
        EvioHandler neverReads = new EvioHandler() {
            @Override
            public Action opened(Connection connection, Output out) {
                connection.pauseReading();
                return Action.NONE;
            }
        };
        try (TestClient client = connect(neverReads)) {
            assertThatThrownBy(() -> client.within(Duration.ofMillis(300)).send(new byte[100_000_000]))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith("Could not send 100000000 bytes: \"\\x00")
                    .hasMessageContaining(" and 99999744 more): after ")
                    .hasMessageEndingWith(" bytes nothing more within 300 ms");
        }
    }

    @Test
    void aResetIsToldFromAnEnd() throws IOException {
        EvioHandler resets = new EvioHandler() {
            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                connection.abort();
                return Action.NONE;
            }
        };
        EvioServer resetting = start(EvioServer.builder().handler(resets).addresses("tcp://127.0.0.1:0"));
        try (TestClient client = TestClient.connect(resetting);
                TestClient another = TestClient.connect(resetting)) {
            client.send("x").expectReset();
            another.send("x");
            assertThatThrownBy(another::expectEnd)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageStartingWith(
                            "Expected the end of input\n but came nothing,\n then the connection failed: ");
        }
    }

    @Test
    void theServerSeesItsReset() throws Exception {
        CompletableFuture<String> closed = new CompletableFuture<>();
        EvioHandler handler = new EvioHandler() {
            @Override
            public Action closed(Connection connection, IOException error) {
                closed.complete(String.valueOf(error));
                return Action.NONE;
            }
        };
        try (TestClient client = connect(handler)) {
            client.abort();
        }
        assertThat(closed.get(10, TimeUnit.SECONDS)).contains("ECONNRESET");
    }

    @Test
    void whereNobodyListensTheFailureSaysSo() throws IOException {
        EvioServer gone = start(EvioServer.builder().handler(new Echo()).addresses("tcp://127.0.0.1:0"));
        String address = gone.addresses().get(0).toString();
        gone.stop(Duration.ZERO);
        assertThatThrownBy(() -> TestClient.connect(address))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("Cannot connect to " + address + ": the connection failed: Connection refused");
    }
}
