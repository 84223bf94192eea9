package io.evio.faults;

import java.util.List;

/**
 * The system calls that a server makes, apart where the same one does different things, each with the errors that its
 * man page names for what it is called with.
 */
enum Call {
    EPOLL_CREATE1("epoll_create1", "epoll_create1(2)", "EINVAL EMFILE ENFILE ENOMEM"),
    EVENTFD("eventfd", "eventfd(2)", "EINVAL EMFILE ENFILE ENODEV ENOMEM"),
    MALLOC("malloc", "malloc(3)", "ENOMEM"),
    SOCKET("socket", "socket(2)", "EACCES EAFNOSUPPORT EINVAL EMFILE ENFILE ENOBUFS ENOMEM EPROTONOSUPPORT"),
    FCHMOD(
            "fchmod",
            "fchmod(2)",
            "EACCES EBADF EFAULT EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS"),
    SETSOCKOPT("setsockopt", "setsockopt(2)", "EBADF EFAULT EINVAL ENOPROTOOPT ENOTSOCK"),
    BIND(
            "bind",
            "bind(2)",
            "EACCES EADDRINUSE EADDRNOTAVAIL EBADF EFAULT EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR ENOTSOCK"
                    + " EROFS"),
    LISTEN("listen", "listen(2)", "EADDRINUSE EBADF ENOTSOCK EOPNOTSUPP"),
    CONNECT(
            "connect",
            "connect(2)",
            "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNREFUSED EFAULT EINPROGRESS EINTR"
                    + " EISCONN ENETUNREACH ENOTSOCK EPERM EPROTOTYPE ETIMEDOUT"),
    GETSOCKOPT("getsockopt", "getsockopt(2)", "EBADF EFAULT EINVAL ENOPROTOOPT ENOTSOCK"),
    SO_ERROR(
            "connect",
            "socket(7), connect(2), ip(7), tcp(7)",
            "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECONNABORTED ECONNREFUSED ECONNRESET"
                    + " EFAULT EHOSTDOWN EHOSTUNREACH EINPROGRESS EINTR EISCONN EMSGSIZE ENETDOWN ENETUNREACH ENOBUFS"
                    + " ENOMEM ENONET ENOPROTOOPT ENOTSOCK EOPNOTSUPP EPERM EPROTO EPROTOTYPE ETIMEDOUT"),
    GETSOCKNAME("getsockname", "getsockname(2)", "EBADF EFAULT EINVAL ENOBUFS ENOTSOCK"),
    ACCEPT4(
            "accept",
            "accept(2)",
            "EAGAIN EBADF ECONNABORTED EFAULT EHOSTDOWN EHOSTUNREACH EINTR EINVAL EMFILE ENETDOWN ENETUNREACH ENFILE"
                    + " ENOBUFS ENOMEM ENONET ENOPROTOOPT ENOSR ENOTSOCK EOPNOTSUPP EPERM EPROTO EPROTONOSUPPORT"
                    + " ESOCKTNOSUPPORT ETIMEDOUT"),
    RECV(
            "recv",
            "recv(2), read(2), tcp(7), unix(7)",
            "EAGAIN EBADF ECONNREFUSED ECONNRESET EFAULT EINTR EINVAL EIO EISDIR ENOMEM ENOTCONN"
                    + " ENOTSOCK EPIPE ETIMEDOUT"),
    SEND(
            "send",
            "send(2), write(2), tcp(7)",
            "EACCES EAGAIN EALREADY EBADF ECONNRESET EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO"
                    + " EISCONN EMSGSIZE ENOBUFS ENOMEM ENOSPC ENOTCONN ENOTSOCK EOPNOTSUPP EPERM EPIPE ETIMEDOUT"),
    WRITEV(
            "writev",
            "writev(2), send(2), tcp(7)",
            "EACCES EAGAIN EALREADY EBADF ECONNRESET EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO"
                    + " EISCONN EMSGSIZE ENOBUFS ENOMEM ENOSPC ENOTCONN ENOTSOCK EOPNOTSUPP EPERM EPIPE ETIMEDOUT"),
    SHUTDOWN("shutdown", "shutdown(2)", "EBADF EINVAL ENOTCONN ENOTSOCK"),
    CLOSE("close", "close(2)", "EBADF EDQUOT EINTR EIO ENOSPC"),
    EPOLL_CTL_ADD("epoll_ctl", "epoll_ctl(2)", "EBADF EEXIST EINVAL ELOOP ENOMEM ENOSPC EPERM"),
    EPOLL_CTL_MOD("epoll_ctl", "epoll_ctl(2)", "EBADF EINVAL ENOENT ENOMEM EPERM"),
    EPOLL_CTL_DEL("epoll_ctl", "epoll_ctl(2)", "EBADF EINVAL ENOENT ENOMEM EPERM"),
    EPOLL_WAIT("epoll_wait", "epoll_wait(2)", "EBADF EFAULT EINTR EINVAL"),
    EVENTFD_READ("read", "eventfd(2), read(2)", "EAGAIN EBADF EFAULT EINTR EINVAL EIO"),
    EVENTFD_WRITE("write", "eventfd(2), write(2)", "EAGAIN EBADF EFAULT EINTR EINVAL EIO"),
    SCHED_GETATTR("sched_getattr", "sched_getattr(2)", "E2BIG EINVAL ENOSYS EPERM ESRCH"),
    SCHED_SETATTR("sched_setattr", "sched_setattr(2)", "E2BIG EBUSY EINVAL ENOSYS EPERM ESRCH");

    /** The name of the function, as it is in an exception's message. */
    final String function;

    /** The sources of the errors. */
    final String manPage;

    final List<String> errnos;

    Call(String function, String manPage, String errnos) {
        this.function = function;
        this.manPage = manPage;
        this.errnos = List.of(errnos.split(" "));
    }

    /** As it is written in the table, such as {@code epoll_ctl ADD}. */
    String title() {
        return switch (this) {
            case ACCEPT4 -> "accept4";
            case SO_ERROR -> "SO_ERROR";
            case EPOLL_CTL_ADD -> "epoll_ctl ADD";
            case EPOLL_CTL_MOD -> "epoll_ctl MOD";
            case EPOLL_CTL_DEL -> "epoll_ctl DEL";
            case EVENTFD_READ -> "read of the eventfd";
            case EVENTFD_WRITE -> "write to the eventfd";
            default -> function;
        };
    }
}
