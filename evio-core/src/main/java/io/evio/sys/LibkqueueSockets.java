package io.evio.sys;

import java.util.function.IntConsumer;

/** {@link Sockets} with libkqueue, which has to be told of a descriptor's end before it is closed (its BUGS.md). */
final class LibkqueueSockets extends Accept4Sockets {

    private final IntConsumer beforeClose;

    /** @param beforeClose takes the descriptor; from any thread */
    LibkqueueSockets(SystemLibrary<? extends Libc> library, BsdLibc libc, IntConsumer beforeClose) {
        super(library, libc, SocketConstants.LINUX);
        this.beforeClose = beforeClose;
    }

    @Override
    public int close(int fd) {
        beforeClose.accept(fd);
        return super.close(fd);
    }
}
