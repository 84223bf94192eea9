package io.evio.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * What others ask of a connection: wakes, sends, closes and the end of work off the loop. Given from any thread, taken by
 * the loop through its {@link WakeQueue}. Part of the connection's own object, because there are many.
 */
abstract sealed class Mailbox permits LoopConnection {

    /** In the wake queue. */
    static final int QUEUED = 1;

    /** Wants a {@code data} event. */
    static final int WAKE = 1 << 1;

    /** Wants what is in {@link #sends} sent. */
    static final int SEND = 1 << 2;

    /** Wants to be closed. */
    static final int CLOSE = 1 << 3;

    /** More was sent from outside than may be pending. */
    static final int OVERFLOW = 1 << 4;

    /** Has its {@link #completion}. */
    static final int COMPLETE = 1 << 5;

    /** No request is taken any more. */
    static final int ENDED = 1 << 6;

    private static final VarHandle REQUESTS;
    private static final VarHandle SENDS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            REQUESTS = lookup.findVarHandle(Mailbox.class, "requests", int.class);
            SENDS = lookup.findVarHandle(Mailbox.class, "sends", Send.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final Origin origin;

    /** Guards nothing: written by whoever set {@link #QUEUED}, read by the loop that takes the queue. */
    @Nullable
    LoopConnection nextWoken;

    private volatile int requests;
    private volatile @Nullable Send sends;

    /** What to do on the loop once the work is done; written before {@link #COMPLETE} is asked for. */
    private volatile @Nullable Completion completion;

    /** Bytes sent from outside an event, newest first, with the sum of all of them. */
    record Send(byte[] bytes, long total, @Nullable Send older) {}

    Mailbox(Origin origin) {
        this.origin = origin;
    }

    /** Whose it is. By way of the origin, because a reference in each of many connections adds up. */
    final EventLoop loop() {
        return origin.loop();
    }

    public boolean wake() {
        return request(WAKE);
    }

    public boolean close() {
        return request(CLOSE);
    }

    /** @param bytes not copied: no longer the caller's */
    public boolean send(byte[] bytes) {
        Send older;
        Send newer;
        do {
            if ((requests & ENDED) != 0) {
                return false;
            }
            older = sends;
            long total = bytes.length + (older == null ? 0 : older.total);
            if (total > loop().config().maxPendingOutput()) {
                request(OVERFLOW);
                return false;
            }
            newer = new Send(bytes, total, older);
        } while (!SENDS.compareAndSet(this, older, newer));
        return request(SEND);
    }

    /**
     * The work is done. From any thread.
     *
     * @return false when the connection has ended meanwhile, and nothing will be called
     */
    public boolean complete(Completion completion) {
        this.completion = completion;
        boolean asked = request(COMPLETE);
        if (!asked) {
            this.completion = null;
        }
        return asked;
    }

    /** Whether requests are refused: the end is decided or has come. From any thread. */
    public boolean hasEnded() {
        return (requests & ENDED) != 0;
    }

    boolean request(int what) {
        int wanted = what | QUEUED;
        if ((requests & (wanted | ENDED)) == wanted) {
            loop().wakes().pushedBefore();
            return true;
        }
        int before = (int) REQUESTS.getAndBitwiseOr(this, wanted);
        if ((before & ENDED) != 0) {
            return false;
        }
        if ((before & QUEUED) == 0) {
            loop().wakes().push((LoopConnection) this);
        } else {
            loop().wakes().pushedBefore();
        }
        return true;
    }

    /** The loop has taken this from the queue: what was asked for, which may be asked for again from here on. */
    int takeRequests() {
        return (int) REQUESTS.getAndBitwiseAnd(this, ENDED);
    }

    /** The bytes sent from outside since the last call, oldest first by {@link Send#older} turned around. */
    @Nullable
    Send takeSends() {
        Send newest = (Send) SENDS.getAndSet(this, (Send) null);
        Send oldest = null;
        while (newest != null) {
            oldest = new Send(newest.bytes, newest.total, oldest);
            newest = newest.older;
        }
        return oldest;
    }

    /** From here on every request is answered with false; what was sent before is still to be taken. */
    void endRequests() {
        REQUESTS.getAndBitwiseOr(this, ENDED);
    }

    /** Ends requests, as {@link #endRequests}, unless there is one to be served: then it does nothing and returns false. */
    boolean endRequestsIfNone() {
        return REQUESTS.compareAndSet(this, 0, ENDED);
    }

    @Nullable
    Completion takeCompletion() {
        Completion taken = completion;
        completion = null;
        return taken;
    }

    /** Throws away what others have given and the loop has not taken. */
    void forgetRequests() {
        sends = null;
        completion = null;
    }
}
