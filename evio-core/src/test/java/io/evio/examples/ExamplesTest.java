package io.evio.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The examples do what they say. */
@Timeout(30)
class ExamplesTest {

    @Test
    void echoEndsWithGoodbye(@TempDir Path folder) throws Exception {
        Path socket = folder.resolve("echo.sock");
        CompletableFuture<Void> main = CompletableFuture.runAsync(() -> {
            try {
                Echo.main(new String[] {"unix://" + socket});
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        await().until(() -> Files.exists(socket) || main.isDone());
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(socket));
            assertThat(answer(client, "hello\n")).isEqualTo("hello\n");
            assertThat(answer(client, "bye\n")).isEqualTo("bye\n");
        }
        main.get(10, TimeUnit.SECONDS);
        assertThat(socket).doesNotExist();
    }

    private static String answer(SocketChannel client, String request) throws IOException {
        client.write(StandardCharsets.US_ASCII.encode(request));
        ByteBuffer reply = ByteBuffer.allocate(request.length());
        while (reply.hasRemaining() && client.read(reply) >= 0) {
            // Until it is all there.
        }
        return new String(reply.array(), StandardCharsets.US_ASCII);
    }
}
