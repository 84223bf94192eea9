package io.evio.faults;

import com.kenai.jffi.MemoryIO;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.LinuxLibc;
import io.evio.internal.sys.SystemLibrary;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * The C library of a server under test: makes the real calls, and fails those that its {@link Plan} says, without
 * making them. Made all the same are close(2), as Linux releases the descriptor whatever it returns, and a connect(2)
 * that says it goes on.
 */
final class FaultyLibc implements LinuxLibc {

    /** The calls that fail, and those that move less than they might. Asked from any thread. */
    interface Plan {

        /** Everything is as it is. */
        Plan NONE = (call, nth) -> 0;

        /**
         * @param nth how many of its kind have been made since the plan was set, this one included
         * @return the errno to fail it with, 0 to make it
         */
        int errno(Call call, int nth);

        /** Returns how many bytes a read or write of a connection may move, at most {@code count}. */
        default long limit(Call call, long count) {
            return count;
        }
    }

    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUF = 7;
    private static final int SO_ERROR = 4;

    /** The errors of connect(2) after which a connection is being made. */
    private static final Set<Integer> GOING_ON = Set.of(Errno.EINTR, Errno.EINPROGRESS);

    private final SystemLibrary<LinuxLibc> real = SystemLibrary.linux();
    private final LinuxLibc libc = real.calls();

    /** Returns the errno with which the calling thread's last call failed by plan; 0 when it was made. */
    private final ThreadLocal<int[]> injected = ThreadLocal.withInitial(() -> new int[1]);

    private final AtomicIntegerArray counts = new AtomicIntegerArray(Call.values().length);
    private final AtomicInteger failures = new AtomicInteger();
    private volatile Plan plan = Plan.NONE;

    /** The name of the thread whose calls are made, and not counted. */
    private volatile String spared = "";

    private volatile long sendBuffer;

    /** To build a server over. */
    SystemLibrary<LinuxLibc> library() {
        return new SystemLibrary<>(this, () -> {
            int errno = injected.get()[0];
            return errno != 0 ? errno : real.errno().getAsInt();
        });
    }

    /** Goes by this plan from here on, and counts anew. */
    void set(Plan next) {
        set(next, "");
    }

    /** Goes by this plan from here on for all threads but the one of this name, and counts anew. */
    void set(Plan next, String butFor) {
        plan = Plan.NONE;
        spared = butFor;
        for (int i = 0; i < counts.length(); i++) {
            counts.set(i, 0);
        }
        failures.set(0);
        plan = next;
    }

    /** Returns how many calls of the kind have been made since the plan was set. */
    int count(Call call) {
        return counts.get(call.ordinal());
    }

    /** Returns how many calls have failed by plan since it was set. */
    int failures() {
        return failures.get();
    }

    /**
     * Gives accepted sockets the send buffer of this block's first four bytes from here on, so that a little output is
     * pending soon.
     */
    void sendBuffer(long address) {
        sendBuffer = address;
    }

    private boolean fails(Call call) {
        if (Thread.currentThread().getName().equals(spared)) {
            injected.get()[0] = 0;
            return false;
        }
        int nth = counts.incrementAndGet(call.ordinal());
        int errno = plan.errno(call, nth);
        injected.get()[0] = errno;
        if (errno != 0) {
            failures.incrementAndGet();
        }
        return errno != 0;
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return fails(Call.SOCKET) ? -1 : libc.socket(domain, type, protocol);
    }

    @Override
    public int bind(int fd, long address, int length) {
        return fails(Call.BIND) ? -1 : libc.bind(fd, address, length);
    }

    @Override
    public int listen(int fd, int backlog) {
        return fails(Call.LISTEN) ? -1 : libc.listen(fd, backlog);
    }

    @Override
    public int connect(int fd, long address, int length) {
        boolean fails = fails(Call.CONNECT);
        if (fails && !GOING_ON.contains(injected.get()[0])) {
            return -1;
        }
        int result = libc.connect(fd, address, length);
        return fails ? -1 : result;
    }

    @Override
    public int getsockname(int fd, long address, long length) {
        return fails(Call.GETSOCKNAME) ? -1 : libc.getsockname(fd, address, length);
    }

    @Override
    public int setsockopt(int fd, int level, int option, long value, int length) {
        return fails(Call.SETSOCKOPT) ? -1 : libc.setsockopt(fd, level, option, value, length);
    }

    @Override
    public int getsockopt(int fd, int level, int option, long value, long length) {
        if (level != SOL_SOCKET || option != SO_ERROR) {
            return libc.getsockopt(fd, level, option, value, length);
        }
        if (fails(Call.GETSOCKOPT)) {
            return -1;
        }
        int result = libc.getsockopt(fd, level, option, value, length);
        if (fails(Call.SO_ERROR)) {
            MemoryIO.getInstance().putInt(value, injected.get()[0]);
        }
        return result;
    }

    @Override
    public long read(int fd, long buffer, long count) {
        return fails(Call.EVENTFD_READ) ? -1 : libc.read(fd, buffer, count);
    }

    @Override
    public long write(int fd, long buffer, long count) {
        return fails(Call.EVENTFD_WRITE) ? -1 : libc.write(fd, buffer, count);
    }

    @Override
    public long recv(int fd, long buffer, long length, int flags) {
        return fails(Call.RECV) ? -1 : libc.recv(fd, buffer, plan.limit(Call.RECV, length), flags);
    }

    @Override
    public long send(int fd, long buffer, long length, int flags) {
        return fails(Call.SEND) ? -1 : libc.send(fd, buffer, plan.limit(Call.SEND, length), flags);
    }

    /** A short one writes only of the first vector, which has at least a byte. */
    @Override
    public long writev(int fd, long vectors, int count) {
        if (fails(Call.WRITEV)) {
            return -1;
        }
        long limit = plan.limit(Call.WRITEV, Long.MAX_VALUE);
        return limit == Long.MAX_VALUE ? libc.writev(fd, vectors, count) : writeOneByte(fd, vectors);
    }

    private long writeOneByte(int fd, long vectors) {
        return libc.write(fd, MemoryIO.getInstance().getLong(vectors), 1);
    }

    @Override
    public int shutdown(int fd, int how) {
        return fails(Call.SHUTDOWN) ? -1 : libc.shutdown(fd, how);
    }

    @Override
    public int close(int fd) {
        int result = libc.close(fd);
        return fails(Call.CLOSE) ? -1 : result;
    }

    /** Linux does without it. */
    @Override
    public int fcntl(int fd, int command, long argument) {
        return libc.fcntl(fd, command, argument);
    }

    @Override
    public int fchmod(int fd, int mode) {
        return fails(Call.FCHMOD) ? -1 : libc.fchmod(fd, mode);
    }

    /** Linux does without it. */
    @Override
    public int chmod(long path, int mode) {
        return libc.chmod(path, mode);
    }

    @Override
    public long malloc(long size) {
        return fails(Call.MALLOC) ? 0 : libc.malloc(size);
    }

    @Override
    public void free(long address) {
        libc.free(address);
    }

    @Override
    public int accept4(int fd, long address, long length, int flags) {
        if (fails(Call.ACCEPT4)) {
            return -1;
        }
        int accepted = libc.accept4(fd, address, length, flags);
        if (accepted >= 0 && sendBuffer != 0) {
            libc.setsockopt(accepted, SOL_SOCKET, SO_SNDBUF, sendBuffer, Integer.BYTES);
        }
        return accepted;
    }

    @Override
    public int epoll_create1(int flags) {
        return fails(Call.EPOLL_CREATE1) ? -1 : libc.epoll_create1(flags);
    }

    @Override
    public int epoll_ctl(int epoll, int operation, int fd, long event) {
        Call call = operation == EPOLL_CTL_ADD
                ? Call.EPOLL_CTL_ADD
                : operation == EPOLL_CTL_DEL ? Call.EPOLL_CTL_DEL : Call.EPOLL_CTL_MOD;
        return fails(call) ? -1 : libc.epoll_ctl(epoll, operation, fd, event);
    }

    @Override
    public int epoll_wait(int epoll, long events, int maxEvents, int timeoutMillis) {
        return fails(Call.EPOLL_WAIT) ? -1 : libc.epoll_wait(epoll, events, maxEvents, timeoutMillis);
    }

    @Override
    public int eventfd(int initial, int flags) {
        return fails(Call.EVENTFD) ? -1 : libc.eventfd(initial, flags);
    }

    /** Those of the scheduler, of which only the one that reads is told a size. */
    @Override
    public long syscall(long number, long first, long second, long third, long fourth) {
        Call call = third != 0 ? Call.SCHED_GETATTR : Call.SCHED_SETATTR;
        return fails(call) ? -1 : libc.syscall(number, first, second, third, fourth);
    }
}
