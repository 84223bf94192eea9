package io.evio.internal.stream;

import io.evio.internal.sys.Errno;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.util.Set;

/** The failure of a connection whose peer does not answer the kernel any more: it has vanished without an end. */
final class LostPeerException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Once the kernel has given up: a router's answer, where there was one, goes before the timeout. */
    private static final Set<Integer> ERRNOS = Set.of(Errno.ETIMEDOUT, Errno.EHOSTUNREACH, Errno.ENETUNREACH);

    LostPeerException(Object connection, SystemCallException cause) {
        super(connection + " is lost: its peer has not answered for too long: " + cause.getMessage(), cause);
    }

    static boolean isLost(int errno) {
        return ERRNOS.contains(errno);
    }
}
