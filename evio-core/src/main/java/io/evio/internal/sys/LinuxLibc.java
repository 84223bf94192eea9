package io.evio.internal.sys;

/** The functions that Linux has beyond {@link Accept4Libc}: epoll(7) and eventfd(2). */
public interface LinuxLibc extends Accept4Libc {

    int epoll_create1(int flags);

    int epoll_ctl(int epoll, int operation, int fd, long event);

    int epoll_wait(int epoll, long events, int maxEvents, int timeoutMillis);

    int eventfd(int initial, int flags);
}
