package io.evio;

import io.evio.loop.UnixSocketFile;
import io.evio.sys.Errno;
import io.evio.sys.SystemCallException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A server could not be bound to one of its addresses. The message says which, why, and what to do. */
public final class EvioBindException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String address;
    private final @Nullable String errno;

    EvioBindException(String address, @Nullable String errno, String reason, @Nullable Throwable cause) {
        super("Cannot listen on " + address + ": " + reason, cause);
        this.address = address;
        this.errno = errno;
    }

    static EvioBindException of(Address address, SystemCallException failure) {
        String name = Errno.name(failure.errno());
        return new EvioBindException(address.toString(), name, reason(address, failure, name), failure);
    }

    static EvioBindException unknownHost(Address address, UnknownHostException failure) {
        String reason = "the host cannot be resolved (" + failure.getMessage()
                + "). Use one of this machine's names or addresses, or no host for every interface";
        return new EvioBindException(address.toString(), null, reason, failure);
    }

    private static String reason(Address address, SystemCallException failure, String name) {
        int errno = failure.errno();
        String advice;
        if (errno == Errno.EADDRINUSE) {
            advice = !address.isUnix()
                    ? "the address is in use. Stop the other server or choose another port"
                    : isSocket(address)
                            ? "another server listens on this socket. Stop it or choose another path"
                            : "there is a file that is no socket. Remove it or choose another path";
        } else if (errno == Errno.EACCES || errno == Errno.EPERM) {
            advice = "permission denied. Ports below 1024 need CAP_NET_BIND_SERVICE, a unix socket needs a directory"
                    + " this user may write to";
        } else if (errno == Errno.EADDRNOTAVAIL) {
            advice = "no interface of this machine has this address. Use one that it has, or no host for all of them";
        } else if (errno == Errno.ENAMETOOLONG) {
            advice = "the path is too long for a unix socket, which takes at most 107 bytes. Use a shorter one";
        } else if (errno == Errno.ENOENT) {
            advice = "the directory of the unix socket does not exist. Create it first";
        } else if (errno == Errno.EAFNOSUPPORT) {
            advice = "this machine does not have this address family. Use tcp4:// where there is no IPv6";
        } else {
            return "the call " + failure.call() + " failed with " + name + " (" + Errno.description(errno) + ")";
        }
        return advice + " (" + name + ")";
    }

    private static boolean isSocket(Address address) {
        return UnixSocketFile.isSocket(Path.of(address.path()));
    }

    /** The address as it was given. */
    public String address() {
        return address;
    }

    /** The errno's name, such as {@code "EADDRINUSE"}; null when no system call failed, as for a host that is unknown. */
    public @Nullable String errno() {
        return errno;
    }
}
