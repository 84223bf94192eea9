package io.evio.testing;

import io.evio.Address;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A plain client over any kind of socket. Every call that waits gives up after {@link Eventually#PATIENCE}, on unix
 * sockets too, which have no timeout of their own. One thread may read while another writes.
 */
public final class Client implements AutoCloseable {

    private final SocketChannel channel;
    private @Nullable Selector readable;
    private @Nullable Selector writable;

    private Client(SocketChannel channel) {
        this.channel = channel;
    }

    /** Connects to an address that a server is bound to; where that is every interface, over the loopback one. */
    public static Client connect(Address address) throws IOException {
        return connect(address, 0);
    }

    /** As {@link #connect(Address)}, with a receive buffer of about so many bytes, for a peer that is soon full. */
    public static Client connect(Address address, int receiveBuffer) throws IOException {
        SocketAddress target = socketAddress(address);
        SocketChannel channel = target instanceof UnixDomainSocketAddress
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
        try {
            if (receiveBuffer > 0) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
            }
            channel.connect(target);
            channel.configureBlocking(false);
            return new Client(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Returns where to connect to, to reach a server bound to the address. */
    public static SocketAddress socketAddress(Address address) throws IOException {
        if (address.isUnix()) {
            return UnixDomainSocketAddress.of(address.path());
        }
        String host =
                !address.host().isEmpty() ? address.host() : address.scheme().equals("tcp6") ? "::1" : "127.0.0.1";
        return new InetSocketAddress(InetAddress.getByName(host), address.port());
    }

    public SocketChannel channel() {
        return channel;
    }

    /** Sends all of it. */
    public Client send(String ascii) throws IOException {
        return send(ascii.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends all of it, waiting for the peer to take it. */
    public Client send(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(ScramblingLayer.wire(bytes));
        while (buffer.hasRemaining()) {
            if (channel.write(buffer) == 0) {
                Selector selector = writable;
                if (selector == null) {
                    selector = Selector.open();
                    writable = selector;
                    channel.register(selector, SelectionKey.OP_WRITE);
                }
                await(selector, Eventually.PATIENCE, "The peer does not take the rest of " + buffer);
            }
        }
        return this;
    }

    /** Sends as much as the kernel takes at once; returns how much that was. */
    public int offer(byte[] bytes) throws IOException {
        return channel.write(ByteBuffer.wrap(ScramblingLayer.wire(bytes)));
    }

    /** Reads exactly so many bytes, as Latin-1. */
    public String read(int count) throws IOException {
        return new String(readBytes(count), StandardCharsets.ISO_8859_1);
    }

    /** Reads exactly so many bytes; an end of input before that is a failure. */
    public byte[] readBytes(int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count);
        while (buffer.hasRemaining()) {
            if (readSome(buffer) < 0) {
                throw new AssertionError("The input ends after " + buffer.position() + " of " + count + " bytes: '"
                        + text(buffer.array(), buffer.position()) + "'");
            }
        }
        return buffer.array();
    }

    /** Reads until the peer ends its side, as Latin-1. */
    public String readToEnd() throws IOException {
        return new String(readBytesToEnd(), StandardCharsets.ISO_8859_1);
    }

    /** Reads until the peer ends its side. */
    public byte[] readBytesToEnd() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        while (readSome(buffer) >= 0) {
            all.write(buffer.array(), 0, buffer.position());
            buffer.clear();
        }
        return all.toByteArray();
    }

    /** Reads what there is, at least one byte, or -1 at the end of input. */
    public int readSome(ByteBuffer target) throws IOException {
        for (; ; ) {
            int before = target.position();
            int n = channel.read(target);
            ScramblingLayer.plain(target, before);
            if (n != 0) {
                return n;
            }
            await(reader(), Eventually.PATIENCE, "The peer sends nothing");
        }
    }

    /** Returns whether something, if only the end of input, comes within the time. */
    public boolean hasInput(Duration within) throws IOException {
        try {
            await(reader(), within, "");
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    /** The connection is of no use any more: it reads as ended or reset. What comes before that is thrown away. */
    public boolean isEnded() throws IOException {
        try {
            readBytesToEnd();
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Ends our side of the stream. */
    public Client shutdownOutput() throws IOException {
        channel.shutdownOutput();
        return this;
    }

    /** Closes with a reset instead of an orderly end; TCP only. */
    public void reset() throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        close();
    }

    @Override
    public void close() throws IOException {
        if (readable != null) {
            readable.close();
        }
        if (writable != null) {
            writable.close();
        }
        channel.close();
    }

    private Selector reader() throws IOException {
        Selector selector = readable;
        if (selector == null) {
            selector = Selector.open();
            readable = selector;
            channel.register(selector, SelectionKey.OP_READ);
        }
        return selector;
    }

    private static void await(Selector selector, Duration patience, String otherwise) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        selector.selectedKeys().clear();
        while (selector.select(Math.max(1, (deadline - System.nanoTime()) / 1_000_000)) == 0) {
            if (Thread.currentThread().isInterrupted() || System.nanoTime() >= deadline) {
                throw new SocketTimeoutException(otherwise);
            }
        }
        selector.selectedKeys().clear();
    }

    private static String text(byte[] bytes, int length) {
        return new String(bytes, 0, Math.min(length, 100), StandardCharsets.ISO_8859_1);
    }
}
