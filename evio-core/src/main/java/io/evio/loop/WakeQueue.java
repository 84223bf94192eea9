package io.evio.loop;

import io.evio.poll.Poller;
import io.evio.sys.SystemCallException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The connections that other threads, or events, want the loop to look at.
 *
 * <p>Any number of threads push, the loop thread takes. It is a stack linked through the connections themselves, so a push
 * allocates nothing; a connection is in it once at the most, by its own flag. No push is lost: the loop clears
 * {@link #notified} before it takes, so that a push it does not see wakes it again.
 */
final class WakeQueue {

    private final Poller poller;
    private final Thread loopThread;
    private final AtomicReference<@Nullable LoopConnection> head = new AtomicReference<>();

    /** Whether the poller has been woken and the loop has not yet seen it: at most one eventfd write a turn. */
    private final AtomicBoolean notified = new AtomicBoolean();

    /** Whether the last wakeup has failed, so that the loop may not know of what is in the queue. */
    private volatile boolean missed;

    WakeQueue(Poller poller, Thread loopThread) {
        this.poller = poller;
        this.loopThread = loopThread;
    }

    /** From any thread. On the loop thread no system call is made: the loop looks at {@link #isEmpty} before it waits. */
    void push(LoopConnection connection) {
        LoopConnection top;
        do {
            top = head.get();
            connection.nextWoken = top;
        } while (!head.compareAndSet(top, connection));
        if (Thread.currentThread() != loopThread) {
            notifyLoop();
        }
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

    /** A connection that is in the queue already wants more: the loop knows of it, unless a wakeup has failed. */
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

    /** Takes all, first come first, linked by {@link LoopConnection#nextWoken}; null when there is none. */
    @Nullable
    LoopConnection takeAll() {
        LoopConnection last = head.getAndSet(null);
        LoopConnection first = null;
        while (last != null) {
            LoopConnection next = last.nextWoken;
            last.nextWoken = first;
            first = last;
            last = next;
        }
        return first;
    }
}
