package io.evio.internal.loop;

/**
 * The counts of a server over all its starts. Written by its loop thread alone, of which there is one at a time; read
 * by anybody.
 */
public final class Counters {
    public final Counter opened = new Counter();
    public final Counter closed = new Counter();
    public final Counter detached = new Counter();
    public final Counter cutOff = new Counter();

    /** Connections whose peers did not answer the kernel any more. */
    public final Counter lost = new Counter();

    public final Counter outboundOpened = new Counter();
    public final Counter outboundClosed = new Counter();
    public final Counter outboundErrors = new Counter();
    public final Counter acceptPauses = new Counter();
    public final Counter acceptErrors = new Counter();
    public final Counter handlerErrors = new Counter();
    public final Counter received = new Counter();
    public final Counter sent = new Counter();
    public final Counter prewriteAttempts = new Counter();
    public final Counter prewriteBytes = new Counter();
    public final Counter postwriteAttempts = new Counter();
    public final Counter postwriteBytes = new Counter();
    public final Counter postwritePartial = new Counter();
    public final Counter writePending = new Counter();

    /** Native memory that holds unread input and unsent output, in bytes. */
    public final Counter pendingMemory = new Counter();

    public final Counter iterations = new Counter();
    public final Counter events = new Counter();
    public final Counter wakeups = new Counter();
    public final Counter ticks = new Counter();
    public final Counter busyNanos = new Counter();

    public final Counter cutByPendingInput = new Counter();
    public final Counter cutByPendingOutput = new Counter();
    public final Counter cutByPendingTotal = new Counter();
    public final Counter cutByIdleTimeout = new Counter();
    public final Counter cutByFirstInputTimeout = new Counter();
    public final Counter cutByFrameTimeout = new Counter();
    public final Counter cutByDrainTimeout = new Counter();
    public final Counter cutByHandshakeTimeout = new Counter();
    public final Counter cutByProxyTimeout = new Counter();

    public final Counter refusedUntrusted = new Counter();
    public final Counter refusedAccess = new Counter();
    public final Counter refusedPerAddress = new Counter();
    public final Counter refusedAcceptRate = new Counter();

    public final Counter proxyHeaders = new Counter();
    public final Counter proxyErrors = new Counter();

    /** TLS connections that are open. */
    public final Counter tlsActive = new Counter();

    public final Counter tlsHandshakes = new Counter();
    public final Counter tlsResumed = new Counter();
    public final Counter tlsHandshakeErrors = new Counter();

    /** The time that completed handshakes took, from the peer's first byte, in nanoseconds. */
    public final Counter tlsHandshakeNanos = new Counter();

    /** The durations of the loop's events. */
    public final EventTimes eventTimes = new EventTimes();

    /** Ids given so far, over all starts. */
    public final Counter ids = new Counter();

    /**
     * The time at which the loop's current turn began, by {@link System#nanoTime}; {@link #WAITING} while the loop
     * waits or is not there.
     */
    public final Counter turnBegan = new Counter();

    /** The value of {@link #turnBegan} between turns: no time that a clock would ever show. */
    public static final long WAITING = Long.MIN_VALUE;

    public Counters() {
        turnBegan.set(WAITING);
    }
}
