package io.evio.sys;

/**
 * The libc functions that every Unix has, named and ordered as in their man pages.
 *
 * <p>Only primitive parameters, at most six of them, and memory as {@code long} addresses: jnr-ffi then binds each method
 * to a native stub without any marshalling. Each returns -1 on error, and errno is then read from jnr's saved last error.
 * Variadic functions ({@code fcntl}) are called with the three arguments they take here, off the hot path only.
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

    long writev(int fd, long vectors, int count);

    int shutdown(int fd, int how);

    int close(int fd);

    int fcntl(int fd, int command, long argument);

    int fchmod(int fd, int mode);

    long malloc(long size);

    void free(long address);
}
