package io.evio.internal.stream;

import io.evio.internal.loop.Source;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Takes what others ask of a stream: wakes, sends, work and closes. Given from any thread, taken by the loop when it
 * serves the source that was woken. Part of the stream's own object, because there are many.
 */
abstract sealed class Mailbox extends Source permits Stream {

    /** In the wake queue. */
    static final int QUEUED = 1;

    /** Wants a {@code data} event. */
    static final int WAKE = 1 << 1;

    /** Has {@link #mail}. */
    static final int MAIL = 1 << 2;

    /** Wants to be closed, from another thread than the loop's. */
    static final int CLOSE = 1 << 3;

    /** Wants to be closed, from an event. */
    static final int CLOSE_IN_EVENT = 1 << 4;

    /** More was sent from outside than may be pending. */
    static final int OVERFLOW = 1 << 5;

    /** Wants to end at once. */
    static final int ABORT = 1 << 6;

    /** Has the interest in it looked at anew. */
    static final int SETTLE = 1 << 7;

    /** Its layer has work left. */
    static final int LAYER = 1 << 8;

    /** Reads again: what was left unread is to be looked at. */
    static final int RESUME = 1 << 9;

    /** Its turn to stop has come, those before it having ended. */
    static final int STOP = 1 << 10;

    /** No send is taken any more, because our side ends. */
    static final int OUTPUT_ENDED = 1 << 11;

    /** No request is taken any more, except for {@link #LATE}. */
    static final int ENDED = 1 << 12;

    /** Nothing at all is taken any more. */
    static final int OVER = 1 << 13;

    /** The number of things that count as wakeups. */
    static final int WAKEUPS = WAKE | MAIL | CLOSE | CLOSE_IN_EVENT | OVERFLOW | ABORT;

    /** The sends that are still taken when the end is decided, and wait for pending output. */
    private static final int LATE = ABORT | SETTLE;

    private static final int LASTING = OUTPUT_ENDED | ENDED | OVER;

    private static final VarHandle REQUESTS;
    private static final VarHandle MAIL_HEAD;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            REQUESTS = lookup.findVarHandle(Mailbox.class, "requests", int.class);
            MAIL_HEAD = lookup.findVarHandle(Mailbox.class, "mail", Mail.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile int requests;
    private volatile @Nullable Mail mail;

    /** Bytes to send, or work to do; the newest first. Its link is turned around when the loop takes it. */
    abstract static sealed class Mail permits Send, Task {

        @Nullable
        Mail next;

        /** The bytes of this and all older mail. */
        long total;

        /** Returns how many bytes it holds until the loop takes it. */
        abstract int size();
    }

    /** Bytes that nobody changes any more. */
    static final class Send extends Mail {

        final byte[] bytes;
        final @Nullable Runnable whenSent;

        Send(byte[] bytes, @Nullable Runnable whenSent) {
            this.bytes = bytes;
            this.whenSent = whenSent;
        }

        @Override
        int size() {
            return bytes.length;
        }
    }

    /** Ends what belongs to a task. */
    enum Ends {
        NOTHING,
        /** Work off the loop that has held up the stream. */
        WORK,
        /** A piece of work off the loop beside which the stream went on. */
        PIECE
    }

    /** Work to do as an event. */
    static final class Task extends Mail {

        final Work work;

        /** The name of it in a log. */
        final String what;

        final Ends ends;

        Task(Work work, String what, Ends ends) {
            this.work = work;
            this.what = what;
            this.ends = ends;
        }

        @Override
        int size() {
            return 0;
        }
    }

    Mailbox(long id, int handle) {
        super(id, handle);
    }

    /** Has the loop serve this. */
    abstract void push();

    /** Has the loop woken again if it may not know that it is to serve this. */
    abstract void pushedBefore();

    /**
     * Leaves mail for the loop. From any thread.
     *
     * @param limit how many bytes all mail may have; beyond, the stream is asked to end with that
     * @return false when it is not taken
     */
    boolean post(Mail newest, long limit) {
        int refusing = newest instanceof Send ? ENDED | OUTPUT_ENDED : ENDED;
        Mail older;
        do {
            if ((requests & refusing) != 0) {
                return false;
            }
            older = mail;
            newest.next = older;
            newest.total = newest.size() + (older == null ? 0 : older.total);
            if (newest.total > limit) {
                request(OVERFLOW);
                return false;
            }
        } while (!MAIL_HEAD.compareAndSet(this, older, newest));
        return request(MAIL, refusing);
    }

    /** Asks for something. From any thread; false when the end is decided, or for {@link #LATE} when it has come. */
    boolean request(int what) {
        return request(what, (what & ~LATE) == 0 ? OVER : ENDED);
    }

    private boolean request(int what, int refusing) {
        int wanted = what | QUEUED;
        int before;
        do {
            before = requests;
            if ((before & refusing) != 0) {
                return false;
            }
        } while ((before & wanted) != wanted && !REQUESTS.compareAndSet(this, before, before | wanted));
        if ((before & QUEUED) == 0) {
            push();
        } else {
            pushedBefore();
        }
        return true;
    }

    /** Returns whether requests are refused: the end is decided or has come. From any thread. */
    public boolean hasEnded() {
        return (requests & ENDED) != 0;
    }

    /** Returns whether {@code closed} or {@code detached} has fired, or is about to. From any thread. */
    boolean isOver() {
        return (requests & OVER) != 0;
    }

    /** Returns whether something is asked for that the loop has not taken yet. */
    boolean hasRequest(int what) {
        return (requests & what) != 0;
    }

    /** The loop has taken this from the wake queue: what was asked for, which may be asked for again from here on. */
    int takeRequests() {
        return (int) REQUESTS.getAndBitwiseAnd(this, LASTING);
    }

    /** The mail since the last call, the oldest first, linked by {@link Mail#next}. */
    @Nullable
    Mail takeMail() {
        if (mail == null) {
            return null;
        }
        Mail newest = (Mail) MAIL_HEAD.getAndSet(this, (Mail) null);
        Mail oldest = null;
        while (newest != null) {
            Mail older = newest.next;
            newest.next = oldest;
            oldest = newest;
            newest = older;
        }
        return oldest;
    }

    /** From here on every send is answered with false; the mail before is still to be taken. */
    void endSends() {
        REQUESTS.getAndBitwiseOr(this, OUTPUT_ENDED);
    }

    /**
     * From here on every request but those of {@link #LATE} is answered with false; the mail before is still to be
     * taken.
     */
    void endRequests() {
        REQUESTS.getAndBitwiseOr(this, ENDED);
    }

    /** From here on every request is answered with false, and mail that was not taken is thrown away. */
    void endAll() {
        REQUESTS.getAndBitwiseOr(this, ENDED | OVER);
        mail = null;
    }

    /**
     * Ends requests, as {@link #endRequests}, unless there is one to be served: then it does nothing and returns false.
     */
    boolean endRequestsIfNone() {
        int none = requests & OUTPUT_ENDED;
        return REQUESTS.compareAndSet(this, none, none | ENDED);
    }
}
