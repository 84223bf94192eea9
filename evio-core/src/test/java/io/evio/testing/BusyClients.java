package io.evio.testing;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Many clients of an echo server on one thread. Each sends four numbered requests, and the next four when those are
 * answered.
 */
public final class BusyClients implements AutoCloseable {

    /** The size of a request and of its reply, in bytes. */
    public static final int REQUEST = Long.BYTES;

    private static final int BATCH = 4;

    private static final class One {
        final SocketChannel channel;
        final ByteBuffer in = ByteBuffer.allocate(BATCH * REQUEST);
        long sent;
        volatile long replies;

        One(SocketChannel channel) {
            this.channel = channel;
        }
    }

    private final List<One> clients = new ArrayList<>();
    private final Selector selector = Selector.open();
    private final Crowd thread;
    private final AtomicInteger resets = new AtomicInteger();
    private final AtomicInteger wrong = new AtomicInteger();

    /** Still to be ended by the server; the thread's own. */
    private int open;

    private BusyClients(SocketAddress address, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            SocketChannel channel = address instanceof UnixDomainSocketAddress
                    ? SocketChannel.open(StandardProtocolFamily.UNIX)
                    : SocketChannel.open();
            clients.add(new One(channel));
            channel.connect(address);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, clients.get(i));
        }
        open = count;
        thread = Crowd.one(index -> run());
    }

    public static BusyClients connect(SocketAddress address, int count) throws IOException {
        return new BusyClients(address, count);
    }

    private void run() throws IOException {
        for (One client : clients) {
            send(client);
        }
        while (open > 0) {
            selector.select(key -> {
                try {
                    receive((One) key.attachment());
                } catch (IOException e) {
                    resets.incrementAndGet();
                    key.cancel();
                    open--;
                }
            });
        }
    }

    /** A few bytes, which a socket that has none under way always takes. */
    private void send(One client) throws IOException {
        ByteBuffer batch = ByteBuffer.allocate(BATCH * REQUEST);
        while (batch.hasRemaining()) {
            batch.putLong(client.sent++);
        }
        try {
            if (client.channel.write(ByteBuffer.wrap(ScramblingLayer.wire(batch.array()))) != BATCH * REQUEST) {
                throw new IllegalStateException("The kernel does not take " + batch);
            }
        } catch (IOException e) {
            // EPIPE: the end of the stream, and what comes before it, are still to be read.
        }
    }

    private void receive(One client) throws IOException {
        int before = client.in.position();
        int count = client.channel.read(client.in);
        ScramblingLayer.plain(client.in, before);
        if (count < 0) {
            if (client.in.position() % REQUEST != 0) {
                wrong.incrementAndGet();
            }
            client.channel.close();
            open--;
            return;
        }
        int whole = client.in.position() / REQUEST;
        long firstOfBatch = client.sent - BATCH;
        for (int i = (int) (client.replies - firstOfBatch); i < whole; i++) {
            if (client.in.getLong(i * REQUEST) != firstOfBatch + i) {
                wrong.incrementAndGet();
            }
        }
        client.replies = firstOfBatch + whole;
        if (whole == BATCH) {
            client.in.clear();
            send(client);
        }
    }

    /** Replies to all of them. */
    public long replies() {
        return clients.stream().mapToLong(client -> client.replies).sum();
    }

    public long fewestReplies() {
        return clients.stream().mapToLong(client -> client.replies).min().orElseThrow();
    }

    /** Connections that did not end in an orderly way. */
    public int resets() {
        return resets.get();
    }

    /** Replies that were not the next one, or only a part of one. */
    public int wrong() {
        return wrong.get();
    }

    /** Waits until the server has ended every connection. */
    public void awaitEnd() throws Exception {
        thread.join();
    }

    @Override
    public void close() throws IOException {
        thread.close();
        for (One client : clients) {
            client.channel.close();
        }
        selector.close();
    }
}
