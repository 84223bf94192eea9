package io.evio;

import io.evio.sys.Errno;
import io.evio.sys.SocketFile;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import io.evio.sys.UnsupportedSystemException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A server could not be bound to one of its addresses. The message says which, why, and what to do. */
public final class EvioBindException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String address;
    private final @Nullable String errno;
    private final String reason;
    private final String advice;

    EvioBindException(String address, @Nullable String errno, String reason, String advice, @Nullable Throwable cause) {
        super(
                "Cannot listen on " + address + ": " + reason + (errno == null ? "" : " (" + errno + ")") + ". "
                        + advice,
                cause);
        this.address = address;
        this.errno = errno;
        this.reason = reason;
        this.advice = advice;
    }

    static EvioBindException of(Address address, SystemCallException failure, Sockets sockets) {
        int errno = failure.errno();
        String reason;
        String advice;
        if (errno == Errno.EADDRINUSE && !address.isUnix()) {
            reason = "the address is in use";
            advice = "Stop the other server or choose another port";
        } else if (errno == Errno.EADDRINUSE && isSocket(address)) {
            reason = "another server listens on this socket";
            advice = "Stop it or choose another path";
        } else if (errno == Errno.EADDRINUSE && Files.isSymbolicLink(Path.of(address.path()))) {
            reason = "there is a symbolic link, which is never followed";
            advice = "Remove it, or use the path that it points to";
        } else if (errno == Errno.EADDRINUSE) {
            reason = "there is a file that is no socket";
            advice = "Remove it or choose another path";
        } else if ((errno == Errno.EACCES || errno == Errno.EPERM) && address.isUnix()) {
            reason = "permission denied";
            advice = "A unix socket needs a directory that this user may write to";
        } else if (errno == Errno.EACCES || errno == Errno.EPERM) {
            reason = "permission denied";
            advice = "Choose a port above 1023, or give the process CAP_NET_BIND_SERVICE";
        } else if (errno == Errno.EADDRNOTAVAIL) {
            reason = "no interface of this machine has this address";
            advice = "Use one that it has, or no host for all of them";
        } else if (errno == Errno.ENAMETOOLONG) {
            reason = "the path is too long for a unix socket, which takes at most " + sockets.maxPath() + " bytes";
            advice = "Use a shorter one";
        } else if (errno == Errno.ENOENT) {
            reason = "the directory of the unix socket does not exist";
            advice = "Create it first";
        } else if (errno == Errno.ENOTDIR) {
            reason = "a part of the path is no directory";
            advice = "Use a path through directories";
        } else if (errno == Errno.EAFNOSUPPORT && address.isUnix()) {
            reason = "this machine does not have unix sockets";
            advice = "Use tcp://";
        } else if (errno == Errno.EAFNOSUPPORT) {
            reason = "this machine does not have this address family";
            advice = "Use tcp4:// where there is no IPv6";
        } else if (errno == Errno.EMFILE || errno == Errno.ENFILE) {
            reason = "there are no file descriptors left";
            advice = "Raise the limit, as with ulimit -n or LimitNOFILE";
        } else {
            reason = "the call " + failure.call() + " failed, " + Errno.description(errno);
            advice = "The manual page " + failure.call() + "(2) says when it does";
        }
        return new EvioBindException(address.toString(), Errno.name(errno), reason, advice, failure);
    }

    static EvioBindException unknownHost(Address address, UnknownHostException failure) {
        return new EvioBindException(
                address.toString(),
                null,
                "the host cannot be resolved, " + failure.getMessage(),
                "Use one of this machine's names or addresses, or no host for every interface",
                failure);
    }

    static EvioBindException unsupported(Address address, UnsupportedSystemException failure) {
        return new EvioBindException(address.toString(), null, failure.reason(), failure.advice(), failure);
    }

    private static boolean isSocket(Address address) {
        return SocketFile.isSocket(Path.of(address.path()));
    }

    /** The address as it was given. */
    public String address() {
        return address;
    }

    /** Why, as part of a sentence, such as {@code "the address is in use"}. */
    public String reason() {
        return reason;
    }

    /** What to do about it, as a sentence without its full stop. */
    public String advice() {
        return advice;
    }

    /** The errno's name, such as {@code "EADDRINUSE"}; null when no system call failed, as for a host that is unknown. */
    public @Nullable String errno() {
        return errno;
    }
}
