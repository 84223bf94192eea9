package io.evio.internal.sys;

/** The C library of macOS, which has no accept4(2). */
public interface DarwinLibc extends KqueueLibc {

    int accept(int fd, long address, long length);
}
