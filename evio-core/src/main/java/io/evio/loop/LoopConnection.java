package io.evio.loop;

import io.evio.sys.Block;
import io.evio.sys.PeerAddress;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One connection, as the loop keeps it. Small, because there are many: addresses as numbers, buffers only while there is
 * something in them.
 *
 * <p>Owned by the loop thread, except {@link #requests}, {@link #sends} and {@link #nextWoken}, which other threads reach through
 * {@link #wake}, {@link #send} and {@link #close}.
 */
public final class LoopConnection {

    /** Where a connection is in its life; it only ever moves forward. */
    enum Phase {
        /** Reads and writes. */
        OPEN,
        /**
         * The peer has shut its writing side. What is pending goes out, and events that others ask for still fire, because
         * they may be about input that came before; then it ends.
         */
        HALF_CLOSED,
        /** Decided to end: only what is pending goes out, then {@link LoopConnection#ending} happens. */
        DRAINING,
        /** {@code closed} has fired and our side is shut; what the peer still sends is thrown away until it ends too. */
        LINGERING,
        /** Nothing of it is left but the object. */
        GONE
    }

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
    private static final VarHandle RECEIVED;
    private static final VarHandle SENT;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            REQUESTS = lookup.findVarHandle(LoopConnection.class, "requests", int.class);
            SENDS = lookup.findVarHandle(LoopConnection.class, "sends", Send.class);
            RECEIVED = lookup.findVarHandle(LoopConnection.class, "received", long.class);
            SENT = lookup.findVarHandle(LoopConnection.class, "sent", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final EventLoop loop;
    final Listener listener;
    final long id;
    final int handle;

    private final long peerHigh;
    private final long peerLow;
    private final int peerPortAndScope;
    private final @Nullable SocketAddress local;

    /** What the layer above made of this connection. */
    private @Nullable Object facade;

    Phase phase = Phase.OPEN;

    /** How a draining connection ends: {@link Verdict#CLOSE} or {@link Verdict#DETACH}. */
    Verdict ending = Verdict.NONE;

    /** The peer has shut its writing side: there is nothing more to read, in this phase or a later one. */
    boolean inputEnded;

    /** Not read because of the high-water mark. */
    boolean paused;

    /** Work of this connection is being done off the loop: until it is completed there is no event, and no ordinary end. */
    boolean busy;

    /** A wake came while {@link #busy}. */
    boolean wakeHeld;

    /** The server is to stop once this connection is no longer {@link #busy}. */
    boolean closeHeld;

    /** What the poller watches for now; 0 when it does not know the connection. */
    int interest;

    /** The input that the handler left unread, at the start of the block; null when there is none. */
    @Nullable
    Block unread;

    int unreadLength;

    /** The output that the kernel has not taken yet; null when there is none. */
    @Nullable
    PendingOutput pending;

    /** The loop's time of the last byte in or out, in nanoseconds. */
    long lastActive;

    /** When it was accepted, by {@link System#nanoTime}. */
    private final long openedAt;

    private long received;
    private long sent;

    /** Guards nothing: written by whoever set {@link #QUEUED}, read by the loop that takes the queue. */
    @Nullable
    LoopConnection nextWoken;

    private volatile int requests;
    private volatile @Nullable Send sends;

    /** What to do on the loop once the work is done; written before {@link #COMPLETE} is asked for. */
    private volatile @Nullable Completion completion;

    /** Bytes sent from outside an event, newest first, with the sum of all of them. */
    record Send(byte[] bytes, long total, @Nullable Send older) {}

    LoopConnection(
            EventLoop loop,
            Listener listener,
            long id,
            int handle,
            PeerAddress peer,
            @Nullable SocketAddress local,
            long openedAt) {
        this.loop = loop;
        this.listener = listener;
        this.id = id;
        this.handle = handle;
        this.peerHigh = peer.high;
        this.peerLow = peer.low;
        this.peerPortAndScope = peer.portAndScope;
        this.local = local;
        this.openedAt = openedAt;
    }

    /** Comes back with the poller's events: the handle finds the connection, the rest tells it from a later one. */
    long token() {
        return (id << 32) | handle;
    }

    public long id() {
        return id;
    }

    public int listenerIndex() {
        return listener.index();
    }

    public SocketAddress localAddress() {
        return local != null ? local : listener.address();
    }

    public SocketAddress remoteAddress() {
        return PeerAddress.toSocketAddress(peerHigh, peerLow, peerPortAndScope);
    }

    boolean isUnix() {
        return peerPortAndScope == PeerAddress.UNIX;
    }

    public @Nullable Object facade() {
        return facade;
    }

    public void setFacade(Object facade) {
        this.facade = facade;
    }

    /** @throws IllegalStateException when this is not the loop's thread */
    public void checkThread() {
        loop.checkThread();
    }

    /** Exact on the loop's thread, a recent value on others. */
    public int pendingOutput() {
        PendingOutput output = pending;
        return output == null ? 0 : output.size();
    }

    void countReceived(int count, long now) {
        lastActive = now;
        RECEIVED.setOpaque(this, received + count);
    }

    void countSent(int count, long now) {
        lastActive = now;
        SENT.setOpaque(this, sent + count);
    }

    /** Bytes read from the peer. From any thread. */
    public long received() {
        return (long) RECEIVED.getOpaque(this);
    }

    /** Bytes that the kernel took for the peer. From any thread. */
    public long sent() {
        return (long) SENT.getOpaque(this);
    }

    /** How long ago the connection was accepted, in nanoseconds. From any thread. */
    public long age() {
        return Math.max(0, System.nanoTime() - openedAt);
    }

    public byte[] copyToHeap(ByteBuffer in) {
        return loop.input().copyToHeap(in);
    }

    public void setNoDelay(boolean on) {
        if (!isUnix() && phase != Phase.GONE) {
            loop.sockets().setNoDelay(handle, on);
        }
    }

    /** @param idleSeconds 0 for off */
    public void setKeepAlive(int idleSeconds) {
        if (!isUnix() && phase != Phase.GONE) {
            loop.sockets().setKeepAlive(handle, idleSeconds > 0, idleSeconds);
        }
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
            if (total > loop.config().maxPendingOutput()) {
                request(OVERFLOW);
                return false;
            }
            newer = new Send(bytes, total, older);
        } while (!SENDS.compareAndSet(this, older, newer));
        return request(SEND);
    }

    /**
     * Work for this connection is about to be done off the loop: until {@link #complete} it is not read, and gets no event.
     *
     * @throws IllegalStateException when it has ended, or has such work already
     */
    public void beginWork() {
        checkThread();
        if (!isLive()) {
            throw new IllegalStateException(this + " has ended: no work can be begun for it");
        }
        if (busy) {
            throw new IllegalStateException("Work of " + this + " is off the loop already: leave what follows unread in"
                    + " the event's input, it comes back when that is completed");
        }
        busy = true;
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

    @Nullable
    Completion takeCompletion() {
        Completion taken = completion;
        completion = null;
        busy = false;
        return taken;
    }

    boolean request(int what) {
        int wanted = what | QUEUED;
        if ((requests & (wanted | ENDED)) == wanted) {
            return true;
        }
        int before = (int) REQUESTS.getAndBitwiseOr(this, wanted);
        if ((before & ENDED) != 0) {
            return false;
        }
        if ((before & QUEUED) == 0) {
            loop.wakes().push(this);
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

    /** Whether events may still fire: no end has been decided. */
    boolean isLive() {
        return phase == Phase.OPEN || phase == Phase.HALF_CLOSED;
    }

    /** Throws away what others have given and the loop has not taken. */
    void forgetRequests() {
        busy = false;
        sends = null;
        completion = null;
    }

    @Override
    public String toString() {
        return "connection " + id + " of " + loop.config().server() + " (" + remoteAddress() + " to " + localAddress()
                + ")";
    }
}
