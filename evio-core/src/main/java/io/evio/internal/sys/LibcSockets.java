package io.evio.internal.sys;

import static io.evio.internal.sys.SystemCallException.check;

import io.evio.internal.sys.SocketConstants.Ability;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * {@link Sockets} over file descriptors: what is the same on every Unix.
 *
 * <p>By recv(2) and send(2): on Linux they cost a few per cent less than read(2) and write(2), which go through what
 * files need first.
 */
abstract class LibcSockets implements Sockets {

    private static final int VECTOR_SIZE = 16;

    /** {@code TCP_INFO} of tcp(7), and as much of its structure as is read. */
    private static final int TCP_INFO = 11;

    private static final int TCP_INFO_SIZE = 104;

    private final Libc libc;
    private final SystemLibrary<? extends Libc> library;
    private final Memory memory;
    private final SocketConstants constants;
    private final SocketAddresses addresses;

    private final SocketOptions options;

    /** The one {@code sockaddr} this loop works with, its {@code socklen_t} behind it. */
    private final Block address;

    /** The {@code iovec} array of writev(2): an address and a length each, eight bytes both. */
    private final Block vectors;

    private final ByteBuffer vectorBytes;

    LibcSockets(SystemLibrary<? extends Libc> library, SocketConstants constants) {
        this.libc = library.calls();
        this.library = library;
        this.constants = constants;
        this.addresses = new SocketAddresses(constants);
        this.memory = new Memory(libc);
        Block[] blocks = memory.allocateAll(SocketAddresses.SIZE + Integer.BYTES, MAX_GATHER * VECTOR_SIZE);
        this.address = blocks[0];
        this.options = new SocketOptions(library, constants, address);
        this.vectors = blocks[1];
        this.vectorBytes = vectors.buffer().order(ByteOrder.nativeOrder());
    }

    /** A new socket, non-blocking and close-on-exec, or the negated errno. From any thread. */
    abstract int open(int family, int type);

    /**
     * Accepts into a non-blocking, close-on-exec descriptor; the two addresses are those of {@code sockaddr} and its
     * length.
     */
    abstract int accept(int listener, long sockaddr, long length);

    /** Returns what a call returned, or the negated errno when that was -1. */
    final int result(int returned) {
        return library.result(returned);
    }

    @Override
    public final Memory memory() {
        return memory;
    }

    @Override
    public final int listen(SocketAddress bindTo, ListenOptions wanted) throws SystemCallException {
        if (bindTo instanceof HandedOverSocket socket) {
            return takeOver(socket, wanted);
        }
        if (bindTo instanceof AbstractSocketAddress unix) {
            if (!constants.can(Ability.ABSTRACT)) {
                throw unix.notOnThisSystem();
            }
            unix.requireNoPermissions(wanted);
        }
        int fd = check("socket", open(addresses.family(bindTo), SocketConstants.SOCK_STREAM));
        try {
            options.prepare(fd, bindTo, wanted);
            if (bindTo instanceof UnixDomainSocketAddress) {
                bindUnix(fd, bindTo, wanted.unixPermissions());
            } else {
                bind(fd, bindTo);
            }
            check("listen", result(libc.listen(fd, wanted.backlog())));
            return fd;
        } catch (SystemCallException | UnsupportedSystemException e) {
            libc.close(fd);
            throw e;
        }
    }

    /** By a descriptor of our own, so that the other one can be taken over again. */
    private int takeOver(HandedOverSocket socket, ListenOptions wanted) throws SystemCallException {
        for (int i = 0; i < socket.count(); i++) {
            // Those for others too, and at once: what this process starts is not to inherit them.
            libc.fcntl(HandedOverSocket.FIRST + i, SocketConstants.F_SETFD, SocketConstants.FD_CLOEXEC);
        }
        int theirs = socket.descriptor();
        check("fcntl", result(libc.fcntl(theirs, SocketConstants.F_SETFD, SocketConstants.FD_CLOEXEC)));
        int fd = check("fcntl", result(libc.fcntl(theirs, SocketConstants.F_DUPFD, HandedOverSocket.FIRST)));
        try {
            check("fcntl", result(libc.fcntl(fd, SocketConstants.F_SETFD, SocketConstants.FD_CLOEXEC)));
            boolean isInet = localAddress(fd) instanceof InetSocketAddress;
            // It listens already: this tells what can, and sets the backlog.
            check("listen", result(libc.listen(fd, wanted.backlog())));
            if (isInet) {
                options.prepareHandedOver(fd, wanted);
            }
            check("fcntl", result(libc.fcntl(fd, SocketConstants.F_SETFL, constants.nonBlock)));
            return fd;
        } catch (SystemCallException e) {
            libc.close(fd);
            throw e;
        }
    }

    @Override
    public final int connect(SocketAddress target, @Nullable SocketAddress source, ListenOptions wanted)
            throws SystemCallException {
        if (target instanceof AbstractSocketAddress unix && !constants.can(Ability.ABSTRACT)) {
            throw unix.notOnThisSystem();
        }
        int fd = check("socket", open(addresses.family(target), SocketConstants.SOCK_STREAM));
        try {
            options.prepareConnect(fd, target, wanted, source != null);
            if (source != null) {
                bind(fd, source);
            }
            int length = check("connect", addresses.encode(target, address.buffer()));
            int result = result(libc.connect(fd, address.address(), length));
            // EINTR: it goes on, as with EINPROGRESS, see connect(2).
            if (result != -Errno.EINPROGRESS && result != -Errno.EINTR) {
                check("connect", result);
            }
            return fd;
        } catch (SystemCallException | UnsupportedSystemException e) {
            libc.close(fd);
            throw e;
        }
    }

    @Override
    public final int connectResult(int fd) {
        return options.error(fd);
    }

    /** TCP sockets alone: only one unix socket can be bound to a path. */
    @Override
    public final boolean spreads(SocketAddress address) {
        return constants.can(Ability.SPREADS) && address instanceof InetSocketAddress;
    }

    private void bind(int fd, SocketAddress bindTo) throws SystemCallException {
        int length = check("bind", addresses.encode(bindTo, address.buffer()));
        check("bind", result(libc.bind(fd, address.address(), length)));
    }

    private void bindUnix(int fd, SocketAddress bindTo, int permissions) throws SystemCallException {
        if (permissions >= 0 && constants.can(Ability.MODE_BEFORE_BIND)) {
            // Before bind(2), which makes the file with the socket's own mode: nobody sees it with another one.
            check("fchmod", result(libc.fchmod(fd, permissions)));
        }
        bind(fd, bindTo);
        if (permissions >= 0 && !constants.can(Ability.MODE_BEFORE_BIND)) {
            // Before listen(2), so that nobody can connect while the file has another mode.
            check("chmod", result(libc.chmod(address.address() + SocketAddresses.UNIX_PATH, permissions)));
        }
    }

    @Override
    public final int maxPath() {
        return addresses.maxPath();
    }

    /**
     * Asked by a datagram socket. connect(2) looks whether there is a socket behind the file, then at its type, and
     * only then at its backlog: so one that is there says {@code EPROTOTYPE} and gets no connection. A stream socket
     * would be refused on the BSDs by a full backlog just as by a stale file, and everywhere by a socket about to
     * listen. What refuses a datagram socket is asked by a stream socket all the same: gVisor's kernel refuses every
     * datagram socket that way.
     */
    @Override
    public final SocketFile.Answer answer(SocketAddress unix) throws SystemCallException {
        Block target = memory.allocate(SocketAddresses.SIZE);
        try {
            int length = check("connect", addresses.encode(unix, target.buffer()));
            SocketFile.Answer answer = SocketFile.answer(connect(SocketConstants.SOCK_DGRAM, target, length));
            return answer == SocketFile.Answer.REFUSES
                    ? SocketFile.answer(connect(SocketConstants.SOCK_STREAM, target, length))
                    : answer;
        } finally {
            target.free();
        }
    }

    /** Connects a socket of that type and closes it again: 0 or the negated errno. */
    private int connect(int type, Block target, int length) throws SystemCallException {
        int fd = check("socket", open(SocketConstants.AF_UNIX, type));
        int result;
        do {
            result = result(libc.connect(fd, target.address(), length));
        } while (result == -Errno.EINTR);
        libc.close(fd);
        return result;
    }

    @Override
    public final SocketAddress localAddress(int fd) throws SystemCallException {
        long length = addressLength();
        check("getsockname", result(libc.getsockname(fd, address.address(), length)));
        PeerAddress decoded = new PeerAddress();
        addresses.decode(address.buffer(), decoded);
        return PeerAddress.toSocketAddress(decoded.high, decoded.low, decoded.portAndScope);
    }

    @Override
    public final int accept(int listener, PeerAddress peer) {
        int fd;
        // An address that the system leaves unset, as macOS does for a peer that has gone, is not the one before it.
        address.buffer().putShort(0, (short) 0);
        do {
            fd = accept(listener, address.address(), addressLength());
        } while (fd == -Errno.EINTR);
        if (fd >= 0) {
            addresses.decode(address.buffer(), peer);
        }
        return fd;
    }

    /** Sets the {@code socklen_t} behind the address to the room there is, and returns where it lies. */
    private long addressLength() {
        ByteBuffer buffer = address.buffer();
        buffer.order(ByteOrder.nativeOrder()).putInt(SocketAddresses.SIZE, SocketAddresses.SIZE);
        buffer.order(ByteOrder.BIG_ENDIAN);
        return address.address() + SocketAddresses.SIZE;
    }

    @Override
    public int read(int fd, Block block, int offset, int length) {
        int n;
        do {
            n = result((int) libc.recv(fd, block.address() + offset, length, 0));
        } while (n == -Errno.EINTR);
        return n;
    }

    @Override
    public int write(int fd, Block block, int offset, int length) {
        int n;
        do {
            n = result((int) libc.send(fd, block.address() + offset, length, 0));
        } while (n == -Errno.EINTR);
        return n;
    }

    @Override
    public final void gather(int index, Block block, int offset, int length) {
        vectorBytes.putLong(index * VECTOR_SIZE, block.address() + offset);
        vectorBytes.putLong(index * VECTOR_SIZE + 8, length);
    }

    @Override
    public int writeGathered(int fd, int count) {
        int n;
        do {
            n = result((int) libc.writev(fd, vectors.address(), count));
        } while (n == -Errno.EINTR);
        return n;
    }

    @Override
    public final int shutdownOutput(int fd) {
        return result(libc.shutdown(fd, SocketConstants.SHUT_WR));
    }

    @Override
    public final int shutdown(int fd) {
        return result(libc.shutdown(fd, SocketConstants.SHUT_RDWR));
    }

    /** Never made again after EINTR: Linux and the BSDs have released the descriptor by then, see close(2). */
    @Override
    public int close(int fd) {
        return result(libc.close(fd));
    }

    @Override
    public final int detach(int fd) {
        return 0;
    }

    @Override
    public final int setNoDelay(int fd, boolean on) {
        return options.setNoDelay(fd, on);
    }

    @Override
    public final int setKeepAlive(int fd, boolean on, int idleSeconds) {
        return options.setKeepAlive(fd, on, idleSeconds);
    }

    /**
     * The fields are those of {@code struct tcp_info} in Linux's tcp.h, of 32 bits each. Into memory of the call's own,
     * because any thread may ask.
     */
    @Override
    public final int tcpInfo(int fd, long[] into) {
        if (!constants.can(Ability.TCP_INFO)) {
            return -Errno.ENOPROTOOPT;
        }
        // Not of the loop's memory, whose debug mode would miss it if the loop ended meanwhile.
        Memory own = new Memory(libc);
        Block block = own.allocate(TCP_INFO_SIZE + Integer.BYTES);
        try {
            ByteBuffer info = block.buffer().order(ByteOrder.nativeOrder()).putInt(TCP_INFO_SIZE, TCP_INFO_SIZE);
            int result = result(libc.getsockopt(
                    fd, SocketConstants.IPPROTO_TCP, TCP_INFO, block.address(), block.address() + TCP_INFO_SIZE));
            if (result == 0) {
                into[0] = Integer.toUnsignedLong(info.getInt(68)); // tcpi_rtt
                into[1] = Integer.toUnsignedLong(info.getInt(72)); // tcpi_rttvar
                into[2] = Integer.toUnsignedLong(info.getInt(100)); // tcpi_total_retrans
                into[3] = Integer.toUnsignedLong(info.getInt(80)); // tcpi_snd_cwnd
            }
            return result;
        } finally {
            block.free();
            own.close();
        }
    }

    @Override
    public final int resetOnClose(int fd) {
        return options.setLingerZero(fd);
    }

    @Override
    public final void close() {
        address.free();
        vectors.free();
        memory.close();
    }
}
