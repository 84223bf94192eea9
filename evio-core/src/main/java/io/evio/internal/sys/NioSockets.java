package io.evio.internal.sys;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@link Sockets} over java.nio's channels, whose handles are numbers of a {@link ChannelTable}.
 *
 * <p>What it cannot do, because the JDK does not offer it, is refused with {@link UnsupportedSystemException}: to keep
 * IPv4 out of a socket for every IPv6 interface ({@code IPV6_V6ONLY}), and abstract unix sockets. Errno numbers are
 * told from exceptions, see {@link JavaErrors}. A thread that is interrupted while it is blocked in a call loses the
 * channel, as with every channel of the JDK, and gets {@link Errno#EINTR}.
 */
public final class NioSockets implements Sockets {

    private static final Consumer<SelectionKey> LEFT_FOR_THE_NEXT = key -> {};

    /** Of all loops, as descriptors are the process's: one loop may accept for another. */
    private static final ChannelTable CHANNELS = new ChannelTable();

    private final Selector selector;
    private final Memory memory = Memory.ofJava();
    private final Map<NetworkChannel, ListenOptions> listeners = new HashMap<>();
    private final ByteBuffer[] gathered = new ByteBuffer[MAX_GATHER];

    /**
     * @param selector where the channels are registered while they are watched
     * @throws SystemCallException when there are no descriptors left
     */
    public NioSockets(Selector selector) throws SystemCallException {
        this.selector = selector;
        try {
            NioPreload.load();
            shutdownOutput(-1);
        } catch (IOException e) {
            throw failure("pipe", e);
        }
    }

    /** Makes of an exception of java.nio that of a system call. */
    public static SystemCallException failure(String call, IOException cause) {
        return new SystemCallException(call, JavaErrors.errno(cause), cause);
    }

    /** The channel of a handle, to be registered. */
    public @Nullable SelectableChannel channel(int handle) {
        return (SelectableChannel) CHANNELS.find(handle);
    }

    private @Nullable SocketChannel connection(int handle) {
        return (SocketChannel) CHANNELS.find(handle);
    }

    @Override
    public Memory memory() {
        return memory;
    }

    @Override
    public int listen(SocketAddress bindTo, ListenOptions options) throws SystemCallException {
        ServerSocketChannel channel = NioListener.listen(bindTo, options);
        listeners.put(channel, options);
        return CHANNELS.add(channel);
    }

    @Override
    public int connect(SocketAddress target, @Nullable SocketAddress source, ListenOptions options)
            throws SystemCallException {
        return CHANNELS.add(NioConnector.connect(target, source, options));
    }

    @Override
    public int connectResult(int handle) {
        SocketChannel channel = connection(handle);
        if (channel == null) {
            return -Errno.EBADF;
        }
        try {
            return channel.finishConnect() ? 0 : -Errno.EINPROGRESS;
        } catch (IOException e) {
            return -JavaErrors.errno(e);
        }
    }

    /** Nothing in Java says whether this system's {@code SO_REUSEPORT} does. */
    @Override
    public boolean spreads(SocketAddress address) {
        return false;
    }

    @Override
    public int maxPath() {
        return NioProbe.maxPath();
    }

    @Override
    public SocketFile.Answer answer(SocketAddress unix) throws SystemCallException {
        return NioProbe.answer(unix);
    }

    @Override
    public SocketAddress localAddress(int handle) throws SystemCallException {
        NetworkChannel channel = CHANNELS.find(handle);
        SocketAddress address;
        try {
            address = channel == null ? null : channel.getLocalAddress();
        } catch (IOException e) {
            throw failure("getsockname", e);
        }
        if (address == null) {
            throw new SystemCallException("getsockname", Errno.EBADF);
        }
        return address;
    }

    @Override
    public int accept(int listener, PeerAddress peer) {
        ServerSocketChannel from = (ServerSocketChannel) CHANNELS.find(listener);
        ListenOptions options = from == null ? null : listeners.get(from);
        if (from == null || options == null) {
            return -Errno.EBADF;
        }
        try {
            SocketChannel accepted = NioListener.accept(from, options, peer);
            return accepted == null ? -Errno.EAGAIN : CHANNELS.add(accepted);
        } catch (SystemCallException e) {
            return -e.errno();
        }
    }

    @Override
    public int read(int handle, Block block, int offset, int length) {
        return transfer(handle, block, offset, length, false);
    }

    @Override
    public int write(int handle, Block block, int offset, int length) {
        return transfer(handle, block, offset, length, true);
    }

    // No lambdas: their interface would be one more class that the first read has to load, see NioPreload.
    private int transfer(int handle, Block block, int offset, int length, boolean writes) {
        SocketChannel channel = connection(handle);
        if (channel == null) {
            return -Errno.EBADF;
        }
        ByteBuffer buffer = block.buffer().limit(offset + length).position(offset);
        try {
            int n = writes ? channel.write(buffer) : channel.read(buffer);
            return n == 0 ? -Errno.EAGAIN : Math.max(n, 0); // -1 is the end of input
        } catch (IOException e) {
            return -JavaErrors.errno(e);
        } finally {
            buffer.clear();
        }
    }

    @Override
    public void gather(int index, Block block, int offset, int length) {
        gathered[index] = block.buffer().limit(offset + length).position(offset);
    }

    @Override
    public int writeGathered(int handle, int count) {
        SocketChannel channel = connection(handle);
        try {
            long n = channel == null ? -Errno.EBADF : channel.write(gathered, 0, count);
            return n == 0 ? -Errno.EAGAIN : (int) n;
        } catch (IOException e) {
            return -JavaErrors.errno(e);
        } finally {
            for (int i = 0; i < count; i++) {
                gathered[i].clear();
            }
        }
    }

    @Override
    public int shutdownOutput(int handle) {
        return call(handle, SocketChannel::shutdownOutput);
    }

    /** By closing the channel, which is what wakes a thread in it on every system. */
    @Override
    public int shutdown(int handle) {
        return call(handle, SocketChannel::close);
    }

    @Override
    public int close(int handle) {
        NetworkChannel channel = CHANNELS.remove(handle);
        if (channel == null) {
            return -Errno.EBADF;
        }
        if (channel instanceof ServerSocketChannel) {
            listeners.remove(channel);
        }
        return ChannelTable.close(channel);
    }

    /** A channel must not be registered then, and a cancelled key is one until the selector has looked. */
    @Override
    public int detach(int handle) {
        return call(handle, channel -> {
            SelectionKey key = channel.keyFor(selector);
            if (key != null) {
                key.cancel();
                selector.selectNow(LEFT_FOR_THE_NEXT);
            }
            channel.configureBlocking(true);
        });
    }

    @Override
    public int setNoDelay(int handle, boolean on) {
        return call(handle, channel -> NioOptions.setNoDelay(channel, on));
    }

    @Override
    public int tcpInfo(int handle, long[] into) {
        return -Errno.ENOPROTOOPT;
    }

    @Override
    public int resetOnClose(int handle) {
        return call(handle, channel -> {
            if (channel.supportedOptions().contains(StandardSocketOptions.SO_LINGER)) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        });
    }

    @Override
    public int setKeepAlive(int handle, boolean on, int idleSeconds) {
        return call(handle, channel -> NioOptions.setKeepAlive(channel, on, idleSeconds));
    }

    private interface Call {
        void on(SocketChannel channel) throws IOException;
    }

    private int call(int handle, Call call) {
        SocketChannel channel = connection(handle);
        if (channel == null) {
            return -Errno.EBADF;
        }
        try {
            call.on(channel);
            return 0;
        } catch (SystemCallException e) {
            return -e.errno();
        } catch (IOException e) {
            return -JavaErrors.errno(e);
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
