package io.evio.internal.sys;

/** The functions that Linux has beyond {@link Accept4Libc}: epoll(7), eventfd(2), and calls by their number. */
public interface LinuxLibc extends Accept4Libc {

    int epoll_create1(int flags);

    int epoll_ctl(int epoll, int operation, int fd, long event);

    int epoll_wait(int epoll, long events, int maxEvents, int timeoutMillis);

    int eventfd(int initial, int flags);

    /** Makes a call for which libc has no function: syscall(2). Those with fewer arguments ignore the last ones. */
    long syscall(long number, long first, long second, long third, long fourth);
}
