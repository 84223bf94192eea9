package io.evio.internal.sys;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/**
 * {@link Sockets} with libkqueue, which has to be told of a descriptor's end before it is closed (its BUGS.md), and
 * which takes a socket's error from it to put it into the event: here the next call on the socket reports it all the
 * same.
 */
final class LibkqueueSockets extends Accept4Sockets implements KqueueSockets {

    /**
     * The errors that are still to be reported, by descriptor. Of all pollers, as descriptors are the process's: a
     * detached connection is watched by another one than its loop's, whose calls it makes.
     */
    private static final Map<Integer, Integer> ERRORS = new ConcurrentHashMap<>();

    private final IntConsumer beforeClose;

    /** @param beforeClose takes the descriptor; from any thread */
    LibkqueueSockets(SystemLibrary<? extends Libc> library, BsdLibc libc, IntConsumer beforeClose) {
        super(library, libc, SocketConstants.LINUX);
        this.beforeClose = beforeClose;
    }

    @Override
    public void failed(int fd, int errno) {
        ERRORS.put(fd, errno);
    }

    private int failure(int fd) {
        Integer errno = ERRORS.isEmpty() ? null : ERRORS.remove(fd);
        return errno == null ? 0 : -errno;
    }

    @Override
    public int read(int fd, Block block, int offset, int length) {
        int failure = failure(fd);
        return failure != 0 ? failure : super.read(fd, block, offset, length);
    }

    @Override
    public int write(int fd, Block block, int offset, int length) {
        int failure = failure(fd);
        return failure != 0 ? failure : super.write(fd, block, offset, length);
    }

    @Override
    public int writeGathered(int fd, int count) {
        int failure = failure(fd);
        return failure != 0 ? failure : super.writeGathered(fd, count);
    }

    @Override
    public int close(int fd) {
        failure(fd);
        beforeClose.accept(fd);
        return super.close(fd);
    }
}
