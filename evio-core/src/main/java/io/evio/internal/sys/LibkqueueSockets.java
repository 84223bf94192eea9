package io.evio.internal.sys;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * {@link Sockets} with libkqueue, which has to be told of a descriptor's end before it is closed (its BUGS.md), and which
 * takes a socket's error from it to put it into the event: here the next call on the socket reports it all the same.
 */
final class LibkqueueSockets extends Accept4Sockets implements KqueueSockets {

    private final IntConsumer beforeClose;

    /** The errors that are still to be reported, by descriptor. Belongs to the loop's thread. */
    private int[] errors = new int[64];

    /** @param beforeClose takes the descriptor; from any thread */
    LibkqueueSockets(SystemLibrary<? extends Libc> library, BsdLibc libc, IntConsumer beforeClose) {
        super(library, libc, SocketConstants.LINUX);
        this.beforeClose = beforeClose;
    }

    @Override
    public void failed(int fd, int errno) {
        if (fd >= errors.length) {
            errors = Arrays.copyOf(errors, Math.max(fd + 1, 2 * errors.length));
        }
        errors[fd] = errno;
    }

    private int failure(int fd) {
        int errno = fd < errors.length ? errors[fd] : 0;
        if (errno != 0) {
            errors[fd] = 0;
        }
        return -errno;
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
