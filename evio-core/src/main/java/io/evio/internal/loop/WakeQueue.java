package io.evio.internal.loop;

import io.evio.internal.poll.Poller;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The sources that other threads, or events, want the loop to look at.
 *
 * <p>Any number of threads push, the loop thread takes. It is a stack linked through the sources themselves, so a push
 * allocates nothing; a source is in it at most once, by a flag of its own. No push is lost: the loop clears
 * {@link #notified} before it takes, so that a push it does not see wakes it again.
 */
final class WakeQueue {

    /** The top of the stack once the loop is over. */
    private static final Source CLOSED = new Source(0, -1) {
        @Override
        protected void failed(OutOfMemoryError cause) {}

        @Override
        protected void cutOff(@Nullable IOException cause) {}
    };

    private final Poller poller;
    private final Thread loopThread;
    private final AtomicReference<@Nullable Source> head = new AtomicReference<>();

    /** True while the poller has been woken and the loop has not yet seen it: at most one eventfd write per turn. */
    private final AtomicBoolean notified = new AtomicBoolean();

    /** True when the last wakeup has failed, so that the loop may not know of what is in the queue. */
    private volatile boolean missed;

    WakeQueue(Poller poller, Thread loopThread) {
        this.poller = poller;
        this.loopThread = loopThread;
    }

    /**
     * From any thread. On the loop thread no system call is made: the loop looks at {@link #isEmpty} before it waits.
     *
     * @return false when the loop is over
     */
    boolean push(Source source) {
        Source top;
        do {
            top = head.get();
            if (top == CLOSED) {
                return false;
            }
            source.nextWoken = top;
        } while (!head.compareAndSet(top, source));
        if (Thread.currentThread() != loopThread) {
            notifyLoop();
        }
        return true;
    }

    /** Ends the loop's wait. From any thread. */
    void notifyLoop() {
        if (!notified.get() && notified.compareAndSet(false, true)) {
            missed = true;
            try {
                poller.wakeup();
                missed = false;
            } finally {
                if (missed) {
                    // The caller knows; what it has pushed stays, and whoever comes next tries again.
                    notified.set(false);
                }
            }
        }
    }

    /** A source that is in the queue already wants more: the loop knows of it, unless a wakeup has failed. */
    void pushedBefore() {
        if (missed && Thread.currentThread() != loopThread) {
            notifyLoop();
        }
    }

    boolean isEmpty() {
        return head.get() == null;
    }

    /** The poller reported the wakeup: from here on a push wakes it again. */
    void woken() throws SystemCallException {
        poller.woken();
        notified.set(false);
    }

    /** Takes all, the first that came first, linked by {@link Source#nextWoken}; null when there is none. */
    @Nullable
    Source takeAll() {
        return inOrder(head.getAndSet(null));
    }

    /** Takes all for the last time: from here on nothing can be pushed. */
    @Nullable
    Source close() {
        Source last = head.getAndSet(CLOSED);
        return last == CLOSED ? null : inOrder(last);
    }

    private static @Nullable Source inOrder(@Nullable Source newest) {
        Source last = newest;
        Source first = null;
        while (last != null) {
            Source next = last.nextWoken;
            last.nextWoken = first;
            first = last;
            last = next;
        }
        return first;
    }
}
