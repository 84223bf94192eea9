package io.evio.sample.testing;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.PeerAddress;
import io.evio.internal.sys.SocketFile;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemLibrary;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The socket calls of a loop with one listener and one connection, whose peer is a script. */
final class PlayedSockets implements Sockets {

    static final int LISTENER = 3;
    static final int CONNECTION = 4;

    private static final Memory MEMORY = new Memory(SystemLibrary.linux().calls());

    private final byte[] input;
    private final Pieces reads;
    private final Pieces writes;
    private final int mostOutput;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Block[] gathered = new Block[MAX_GATHER];
    private final int[] offsets = new int[MAX_GATHER];
    private final int[] lengths = new int[MAX_GATHER];

    private int sent;
    private boolean accepted;
    private boolean closed;
    private boolean broken;

    /** @param mostOutput bytes; to more the peer answers with a reset */
    PlayedSockets(byte[] input, Pieces reads, Pieces writes, int mostOutput) {
        this.input = input;
        this.reads = reads;
        this.writes = writes;
        this.mostOutput = mostOutput;
    }

    byte[] output() {
        return output.toByteArray();
    }

    /** Input that the peer has sent and nobody has read. */
    byte[] unread() {
        return Arrays.copyOfRange(input, sent, input.length);
    }

    boolean isAccepted() {
        return accepted;
    }

    boolean isClosed() {
        return closed;
    }

    /** Returns whether the peer has got as much as it ever takes. */
    boolean isBroken() {
        return broken;
    }

    @Override
    public Memory memory() {
        return MEMORY;
    }

    @Override
    public int listen(SocketAddress address, ListenOptions options) {
        return LISTENER;
    }

    @Override
    public int connect(SocketAddress target, @Nullable SocketAddress source, ListenOptions options) {
        throw new UnsupportedOperationException("The only connection is an accepted one");
    }

    @Override
    public int connectResult(int handle) {
        throw new UnsupportedOperationException("The only connection is an accepted one");
    }

    @Override
    public int maxPath() {
        throw new UnsupportedOperationException();
    }

    @Override
    public SocketFile.Answer answer(SocketAddress unix) {
        return SocketFile.Answer.REFUSES;
    }

    @Override
    public boolean spreads(SocketAddress address) {
        return false;
    }

    @Override
    public SocketAddress localAddress(int handle) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    }

    @Override
    public int accept(int listener, PeerAddress peer) {
        if (accepted) {
            return -Errno.EAGAIN;
        }
        accepted = true;
        return CONNECTION;
    }

    @Override
    public int read(int handle, Block block, int offset, int length) {
        int count = Math.min(Math.min(length, reads.nextAtLeastOne()), input.length - sent);
        block.buffer().put(offset, input, sent, count);
        sent += count;
        return count;
    }

    @Override
    public int write(int handle, Block block, int offset, int length) {
        int room = mostOutput - output.size();
        if (room == 0) {
            broken = true;
            return -Errno.ECONNRESET;
        }
        // Never more, so that it is the same output at which the peer resets in whatever pieces it takes it.
        int count = Math.min(Math.min(length, room), writes.next());
        if (count == 0 && length > 0) {
            return -Errno.EAGAIN;
        }
        byte[] bytes = new byte[count];
        block.buffer().get(offset, bytes);
        output.writeBytes(bytes);
        return count;
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
                return total;
            }
        }
        return total;
    }

    @Override
    public int shutdownOutput(int handle) {
        return 0;
    }

    @Override
    public int shutdown(int handle) {
        return 0;
    }

    @Override
    public int close(int handle) {
        if (handle == CONNECTION) {
            if (closed) {
                throw new AssertionError("The connection is closed a second time");
            }
            closed = true;
        }
        return 0;
    }

    @Override
    public int detach(int handle) {
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
