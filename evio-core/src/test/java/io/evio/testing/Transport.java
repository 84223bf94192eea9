package io.evio.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

/** The kinds of sockets that a server can listen on. */
public enum Transport {
    TCP4,
    TCP6,
    UNIX;

    /**
     * An address of this kind on a free port, or on a new file of the folder.
     *
     * <p>Aborts the test, as one that does not apply, where the machine has no IPv6.
     */
    public String address(Path folder) {
        return switch (this) {
            case TCP4 -> "tcp4://127.0.0.1:0";
            case TCP6 -> {
                assumeTrue(hasIpv6(), "this machine has no IPv6 loopback");
                yield "tcp6://[::1]:0";
            }
            case UNIX -> "unix://" + folder.resolve("s" + Long.toString(System.nanoTime(), 36));
        };
    }

    public boolean isTcp() {
        return this != UNIX;
    }

    private static boolean hasIpv6() {
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(InetAddress.getByName("::1"), 0));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
