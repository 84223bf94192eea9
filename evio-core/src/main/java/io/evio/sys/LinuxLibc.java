package io.evio.sys;

/** What Linux has beyond {@link Libc}: epoll(7), eventfd(2) and accept4(2). */
public interface LinuxLibc extends Libc {

    int accept4(int fd, long address, long length, int flags);

    int epoll_create1(int flags);

    int epoll_ctl(int epoll, int operation, int fd, long event);

    int epoll_wait(int epoll, long events, int maxEvents, int timeoutMillis);

    int eventfd(int initial, int flags);
}
