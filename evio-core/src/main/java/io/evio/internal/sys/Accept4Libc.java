package io.evio.internal.sys;

/** The C library of a system with accept4(2): every one but macOS. */
public interface Accept4Libc extends Libc {

    int accept4(int fd, long address, long length, int flags);
}
