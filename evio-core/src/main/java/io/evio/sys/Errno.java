package io.evio.sys;

import jnr.constants.Constant;
import org.jspecify.annotations.Nullable;

/**
 * The errno values that the code tells apart, with this system's numbers, and a name for every other one.
 *
 * <p>The call wrappers return {@code -errno} instead of throwing, as the kernel itself does: a full socket buffer is no
 * exceptional condition.
 */
public final class Errno {

    public static final int EPERM = number("EPERM", 1);
    public static final int ENOENT = number("ENOENT", 2);
    public static final int EINTR = number("EINTR", 4);
    public static final int EAGAIN = number("EAGAIN", 11);
    public static final int ENOMEM = number("ENOMEM", 12);
    public static final int EBADF = number("EBADF", 9);
    public static final int EFAULT = number("EFAULT", 14);
    public static final int EINVAL = number("EINVAL", 22);
    public static final int ENOTSOCK = number("ENOTSOCK", 88);
    public static final int EACCES = number("EACCES", 13);
    public static final int ENOTDIR = number("ENOTDIR", 20);
    public static final int ENFILE = number("ENFILE", 23);
    public static final int EMFILE = number("EMFILE", 24);
    public static final int EPIPE = number("EPIPE", 32);
    public static final int ENAMETOOLONG = number("ENAMETOOLONG", 36);
    public static final int EPROTO = number("EPROTO", 71);
    public static final int EPROTOTYPE = number("EPROTOTYPE", 91);
    public static final int EADDRINUSE = number("EADDRINUSE", 98);
    public static final int EADDRNOTAVAIL = number("EADDRNOTAVAIL", 99);
    public static final int EAFNOSUPPORT = number("EAFNOSUPPORT", 97);
    public static final int ENETDOWN = number("ENETDOWN", 100);
    public static final int ENETUNREACH = number("ENETUNREACH", 101);
    public static final int ECONNABORTED = number("ECONNABORTED", 103);
    public static final int ECONNRESET = number("ECONNRESET", 104);
    public static final int ENOBUFS = number("ENOBUFS", 105);
    public static final int ECONNREFUSED = number("ECONNREFUSED", 111);
    public static final int EHOSTDOWN = number("EHOSTDOWN", 112);
    public static final int EHOSTUNREACH = number("EHOSTUNREACH", 113);
    public static final int ENOPROTOOPT = number("ENOPROTOOPT", 92);
    public static final int EOPNOTSUPP = number("EOPNOTSUPP", 95);

    private Errno() {}

    /** The symbolic name, such as {@code "ECONNRESET"}, or {@code "errno 4095"} for a number without one. */
    public static String name(int errno) {
        Constant constant = constant(errno);
        return constant != null ? constant.name() : "errno " + errno;
    }

    /** What strerror(3) says in the C locale, such as {@code "Connection reset by peer"}. */
    public static String description(int errno) {
        Constant constant = constant(errno);
        return constant != null ? constant.toString() : "Unknown error " + errno;
    }

    private static @Nullable Constant constant(int errno) {
        if (NetBsd.HERE) {
            return NetBsd.constant(errno);
        }
        jnr.constants.platform.Errno found = jnr.constants.platform.Errno.valueOf(errno);
        return found == jnr.constants.platform.Errno.__UNKNOWN_CONSTANT__ ? null : found;
    }

    /** Without jnr-constants on the class path only the plain Java poller runs, and that one speaks Linux's numbers. */
    private static int number(String name, int onLinux) {
        try {
            return NetBsd.HERE
                    ? NetBsd.number(name)
                    : jnr.constants.platform.Errno.valueOf(name).intValue();
        } catch (NoClassDefFoundError e) {
            return onLinux;
        }
    }

    /**
     * NetBSD, of which jnr-constants knows nothing and makes numbers up. What is used here has the same number on OpenBSD, but
     * for EPROTO.
     */
    static final class NetBsd {

        static final boolean HERE = "NetBSD".equals(System.getProperty("os.name"));

        private static final int EPROTO = 96;

        private NetBsd() {}

        static int number(String name) {
            return name.equals("EPROTO")
                    ? EPROTO
                    : jnr.constants.platform.openbsd.Errno.valueOf(name).intValue();
        }

        static @Nullable Constant constant(int errno) {
            for (jnr.constants.platform.openbsd.Errno candidate : jnr.constants.platform.openbsd.Errno.values()) {
                if (number(candidate.name()) == errno) {
                    return candidate;
                }
            }
            return null;
        }
    }
}
