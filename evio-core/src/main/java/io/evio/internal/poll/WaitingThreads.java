package io.evio.internal.poll;

import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Threads that wait until handles of theirs are ready: each parks, and one daemon thread waits for all of them by a
 * native poller.
 *
 * <p>A virtual thread that parks leaves its carrier to others; one that waits in a system call would hold it. Locks are
 * {@link ReentrantLock}s for the same reason: before JDK 24 a virtual thread also holds its carrier while it has a
 * monitor.
 *
 * <p>The poller is opened when the first thread has to wait, and closed when every handle that was waited for is
 * released. A handle is registered only while a thread waits for it, so that it is out of the poller before it is
 * closed.
 */
public final class WaitingThreads {

    /** Opens the poller. */
    public interface Opener {
        Poller open() throws SystemCallException;
    }

    /** One thread that waits. */
    private static final class Waiter {
        final Thread thread = Thread.currentThread();
        volatile boolean woken;

        /** The reason why the poller has failed; written before {@link #woken}. */
        @Nullable
        Throwable failure;
    }

    private final String threadName;
    private final Opener opener;
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * The registered handles by their tokens, which are never used again as descriptors are. Guarded by lock, as all
     * below.
     */
    private final Map<Long, Handle> registered = new HashMap<>();

    private long lastToken;

    /** The number of handles that have been waited for and are not released. */
    private int users;

    /** Null while no thread runs. */
    private @Nullable Poller poller;

    /** @param threadName the name of the thread that waits for all */
    public WaitingThreads(String threadName, Opener opener) {
        this.threadName = threadName;
        this.opener = opener;
    }

    /** A handle that threads may wait for, one of them for input and one for room; from any thread. */
    public final class Handle {

        private final int descriptor;
        private long token;
        private int interest;
        private @Nullable Waiter reader;
        private @Nullable Waiter writer;
        private boolean ended;

        private Handle(int descriptor) {
            this.descriptor = descriptor;
        }

        /**
         * Parks the calling thread until the handle is ready, {@link #end} is called or the thread is interrupted. It
         * may return without any of these, so the caller looks again.
         *
         * @param wanted {@link Poller#READ} or {@link Poller#WRITE}
         * @throws IOException when there can be no poller, or it does not take the handle, or it failed meanwhile
         */
        public void await(int wanted) throws IOException {
            Waiter waiter = new Waiter();
            lock.lock();
            try {
                if (ended) {
                    return;
                }
                watch(this, opened(this), interest | wanted);
                if (wanted == Poller.READ) {
                    reader = waiter;
                } else {
                    writer = waiter;
                }
            } finally {
                lock.unlock();
            }
            while (!waiter.woken && !waiter.thread.isInterrupted()) {
                LockSupport.park(this);
            }
            if (!waiter.woken) {
                stop(wanted);
            }
            if (waiter.failure != null) {
                throw new IOException("The poller has failed: " + waiter.failure.getMessage(), waiter.failure);
            }
        }

        /** Makes the threads that wait return, and those that come later return at once. */
        public void end() {
            lock.lock();
            try {
                ended = true;
                ready(this, Poller.READ | Poller.WRITE);
            } finally {
                lock.unlock();
            }
        }

        private void stop(int wanted) {
            lock.lock();
            try {
                ready(this, wanted);
            } finally {
                lock.unlock();
            }
        }

        /** Gives up the handle, right before it is closed and once no thread waits for it any more. */
        public void release() {
            lock.lock();
            try {
                ended = true;
                ready(this, Poller.READ | Poller.WRITE);
                registered.remove(token);
                if (token != 0 && --users == 0 && poller != null) {
                    poller.wakeup();
                }
            } catch (UncheckedIOException e) {
                // The poller idles until the next handle is waited for.
            } finally {
                lock.unlock();
            }
        }
    }

    /** Makes no call: that is left to the first wait. */
    public Handle handle(int descriptor) {
        return new Handle(descriptor);
    }

    /** The poller, opened if need be, of which the handle is a user from now on. */
    private Poller opened(Handle handle) throws IOException {
        Poller current = poller;
        if (current == null) {
            current = open();
            poller = current;
        }
        if (handle.token == 0) {
            handle.token = ++lastToken;
            users++;
        }
        return current;
    }

    private Poller open() throws IOException {
        Poller opened = null;
        try {
            opened = opener.open();
            Poller own = opened;
            Thread thread = new Thread(null, () -> run(own), threadName, 0, false);
            thread.setDaemon(true);
            thread.start();
            return opened;
        } catch (OutOfMemoryError e) {
            if (opened != null) {
                opened.close();
            }
            throw new IOException("There is no memory left to wait: " + e.getMessage(), e);
        }
    }

    private void watch(Handle handle, Poller own, int wanted) throws SystemCallException {
        if (wanted == handle.interest) {
            return;
        }
        if (wanted == 0) {
            own.remove(handle.descriptor);
            registered.remove(handle.token);
        } else if (handle.interest == 0) {
            own.add(handle.descriptor, handle.token, wanted);
            registered.put(handle.token, handle);
        } else {
            own.modify(handle.descriptor, handle.token, wanted);
        }
        handle.interest = wanted;
    }

    private void run(Poller own) {
        try {
            int count;
            do {
                count = own.await(-1);
            } while (serve(own, count));
        } catch (Throwable t) {
            fail(t);
        } finally {
            own.close();
        }
    }

    /**
     * Wakes those whose handles are ready; false when there are no more users, and the next one opens a poller anew.
     */
    private boolean serve(Poller own, int count) throws SystemCallException {
        lock.lock();
        try {
            for (int i = 0; i < count; i++) {
                long token = own.token(i);
                if (token == Poller.WAKEUP) {
                    own.woken();
                    continue;
                }
                Handle handle = registered.get(token);
                if (handle != null) {
                    ready(handle, own.ready(i));
                }
            }
            if (users == 0) {
                poller = null;
            }
            return users > 0;
        } finally {
            lock.unlock();
        }
    }

    private void ready(Handle handle, int ready) {
        try {
            if (poller != null && handle.interest != 0) {
                watch(handle, poller, handle.interest & ~ready);
            }
        } catch (SystemCallException e) {
            // It stays registered: its next event tries again, and closing it takes it out of the kernel's list.
        }
        if ((ready & Poller.READ) != 0) {
            handle.reader = woken(handle.reader, null);
        }
        if ((ready & Poller.WRITE) != 0) {
            handle.writer = woken(handle.writer, null);
        }
    }

    private static @Nullable Waiter woken(@Nullable Waiter waiter, @Nullable Throwable failure) {
        if (waiter != null) {
            waiter.failure = failure;
            waiter.woken = true;
            LockSupport.unpark(waiter.thread);
        }
        return null;
    }

    /** Tells all that wait, and leaves it to the next one to open another poller. */
    private void fail(Throwable failure) {
        lock.lock();
        try {
            poller = null;
            for (Handle handle : List.copyOf(registered.values())) {
                handle.interest = 0;
                handle.reader = woken(handle.reader, failure);
                handle.writer = woken(handle.writer, failure);
            }
            registered.clear();
        } finally {
            lock.unlock();
        }
    }
}
