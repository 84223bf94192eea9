package io.evio.sample.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Somebody who only wants to be served: asks again and again, and looks at every byte of every reply. */
final class Customer implements Runnable {

    /** The longest that a reply may take at the most before it counts as none. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Duration PAUSE = Duration.ofMillis(2);

    private final String server;
    private final SocketAddress address;
    private final Random random;
    private final List<Long> nanos = new ArrayList<>();
    private String page = "";
    private volatile boolean leaving;
    private volatile Throwable failure;

    Customer(String server, SocketAddress address, long seed) {
        this.server = server;
        this.address = address;
        this.random = new Random(seed);
    }

    /** After {@link #leave}: how long each of the replies took, in the order of their lengths. */
    List<Long> sortedNanos() {
        return nanos.stream().sorted().toList();
    }

    void leave() {
        leaving = true;
    }

    /** The reason for which it was not served; null when it was. */
    Throwable failure() {
        return failure;
    }

    @Override
    public void run() {
        try (SocketChannel channel = SocketChannel.open(address);
                Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            while (!leaving) {
                ask(channel, selector);
                Thread.sleep(PAUSE.toMillis());
            }
        } catch (Throwable t) {
            failure = t;
        }
    }

    private void ask(SocketChannel channel, Selector selector) throws IOException {
        String text = Long.toString(random.nextLong(), 36);
        String request = switch (server) {
            case "echo" -> text.repeat(10);
            case "redis" -> "SET mine " + text + "\r\nGET mine\r\n";
            default -> "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
        };
        String expected = switch (server) {
            case "echo" -> request;
            case "redis" -> "+OK\r\n$" + text.length() + "\r\n" + text + "\r\n";
            default -> page;
        };
        long began = System.nanoTime();
        channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1)));
        String reply = receive(channel, selector, expected);
        nanos.add(System.nanoTime() - began);
        if (expected.isEmpty()) {
            assertThat(reply).startsWith("HTTP/1.1 200 OK\r\n").contains("It works");
            page = reply;
        } else {
            assertThat(withoutDate(reply)).isEqualTo(withoutDate(expected));
        }
    }

    /** So many bytes as are expected; when that is not known, what comes first. */
    private static String receive(SocketChannel channel, Selector selector, String expected) throws IOException {
        StringBuilder reply = new StringBuilder();
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        do {
            selector.selectedKeys().clear();
            if (selector.select(PATIENCE.toMillis()) == 0) {
                throw new SocketTimeoutException("no reply, but " + reply);
            }
            if (channel.read(buffer.clear()) < 0) {
                throw new EOFException("the end, after " + reply);
            }
            reply.append(new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1));
        } while (reply.length() < expected.length());
        return reply.toString();
    }

    private static String withoutDate(String reply) {
        return reply.replaceFirst("Date: [^\r]*\r\n", "");
    }
}
