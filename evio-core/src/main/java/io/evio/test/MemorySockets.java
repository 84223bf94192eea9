package io.evio.test;

import io.evio.internal.poll.Poller;
import io.evio.internal.sys.Block;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.PeerAddress;
import io.evio.internal.sys.SocketFile;
import io.evio.internal.sys.Sockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Sockets whose other end is the test. A handle of {@link #LISTENER} listens, the others are connections. */
final class MemorySockets implements Sockets {

    private static final int LISTENER = 3;
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** The ports that outbound connections come from, by turns. */
    private static final int FIRST_PORT = 32768;

    private static final int LAST_PORT = 49151;

    private final Memory memory = Memory.ofJava();
    private final IntConsumer closed;

    /** Also for the threads that have a detached one. */
    private final Map<Integer, MemorySocket> open = new ConcurrentHashMap<>();

    private final Map<SocketAddress, TestTarget> targets = new HashMap<>();
    private final Deque<MemorySocket> backlog = new ArrayDeque<>();
    private final Block[] gathered = new Block[MAX_GATHER];
    private final int[] offsets = new int[MAX_GATHER];
    private final int[] lengths = new int[MAX_GATHER];
    private int next = LISTENER + 1;
    private int nextPort = FIRST_PORT;
    private boolean listens;

    /** @param closed told each handle that is closed, as the system tells a poller */
    MemorySockets(IntConsumer closed) {
        this.closed = closed;
    }

    /** Connects one; it is accepted once the loop looks. */
    void connect(MemorySocket socket) {
        if (!listens) {
            throw new AssertionError("The server does not listen any more");
        }
        backlog.add(socket);
    }

    /** Has outbound connections to an address go to this target. */
    void listen(SocketAddress address, TestTarget target) {
        if (targets.putIfAbsent(address, target) != null) {
            throw new IllegalArgumentException("There is a target at " + target + " already");
        }
    }

    void unlisten(SocketAddress address) {
        targets.remove(address);
    }

    int readiness(int handle) {
        if (handle == LISTENER) {
            return backlog.isEmpty() ? 0 : Poller.READ;
        }
        MemorySocket socket = open.get(handle);
        return socket == null ? 0 : (socket.isReadable() ? Poller.READ : 0) | (socket.isWritable() ? Poller.WRITE : 0);
    }

    @Override
    public Memory memory() {
        return memory;
    }

    @Override
    public int listen(SocketAddress address, ListenOptions options) {
        listens = true;
        return LISTENER;
    }

    @Override
    public boolean spreads(SocketAddress address) {
        return false;
    }

    @Override
    public int maxPath() {
        return 107;
    }

    @Override
    public SocketFile.Answer answer(SocketAddress unix) {
        return SocketFile.Answer.REFUSES;
    }

    /** Connects to a target; elsewhere nobody listens. */
    @Override
    public int connect(SocketAddress address, @Nullable SocketAddress source, ListenOptions options) {
        TestTarget target = targets.get(address);
        MemorySocket socket = new MemorySocket(nextPort);
        nextPort = nextPort == LAST_PORT ? FIRST_PORT : nextPort + 1;
        int handle = next++;
        open.put(handle, socket);
        if (target == null) {
            socket.connect(-Errno.ECONNREFUSED);
        } else {
            target.arrives(socket);
        }
        return handle;
    }

    @Override
    public int connectResult(int handle) {
        return socket(handle).connectResult();
    }

    @Override
    public SocketAddress localAddress(int handle) {
        return new InetSocketAddress(
                LOOPBACK, handle == LISTENER ? 1 : socket(handle).port());
    }

    @Override
    public int accept(int listener, PeerAddress peer) {
        MemorySocket socket = backlog.poll();
        if (socket == null) {
            return -Errno.EAGAIN;
        }
        peer.set(new InetSocketAddress(LOOPBACK, socket.port()));
        int handle = next++;
        open.put(handle, socket);
        return handle;
    }

    private MemorySocket socket(int handle) {
        MemorySocket socket = open.get(handle);
        if (socket == null) {
            throw new AssertionError("The handle " + handle + " is not open");
        }
        return socket;
    }

    @Override
    public int read(int handle, Block block, int offset, int length) {
        return socket(handle).read(block, offset, length);
    }

    @Override
    public int write(int handle, Block block, int offset, int length) {
        return socket(handle).write(block, offset, length);
    }

    @Override
    public void gather(int index, Block block, int offset, int length) {
        gathered[index] = block;
        offsets[index] = offset;
        lengths[index] = length;
    }

    @Override
    public int writeGathered(int handle, int count) {
        int total = 0;
        for (int i = 0; i < count; i++) {
            int written = write(handle, gathered[i], offsets[i], lengths[i]);
            if (written < 0) {
                return total > 0 ? total : written;
            }
            total += written;
            if (written < lengths[i]) {
                break;
            }
        }
        return total;
    }

    @Override
    public int shutdownOutput(int handle) {
        socket(handle).end();
        return 0;
    }

    @Override
    public int shutdown(int handle) {
        socket(handle).shutdown();
        return 0;
    }

    @Override
    public int close(int handle) {
        if (handle == LISTENER) {
            listens = false;
            return 0;
        }
        closed.accept(handle);
        MemorySocket socket = open.remove(handle);
        if (socket != null) {
            socket.close();
        }
        return 0;
    }

    /** From here on reads and writes wait: see {@link MemorySocket#detach}. */
    @Override
    public int detach(int handle) {
        socket(handle).detach();
        return 0;
    }

    @Override
    public int setNoDelay(int handle, boolean on) {
        return 0;
    }

    @Override
    public int setKeepAlive(int handle, boolean on, int idleSeconds) {
        return 0;
    }

    @Override
    public int resetOnClose(int handle) {
        socket(handle).resetOnClose();
        return 0;
    }

    @Override
    public int tcpInfo(int handle, long[] into) {
        return -Errno.ENOPROTOOPT;
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
