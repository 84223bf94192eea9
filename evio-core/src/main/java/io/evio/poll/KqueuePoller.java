package io.evio.poll;

import static io.evio.sys.KeventLayout.EV_ADD;
import static io.evio.sys.KeventLayout.EV_CLEAR;
import static io.evio.sys.KeventLayout.EV_DELETE;
import static io.evio.sys.KeventLayout.EV_EOF;
import static io.evio.sys.KeventLayout.EV_ERROR;
import static io.evio.sys.KeventLayout.EV_RECEIPT;
import static io.evio.sys.KeventLayout.NOTE_TRIGGER;
import static io.evio.sys.SystemCallException.check;

import io.evio.sys.Block;
import io.evio.sys.Errno;
import io.evio.sys.KeventLayout;
import io.evio.sys.KqueueLibc;
import io.evio.sys.KqueueSystem;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import io.evio.sys.SystemLibrary;
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

    private static final int TIMESPEC_SIZE = 16;

    private final KqueueLibc libc;
    private final SystemLibrary<? extends KqueueLibc> library;
    private final KeventLayout layout;
    private final Sockets sockets;
    private final int queue;

    /** What {@link #await} filled. */
    private final Block events;

    private final ByteBuffer event;

    /** The two changes of a handle, in whose place kevent(2) leaves their receipts. */
    private final Block changes;

    private final ByteBuffer change;

    /** How long to wait, and behind it no time at all. */
    private final Block times;

    private final ByteBuffer time;

    private final long noTime;

    /** What each handle is watched for, by its number. */
    private byte[] watched = new byte[64];

    /** The change that triggers the wake's event, or the byte that goes through its pipe. */
    private final Block wake;

    private final Object wakeLock = new Object();

    /** The two ends of the pipe, if that is how it is woken; -1 otherwise. */
    private int pipeIn = -1;

    private int pipeOut = -1;

    /** Guarded by {@link #wakeLock}, so that no late wake reaches a descriptor that is used again. */
    private boolean open = true;

    KqueuePoller(KqueueSystem system, SystemLibrary<? extends KqueueLibc> library) throws SystemCallException {
        this.library = library;
        this.libc = library.calls();
        this.layout = system.layout();
        this.queue = check("kqueue", result(libc.kqueue()));
        this.sockets = system.sockets(library, this::forget);
        this.events = sockets.memory().allocate(MAX_EVENTS * layout.size());
        this.event = events.buffer().order(ByteOrder.nativeOrder());
        this.changes = sockets.memory().allocate(2 * layout.size());
        this.change = changes.buffer().order(ByteOrder.nativeOrder());
        this.times = sockets.memory().allocate(2 * TIMESPEC_SIZE);
        this.time = times.buffer().order(ByteOrder.nativeOrder());
        this.noTime = times.address() + TIMESPEC_SIZE;
        this.wake = sockets.memory().allocate(layout.size());
        time.putLong(TIMESPEC_SIZE, 0).putLong(TIMESPEC_SIZE + 8, 0);
        try {
            // What is forked does not inherit it, see kqueue(2); this is for what is started without.
            check("fcntl", result(system.setCloseOnExec(libc, queue)));
            if (system.hasUserEvents()) {
                layout.put(change, 0, WAKE_IDENT, layout.user(), EV_ADD | EV_CLEAR | EV_RECEIPT, 0, WAKEUP);
                apply(1);
                layout.put(order(wake), 0, WAKE_IDENT, layout.user(), 0, NOTE_TRIGGER, WAKEUP);
            } else {
                openPipe(system);
            }
        } catch (SystemCallException e) {
            close();
            throw e;
        }
    }

    private void openPipe(KqueueSystem system) throws SystemCallException {
        check("pipe", result(libc.pipe(wake.address())));
        pipeIn = order(wake).getInt(0);
        pipeOut = order(wake).getInt(4);
        for (int end : new int[] {pipeIn, pipeOut}) {
            check("fcntl", result(system.setCloseOnExec(libc, end)));
            check("fcntl", result(system.setNonBlocking(libc, end)));
        }
        add(pipeIn, WAKEUP, READ);
    }

    private static ByteBuffer order(Block block) {
        return block.buffer().order(ByteOrder.nativeOrder());
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
        int count = 0;
        for (int filter = READ; filter <= WRITE; filter++) {
            if ((differing & filter) != 0) {
                int action = (interest & filter) != 0 ? EV_ADD : EV_DELETE;
                int value = filter == READ ? layout.read() : layout.write();
                layout.put(change, count++, fd, value, action | EV_RECEIPT, 0, token);
            }
        }
        apply(count);
        watched[fd] = (byte) interest;
    }

    /**
     * Makes the changes. Each asks for a receipt: without, the first that fails would keep the next from being made, and
     * events that are ready would come instead of the answers.
     */
    private void apply(int count) throws SystemCallException {
        long array = changes.address();
        int n = check("kevent", result(libc.kevent(queue, array, count, array, count, noTime)));
        for (int i = 0; i < n; i++) {
            if ((layout.flags(change, i) & EV_ERROR) != 0 && layout.data(change, i) != 0) {
                throw new SystemCallException("kevent", (int) layout.data(change, i));
            }
        }
    }

    private int filter(ByteBuffer array, int index) {
        return layout.filter(array, index) == layout.write() ? WRITE : READ;
    }

    @Override
    public int await(int timeoutMillis) throws SystemCallException {
        long wait = 0;
        if (timeoutMillis >= 0) {
            time.putLong(0, timeoutMillis / 1000).putLong(8, timeoutMillis % 1000 * 1_000_000L);
            wait = times.address();
        }
        int n = libc.kevent(queue, 0, 0, events.address(), MAX_EVENTS, wait);
        if (n >= 0) {
            return n;
        }
        int error = result(n);
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
        int filter = filter(event, index);
        boolean broken = (flags & EV_ERROR) != 0
                || (flags & EV_EOF) != 0 && (filter == WRITE || layout.fflags(event, index) != 0);
        return broken ? READ | WRITE : filter;
    }

    @Override
    public void wakeup() {
        synchronized (wakeLock) {
            if (!open) {
                return;
            }
            if (pipeOut >= 0) {
                sockets.write(pipeOut, wake, 0, 1);
            } else {
                libc.kevent(queue, wake.address(), 1, 0, 0, noTime);
            }
        }
    }

    /** An event of EV_CLEAR is over when it is reported; what is in a pipe has to be read. */
    @Override
    public void woken() {
        if (pipeIn >= 0) {
            sockets.read(pipeIn, changes, 0, changes.capacity());
        }
    }

    /** For the {@link Sockets} of libkqueue: takes out a handle that is about to be closed. From any thread. */
    private void forget(int fd) {
        synchronized (wakeLock) {
            if (open) {
                Block farewell = sockets.memory().allocate(2 * layout.size());
                layout.put(order(farewell), 0, fd, layout.read(), EV_DELETE | EV_RECEIPT, 0, 0);
                layout.put(order(farewell), 1, fd, layout.write(), EV_DELETE | EV_RECEIPT, 0, 0);
                libc.kevent(queue, farewell.address(), 2, farewell.address(), 2, noTime);
                farewell.free();
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
            wake.free();
        }
        events.free();
        changes.free();
        times.free();
        sockets.close();
    }

    private int result(int returned) {
        return returned < 0 ? -library.errno().getAsInt() : returned;
    }
}
