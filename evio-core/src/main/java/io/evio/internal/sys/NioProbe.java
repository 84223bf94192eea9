package io.evio.internal.sys;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The facts about unix sockets that Java does not tell, found out by connecting to them. */
final class NioProbe {

    /** The number of times that a socket that refuses is asked. In between it has time to take from its backlog. */
    private static final int QUESTIONS = 6;

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private NioProbe() {}

    /** See {@link Sockets#maxPath}: the JDK refuses what is too long before it looks whether it is there. */
    static int maxPath() {
        int length = 1024;
        while (length > 0 && connect(UnixDomainSocketAddress.of("p".repeat(length))) == -Errno.ENAMETOOLONG) {
            length--;
        }
        return length;
    }

    /**
     * See {@link Sockets#answer}. Linux tells a full backlog from a stale file; elsewhere both refuse, and Java has no
     * other kind of unix socket to ask by. A server that is alive takes from its backlog, so one refusal is not
     * believed.
     */
    static SocketFile.Answer answer(SocketAddress unix) throws SystemCallException {
        int result = connect(unix);
        for (int i = 1; i < QUESTIONS && result == -Errno.ECONNREFUSED; i++) {
            LockSupport.parkNanos(PAUSE_NANOS);
            result = connect(unix);
        }
        return SocketFile.answer(result);
    }

    /** 0, or the negated errno. */
    static int connect(SocketAddress unix) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.configureBlocking(false);
            channel.connect(unix);
            return 0;
        } catch (IOException e) {
            return -JavaErrors.errno(e);
        }
    }
}
