package io.evio.internal.sys;

import java.util.HashMap;
import java.util.Map;
import jnr.constants.Constant;
import org.jspecify.annotations.Nullable;

/**
 * The errno values that the code tells apart, with this system's numbers, and a name for every other one.
 *
 * <p>The call wrappers return {@code -errno} instead of throwing, as the kernel itself does: a full socket buffer is no
 * exceptional condition. Without jnr-constants on the class path only the plain Java poller runs, and that one speaks
 * Linux's numbers.
 */
public final class Errno {

    private record Known(String name, String description) {}

    private static final Map<Integer, Known> KNOWN = new HashMap<>();

    public static final int EPERM = number("EPERM", 1, "Operation not permitted");
    public static final int ENOENT = number("ENOENT", 2, "No such file or directory");
    public static final int EINTR = number("EINTR", 4, "Interrupted system call");
    public static final int EIO = number("EIO", 5, "Input/output error");
    public static final int EBADF = number("EBADF", 9, "Bad file descriptor");
    public static final int EAGAIN = number("EAGAIN", 11, "Resource temporarily unavailable");
    public static final int ENOMEM = number("ENOMEM", 12, "Cannot allocate memory");
    public static final int EACCES = number("EACCES", 13, "Permission denied");
    public static final int EFAULT = number("EFAULT", 14, "Bad address");
    public static final int ENOTDIR = number("ENOTDIR", 20, "Not a directory");
    public static final int EINVAL = number("EINVAL", 22, "Invalid argument");
    public static final int ENFILE = number("ENFILE", 23, "Too many open files in system");
    public static final int EMFILE = number("EMFILE", 24, "Too many open files");
    public static final int EPIPE = number("EPIPE", 32, "Broken pipe");
    public static final int ENAMETOOLONG = number("ENAMETOOLONG", 36, "File name too long");
    public static final int EPROTO = number("EPROTO", 71, "Protocol error");
    public static final int ENOTSOCK = number("ENOTSOCK", 88, "Socket operation on non-socket");
    public static final int EPROTOTYPE = number("EPROTOTYPE", 91, "Protocol wrong type for socket");
    public static final int ENOPROTOOPT = number("ENOPROTOOPT", 92, "Protocol not available");
    public static final int EOPNOTSUPP = number("EOPNOTSUPP", 95, "Operation not supported");
    public static final int EAFNOSUPPORT = number("EAFNOSUPPORT", 97, "Address family not supported by protocol");
    public static final int EADDRINUSE = number("EADDRINUSE", 98, "Address already in use");
    public static final int EADDRNOTAVAIL = number("EADDRNOTAVAIL", 99, "Cannot assign requested address");
    public static final int ENETDOWN = number("ENETDOWN", 100, "Network is down");
    public static final int ENETUNREACH = number("ENETUNREACH", 101, "Network is unreachable");
    public static final int ECONNABORTED = number("ECONNABORTED", 103, "Software caused connection abort");
    public static final int ECONNRESET = number("ECONNRESET", 104, "Connection reset by peer");
    public static final int ENOBUFS = number("ENOBUFS", 105, "No buffer space available");
    public static final int ETIMEDOUT = number("ETIMEDOUT", 110, "Connection timed out");
    public static final int ECONNREFUSED = number("ECONNREFUSED", 111, "Connection refused");
    public static final int EHOSTDOWN = number("EHOSTDOWN", 112, "Host is down");
    public static final int EINPROGRESS = number("EINPROGRESS", 115, "Operation now in progress");
    public static final int EHOSTUNREACH = number("EHOSTUNREACH", 113, "No route to host");

    private Errno() {}

    /** The symbolic name, such as {@code "ECONNRESET"}, or {@code "errno 4095"} for a number without one. */
    public static String name(int errno) {
        Known known = KNOWN.get(errno);
        if (known != null) {
            return known.name();
        }
        Constant constant = constant(errno);
        return constant != null ? constant.name() : "errno " + errno;
    }

    /** Returns what strerror(3) says in the C locale, such as {@code "Connection reset by peer"}. */
    public static String description(int errno) {
        Known known = KNOWN.get(errno);
        if (known != null) {
            return known.description();
        }
        Constant constant = constant(errno);
        return constant != null ? constant.toString() : "Unknown error " + errno;
    }

    /** The number that strerror(3) in the C locale describes so, or 0 when it is none of those above. */
    static int numberOf(@Nullable String description) {
        for (Map.Entry<Integer, Known> entry : KNOWN.entrySet()) {
            if (entry.getValue().description().equals(description)) {
                return entry.getKey();
            }
        }
        return 0;
    }

    private static @Nullable Constant constant(int errno) {
        try {
            return Jnr.constant(errno);
        } catch (NoClassDefFoundError e) {
            return null;
        }
    }

    private static int number(String name, int onLinux, String description) {
        int number;
        try {
            number = Jnr.number(name);
        } catch (NoClassDefFoundError e) {
            number = onLinux;
        }
        KNOWN.put(number, new Known(name, description));
        return number;
    }

    /**
     * For who makes the system's own calls, which answer in its own numbers.
     *
     * @throws NoClassDefFoundError without jnr-constants on the class path
     */
    static void requireConstants() {
        try {
            Class.forName("jnr.constants.platform.Errno", false, Errno.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw (NoClassDefFoundError) new NoClassDefFoundError(e.getMessage()).initCause(e);
        }
    }

    /** Apart, because it cannot be loaded without jnr-constants. */
    private static final class Jnr {

        static @Nullable Constant constant(int errno) {
            jnr.constants.platform.Errno found = jnr.constants.platform.Errno.valueOf(errno);
            return found == jnr.constants.platform.Errno.__UNKNOWN_CONSTANT__ ? null : found;
        }

        static int number(String name) {
            return jnr.constants.platform.Errno.valueOf(name).intValue();
        }
    }
}
