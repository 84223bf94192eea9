package io.evio.internal.sys;

import java.util.function.IntConsumer;

/** Makes the socket calls of a system. They hold native memory: to be {@linkplain Sockets#close closed}. */
public final class SystemSockets {

    private SystemSockets() {}

    /** Returns those of Linux. */
    public static Sockets linux(SystemLibrary<LinuxLibc> library) {
        return new Accept4Sockets(library, library.calls(), SocketConstants.LINUX);
    }

    /**
     * Returns those of a system with kqueue.
     *
     * @param library bound to the calls of that system
     * @param beforeClose takes a descriptor that is about to be closed, where kqueue does not see that by itself; from
     *     any thread
     */
    public static KqueueSockets kqueue(
            KqueueSystem system, SystemLibrary<? extends KqueueLibc> library, IntConsumer beforeClose) {
        if (library.calls() instanceof DarwinLibc libc && system.calls == DarwinLibc.class) {
            return new DarwinSockets(library, libc);
        }
        BsdLibc libc = (BsdLibc) library.calls();
        return system.seesClose()
                ? new Accept4Sockets(library, libc, system.constants)
                : new LibkqueueSockets(library, libc, beforeClose);
    }
}
