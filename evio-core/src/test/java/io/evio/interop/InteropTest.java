package io.evio.interop;

import io.evio.Action;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.PollerType;
import io.evio.Tls;
import io.evio.testing.ConformanceTest;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A server with TLS, and the programs that talk with it. */
abstract class InteropTest extends ConformanceTest {

    @TempDir
    private static Path keyFolder;

    /** Made once per class. */
    static Keys keys;

    @BeforeAll
    static void makeKeys() throws IOException, InterruptedException {
        keys = Keys.make(keyFolder);
    }

    /** TLS with the certificate of this machine. */
    static Tls tls() throws IOException, GeneralSecurityException {
        return Tls.of(keys.context("server"));
    }

    EvioServer start(EvioHandler handler, Tls tls) throws IOException {
        return start(EvioServer.builder()
                .poller(PollerType.of(poller))
                .name("test")
                .handler(handler)
                .addresses("tls://127.0.0.1:0")
                .tls(tls));
    }

    static int port(EvioServer server) {
        return server.addresses().get(0).port();
    }

    static String target(EvioServer server) {
        return "127.0.0.1:" + port(server);
    }

    /** Starts a program that is ended after the test. */
    Program program(String... command) throws IOException {
        return closeAfterwards(Program.start(Arrays.asList(command)));
    }

    /** Answers each request with as many bytes as its path says; one of HTTP/1.0 is the last. */
    static TestHandler pages() {
        return new TestHandler().withoutLog().onData((connection, in, out) -> {
            for (int end = endOfHead(in); end > 0; end = endOfHead(in)) {
                byte[] head = new byte[end - in.position()];
                in.get(head);
                String request = new String(head, StandardCharsets.ISO_8859_1);
                byte[] body = body(request.split(" ", 3)[1]);
                out.write(("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + body.length + "\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
                out.write(body);
                if (request.contains(" HTTP/1.0\r\n")) {
                    return Action.CLOSE;
                }
            }
            return Action.NONE;
        });
    }

    /** The body that {@link #pages} has for a path such as {@code /1000}; an empty one for {@code /}. */
    static byte[] body(String path) {
        byte[] body = new byte[path.equals("/") ? 0 : Integer.parseInt(path.substring(1))];
        for (int i = 0; i < body.length; i++) {
            body[i] = (byte) ('a' + i % 23);
        }
        return body;
    }

    private static int endOfHead(ByteBuffer in) {
        for (int i = in.position() + 4; i <= in.limit(); i++) {
            if (in.get(i - 1) == '\n' && in.get(i - 2) == '\r' && in.get(i - 3) == '\n') {
                return i;
            }
        }
        return -1;
    }
}
