package io.evio.sample.hostile;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Clients that mean harm. Those that stay are kept open until {@link #leave}; the others come and go on threads of
 * their own.
 */
final class Crowd {

    /** A head or a command that does not end, and a body that never comes. */
    private static final Map<String, List<String>> BEGINNINGS = Map.of(
            "echo", List.of("x"),
            "redis", List.of("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1000\r\nxx", "GET a", "*1000000\r\n$4\r\n"),
            "http",
                    List.of(
                            "GET / HTTP/1.1\r\nHost: a\r\nX-",
                            "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nxx",
                            "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nx"));

    /** Requests whose replies are larger than they are, but for the echo's. */
    private static final Map<String, String> GREEDY = Map.of(
            "echo", "x".repeat(64 * 1024),
            "redis", "GET large\r\n".repeat(1000),
            "http", "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(200) + "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");

    private static final long MILLIS_BETWEEN_VISITS = 5;

    private final List<SocketChannel> guests = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean leaving;

    /** Connects so many that never say a word. */
    void idle(SocketAddress address, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            stay(SocketChannel.open(address));
        }
    }

    /** Connects so many that begin to say something; every second one shuts its writing side then. */
    void halfOpen(String server, SocketAddress address, int count) throws IOException {
        List<String> beginnings = BEGINNINGS.get(server);
        for (int i = 0; i < count; i++) {
            SocketChannel guest = stay(SocketChannel.open(address));
            guest.write(bytes(beginnings.get(i / 2 % beginnings.size())));
            if (i % 2 == 1) {
                guest.shutdownOutput();
            }
        }
    }

    /** Asks for more and more, and takes nothing of it. */
    void greedy(String server, SocketAddress address, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            SocketChannel guest = open(address);
            guest.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
            guest.connect(address);
            guest.configureBlocking(false);
            stay(guest);
            thread("greedy-" + server, () -> {
                ByteBuffer requests = bytes(GREEDY.get(server));
                while (!leaving) {
                    if (guest.write(requests) == 0) {
                        Thread.sleep(20);
                    }
                    if (!requests.hasRemaining()) {
                        requests.rewind();
                    }
                }
            });
        }
    }

    /** Sends a byte a second of a head or of a body; whoever is shown out comes again. */
    void slow(String server, SocketAddress address, int count) {
        thread("slow-" + server, () -> {
            List<SocketChannel> slow = new ArrayList<>();
            while (!leaving) {
                while (slow.size() < count) {
                    SocketChannel guest = SocketChannel.open(address);
                    List<String> beginnings = BEGINNINGS.get(server);
                    guest.write(bytes(beginnings.get(slow.size() % beginnings.size())));
                    guest.configureBlocking(false);
                    slow.add(guest);
                }
                Thread.sleep(1000);
                slow.removeIf(guest -> {
                    try {
                        boolean ended = guest.read(ByteBuffer.allocate(1024)) < 0;
                        if (!ended) {
                            guest.write(bytes("x"));
                            return false;
                        }
                    } catch (IOException e) {
                        // Reset: it comes again.
                    }
                    closeQuietly(guest);
                    return true;
                });
            }
            slow.forEach(Crowd::closeQuietly);
        });
    }

    /** Comes again and again, sends random bytes in random pieces, and resets the connection or ends it at any time. */
    void random(String server, SocketAddress address, long seed) {
        Random random = new Random(seed);
        List<String> beginnings = BEGINNINGS.get(server);
        thread("random-" + server, () -> {
            while (!leaving) {
                try (SocketChannel guest = SocketChannel.open(address)) {
                    if (random.nextBoolean()) {
                        guest.write(bytes(beginnings.get(random.nextInt(beginnings.size()))));
                    }
                    for (int pieces = random.nextInt(10); pieces > 0; pieces--) {
                        byte[] piece = new byte[1 + random.nextInt(300)];
                        random.nextBytes(piece);
                        guest.write(ByteBuffer.wrap(piece));
                    }
                    if (!(address instanceof UnixDomainSocketAddress) && random.nextBoolean()) {
                        // Its close sends a reset: SO_LINGER in socket(7).
                        guest.setOption(StandardSocketOptions.SO_LINGER, 0);
                    } else if (random.nextBoolean()) {
                        guest.shutdownOutput();
                    }
                } catch (IOException e) {
                    // Shown out in the middle of it.
                }
                Thread.sleep(MILLIS_BETWEEN_VISITS);
            }
        });
    }

    private static SocketChannel open(SocketAddress address) throws IOException {
        return address instanceof UnixDomainSocketAddress
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
    }

    private SocketChannel stay(SocketChannel guest) {
        guests.add(guest);
        return guest;
    }

    /** The work of one of the crowd; that it is thrown out is nothing to speak of. */
    @FunctionalInterface
    private interface Task {
        void run() throws IOException, InterruptedException;
    }

    private void thread(String name, Task task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (IOException | InterruptedException e) {
                        // Thrown out, or called off.
                    }
                },
                name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    /** Sends everybody home. */
    void leave() throws InterruptedException {
        leaving = true;
        for (Thread thread : threads) {
            thread.join(10_000);
        }
        guests.forEach(Crowd::closeQuietly);
    }

    private static void closeQuietly(SocketChannel guest) {
        try {
            guest.close();
        } catch (IOException e) {
            // It is gone in any case.
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
