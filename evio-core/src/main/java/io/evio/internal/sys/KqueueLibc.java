package io.evio.internal.sys;

/** The functions that systems with kqueue(2) have beyond {@link Libc}. */
public interface KqueueLibc extends Libc {

    int kqueue();

    int pipe(long descriptors);

    default int kevent(int queue, long changes, int changeCount, long events, int eventCount, long timespec) {
        return Kevent.call(queue, changes, changeCount, events, eventCount, timespec);
    }
}
