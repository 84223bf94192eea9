package io.evio.internal.poll;

import static io.evio.internal.sys.KeventLayout.EVFILT_READ;
import static io.evio.internal.sys.KeventLayout.EVFILT_WRITE;
import static io.evio.internal.sys.KeventLayout.EV_ADD;
import static io.evio.internal.sys.KeventLayout.EV_CLEAR;
import static io.evio.internal.sys.KeventLayout.EV_DELETE;
import static io.evio.internal.sys.KeventLayout.EV_EOF;
import static io.evio.internal.sys.KeventLayout.EV_ERROR;
import static io.evio.internal.sys.KeventLayout.NOTE_TRIGGER;
import static io.evio.internal.sys.SystemCallException.check;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.KeventLayout;
import io.evio.internal.sys.KqueueLibc;
import io.evio.internal.sys.KqueueSockets;
import io.evio.internal.sys.KqueueSystem;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.SystemLibrary;
import io.evio.internal.sys.SystemSockets;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * {@link Poller} over kqueue(2), woken through an {@code EVFILT_USER} where every version has it, and else through a
 * pipe(2). A handle has two filters, so that one wait may report it twice, once for each.
 */
final class KqueuePoller implements Poller {

    /** One wait brings at most this many events, in 16 to 32 KiB; the rest comes with the next. */
    private static final int MAX_EVENTS = 512;

    /** Of {@code EVFILT_USER}, whose idents are no descriptors. */
    private static final int WAKE_IDENT = 0;

    private final KqueueLibc libc;
    private final SystemLibrary<? extends KqueueLibc> library;
    private final KeventLayout layout;
    private final KqueueSockets sockets;
    private final int queue;

    /** The events that {@link #await} filled in. */
    private final Block events;

    private final ByteBuffer event;

    /** The time to wait. */
    private final Block timeout;

    private final ByteBuffer time;

    /** The interest in each handle, by its number. */
    private byte[] watched = new byte[64];

    private final KqueueChanges changes;

    private final Object wakeLock = new Object();

    /**
     * Guarded by {@link #wakeLock}, as is {@link #open}, so that nothing late reaches a descriptor that is used again.
     */
    private final KqueueChanges fromAnyThread;

    private boolean open = true;

    /** The two ends of the pipe, where that is how it is woken; -1 otherwise. */
    private int pipeIn = -1;

    private int pipeOut = -1;

    KqueuePoller(KqueueSystem system, SystemLibrary<? extends KqueueLibc> library) throws SystemCallException {
        this.library = library;
        this.libc = library.calls();
        this.layout = system.layout();
        this.queue = check("kqueue", library.result(libc.kqueue()));
        this.sockets = SystemSockets.kqueue(system, library, this::forget);
        Memory memory = sockets.memory();
        this.events = memory.allocate(MAX_EVENTS * layout.size());
        this.event = events.buffer().order(ByteOrder.nativeOrder());
        this.timeout = memory.allocate(2 * Long.BYTES);
        this.time = timeout.buffer().order(ByteOrder.nativeOrder());
        this.changes = new KqueueChanges(library, layout, queue, 2, memory);
        this.fromAnyThread = new KqueueChanges(library, layout, queue, 2, memory);
        try {
            // What is forked does not inherit it, see kqueue(2); this is for what is started without a fork.
            check("fcntl", library.result(system.setCloseOnExec(libc, queue)));
            if (system.hasUserEvents()) {
                changes.add(WAKE_IDENT, layout.user(), EV_ADD | EV_CLEAR, 0, WAKEUP);
                check("kevent", changes.apply());
            } else {
                openPipe(system);
            }
        } catch (SystemCallException e) {
            close();
            throw e;
        }
    }

    private void openPipe(KqueueSystem system) throws SystemCallException {
        check("pipe", library.result(libc.pipe(timeout.address())));
        pipeIn = time.getInt(0);
        pipeOut = time.getInt(Integer.BYTES);
        for (int end : new int[] {pipeIn, pipeOut}) {
            check("fcntl", library.result(system.setCloseOnExec(libc, end)));
            check("fcntl", library.result(system.setNonBlocking(libc, end)));
        }
        add(pipeIn, WAKEUP, READ);
    }

    @Override
    public String name() {
        return "kqueue";
    }

    @Override
    public Sockets sockets() {
        return sockets;
    }

    @Override
    public void add(int fd, long token, int interest) throws SystemCallException {
        if (fd >= watched.length) {
            watched = Arrays.copyOf(watched, Math.max(fd + 1, 2 * watched.length));
        }
        // What an earlier handle of this number was watched for has ended with it.
        watched[fd] = 0;
        change(fd, token, interest);
    }

    @Override
    public void modify(int fd, long token, int interest) throws SystemCallException {
        change(fd, token, interest);
    }

    @Override
    public void remove(int fd) throws SystemCallException {
        change(fd, 0, 0);
    }

    /** Adds and deletes the filters that make the difference, in one call. */
    private void change(int fd, long token, int interest) throws SystemCallException {
        int differing = interest ^ watched[fd];
        if (differing == 0) {
            return;
        }
        if ((differing & READ) != 0) {
            changes.add(fd, EVFILT_READ, (interest & READ) != 0 ? EV_ADD : EV_DELETE, 0, token);
        }
        if ((differing & WRITE) != 0) {
            changes.add(fd, EVFILT_WRITE, (interest & WRITE) != 0 ? EV_ADD : EV_DELETE, 0, token);
        }
        check("kevent", changes.apply());
        watched[fd] = (byte) interest;
    }

    @Override
    public int await(int timeoutMillis) throws SystemCallException {
        long wait = 0;
        if (timeoutMillis >= 0) {
            time.putLong(0, timeoutMillis / 1000).putLong(Long.BYTES, timeoutMillis % 1000 * 1_000_000L);
            wait = timeout.address();
        }
        int n = libc.kevent(queue, 0, 0, events.address(), MAX_EVENTS, wait);
        if (n >= 0) {
            return n;
        }
        int error = library.result(n);
        return error == -Errno.EINTR ? 0 : check("kevent", error);
    }

    @Override
    public long token(int index) {
        return layout.udata(event, index);
    }

    /** The end of input alone sets {@link #READ}; it comes with the socket's errno when it is more than that. */
    @Override
    public int ready(int index) {
        int flags = layout.flags(event, index);
        int filter = layout.filter(event, index) == EVFILT_WRITE ? WRITE : READ;
        int errno = (flags & EV_EOF) != 0 ? layout.fflags(event, index) : 0;
        if (errno != 0) {
            sockets.failed(layout.ident(event, index), errno);
        }
        boolean broken = errno != 0 || (flags & EV_ERROR) != 0 || (flags & EV_EOF) != 0 && filter == WRITE;
        return broken ? READ | WRITE : filter;
    }

    @Override
    public void wakeup() {
        synchronized (wakeLock) {
            if (!open) {
                return;
            }
            int result;
            do {
                result = pipeOut >= 0 ? writeToPipe() : trigger();
            } while (result == -Errno.EINTR);
            if (result < 0) {
                String call = pipeOut >= 0 ? "write" : "kevent";
                throw new UncheckedIOException("The loop could not be woken", new SystemCallException(call, -result));
            }
        }
    }

    /** Any byte; a full pipe wakes as well. */
    private int writeToPipe() {
        int result = library.result((int) libc.write(pipeOut, events.address(), 1));
        return result == -Errno.EAGAIN ? 0 : result;
    }

    private int trigger() {
        fromAnyThread.add(WAKE_IDENT, layout.user(), 0, NOTE_TRIGGER, WAKEUP);
        return fromAnyThread.apply();
    }

    /** An event of EV_CLEAR is over when it is reported; what is in a pipe has to be read. */
    @Override
    public void woken() throws SystemCallException {
        if (pipeIn >= 0) {
            int result = library.read(pipeIn, timeout.address(), timeout.capacity());
            if (result != -Errno.EAGAIN) {
                check("read", result);
            }
        }
    }

    /** For the {@link Sockets} of libkqueue: takes out a handle that is about to be closed. From any thread. */
    private void forget(int fd) {
        synchronized (wakeLock) {
            if (open) {
                fromAnyThread.add(fd, EVFILT_READ, EV_DELETE, 0, 0);
                fromAnyThread.add(fd, EVFILT_WRITE, EV_DELETE, 0, 0);
                fromAnyThread.apply(); // ENOENT where it was not watched for that
            }
        }
    }

    @Override
    public void close() {
        synchronized (wakeLock) {
            open = false;
            libc.close(queue);
            if (pipeIn >= 0) {
                libc.close(pipeIn);
                libc.close(pipeOut);
            }
            fromAnyThread.free();
        }
        changes.free();
        events.free();
        timeout.free();
        sockets.close();
    }
}
