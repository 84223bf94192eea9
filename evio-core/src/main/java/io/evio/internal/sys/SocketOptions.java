package io.evio.internal.sys;

import static io.evio.internal.sys.SystemCallException.check;

import io.evio.internal.sys.SocketConstants.Ability;
import io.evio.internal.sys.SocketConstants.Times;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The options of setsockopt(2), by a system's own numbers. Belongs to the thread of its {@link LibcSockets}. */
final class SocketOptions {

    private static final int IPPROTO_IP = 0;

    /** Of ip(7), on Linux. */
    private static final int IP_BIND_ADDRESS_NO_PORT = 24;

    private final SystemLibrary<? extends Libc> library;
    private final SocketConstants constants;

    /** The memory of a value during a call. */
    private final Block scratch;

    /** @param scratch room for two {@code int}s, which stays its owner's to free */
    SocketOptions(SystemLibrary<? extends Libc> library, SocketConstants constants, Block scratch) {
        this.library = library;
        this.constants = constants;
        this.scratch = scratch;
    }

    /** Sets what has to be set before bind(2). */
    void prepare(int fd, SocketAddress bindTo, ListenOptions wanted) throws SystemCallException {
        if (constants.options.noSigpipe() != 0) {
            // HotSpot does nothing on SIGPIPE as it is: this is for whoever replaces its handler.
            check("setsockopt(SO_NOSIGPIPE)", setSocketOption(fd, constants.options.noSigpipe(), 1));
        }
        if (bindTo instanceof InetSocketAddress inet) {
            prepareInet(fd, inet, wanted);
        }
    }

    /** Those of connections are set on the listener, from which accepted sockets inherit them: no call for each. */
    private void prepareInet(int fd, InetSocketAddress bindTo, ListenOptions wanted) throws SystemCallException {
        check("setsockopt(SO_REUSEADDR)", setSocketOption(fd, constants.options.reuseAddr(), 1));
        if (wanted.reusePort()) {
            check("setsockopt(SO_REUSEPORT)", setSocketOption(fd, constants.options.reusePort(), 1));
        }
        if (bindTo.getAddress() instanceof Inet6Address ipv6) {
            check("setsockopt(IPV6_V6ONLY)", setIpv6Only(fd, wanted.ipv6Only(), ipv6.isAnyLocalAddress()));
        }
        prepareTcp(fd, wanted.tcp());
    }

    /** Sets on a socket that another program has bound what each of its connections inherits. */
    void prepareHandedOver(int fd, ListenOptions wanted) throws SystemCallException {
        if (constants.options.noSigpipe() != 0) {
            check("setsockopt(SO_NOSIGPIPE)", setSocketOption(fd, constants.options.noSigpipe(), 1));
        }
        prepareTcp(fd, wanted.tcp());
    }

    /** Sets what has to be set before connect(2). */
    void prepareConnect(int fd, SocketAddress target, ListenOptions wanted, boolean bound) throws SystemCallException {
        if (constants.options.noSigpipe() != 0) {
            check("setsockopt(SO_NOSIGPIPE)", setSocketOption(fd, constants.options.noSigpipe(), 1));
        }
        if (target instanceof InetSocketAddress) {
            if (bound && constants.can(Ability.BIND_ADDRESS_NO_PORT)) {
                // The port is chosen by connect(2), which knows the target: otherwise each takes one of all 28,000.
                check("setsockopt(IP_BIND_ADDRESS_NO_PORT)", set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
            }
            prepareTcp(fd, wanted.tcp());
        }
    }

    private void prepareTcp(int fd, TcpOptions wanted) throws SystemCallException {
        check("setsockopt(TCP_NODELAY)", setNoDelay(fd, wanted.noDelay()));
        check("setsockopt(SO_KEEPALIVE)", setKeepAlive(fd, wanted.keepAlive(), 0));
        Times times = constants.options.times();
        if (wanted.keepAlive()) {
            setTime(fd, "TCP_KEEPIDLE", times.keepIdle(), wanted.keepIdleSeconds(), "the idle time of keep-alive");
            setTime(fd, "TCP_KEEPINTVL", times.keepInterval(), wanted.keepIntervalSeconds(), "keep-alive's interval");
            setTime(fd, "TCP_KEEPCNT", times.keepCount(), wanted.keepCount(), "keep-alive's count");
        }
        int unit = times.userTimeoutUnit();
        int userTimeout = wanted.userTimeoutMillis() / unit + (wanted.userTimeoutMillis() % unit == 0 ? 0 : 1);
        setTime(fd, "TCP_USER_TIMEOUT", times.userTimeout(), userTimeout, "user-timeout");
    }

    /** @param value 0 to leave the system's */
    private void setTime(int fd, String name, int option, int value, String what) throws SystemCallException {
        if (value > 0 && option == 0) {
            throw new UnsupportedSystemException(
                    "this system has no " + name + ", so that " + what + " cannot be set", "Leave it out", null);
        }
        if (value > 0) {
            check("setsockopt(" + name + ")", set(fd, SocketConstants.IPPROTO_TCP, option, value));
        }
    }

    /** Returns what {@code SO_ERROR} holds, negated. */
    int error(int fd) {
        ByteBuffer buffer = scratch.buffer();
        buffer.order(ByteOrder.nativeOrder()).putInt(Integer.BYTES, Integer.BYTES);
        long value = scratch.address();
        int result = library.result(library.calls()
                .getsockopt(
                        fd, constants.options.solSocket(), constants.options.error(), value, value + Integer.BYTES));
        int error = buffer.getInt(0);
        buffer.order(ByteOrder.BIG_ENDIAN);
        return result < 0 ? result : -error;
    }

    private int setIpv6Only(int fd, boolean on, boolean wildcard) {
        if (constants.can(Ability.DUAL_STACK)) {
            return set(fd, SocketConstants.IPPROTO_IPV6, constants.options.v6Only(), on ? 1 : 0);
        }
        return wildcard && !on ? -Errno.EAFNOSUPPORT : 0;
    }

    /** See {@link Sockets#setNoDelay}. */
    int setNoDelay(int fd, boolean on) {
        return set(fd, SocketConstants.IPPROTO_TCP, SocketConstants.TCP_NODELAY, on ? 1 : 0);
    }

    /** See {@link Sockets#setKeepAlive}. */
    int setKeepAlive(int fd, boolean on, int idleSeconds) {
        int result = setSocketOption(fd, constants.options.keepAlive(), on ? 1 : 0);
        if (result < 0 || idleSeconds == 0) {
            return result;
        }
        int keepIdle = constants.options.times().keepIdle();
        return keepIdle == 0 ? -Errno.ENOPROTOOPT : set(fd, SocketConstants.IPPROTO_TCP, keepIdle, idleSeconds);
    }

    /** See {@link Sockets#resetOnClose}. */
    int setLingerZero(int fd) {
        ByteBuffer buffer = scratch.buffer();
        buffer.order(ByteOrder.nativeOrder())
                .putInt(0, 1)
                .putInt(Integer.BYTES, 0)
                .order(ByteOrder.BIG_ENDIAN);
        return setScratch(fd, constants.options.solSocket(), constants.options.linger(), 2 * Integer.BYTES);
    }

    private int setSocketOption(int fd, int option, int value) {
        return set(fd, constants.options.solSocket(), option, value);
    }

    private int set(int fd, int level, int option, int value) {
        ByteBuffer buffer = scratch.buffer();
        buffer.order(ByteOrder.nativeOrder()).putInt(0, value).order(ByteOrder.BIG_ENDIAN);
        return setScratch(fd, level, option, Integer.BYTES);
    }

    private int setScratch(int fd, int level, int option, int size) {
        return library.result(library.calls().setsockopt(fd, level, option, scratch.address(), size));
    }
}
