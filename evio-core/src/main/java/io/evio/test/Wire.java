package io.evio.test;

import io.evio.Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** A blocking connection, with or without TLS. */
abstract class Wire {

    /** Reads what is there; -1 at the end. */
    abstract int read(ByteBuffer into) throws IOException;

    /** Writes all that remains. */
    abstract void write(ByteBuffer from) throws IOException;

    abstract void endOutput() throws IOException;

    /** Ends whatever waits for the connection on other threads. */
    abstract void cut();

    /** Closes it with a reset. */
    abstract void abort();

    abstract void close();

    /** @param context null without TLS */
    static Wire connect(Address address, @Nullable SSLContext context) throws IOException {
        return context != null ? Encrypted.connect(address, context) : Plain.connect(address);
    }

    private static InetSocketAddress inet(Address address) throws IOException {
        // No host is every interface of a server, and this machine for a client.
        InetAddress host =
                address.host().isEmpty() ? InetAddress.getLoopbackAddress() : InetAddress.getByName(address.host());
        return new InetSocketAddress(
                host.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : host, address.port());
    }

    private static IOException failure(Address address, Deadline deadline, IOException cause) {
        return new IOException("Cannot connect to " + address + ": " + deadline.reason(cause), cause);
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // It is of no use any more, in whatever state it is.
        }
    }

    /** A channel: also unix sockets, and sending while another thread reads. */
    private static final class Plain extends Wire {

        private final SocketChannel channel;

        private Plain(SocketChannel channel) {
            this.channel = channel;
        }

        static Plain connect(Address address) throws IOException {
            SocketAddress to = address.isUnix() ? UnixDomainSocketAddress.of(address.path()) : inet(address);
            SocketChannel channel =
                    address.isUnix() ? SocketChannel.open(java.net.StandardProtocolFamily.UNIX) : SocketChannel.open();
            Plain made = new Plain(channel);
            try (Deadline deadline = new Deadline(Deadline.DEFAULT, made::cut)) {
                try {
                    channel.connect(to);
                    return made;
                } catch (IOException e) {
                    made.close();
                    throw failure(address, deadline, e);
                }
            }
        }

        @Override
        int read(ByteBuffer into) throws IOException {
            return channel.read(into);
        }

        @Override
        void write(ByteBuffer from) throws IOException {
            while (from.hasRemaining()) {
                channel.write(from);
            }
        }

        @Override
        void endOutput() throws IOException {
            channel.shutdownOutput();
        }

        @Override
        void cut() {
            close();
        }

        @Override
        void abort() {
            try {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException | UnsupportedOperationException e) {
                // A unix socket has no reset, and a closed one needs none.
            }
            close();
        }

        @Override
        void close() {
            closeQuietly(channel);
        }
    }

    /** TLS over a socket, which is closed below it where TLS would wait for the peer. */
    private static final class Encrypted extends Wire {

        private final Socket below;
        private final SSLSocket socket;

        private Encrypted(Socket below, SSLSocket socket) {
            this.below = below;
            this.socket = socket;
        }

        static Encrypted connect(Address address, SSLContext context) throws IOException {
            Socket below = new Socket();
            try (Deadline deadline = new Deadline(Deadline.DEFAULT, () -> closeQuietly(below))) {
                try {
                    below.connect(inet(address));
                    String host = address.host().isEmpty() ? "localhost" : address.host();
                    SSLSocket socket =
                            (SSLSocket) context.getSocketFactory().createSocket(below, host, address.port(), false);
                    socket.startHandshake();
                    return new Encrypted(below, socket);
                } catch (IOException e) {
                    closeQuietly(below);
                    throw failure(address, deadline, e);
                }
            }
        }

        @Override
        int read(ByteBuffer into) throws IOException {
            int count =
                    socket.getInputStream().read(into.array(), into.arrayOffset() + into.position(), into.remaining());
            into.position(into.position() + Math.max(count, 0));
            return count;
        }

        @Override
        void write(ByteBuffer from) throws IOException {
            socket.getOutputStream().write(from.array(), from.arrayOffset() + from.position(), from.remaining());
            from.position(from.limit());
        }

        @Override
        void endOutput() throws IOException {
            socket.shutdownOutput();
        }

        @Override
        void cut() {
            closeQuietly(below);
        }

        @Override
        void abort() {
            try {
                below.setSoLinger(true, 0);
            } catch (IOException e) {
                // A closed one needs no reset.
            }
            closeQuietly(below);
        }

        @Override
        void close() {
            closeQuietly(socket);
            closeQuietly(below);
        }
    }
}
