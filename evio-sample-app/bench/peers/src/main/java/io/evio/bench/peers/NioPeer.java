package io.evio.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.function.Supplier;

/** The JDK's selector in a loop, with one direct buffer for all reads and one for all writes. */
final class NioPeer {

    private static final int BUFFER = 64 * 1024;

    private final Supplier<Service> services;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER);
    private final Reply reply = new Reply();
    private ByteBuffer out = ByteBuffer.allocateDirect(BUFFER);
    private byte[] heap = new byte[2 * BUFFER];

    NioPeer(Supplier<Service> services) {
        this.services = services;
    }

    /** The state of a connection between two events. */
    private static final class Client {
        final SocketChannel channel;
        final Service service;
        byte[] unread = new byte[0];
        ByteBuffer unsent = ByteBuffer.allocate(0);

        Client(SocketChannel channel, Service service) {
            this.channel = channel;
            this.service = service;
        }
    }

    void serve(int port) throws IOException {
        Selector selector = Selector.open();
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 4096);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        while (true) {
            selector.select(key -> {
                if (key.isAcceptable()) {
                    accept(listener, selector);
                } else {
                    serve(key);
                }
            });
        }
    }

    private void accept(ServerSocketChannel listener, Selector selector) {
        try {
            for (SocketChannel channel; (channel = listener.accept()) != null; ) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.register(selector, SelectionKey.OP_READ, new Client(channel, services.get()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve(SelectionKey key) {
        Client client = (Client) key.attachment();
        try {
            if (key.isWritable()) {
                client.channel.write(client.unsent);
                if (!client.unsent.hasRemaining()) {
                    key.interestOps(SelectionKey.OP_READ);
                }
            } else if (client.channel.read(in.clear()) < 0) {
                client.channel.close();
            } else {
                in.flip();
                write(key, client, client.service == Service.ECHO ? in : answer(client));
            }
        } catch (IOException e) {
            close(client);
        }
    }

    private static void close(Client client) {
        try {
            client.channel.close();
        } catch (IOException e) {
            // It is gone in any case.
        }
    }

    private ByteBuffer answer(Client client) {
        int kept = client.unread.length;
        int end = kept + in.remaining();
        if (end > heap.length) {
            heap = new byte[Integer.highestOneBit(end) * 2];
        }
        System.arraycopy(client.unread, 0, heap, 0, kept);
        in.get(heap, kept, end - kept);
        reply.clear();
        int done = client.service.serve(heap, 0, end, reply);
        if (done < end || kept > 0) {
            client.unread = Arrays.copyOfRange(heap, done, end);
        }
        if (reply.length() > out.capacity()) {
            out = ByteBuffer.allocateDirect(Integer.highestOneBit(reply.length()) * 2);
        }
        return out.clear().put(reply.bytes(), 0, reply.length()).flip();
    }

    private static void write(SelectionKey key, Client client, ByteBuffer bytes) throws IOException {
        if (bytes.hasRemaining()) {
            client.channel.write(bytes);
        }
        if (bytes.hasRemaining()) {
            client.unsent = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
            key.interestOps(SelectionKey.OP_WRITE);
        }
    }
}
