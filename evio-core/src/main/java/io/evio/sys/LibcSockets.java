package io.evio.sys;

import static io.evio.sys.SystemCallException.check;

import io.evio.sys.SocketConstants.Ability;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntSupplier;

/** {@link Sockets} over file descriptors: what is the same on every Unix. */
abstract class LibcSockets implements Sockets {

    private static final int VECTOR_SIZE = 16;

    private final Libc libc;
    private final IntSupplier errno;
    private final Memory memory;
    private final SocketConstants constants;
    private final SocketAddresses addresses;

    /** The one {@code sockaddr} this loop works with, its {@code socklen_t} behind it. */
    private final Block address;

    /** The {@code iovec} array of writev(2): an address and a length each, eight bytes both. */
    private final Block vectors;

    private final ByteBuffer vectorBytes;

    LibcSockets(SystemLibrary<? extends Libc> library, SocketConstants constants) {
        this.libc = library.calls();
        this.errno = library.errno();
        this.constants = constants;
        this.addresses = new SocketAddresses(constants);
        this.memory = new Memory(libc);
        Block[] blocks = memory.allocateAll(SocketAddresses.SIZE + Integer.BYTES, MAX_GATHER * VECTOR_SIZE);
        this.address = blocks[0];
        this.vectors = blocks[1];
        this.vectorBytes = vectors.buffer().order(ByteOrder.nativeOrder());
    }

    /** A new stream socket, non-blocking and close-on-exec, or the negated errno. From any thread. */
    abstract int open(int family);

    /** Accepts into a non-blocking, close-on-exec descriptor; the two addresses are those of {@code sockaddr} and its length. */
    abstract int accept(int listener, long sockaddr, long length);

    final int errno() {
        return -errno.getAsInt();
    }

    @Override
    public final Memory memory() {
        return memory;
    }

    @Override
    public final int listen(SocketAddress bindTo, ListenOptions options) throws SystemCallException {
        int fd = check("socket", open(addresses.family(bindTo)));
        try {
            if (constants.options.noSigpipe() != 0) {
                // HotSpot does nothing on SIGPIPE as it is: this is for whoever replaces its handler.
                check("setsockopt(SO_NOSIGPIPE)", setSocketOption(fd, constants.options.noSigpipe(), 1));
            }
            if (bindTo instanceof UnixDomainSocketAddress) {
                bindUnix(fd, bindTo, options.unixPermissions());
            } else {
                setOptions(fd, (InetSocketAddress) bindTo, options);
                bind(fd, bindTo);
            }
            check("listen", result(libc.listen(fd, options.backlog())));
            return fd;
        } catch (SystemCallException e) {
            libc.close(fd);
            throw e;
        }
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

    /** No-delay and keep-alive are set on the listener, from which accepted sockets inherit them: no call for each. */
    private void setOptions(int fd, InetSocketAddress bindTo, ListenOptions options) throws SystemCallException {
        check("setsockopt(SO_REUSEADDR)", setSocketOption(fd, constants.options.reuseAddr(), 1));
        if (options.reusePort()) {
            check("setsockopt(SO_REUSEPORT)", setSocketOption(fd, constants.options.reusePort(), 1));
        }
        if (bindTo.getAddress() instanceof Inet6Address ipv6) {
            check("setsockopt(IPV6_V6ONLY)", setIpv6Only(fd, options.ipv6Only(), ipv6.isAnyLocalAddress()));
        }
        check("setsockopt(TCP_NODELAY)", setNoDelay(fd, options.noDelay()));
        check("setsockopt(SO_KEEPALIVE)", setKeepAlive(fd, options.keepAlive(), 0));
    }

    private int setIpv6Only(int fd, boolean on, boolean wildcard) {
        if (constants.can(Ability.DUAL_STACK)) {
            return setOption(fd, SocketConstants.IPPROTO_IPV6, constants.options.v6Only(), on ? 1 : 0);
        }
        return wildcard && !on ? -Errno.EAFNOSUPPORT : 0;
    }

    @Override
    public final int maxPath() {
        return addresses.maxPath();
    }

    @Override
    public final boolean answers(SocketAddress unix) throws SystemCallException {
        Block target = memory.allocate(SocketAddresses.SIZE);
        try {
            int length = check("connect", addresses.encode(unix, target.buffer()));
            int fd = check("socket", open(SocketConstants.AF_UNIX));
            int result;
            do {
                result = result(libc.connect(fd, target.address(), length));
            } while (result == -Errno.EINTR);
            libc.close(fd);
            return SocketFile.isAnswered(result);
        } finally {
            target.free();
        }
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
            n = result((int) libc.read(fd, block.address() + offset, length));
        } while (n == -Errno.EINTR);
        return n;
    }

    @Override
    public int write(int fd, Block block, int offset, int length) {
        int n;
        do {
            n = result((int) libc.write(fd, block.address() + offset, length));
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
    public final int setBlocking(int fd) {
        int flags = result(libc.fcntl(fd, SocketConstants.F_GETFL, 0));
        return flags < 0 ? flags : result(libc.fcntl(fd, SocketConstants.F_SETFL, flags & ~constants.nonBlock));
    }

    @Override
    public final int setNoDelay(int fd, boolean on) {
        return setOption(fd, SocketConstants.IPPROTO_TCP, SocketConstants.TCP_NODELAY, on ? 1 : 0);
    }

    @Override
    public final int setKeepAlive(int fd, boolean on, int idleSeconds) {
        int result = setSocketOption(fd, constants.options.keepAlive(), on ? 1 : 0);
        if (result < 0 || idleSeconds == 0) {
            return result;
        }
        return constants.options.keepIdle() == 0
                ? -Errno.ENOPROTOOPT
                : setOption(fd, SocketConstants.IPPROTO_TCP, constants.options.keepIdle(), idleSeconds);
    }

    private int setSocketOption(int fd, int option, int value) {
        return setOption(fd, constants.options.solSocket(), option, value);
    }

    private int setOption(int fd, int level, int option, int value) {
        ByteBuffer buffer = address.buffer();
        buffer.order(ByteOrder.nativeOrder()).putInt(0, value).order(ByteOrder.BIG_ENDIAN);
        return result(libc.setsockopt(fd, level, option, address.address(), Integer.BYTES));
    }

    private int result(int returned) {
        return returned < 0 ? errno() : returned;
    }

    @Override
    public final void close() {
        address.free();
        vectors.free();
        memory.close();
    }
}
