package io.evio.internal.loop;

import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A thing that the poller watches: a handle, what it is watched for, and a deadline. Listeners and connections are
 * sources; the loop knows them as nothing else.
 *
 * <p>Every method is called on the loop's thread. A {@link SystemCallException} from one of them ends the loop; after
 * an {@link OutOfMemoryError} the loop calls {@link #failed}.
 */
public abstract class Source {

    /** A deadline that never comes. */
    public static final long NEVER = Long.MAX_VALUE;

    private final long id;
    private int handle;

    /** The position in {@link Deadlines}; -1 while there is no deadline. */
    int deadlineSlot = -1;

    /** The time at which {@link #expired} is due, on the loop's clock. */
    long deadline = NEVER;

    /** The link of {@link WakeQueue}. Written by the thread that pushes the source, read by the loop that takes it. */
    @Nullable
    Source nextWoken;

    /** The readiness that the poller watches for; 0 while it does not know the handle. */
    byte interest;

    /**
     * @param id greater than 0 and never used twice by the loop; 0 for a source that is not a connection
     * @param handle -1 for a source that the poller never watches, or does not yet
     */
    protected Source(long id, int handle) {
        this.id = id;
        this.handle = handle;
    }

    public final long id() {
        return id;
    }

    public final int handle() {
        return handle;
    }

    /** Gives a source that was made without one its handle. Before the loop and the poller know it. */
    protected final void setHandle(int handle) {
        this.handle = handle;
    }

    /**
     * Returns what the poller watches for, in bits of {@link io.evio.internal.poll.Poller}; 0 while it does not know
     * the handle.
     */
    public final int interest() {
        return interest;
    }

    /** Returns when {@link #expired} is due, on the loop's clock; {@link #NEVER} when it is not. */
    protected final long deadline() {
        return deadline;
    }

    /**
     * Comes back with the poller's events: the handle finds the source, the id tells it from a later one with that
     * handle.
     */
    final long token() {
        return id << 32 | handle;
    }

    /** The loop begins to run. A failure fails the start. */
    protected void begin() throws SystemCallException {}

    /** The poller reported {@code ready}, of what it was asked to watch for. */
    protected void ready(int ready) throws SystemCallException {}

    /** Some thread has called {@link EventLoop#wake}. */
    protected void woken() throws SystemCallException {}

    /** The deadline is over. The source has none from here on, unless it sets the next one. */
    protected void expired() throws SystemCallException {}

    /** There was no memory for what the source had to do. */
    protected abstract void failed(OutOfMemoryError cause);

    /**
     * The loop begins to end: takes what has arrived by now. Called for all sources before {@link #stop} is called for
     * any.
     *
     * @param graceful whether the end was asked for from outside an event, with a grace period
     */
    protected void prepareStop(boolean graceful) throws SystemCallException {}

    /**
     * The loop begins to end: the source is to end too, within the grace period.
     *
     * @param graceful whether there is a grace period
     * @param lastReads how often a connection may still be read, for what had arrived by now
     */
    protected void stop(boolean graceful, int lastReads) {}

    /**
     * The loop is over: the source ends now, whatever it still has. Called for one that was woken even if it was never
     * added.
     *
     * @param cause what made the loop fail, or null
     */
    protected abstract void cutOff(@Nullable IOException cause);
}
