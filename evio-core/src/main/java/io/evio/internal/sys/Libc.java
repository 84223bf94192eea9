package io.evio.internal.sys;

import jnr.ffi.annotations.Variadic;

/**
 * The libc functions that every Unix has, named and ordered as in their man pages.
 *
 * <p>Only primitive parameters, at most five of them, and memory as {@code long} addresses: jnr-ffi then binds each
 * method to a native stub without any marshalling. (It does so for six as well, but on x86-64 its stub takes the sixth
 * from where the return address is.) Each returns -1 on error, and errno is then read from jnr's saved last error. A
 * variadic function ({@code fcntl}) is the exception: on Apple's arm64 its last argument is passed in another way, so
 * that it goes through jnr's generic invoker, off the hot path only.
 */
public interface Libc {

    int socket(int domain, int type, int protocol);

    int bind(int fd, long address, int length);

    int listen(int fd, int backlog);

    int connect(int fd, long address, int length);

    int getsockname(int fd, long address, long length);

    int setsockopt(int fd, int level, int option, long value, int length);

    int getsockopt(int fd, int level, int option, long value, long length);

    long read(int fd, long buffer, long count);

    long write(int fd, long buffer, long count);

    long recv(int fd, long buffer, long length, int flags);

    long send(int fd, long buffer, long length, int flags);

    long writev(int fd, long vectors, int count);

    int shutdown(int fd, int how);

    int close(int fd);

    @Variadic(fixedCount = 2)
    int fcntl(int fd, int command, long argument);

    int fchmod(int fd, int mode);

    int chmod(long path, int mode);

    long malloc(long size);

    void free(long address);
}
