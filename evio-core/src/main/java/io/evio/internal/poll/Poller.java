package io.evio.internal.poll;

import io.evio.internal.sys.Scheduler;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;

/**
 * The readiness of handles, level-triggered: a handle that is not served is reported again.
 *
 * <p>A handle is registered with a token that comes back with its events. A token carries more than the handle, because
 * an event of a batch may belong to a connection that an earlier event of the batch has closed. All methods belong to
 * the loop's thread, except {@link #wakeup}; with the native pollers other threads may also register while that thread
 * waits, one at a time.
 */
public interface Poller {

    /** Interest in input and in the peer's end of it. */
    int READ = 1;

    /** Interest in room for output. */
    int WRITE = 2;

    /** The token under which {@link #wakeup} is reported; no handle may be added with it. */
    long WAKEUP = -1;

    /** The mechanism's name as users write it: {@code epoll}, {@code kqueue} or {@code nio}. */
    String name();

    /** The socket calls that go with this poller's handles. */
    Sockets sockets();

    /**
     * Returns what settles which threads go first, the loop's or others. From any thread, also after {@link #close}.
     */
    default Scheduler scheduler() {
        return Scheduler.NONE;
    }

    /** Starts watching a handle. */
    void add(int handle, long token, int interest) throws SystemCallException;

    /** Replaces what is watched for. The token is the one that the handle was added with. */
    void modify(int handle, long token, int interest) throws SystemCallException;

    /** Stops watching a handle that stays open. Closing a handle does the same by itself. */
    void remove(int handle) throws SystemCallException;

    /**
     * Waits until something is ready, {@link #wakeup} is called or the time is over.
     *
     * @param timeoutMillis 0 looks and returns, -1 waits without end
     * @return how many events there are, to be asked for by index from 0; 0 also when a signal ended the wait
     */
    int await(int timeoutMillis) throws SystemCallException;

    /** The token of event {@code index} of the last {@link #await}. */
    long token(int index);

    /**
     * Returns what event {@code index} allows, in bits of {@link #READ} and {@link #WRITE}. An error or a hang-up sets
     * both: the next call on the handle says which.
     */
    int ready(int index);

    /**
     * Ends the current or the next {@link #await}. From any thread, also after {@link #close}, when it does nothing.
     *
     * @throws java.io.UncheckedIOException when the system does not let it
     */
    void wakeup();

    /**
     * Consumes what {@link #wakeup} left, when its token was reported; before what it announces is looked at. Until
     * then it may or may not be reported again.
     *
     * @throws SystemCallException when it cannot, and would be reported for ever
     */
    void woken() throws SystemCallException;

    /** Returns the time that the loop goes by, of a monotonic clock. From any thread. */
    default long nanoTime() {
        return System.nanoTime();
    }

    /** Releases the poller and its {@link #sockets}, not the handles. */
    void close();
}
