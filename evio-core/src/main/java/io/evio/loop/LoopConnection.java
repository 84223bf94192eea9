package io.evio.loop;

import io.evio.sys.Block;
import io.evio.sys.PeerAddress;
import io.evio.sys.SystemCallException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One connection, as the loop keeps it. Small, because there are many: addresses as numbers, buffers only while there is
 * something in them, and what its events alone need only until it falls silent ({@link IdleMemory}). The fields fill 112 bytes.
 *
 * <p>Owned by the loop thread, except its {@link Mailbox} and where a method says otherwise.
 */
public final class LoopConnection extends Mailbox {

    private static final VarHandle RECEIVED;
    private static final VarHandle SENT;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            RECEIVED = lookup.findVarHandle(LoopConnection.class, "received", long.class);
            SENT = lookup.findVarHandle(LoopConnection.class, "sent", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final long id;
    final int handle;

    /** The peer's address, when it is an IPv4 one. */
    private final int peer;

    private final int peerPortAndScope;

    /** What the layer above made of this connection. */
    private @Nullable Object facade;

    /** Changed by {@link #enter} alone. */
    Phase phase = Phase.OPEN;

    /** The peer has shut its writing side: there is nothing more to read, in this phase or a later one. */
    boolean inputEnded;

    /** Not read because of the high-water mark. */
    boolean paused;

    /** Work of this connection is being done off the loop: until it is completed there is no event, and no ordinary end. */
    boolean busy;

    /** A wake came while {@link #busy}. */
    boolean wakeHeld;

    /** Whether {@link IdleMemory} knows it. */
    boolean holdsEventMemory;

    /** How often it may be read yet although the server stops; 0 from the first read on that finds nothing more. */
    byte lastReads;

    /** What the poller watches for now; 0 when it does not know the connection. */
    byte interest;

    /** The input that the handler left unread, at the start of the block; null when there is none. */
    @Nullable
    Block unread;

    /** What its events are given to see the loop's read buffer through; it has no byte between events. Taken back from a silent one. */
    @Nullable
    ByteBuffer view;

    /** The output that the kernel has not taken yet; null when there is none. */
    @Nullable
    PendingOutput pending;

    /** The loop's time of the last byte in or out, in nanoseconds. */
    long lastActive;

    /** When it was accepted, by {@link System#nanoTime}. */
    private final long openedAt;

    private long received;
    private long sent;

    LoopConnection(Origin origin, long id, int handle, PeerAddress peer, long openedAt) {
        super(origin);
        this.id = id;
        this.handle = handle;
        this.peer = (int) peer.low;
        this.peerPortAndScope = peer.portAndScope;
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
        return origin.listener();
    }

    public SocketAddress localAddress() {
        return origin.local();
    }

    public SocketAddress remoteAddress() {
        return origin.peer(peer, peerPortAndScope);
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
        loop().checkThread();
    }

    /** Exact on the loop's thread, a recent value on others. */
    public int pendingOutput() {
        PendingOutput output = pending;
        return output == null ? 0 : output.size();
    }

    /** Bytes of unread input, with the room kept for more of it, and of unsent output. */
    long pendingTotal() {
        Block input = unread;
        return (input == null ? 0L : input.capacity()) + pendingOutput();
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

    /** What its events write to, after {@link OutputBuffer#checkEventOf}. */
    public OutputBuffer output() {
        return loop().out();
    }

    /** The layer above has made something for the events alone: {@link LoopEvents#silent} says when to let go of it. */
    public void holdEventMemory() {
        loop().idleMemory().add(this);
    }

    public byte[] copyToHeap(ByteBuffer in) {
        return loop().input().copyToHeap(this, in);
    }

    public void setNoDelay(boolean on) {
        checkNotEnded();
        if (!isUnix()) {
            noteOption("setsockopt(TCP_NODELAY)", loop().sockets().setNoDelay(handle, on));
        }
    }

    /** @param idleSeconds 0 for off */
    public void setKeepAlive(int idleSeconds) {
        checkNotEnded();
        if (!isUnix()) {
            noteOption("setsockopt(SO_KEEPALIVE)", loop().sockets().setKeepAlive(handle, idleSeconds > 0, idleSeconds));
        }
    }

    private void checkNotEnded() {
        if (phase == Phase.LINGERING || phase == Phase.GONE) {
            throw new IllegalStateException(
                    this + " has ended: it has no options any more. What is left are its id, its"
                            + " addresses and its attachment");
        }
    }

    /** A connection works without its options. */
    private void noteOption(String call, int result) {
        if (result < 0) {
            loop().warn("an option of a connection could not be set", new SystemCallException(call, -result));
        }
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

    /** Goes on to this phase, which is a later one, or is in it already. */
    void enter(Phase next) {
        assert phase.compareTo(next) <= 0 : this + " was " + phase + " and cannot be " + next;
        phase = next;
    }

    /** Whether events may still fire: no end has been decided. */
    boolean isLive() {
        return phase == Phase.OPEN || phase == Phase.HALF_CLOSED;
    }

    /** Whether an end has been decided, and waits for pending output. */
    boolean isDraining() {
        return phase == Phase.CLOSING || phase == Phase.DETACHING;
    }

    @Override
    public String toString() {
        return "connection " + id + " of " + loop().config().server() + " (" + remoteAddress() + " to " + localAddress()
                + ")";
    }
}
