package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioServer;
import io.evio.Limits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same bytes to a real redis-server and to ours: the same bytes back, and the connection ended in the same place. */
@Timeout(180)
class RedisDifferentialTest {

    private static final int STREAMS = 1_000;
    private static final int COMMANDS_A_STREAM = 200;

    @TempDir
    private static Path folder;

    private static RealRedis real;
    private static EvioServer ours;
    private static Path oursSocket;

    @BeforeAll
    static void start() throws IOException {
        real = RealRedis.start(folder);
        oursSocket = folder.resolve("ours.sock");
        ours = EvioServer.builder()
                .name("redis")
                .handler(new RedisHandler())
                .addresses("unix://" + oursSocket)
                .limits(Limits.DEFAULTS.withMaxPendingInput(64 << 20).withMaxPendingOutput(256 << 20))
                .build();
        ours.start();
    }

    @AfterAll
    static void stop() {
        if (ours != null) {
            ours.stop(Duration.ZERO);
        }
        if (real != null) {
            real.close();
        }
    }

    @Test
    void randomCommandsGetTheSameBytes() throws Exception {
        long seed = System.nanoTime();
        for (int i = 0; i < STREAMS; i++) {
            check("seed " + (seed + i), new CommandStream(seed + i).next(COMMANDS_A_STREAM), seed + i);
        }
    }

    @Test
    void limitsOfTheProtocolAreTheSame() throws Exception {
        String longLine = "x".repeat(64 * 1024 + 1);
        String[] streams = {
            "PING\r\n" + longLine,
            "PING\r\n*" + "1".repeat(64 * 1024),
            "PING\r\n*1\r\n$" + "1".repeat(64 * 1024),
            "echo " + "y".repeat(64 * 1024 - 10) + "\r\nQUIT\r\n",
            "PING a\0b\r\n" + longLine,
            "*1\r\n\0" + longLine,
            "*\0001\r\n" + longLine,
            "*2\r\n$4\r\nECHO\r\n$3\r\nabcXYQUIT\r\n",
            "*3\r\n$1\r\n\0\r\n$2\r\na\0\r\n$0\r\n\r\nQUIT\r\n",
            "nosuch " + "z".repeat(500) + "\r\nQUIT\r\n",
            "z".repeat(500) + " a b\r\nQUIT\r\n",
            "*200\r\n$6\r\nNOSUCH\r\n" + "$1\r\na\r\n".repeat(199) + "QUIT\r\n",
            "*3\r\n$6\r\nNO\r\nUC\r\n$4\r\n\r\n\r\n\r\n$1\r\n\n\r\nQUIT\r\n",
            "SHUTDOWN ABORT\r\nSHUTDOWN SAVE NOSAVE\r\nSHUTDOWN LATER\r\nQUIT\r\n",
            "set a b c\r\nset a b ''\r\nQUIT\r\n",
            "set a b ex 100000 ex\r\nset a b ex 100 ex 200 get\r\nset a c px 1000000 keepttl\r\nQUIT\r\n",
            "set a b pxat 1\r\nget a\r\nset a c nx get exat 99999999999\r\nset a d xx keepttl get\r\ndel a\r\nQUIT\r\n",
            "set a b pxat 1\r\ndel a\r\nset a b exat 1\r\nset a c xx\r\nQUIT\r\n",
            "*-9223372036854775808\r\nQUIT\r\n",
            "*-9223372036854775809\r\n",
            "POST\r\n",
            "post\0\r\n" + longLine,
            "*1\r\n$5\r\nHost:\r\n",
            "*1\r\n$7\r\npost\0xx\r\n",
            "*1000000\r\n" + "$1\r\nq\r\n".repeat(1000) + "junk\r\n"
        };
        for (String stream : streams) {
            String shown = stream.length() > 60 ? stream.substring(0, 60) + "..." : stream;
            check(shown, stream.getBytes(StandardCharsets.ISO_8859_1), stream.length());
        }
    }

    @Test
    void anIncompleteCommandAtTheEndIsNotAnswered() throws Exception {
        for (String stream : new String[] {"PING", "*1\r\n$4\r\nPING", "*2\r\n", "*", ""}) {
            check(stream, ascii(stream), 1, true);
        }
    }

    @Test
    void valuesOfManyMegabytesAreTheSame() throws Exception {
        byte[] value = new byte[20_000_000];
        new Random(7).nextBytes(value);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int i = 0; i < 2; i++) {
            stream.writeBytes(ascii("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$" + value.length + "\r\n"));
            stream.writeBytes(value);
            stream.writeBytes(ascii("\r\nGET big\r\n"));
        }
        stream.writeBytes(ascii("FLUSHDB\r\nQUIT\r\n"));
        check("20 MB", stream.toByteArray(), 1);
    }

    private static void check(String description, byte[] stream, long cutSeed) throws Exception {
        check(description, stream, cutSeed, false);
    }

    private static void check(String description, byte[] stream, long cutSeed, boolean endsItself) throws Exception {
        byte[] expected = exchange(real.socket(), stream, cutSeed, endsItself);
        byte[] actual = exchange(oursSocket, stream, cutSeed, endsItself);
        if (!java.util.Arrays.equals(actual, expected)) {
            int difference = java.util.Arrays.mismatch(actual, expected);
            assertThat(around(actual, difference))
                    .as("%s: first difference at %s of %s", description, difference, expected.length)
                    .isEqualTo(around(expected, difference));
        }
    }

    private static String around(byte[] bytes, int index) {
        int from = Math.max(0, index - 60);
        int to = Math.min(bytes.length, index + 100);
        return new String(bytes, from, Math.max(0, to - from), StandardCharsets.ISO_8859_1) + " (" + bytes.length
                + " bytes)";
    }

    /**
     * Sends the stream in random cuts and reads all that comes until the server ends the connection.
     *
     * @param endsItself whether the client ends it first: the original then drops replies that are not out yet
     */
    private static byte[] exchange(Path socket, byte[] stream, long cutSeed, boolean endsItself) throws Exception {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            CompletableFuture<byte[]> reply = CompletableFuture.supplyAsync(() -> {
                try {
                    return Channels.newInputStream(channel).readAllBytes();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            Random random = new Random(cutSeed);
            try {
                for (int at = 0; at < stream.length; ) {
                    int most = random.nextBoolean() ? 30 : 100_000;
                    int length = Math.min(stream.length - at, 1 + random.nextInt(most));
                    ByteBuffer piece = ByteBuffer.wrap(stream, at, length);
                    while (piece.hasRemaining()) {
                        channel.write(piece);
                    }
                    at += length;
                }
                if (endsItself) {
                    channel.shutdownOutput();
                }
            } catch (IOException e) {
                // The server has ended the connection before it read everything: what it sent until then is the answer.
            }
            return reply.get(60, TimeUnit.SECONDS);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
