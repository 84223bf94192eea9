package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A real redis-server and ours, which are sent the same bytes and have to answer with the same. */
final class BothRedis implements AutoCloseable {

    /** The way in which a stream is ended. */
    enum End {
        /** It has something in it that makes the server end the connection. */
        BY_SERVER,

        /** The client stops sending: the original then drops replies that are not out yet. */
        BY_CLIENT,

        /** Empty lines and QUIT until the server ends the connection, whatever it is waiting for. */
        ANYHOW
    }

    /**
     * From 500 ms on TTL, which rounds to seconds, may find a deadline nearer on one server: a difference is looked at
     * again then.
     */
    private static final long TOO_SLOW_NANOS = 400_000_000;

    private static final int TRIES = 20;

    private static final byte[] FILLER = ("\r\n".repeat(20_000) + "QUIT\r\n").getBytes(StandardCharsets.US_ASCII);
    private static final int MOST_FILLERS = 100;

    private final RealRedis real;
    private final OurRedis ours;

    private BothRedis(RealRedis real, OurRedis ours) {
        this.real = real;
        this.ours = ours;
    }

    static BothRedis start(Path folder) throws IOException {
        RealRedis real = RealRedis.start(folder);
        return new BothRedis(real, OurRedis.start(folder));
    }

    Path real() {
        return real.socket();
    }

    Path ours() {
        return ours.socket();
    }

    @Override
    public void close() {
        ours.close();
        real.close();
    }

    /**
     * The stream, in cuts by that seed, gets the same bytes from both, and its connection is ended in the same place.
     */
    void check(String description, byte[] stream, long cutSeed, End end) throws Exception {
        for (int tries = 1; ; tries++) {
            long start = System.nanoTime();
            byte[] expected = exchange(real(), stream, cutSeed, end);
            byte[] actual = exchange(ours(), stream, cutSeed, end);
            boolean slow = System.nanoTime() - start > TOO_SLOW_NANOS;
            if (!slow || tries == TRIES || Arrays.equals(neutral(actual), neutral(expected))) {
                same(description, actual, expected);
                return;
            }
        }
    }

    static void same(String description, byte[] actual, byte[] expected) {
        byte[] ourAnswer = neutral(actual);
        byte[] realAnswer = neutral(expected);
        int difference = Arrays.mismatch(ourAnswer, realAnswer);
        if (difference >= 0) {
            assertThat(around(ourAnswer, difference))
                    .as("%s: first difference at %s of %s", description, difference, realAnswer.length)
                    .isEqualTo(around(realAnswer, difference));
        }
    }

    /** In the answer to HELLO the ids differ, and the versions may. */
    private static byte[] neutral(byte[] answer) {
        String text = new String(answer, StandardCharsets.ISO_8859_1);
        if (!text.contains("$7\r\nversion\r\n")) {
            return answer;
        }
        return text.replaceAll("(\\$7\r\nversion\r\n)\\$[0-9]+\r\n7\\.[0-9.]+\r\n", "$1VERSION\r\n")
                .replaceAll("(\\$2\r\nid\r\n):[0-9]+\r\n", "$1ID\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String around(byte[] bytes, int index) {
        int from = Math.max(0, index - 60);
        int to = Math.min(bytes.length, index + 100);
        return new String(bytes, from, Math.max(0, to - from), StandardCharsets.ISO_8859_1) + " (" + bytes.length
                + " bytes)";
    }

    /** Sends the stream in random cuts and reads all that comes until the server ends the connection. */
    private static byte[] exchange(Path socket, byte[] stream, long cutSeed, End end) throws Exception {
        try (SocketChannel channel = connect(socket)) {
            CompletableFuture<byte[]> reply = CompletableFuture.supplyAsync(() -> readAll(channel));
            try {
                send(channel, stream, new Random(cutSeed));
                if (end == End.BY_CLIENT) {
                    channel.shutdownOutput();
                }
                for (int i = 0; end == End.ANYHOW && !reply.isDone() && i < MOST_FILLERS; i++) {
                    write(channel, ByteBuffer.wrap(FILLER));
                }
            } catch (IOException e) {
                // The server has ended the connection before it read everything: what it sent until then is the answer.
            }
            return reply.get(60, TimeUnit.SECONDS);
        }
    }

    static SocketChannel connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        return channel;
    }

    static void send(SocketChannel channel, byte[] stream, Random cuts) throws IOException {
        for (int at = 0; at < stream.length; ) {
            int most = cuts.nextBoolean() ? 30 : 100_000;
            int length = Math.min(stream.length - at, 1 + cuts.nextInt(most));
            write(channel, ByteBuffer.wrap(stream, at, length));
            at += length;
        }
    }

    private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static byte[] readAll(SocketChannel channel) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        try {
            while (channel.read(buffer) >= 0) {
                all.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
        } catch (IOException e) {
            // Ended with a reset, because some of what was sent is unread: unix(7) delivers what was sent before it.
        }
        return all.toByteArray();
    }
}
