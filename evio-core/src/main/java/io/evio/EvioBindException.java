package io.evio;

import io.evio.internal.net.PathTakenException;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.SocketFile;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.UnsupportedSystemException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Thrown when a server cannot be bound to one of its addresses. The message says which one, why, and what to do. */
public final class EvioBindException extends IOException {

    private static final long serialVersionUID = 1L;

    private static final String LIVE = "another server listens on this socket";

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
        if (address.isHandedOver() && errno == Errno.EBADF) {
            reason = "there is no such descriptor";
            advice = "The program that starts this one has to hand the socket over, as systemd does by a .socket unit";
        } else if (address.isHandedOver() && errno == Errno.ENOTSOCK) {
            reason = "the descriptor is no socket";
            advice = "The first one that systemd hands over is 3, or use its name, as in systemd://name";
        } else if (address.isHandedOver() && errno == Errno.EOPNOTSUPP) {
            reason = "the descriptor is no stream socket";
            advice = "In a .socket unit it is ListenStream=, not ListenDatagram=";
        } else if (address.isHandedOver() && errno == Errno.EINVAL) {
            reason = "the descriptor is a socket that cannot listen, because it is connected or has no address";
            advice = "A .socket unit needs Accept=no";
        } else if (errno == Errno.EADDRINUSE && !address.isUnix()) {
            reason = "the address is in use";
            advice = "Stop the other server or choose another port";
        } else if (errno == Errno.EADDRINUSE) {
            reason = LIVE;
            advice = "Stop it or choose another " + (address.isAbstract() ? "name" : "path");
        } else if ((errno == Errno.EACCES || errno == Errno.EPERM) && address.isUnix()) {
            reason = "permission denied";
            advice = "A unix socket needs a directory that this user may write to";
        } else if (errno == Errno.EACCES || errno == Errno.EPERM) {
            reason = "permission denied";
            advice = "Choose a port above 1023, or give the process CAP_NET_BIND_SERVICE";
        } else if (errno == Errno.EADDRNOTAVAIL) {
            reason = "no interface of this machine has this address";
            advice = "Use one that it has, or no host for all of them";
        } else if (errno == Errno.ENAMETOOLONG && address.isAbstract()) {
            reason = "the name is too long for an abstract socket, which takes at most " + sockets.maxPath() + " bytes";
            advice = "Use a shorter one";
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

    /** There is something at the path of a unix socket. */
    static EvioBindException taken(Address address, PathTakenException failure) {
        Path path = Path.of(address.path()).toAbsolutePath();
        Path folder = Objects.requireNonNullElse(path.getParent(), path);
        String reason;
        String advice;
        switch (failure.by()) {
            case LIVE_SOCKET -> {
                reason = LIVE;
                advice = "Stop it or choose another path";
            }
            case STALE_SOCKET -> {
                reason = "there is a stale socket file (" + SocketFile.describe(path)
                        + "), which this user may not remove" + " from " + folder + " (" + SocketFile.describe(folder)
                        + ")";
                advice = "Remove it with '" + sudo("rm", path) + "'"
                        + (Files.isWritable(folder) ? "" : " and let this user write to the folder")
                        + ", or choose another path";
            }
            case UNKNOWN_SOCKET -> {
                reason = "there is a socket file (" + SocketFile.describe(path)
                        + ") that this user may not connect to, so that it cannot tell whether a server listens or it"
                        + " is stale";
                advice = "Find out with '" + sudo("nc -zvU", path) + "': if it is refused, remove the file with '"
                        + sudo("rm", path) + "', or choose another path";
            }
            case LINK -> {
                reason = "there is a symbolic link, which is never followed";
                advice = "Remove it, or use the path that it points to";
            }
            default -> {
                reason = "there is a file that is no socket";
                advice = "Remove it or choose another path";
            }
        }
        return new EvioBindException(
                address.toString(), Errno.name(failure.bind().errno()), reason, advice, failure.bind());
    }

    /** A command line for a shell. */
    private static String sudo(String command, Path path) {
        String text = path.toString();
        boolean plain = text.matches("[\\w/.,:@%+=-]+");
        return "sudo " + command + " " + (plain ? text : '"' + text.replaceAll("([\"\\\\$`])", "\\\\$1") + '"');
    }

    /** Another address of the same server has it. */
    static EvioBindException clash(Address address, int position, Address other, SystemCallException failure) {
        return new EvioBindException(
                address.toString(),
                Errno.name(failure.errno()),
                "address " + position + " of this server, " + other + ", has this port already",
                "Leave one of the two out or choose another port",
                failure);
    }

    /** An IPv6 address in a JVM that was asked to keep off IPv6. */
    static EvioBindException ipv4Stack(Address address) {
        return new EvioBindException(
                address.toString(),
                null,
                "it is an IPv6 address, and -Djava.net.preferIPv4Stack=true keeps this JVM off IPv6",
                "Start it without that or use tcp4://",
                null);
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

    /** Returns the address as it was given. */
    public String address() {
        return address;
    }

    /** Returns why, as part of a sentence, such as {@code "the address is in use"}. */
    public String reason() {
        return reason;
    }

    /** Returns what to do about it, as a sentence without its full stop. */
    public String advice() {
        return advice;
    }

    /**
     * Returns the errno's name, such as {@code "EADDRINUSE"}; null when no system call failed, as for an unknown host.
     */
    public @Nullable String errno() {
        return errno;
    }
}
