package io.evio.sys;

import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** {@link Sockets} on Linux, where accept4(2) and socket(2) take the flags that other systems set afterwards. */
public final class LinuxSockets extends LibcSockets {

    // Octal in the kernel's headers, and the same as O_NONBLOCK and O_CLOEXEC; the same on every architecture the JDK
    // runs on.
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SUN_PATH = 108;

    private final LinuxLibc libc;

    /** Allocates native memory: to be {@linkplain #close closed}. */
    public LinuxSockets(SystemLibrary<LinuxLibc> library) {
        super(library, new SocketAddresses(false, SUN_PATH));
        this.libc = library.calls();
    }

    /** TCP sockets since Linux 3.9, see socket(7); not unix ones, of which only one can be bound to a path. */
    @Override
    public boolean spreads(SocketAddress address) {
        return address instanceof InetSocketAddress;
    }

    @Override
    int open(int family) {
        int fd = libc.socket(family, Constants.SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        return fd < 0 ? errno() : fd;
    }

    @Override
    int accept(int listener, long sockaddr, long length) {
        int fd = libc.accept4(listener, sockaddr, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        return fd < 0 ? errno() : fd;
    }
}
