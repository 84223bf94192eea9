package io.evio.internal.sys;

/** {@link Sockets} where accept4(2) and socket(2) take the flags that others set afterwards. */
class Accept4Sockets extends LibcSockets implements KqueueSockets {

    private final Accept4Libc libc;
    private final int flags;

    Accept4Sockets(SystemLibrary<? extends Libc> library, Accept4Libc libc, SocketConstants constants) {
        super(library, constants);
        this.libc = libc;
        this.flags = constants.sockNonBlock | constants.sockCloexec;
    }

    @Override
    final int open(int family, int type) {
        return result(libc.socket(family, type | flags, 0));
    }

    @Override
    final int accept(int listener, long sockaddr, long length) {
        return result(libc.accept4(listener, sockaddr, length, flags));
    }
}
