package io.evio;

import io.evio.internal.loop.Counters;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot of what a server, or one of its loops, has done since it was built, over all its starts: counters that
 * only the loop writes. They are read one after the other, so while a loop runs they need not fit to the byte; once it
 * is quiet they do. {@link EvioMeter} has a name, a unit and a description of each, but for {@link #eventDurations}.
 */
public final class EvioStats {

    private final Map<EvioMeter, Long> values;
    private final long connectionsCutOff;
    private final long loopTurnNanos;
    private final EventDurations eventDurations;
    private final @Nullable SlowestEvent slowestEvent;

    private EvioStats(
            Map<EvioMeter, Long> values,
            long connectionsCutOff,
            long loopTurnNanos,
            EventDurations eventDurations,
            @Nullable SlowestEvent slowestEvent) {
        this.values = values;
        this.connectionsCutOff = connectionsCutOff;
        this.loopTurnNanos = loopTurnNanos;
        this.eventDurations = eventDurations;
        this.slowestEvent = slowestEvent;
    }

    /** Reads the counters of all these loops together. */
    static EvioStats of(List<Counters> loops, int maxConnections) {
        long turnNanos = turnNanos(loops);
        long cutOff = sum(loops, loop -> loop.cutOff.get());
        Map<EvioMeter, Long> values = new EnumMap<>(EvioMeter.class);
        // Ends before beginnings: what is read later can only be larger, so no difference is negative.
        EvioMeter[] meters = EvioMeter.values();
        for (int i = meters.length - 1; i >= 0; i--) {
            values.put(meters[i], sum(loops, meters[i]::read));
        }
        SlowestEvent slowest = SlowestEvent.of(loops);
        EvioStats stats = new EvioStats(values, cutOff, turnNanos, EventDurations.of(loops), slowest);
        values.put(
                EvioMeter.CONNECTIONS_ACTIVE,
                stats.connectionsOpened() - stats.connectionsClosed() - stats.connectionsDetached());
        values.put(EvioMeter.OUTBOUND_ACTIVE, stats.outboundOpened() - stats.outboundClosed());
        values.put(EvioMeter.CONNECTIONS_MAX, (long) maxConnections);
        values.put(
                EvioMeter.EVENT_DURATION_MAX,
                slowest == null ? 0 : slowest.duration().toNanos());
        return stats;
    }

    /** Adds up, without a stream: every meter of every scrape makes a snapshot. */
    static long sum(List<Counters> loops, ToLongFunction<Counters> value) {
        long sum = 0;
        for (Counters loop : loops) {
            sum += value.applyAsLong(loop);
        }
        return sum;
    }

    /** Returns for how long the oldest turn of these loops has been going on. */
    private static long turnNanos(List<Counters> loops) {
        long began = loops.stream()
                .mapToLong(loop -> loop.turnBegan.get())
                .filter(turn -> turn != Counters.WAITING)
                .reduce((a, b) -> a - b < 0 ? a : b)
                .orElse(Counters.WAITING);
        return began == Counters.WAITING ? 0 : Math.max(0, System.nanoTime() - began);
    }

    /** Returns what a meter shows, times in nanoseconds. */
    long get(EvioMeter meter) {
        return values.getOrDefault(meter, 0L);
    }

    /** Returns the number of connections that are open now. */
    public long connectionsActive() {
        return get(EvioMeter.CONNECTIONS_ACTIVE);
    }

    /** Returns the limit of connections, the whole server's also for one of its loops. */
    public long connectionsMax() {
        return get(EvioMeter.CONNECTIONS_MAX);
    }

    /** Returns the number of connections whose {@code opened} fired. */
    public long connectionsOpened() {
        return get(EvioMeter.CONNECTIONS_OPENED);
    }

    /** Returns the number of connections whose {@code closed} fired. */
    public long connectionsClosed() {
        return get(EvioMeter.CONNECTIONS_CLOSED);
    }

    /** Returns the number of connections open now that the server has made itself; not part of the active ones. */
    public long outboundActive() {
        return get(EvioMeter.OUTBOUND_ACTIVE);
    }

    /** Returns the number of connections that the server has made itself. */
    public long outboundOpened() {
        return get(EvioMeter.OUTBOUND_OPENED);
    }

    /** Returns the number of those that have ended, or were handed over. */
    public long outboundClosed() {
        return get(EvioMeter.OUTBOUND_CLOSED);
    }

    /** Returns the number of connections that could not be made. */
    public long outboundErrors() {
        return get(EvioMeter.OUTBOUND_ERRORS);
    }

    /** Returns the number of connections that were handed over to the handler. */
    public long connectionsDetached() {
        return get(EvioMeter.CONNECTIONS_DETACHED);
    }

    /**
     * Returns the number of connections that a stop closed, its grace period over, with output unsent or work off the
     * loop unfinished; part of the closed ones.
     */
    public long connectionsCutOff() {
        return connectionsCutOff;
    }

    /**
     * Returns the number of connections whose peer did not answer the kernel any more, see
     * {@link CloseReason#PEER_LOST}; those included that the server made itself.
     */
    public long connectionsLost() {
        return get(EvioMeter.CONNECTIONS_LOST);
    }

    /**
     * Returns the number of connections closed because of {@link Limits#maxPendingInput}; part of the closed ones, as
     * are the six that follow.
     */
    public long cutByPendingInput() {
        return get(EvioMeter.CUT_PENDING_INPUT);
    }

    /** Returns the number of connections closed because of {@link Limits#maxPendingOutput}. */
    public long cutByPendingOutput() {
        return get(EvioMeter.CUT_PENDING_OUTPUT);
    }

    /** Returns the number of connections closed because of {@link Limits#maxPendingTotal}. */
    public long cutByPendingTotal() {
        return get(EvioMeter.CUT_PENDING_TOTAL);
    }

    /** Returns the number of connections closed because of {@link Limits#idleTimeout}. */
    public long cutByIdleTimeout() {
        return get(EvioMeter.CUT_IDLE_TIMEOUT);
    }

    /** Returns the number of connections closed because of {@link Limits#firstInputTimeout}. */
    public long cutByFirstInputTimeout() {
        return get(EvioMeter.CUT_FIRST_INPUT_TIMEOUT);
    }

    /** Returns the number of connections closed because of {@link Limits#frameTimeout}. */
    public long cutByFrameTimeout() {
        return get(EvioMeter.CUT_FRAME_TIMEOUT);
    }

    /** Returns the number of connections closed because of {@link Limits#drainTimeout}. */
    public long cutByDrainTimeout() {
        return get(EvioMeter.CUT_DRAIN_TIMEOUT);
    }

    /**
     * Returns the number of connections closed because of {@link Tls#handshakeTimeout}. They never opened, so they are
     * part of neither the opened nor the closed ones.
     */
    public long cutByHandshakeTimeout() {
        return get(EvioMeter.CUT_HANDSHAKE_TIMEOUT);
    }

    /**
     * Returns the number of connections closed because of {@link ProxyHeaders#timeout}. They never opened, so they are
     * part of neither the opened nor the closed ones.
     */
    public long cutByProxyTimeout() {
        return get(EvioMeter.CUT_PROXY_TIMEOUT);
    }

    /**
     * Returns the number of connections refused because their peer is no {@linkplain ProxyHeaders#trustedProxies
     * trusted proxy}. They never opened, as those of the three that follow.
     */
    public long refusedUntrusted() {
        return get(EvioMeter.REFUSED_UNTRUSTED);
    }

    /** Returns the number of connections refused because of {@link Access}. */
    public long refusedAccess() {
        return get(EvioMeter.REFUSED_ACCESS);
    }

    /** Returns the number of connections refused because of {@link Limits#maxConnectionsPerAddress}. */
    public long refusedPerAddress() {
        return get(EvioMeter.REFUSED_PER_ADDRESS);
    }

    /** Returns the number of connections refused because of {@link Limits#acceptRate}. */
    public long refusedAcceptRate() {
        return get(EvioMeter.REFUSED_ACCEPT_RATE);
    }

    /** Returns the number of PROXY headers read. */
    public long proxyHeaders() {
        return get(EvioMeter.PROXY_HEADERS);
    }

    /** Returns the number of PROXY headers that were wrong, other than by {@link #cutByProxyTimeout}. */
    public long proxyErrors() {
        return get(EvioMeter.PROXY_ERRORS);
    }

    /** Returns the number of TLS connections that are open now; part of the active ones. */
    public long tlsActive() {
        return get(EvioMeter.TLS_CONNECTIONS_ACTIVE);
    }

    /** Returns the number of TLS handshakes that were completed. */
    public long tlsHandshakes() {
        return get(EvioMeter.TLS_HANDSHAKES);
    }

    /** Returns the number of completed TLS handshakes that resumed an earlier session. */
    public long tlsResumed() {
        return get(EvioMeter.TLS_RESUMED);
    }

    /** Returns the number of TLS handshakes that failed, other than by {@link #cutByHandshakeTimeout}. */
    public long tlsHandshakeErrors() {
        return get(EvioMeter.TLS_HANDSHAKE_ERRORS);
    }

    /**
     * Returns how long the completed TLS handshakes took together, each from the client's first byte, in nanoseconds.
     */
    public long tlsHandshakeNanos() {
        return get(EvioMeter.TLS_HANDSHAKE_TIME);
    }

    /**
     * Returns how many times accepting was paused, with {@link Limits#maxConnections} connections or without
     * descriptors.
     */
    public long acceptPauses() {
        return get(EvioMeter.ACCEPT_PAUSES);
    }

    /** Returns the number of accepts that failed. */
    public long acceptErrors() {
        return get(EvioMeter.ACCEPT_ERRORS);
    }

    /** Returns the number of events that threw. */
    public long handlerErrors() {
        return get(EvioMeter.HANDLER_ERRORS);
    }

    /** Returns the number of bytes read from peers. */
    public long dataReceived() {
        return get(EvioMeter.DATA_RECEIVED);
    }

    /** Returns the number of bytes that the kernel took for peers. */
    public long dataSent() {
        return get(EvioMeter.DATA_SENT);
    }

    /** Returns the number of write attempts begun. */
    public long prewriteAttempts() {
        return get(EvioMeter.PREWRITE);
    }

    /** Returns the number of bytes offered in write attempts. */
    public long prewriteBytes() {
        return get(EvioMeter.PREWRITE_SIZE);
    }

    /** Returns the number of write attempts ended. */
    public long postwriteAttempts() {
        return get(EvioMeter.POSTWRITE);
    }

    /** Returns the number of bytes that the kernel took in write attempts. */
    public long postwriteBytes() {
        return get(EvioMeter.POSTWRITE_SIZE);
    }

    /** Returns the number of write attempts that left some bytes unsent. */
    public long postwritePartial() {
        return get(EvioMeter.POSTWRITE_PARTIAL);
    }

    /** Returns the number of bytes that are unsent now. */
    public long writePending() {
        return get(EvioMeter.WRITE_PENDING);
    }

    /** Returns how many bytes of native memory hold unread input and unsent output now. */
    public long pendingMemory() {
        return get(EvioMeter.PENDING_MEMORY);
    }

    /** Returns the number of turns of the loop. */
    public long loopIterations() {
        return get(EvioMeter.LOOP_ITERATIONS);
    }

    /** Returns the number of readiness events handled. */
    public long loopEvents() {
        return get(EvioMeter.LOOP_EVENTS);
    }

    /** Returns the number of wakes, sends and closes from outside an event that reached a connection. */
    public long wakeups() {
        return get(EvioMeter.WAKEUPS);
    }

    /** Returns the number of ticks fired. */
    public long ticks() {
        return get(EvioMeter.TICKS);
    }

    /**
     * Returns how many nanoseconds the loop spent outside its wait. Looking without sleeping counts as waiting; see
     * {@link EvioServer.Builder#busyPoll}.
     */
    public long loopBusyNanos() {
        return get(EvioMeter.LOOP_BUSY);
    }

    /**
     * Returns how long the loop's current turn has been going on, in nanoseconds; 0 while it waits. A long one is an
     * event that blocks.
     */
    public long loopTurnNanos() {
        return loopTurnNanos;
    }

    /** Returns how long the events took, as a distribution. */
    public EventDurations eventDurations() {
        return eventDurations;
    }

    /**
     * Returns the slowest event of the last one to two minutes; null when each took less than 100 µs. One that is still
     * going on is not among them: see {@link #loopTurnNanos}.
     */
    public @Nullable SlowestEvent slowestEvent() {
        return slowestEvent;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EvioStats stats
                && values.equals(stats.values)
                && connectionsCutOff == stats.connectionsCutOff
                && loopTurnNanos == stats.loopTurnNanos
                && eventDurations.equals(stats.eventDurations)
                && Objects.equals(slowestEvent, stats.slowestEvent);
    }

    @Override
    public int hashCode() {
        return Objects.hash(values, connectionsCutOff, loopTurnNanos, eventDurations, slowestEvent);
    }

    @Override
    public String toString() {
        return "EvioStats[values=" + values + ", connectionsCutOff=" + connectionsCutOff + ", loopTurnNanos="
                + loopTurnNanos + ", eventDurations=" + eventDurations + ", slowestEvent=" + slowestEvent + "]";
    }
}
