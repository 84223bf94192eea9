package io.evio.internal.stream;

/**
 * Times what a peer has to send: something at all, or the rest of what it has begun. The time in which the connection
 * is not read does not count. Made only where there is such a limit.
 */
final class InputWait {

    /** Once nothing is waited for. */
    private static final long NEVER = Stream.NEVER;

    private Limit limit = Limit.FIRST_INPUT_TIMEOUT;

    /** The rest of the time while it does not count; {@link #NEVER} while nothing is waited for. */
    private long left = NEVER;

    /** The end of the time; {@link #NEVER} while it does not count. */
    private long due = NEVER;

    /** Begins to wait, from now on if the connection is read. */
    void begin(Limit limit, long nanos) {
        this.limit = limit;
        left = nanos;
        due = NEVER;
    }

    /** Ends the wait: what was waited for has come. */
    void end() {
        left = NEVER;
        due = NEVER;
    }

    /** Says whether the connection is read from now on. */
    void count(boolean isRead, long now) {
        if (isRead && due == NEVER && left != NEVER) {
            due = now + left;
        } else if (!isRead && due != NEVER) {
            left = Math.max(0, due - now);
            due = NEVER;
        }
    }

    /** Returns whether something is waited for under this limit. */
    boolean isFor(Limit wanted) {
        return left != NEVER && limit == wanted;
    }

    Limit limit() {
        return limit;
    }

    /** Returns when the time is over; {@link Stream#NEVER} while it does not count. */
    long due() {
        return due;
    }
}
