package io.evio.internal.sys;

import java.net.SocketAddress;

/**
 * The name of a unix socket without a file, which Linux alone has, see unix(7). It is free again as soon as its socket
 * is closed, and every process of the network namespace may connect: there is no file whose permissions could forbid
 * it.
 */
public final class AbstractSocketAddress extends SocketAddress {

    private static final long serialVersionUID = 1L;

    private final String name;

    /**
     * @param name without the NUL that begins it in the kernel, and without the {@code @} that stands for that
     *     elsewhere
     */
    public AbstractSocketAddress(String name) {
        this.name = name;
    }

    /** Returns the name without the {@code @}. */
    public String name() {
        return name;
    }

    UnsupportedSystemException notOnThisSystem() {
        return new UnsupportedSystemException(
                "it is an abstract unix socket, which only Linux has",
                "Use a path, as in unix:///run/" + name + ".sock; a file of that name is unix://./@" + name,
                null);
    }

    UnsupportedSystemException notWithNio() {
        return new UnsupportedSystemException(
                "it is an abstract unix socket, which the poller nio cannot have because Java has none",
                "Use the poller epoll, or a path, as in unix:///run/" + name + ".sock",
                null);
    }

    /** @throws UnsupportedSystemException when permissions are wanted, which nothing would keep */
    void requireNoPermissions(ListenOptions wanted) {
        if (wanted.unixPermissions() >= 0) {
            throw new UnsupportedSystemException(
                    "an abstract unix socket has no file, and so none of the permissions that are set for unix sockets",
                    "Use a path, as in unix:///run/" + name
                            + ".sock, or set no permissions: every process of the network"
                            + " namespace may connect then",
                    null);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AbstractSocketAddress address && address.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    /** As in the configuration, such as {@code "unix://@echo"}. */
    @Override
    public String toString() {
        return "unix://@" + name;
    }
}
