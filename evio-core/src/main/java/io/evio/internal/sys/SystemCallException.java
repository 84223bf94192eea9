package io.evio.internal.sys;

import java.io.IOException;

/**
 * A system call that failed: which one, with which errno. The message reads {@code "recv: ECONNRESET (Connection reset
 * by peer)"}.
 */
public final class SystemCallException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String call;
    private final int errno;

    /**
     * @param call the function's name, such as {@code "epoll_ctl"}
     * @param errno the positive error number
     */
    public SystemCallException(String call, int errno) {
        super(call + ": " + Errno.name(errno) + " (" + Errno.description(errno) + ")");
        this.call = call;
        this.errno = errno;
    }

    /**
     * @param thrown what the JDK threw instead of telling the errno: suppressed, so that the cause is the same
     *     everywhere
     */
    SystemCallException(String call, int errno, Exception thrown) {
        this(call, errno);
        addSuppressed(thrown);
    }

    /**
     * Turns the result of a call wrapper into an exception when it is an error.
     *
     * @return {@code result}, when it is not negative
     * @throws SystemCallException when {@code result} is a negated errno
     */
    public static int check(String call, int result) throws SystemCallException {
        if (result < 0) {
            throw new SystemCallException(call, -result);
        }
        return result;
    }

    /** The name of the function that failed. */
    public String call() {
        return call;
    }

    /** The positive error number, on this system's scale. */
    public int errno() {
        return errno;
    }
}
