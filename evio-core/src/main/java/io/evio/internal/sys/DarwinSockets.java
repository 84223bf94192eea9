package io.evio.internal.sys;

/**
 * {@link Sockets} on macOS, where a descriptor is made close-on-exec and non-blocking after its birth. A process that
 * another thread starts in between does not inherit it all the same when that is done through the JDK, whose
 * jspawnhelper closes what it finds open.
 */
final class DarwinSockets extends LibcSockets implements KqueueSockets {

    private final DarwinLibc libc;
    private final int nonBlock;

    DarwinSockets(SystemLibrary<? extends Libc> library, DarwinLibc libc) {
        super(library, SocketConstants.MACOS);
        this.libc = libc;
        this.nonBlock = SocketConstants.MACOS.nonBlock;
    }

    @Override
    int open(int family, int type) {
        return prepared(result(libc.socket(family, type, 0)));
    }

    @Override
    int accept(int listener, long sockaddr, long length) {
        return prepared(result(libc.accept(listener, sockaddr, length)));
    }

    /** Takes a descriptor or a negated errno. Close-on-exec first, to keep the time short in which it is not. */
    private int prepared(int fd) {
        if (fd < 0) {
            return fd;
        }
        int result = result(libc.fcntl(fd, SocketConstants.F_SETFD, SocketConstants.FD_CLOEXEC));
        if (result >= 0) {
            result = result(libc.fcntl(fd, SocketConstants.F_SETFL, nonBlock));
        }
        if (result < 0) {
            libc.close(fd);
            return result;
        }
        return fd;
    }
}
