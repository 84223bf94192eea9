package io.evio.internal.poll;

import static io.evio.internal.sys.SystemCallException.check;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.LinuxLibc;
import io.evio.internal.sys.LinuxScheduler;
import io.evio.internal.sys.Scheduler;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.SystemLibrary;
import io.evio.internal.sys.SystemSockets;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** {@link Poller} over epoll(7), woken through an eventfd(2). */
final class EpollPoller implements Poller {

    /** One wait brings at most this many events, in 6 KiB; the rest comes with the next. */
    private static final int MAX_EVENTS = 512;

    private static final int WAKEUP_ATTEMPTS = 3;
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EFD_CLOEXEC_NONBLOCK = 0x80000 | 0x800;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;
    private static final int EPOLLIN = 0x1;
    private static final int EPOLLOUT = 0x4;
    private static final int EPOLLERR = 0x8;
    private static final int EPOLLHUP = 0x10;

    private static final boolean PACKED = isPacked(System.getProperty("os.arch"));
    private static final int EVENT_SIZE = eventSize(PACKED);
    private static final int DATA = dataOffset(PACKED);

    /** The kernel packs {@code struct epoll_event} on x86-64 alone, see eventpoll.h. */
    static boolean isPacked(String processor) {
        return processor.matches("amd64|x86_64");
    }

    static int eventSize(boolean packed) {
        return packed ? 12 : 16;
    }

    /** Returns the offset of the token, behind the 32 bits of the events. */
    static int dataOffset(boolean packed) {
        return packed ? 4 : 8;
    }

    private final LinuxLibc libc;
    private final SystemLibrary<LinuxLibc> library;
    private final Sockets sockets;
    private final int epoll;

    /**
     * The events that {@link #await} filled in. A direct buffer: jnr's Pointer costs a JNI call per field on newer
     * JDKs.
     */
    private final Block events;

    private final ByteBuffer event;

    /** One event for epoll_ctl(2), or what is read from the eventfd. */
    private final Block control;

    private final ByteBuffer controlEvent;

    /** The 1 that a wakeup adds to the eventfd. */
    private final Block one;

    /**
     * Makes a wakeup and the close wait for each other, so that no late one writes to a reused descriptor. The thread
     * that waits takes it for nothing else: it runs while the thread that has woken it still holds the lock.
     */
    private final Object wakeLock = new Object();

    /** The eventfd; -1 once closed. Written by the thread that waits, with {@link #wakeLock}. */
    private int wakeFd;

    EpollPoller(SystemLibrary<LinuxLibc> library) throws SystemCallException {
        this.library = library;
        this.libc = library.calls();
        this.epoll = check("epoll_create1", library.result(libc.epoll_create1(EPOLL_CLOEXEC)));
        int fd = library.result(libc.eventfd(0, EFD_CLOEXEC_NONBLOCK));
        if (fd < 0) {
            libc.close(epoll);
            throw new SystemCallException("eventfd", -fd);
        }
        this.wakeFd = fd;
        Block[] blocks;
        try {
            this.sockets = SystemSockets.linux(library);
            try {
                blocks = sockets.memory().allocateAll(MAX_EVENTS * EVENT_SIZE, EVENT_SIZE, Long.BYTES);
            } catch (OutOfMemoryError e) {
                sockets.close();
                throw e;
            }
        } catch (OutOfMemoryError e) {
            libc.close(fd);
            libc.close(epoll);
            throw e;
        }
        this.events = blocks[0];
        this.event = events.buffer().order(ByteOrder.nativeOrder());
        this.control = blocks[1];
        this.controlEvent = control.buffer().order(ByteOrder.nativeOrder());
        this.one = blocks[2];
        one.buffer().order(ByteOrder.nativeOrder()).putLong(0, 1);
        try {
            add(fd, WAKEUP, READ);
        } catch (SystemCallException e) {
            close();
            throw e;
        }
    }

    @Override
    public String name() {
        return "epoll";
    }

    @Override
    public Sockets sockets() {
        return sockets;
    }

    @Override
    public Scheduler scheduler() {
        return new LinuxScheduler(libc);
    }

    @Override
    public void add(int fd, long token, int interest) throws SystemCallException {
        control(EPOLL_CTL_ADD, fd, token, interest);
    }

    @Override
    public void modify(int fd, long token, int interest) throws SystemCallException {
        control(EPOLL_CTL_MOD, fd, token, interest);
    }

    @Override
    public void remove(int fd) throws SystemCallException {
        control(EPOLL_CTL_DEL, fd, 0, 0);
    }

    private void control(int operation, int fd, long token, int interest) throws SystemCallException {
        int wanted = ((interest & READ) != 0 ? EPOLLIN : 0) | ((interest & WRITE) != 0 ? EPOLLOUT : 0);
        controlEvent.putInt(0, wanted).putLong(DATA, token);
        check("epoll_ctl", library.result(libc.epoll_ctl(epoll, operation, fd, control.address())));
    }

    @Override
    public int await(int timeoutMillis) throws SystemCallException {
        int n = libc.epoll_wait(epoll, events.address(), MAX_EVENTS, timeoutMillis);
        if (n >= 0) {
            return n;
        }
        int error = library.result(n);
        return error == -Errno.EINTR ? 0 : check("epoll_wait", error);
    }

    @Override
    public long token(int index) {
        return event.getLong(index * EVENT_SIZE + DATA);
    }

    @Override
    public int ready(int index) {
        int bits = event.getInt(index * EVENT_SIZE);
        return (bits & EPOLLIN | (bits & EPOLLOUT) >> 1) | ((bits & (EPOLLERR | EPOLLHUP)) != 0 ? READ | WRITE : 0);
    }

    @Override
    public void wakeup() {
        synchronized (wakeLock) {
            if (wakeFd >= 0) {
                addOne();
            }
        }
    }

    /** EAGAIN says that the counter is full, which is a wakeup too; nothing else is a passing error of eventfd(2). */
    private void addOne() {
        int result = -Errno.EAGAIN;
        for (int attempt = 0; attempt < WAKEUP_ATTEMPTS && result < 0; attempt++) {
            result = library.result((int) libc.write(wakeFd, one.address(), Long.BYTES));
        }
        if (result < 0 && result != -Errno.EAGAIN) {
            throw new UncheckedIOException("The loop could not be woken", new SystemCallException("write", -result));
        }
    }

    @Override
    public void woken() throws SystemCallException {
        int result = library.read(wakeFd, control.address(), Long.BYTES);
        if (result != -Errno.EAGAIN) {
            check("read", result);
        }
    }

    @Override
    public void close() {
        synchronized (wakeLock) {
            libc.close(wakeFd);
            wakeFd = -1;
            one.free();
        }
        libc.close(epoll);
        events.free();
        control.free();
        sockets.close();
    }
}
