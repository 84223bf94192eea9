package io.evio.internal.sys;

/**
 * The options of a listening socket.
 *
 * @param backlog the length of the queue of connections not yet accepted, see listen(2)
 * @param ipv6Only whether an IPv6 socket refuses IPv4 peers ({@code IPV6_V6ONLY}, ipv6(7))
 * @param reusePort whether several sockets may share the port ({@code SO_REUSEPORT}, socket(7))
 * @param tcp those of every accepted connection
 * @param unixPermissions the mode of a unix socket's file, such as {@code 0660}; -1 leaves it to the umask
 */
public record ListenOptions(int backlog, boolean ipv6Only, boolean reusePort, TcpOptions tcp, int unixPermissions) {

    /** The same, on a port that several sockets share or that none does. */
    public ListenOptions withReusePort(boolean value) {
        return new ListenOptions(backlog, ipv6Only, value, tcp, unixPermissions);
    }
}
