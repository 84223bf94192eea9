package io.evio.internal.sys;

import java.net.SocketAddress;

/**
 * A listening socket that the program that started this one has made, by its descriptor. It stays open for the life of
 * the process, so that a server may be started on it again.
 */
public final class HandedOverSocket extends SocketAddress {

    /** The first descriptor of those that are handed over, see sd_listen_fds(3). */
    public static final int FIRST = 3;

    private static final long serialVersionUID = 1L;

    private final int descriptor;
    private final int count;

    /** @param count how many are handed over together, from {@link #FIRST} on; 0 for this one alone */
    public HandedOverSocket(int descriptor, int count) {
        this.descriptor = descriptor;
        this.count = count;
    }

    int descriptor() {
        return descriptor;
    }

    int count() {
        return count;
    }

    UnsupportedSystemException notWithNio() {
        return new UnsupportedSystemException(
                "it is a descriptor that was handed over, which the poller nio cannot take because Java has no way to",
                "Use the poller epoll",
                null);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HandedOverSocket socket && socket.descriptor == descriptor;
    }

    @Override
    public int hashCode() {
        return descriptor;
    }

    /** As in the configuration, such as {@code "fd://3"}. */
    @Override
    public String toString() {
        return "fd://" + descriptor;
    }
}
