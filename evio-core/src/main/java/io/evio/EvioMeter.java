package io.evio;

import io.evio.internal.loop.Counters;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a server: the one table of what they are called, what they count and in which unit. {@link EvioStats}
 * has their values, and the Spring Boot starter registers each of them with Micrometer.
 */
public enum EvioMeter {
    // Beginnings before their ends: a snapshot reads them from the last to the first.
    CONNECTIONS_ACTIVE(Kind.GAUGE, "evio.connections.active", "connections", "Connections open now", counters -> 0),
    CONNECTIONS_MAX(
            Kind.GAUGE,
            "evio.connections.max",
            "connections",
            "Limit of connections, the whole server's for each of its loops",
            counters -> 0),
    CONNECTIONS_OPENED(
            Kind.COUNTER,
            "evio.connections.opened",
            "connections",
            "Connections accepted",
            counters -> counters.opened.get()),
    CONNECTIONS_CLOSED(
            Kind.COUNTER,
            "evio.connections.closed",
            "connections",
            "Connections ended",
            counters -> counters.closed.get()),
    CONNECTIONS_DETACHED(
            Kind.COUNTER,
            "evio.connections.detached",
            "connections",
            "Connections handed over to their handler",
            counters -> counters.detached.get()),
    CONNECTIONS_LOST(
            Kind.COUNTER,
            "evio.connections.lost",
            "connections",
            "Connections closed because their peer did not answer the kernel any more (ETIMEDOUT)",
            counters -> counters.lost.get()),
    OUTBOUND_ACTIVE(
            Kind.GAUGE,
            "evio.connections.outbound.active",
            "connections",
            "Connections open now that the server has made itself",
            counters -> 0),
    OUTBOUND_OPENED(
            Kind.COUNTER,
            "evio.connections.outbound.opened",
            "connections",
            "Connections made",
            counters -> counters.outboundOpened.get()),
    OUTBOUND_CLOSED(
            Kind.COUNTER,
            "evio.connections.outbound.closed",
            "connections",
            "Connections ended, or handed over, that the server had made itself",
            counters -> counters.outboundClosed.get()),
    OUTBOUND_ERRORS(
            Kind.COUNTER,
            "evio.connections.outbound.errors",
            "connections",
            "Connections that could not be made",
            counters -> counters.outboundErrors.get()),
    CUT_PENDING_INPUT(
            Kind.COUNTER,
            "evio.connections.cut.pending.input",
            "connections",
            "Connections closed because of max-pending-input",
            counters -> counters.cutByPendingInput.get()),
    CUT_PENDING_OUTPUT(
            Kind.COUNTER,
            "evio.connections.cut.pending.output",
            "connections",
            "Connections closed because of max-pending-output",
            counters -> counters.cutByPendingOutput.get()),
    CUT_PENDING_TOTAL(
            Kind.COUNTER,
            "evio.connections.cut.pending.total",
            "connections",
            "Connections closed because of max-pending-total",
            counters -> counters.cutByPendingTotal.get()),
    CUT_IDLE_TIMEOUT(
            Kind.COUNTER,
            "evio.connections.cut.idle.timeout",
            "connections",
            "Connections closed because of idle-timeout",
            counters -> counters.cutByIdleTimeout.get()),
    CUT_FIRST_INPUT_TIMEOUT(
            Kind.COUNTER,
            "evio.connections.cut.first.input.timeout",
            "connections",
            "Connections closed because of first-input-timeout",
            counters -> counters.cutByFirstInputTimeout.get()),
    CUT_FRAME_TIMEOUT(
            Kind.COUNTER,
            "evio.connections.cut.frame.timeout",
            "connections",
            "Connections closed because of frame-timeout",
            counters -> counters.cutByFrameTimeout.get()),
    CUT_DRAIN_TIMEOUT(
            Kind.COUNTER,
            "evio.connections.cut.drain.timeout",
            "connections",
            "Connections closed because of drain-timeout",
            counters -> counters.cutByDrainTimeout.get()),
    CUT_HANDSHAKE_TIMEOUT(
            Kind.COUNTER,
            "evio.connections.cut.handshake.timeout",
            "connections",
            "Connections closed because their TLS handshake was not over within handshake-timeout",
            counters -> counters.cutByHandshakeTimeout.get()),
    CUT_PROXY_TIMEOUT(
            Kind.COUNTER,
            "evio.connections.cut.proxy.timeout",
            "connections",
            "Connections closed because their PROXY header was not complete within proxy-protocol.timeout",
            counters -> counters.cutByProxyTimeout.get()),
    REFUSED_UNTRUSTED(
            Kind.COUNTER,
            "evio.connections.refused.untrusted",
            "connections",
            "Connections refused because their peer is none of proxy-protocol.trusted-proxies",
            counters -> counters.refusedUntrusted.get()),
    REFUSED_ACCESS(
            Kind.COUNTER,
            "evio.connections.refused.access",
            "connections",
            "Connections refused because of access.allow or access.deny",
            counters -> counters.refusedAccess.get()),
    REFUSED_PER_ADDRESS(
            Kind.COUNTER,
            "evio.connections.refused.per.address",
            "connections",
            "Connections refused because of max-connections-per-address",
            counters -> counters.refusedPerAddress.get()),
    REFUSED_ACCEPT_RATE(
            Kind.COUNTER,
            "evio.connections.refused.accept.rate",
            "connections",
            "Connections refused because of accept-rate",
            counters -> counters.refusedAcceptRate.get()),
    PROXY_HEADERS(
            Kind.COUNTER, "evio.proxy.headers", null, "PROXY headers read", counters -> counters.proxyHeaders.get()),
    PROXY_ERRORS(
            Kind.COUNTER,
            "evio.proxy.errors",
            null,
            "PROXY headers that were wrong; those that took too long are in evio.connections.cut.proxy.timeout",
            counters -> counters.proxyErrors.get()),
    TLS_CONNECTIONS_ACTIVE(
            Kind.GAUGE,
            "evio.tls.connections.active",
            "connections",
            "TLS connections open now",
            counters -> counters.tlsActive.get()),
    TLS_HANDSHAKES(
            Kind.COUNTER,
            "evio.tls.handshakes",
            null,
            "TLS handshakes completed",
            counters -> counters.tlsHandshakes.get()),
    TLS_RESUMED(
            Kind.COUNTER,
            "evio.tls.resumed",
            null,
            "TLS handshakes completed that resumed an earlier session",
            counters -> counters.tlsResumed.get()),
    TLS_HANDSHAKE_ERRORS(
            Kind.COUNTER,
            "evio.tls.handshake.errors",
            null,
            "TLS handshakes that failed; those that took too long are in evio.connections.cut.handshake.timeout",
            counters -> counters.tlsHandshakeErrors.get()),
    TLS_HANDSHAKE_TIME(
            Kind.COUNTER,
            "evio.tls.handshake.time",
            "seconds",
            "Time that completed TLS handshakes took, each from the client's first byte; divided by evio.tls.handshakes"
                    + " it is the mean",
            counters -> counters.tlsHandshakeNanos.get()),
    ACCEPT_PAUSES(
            Kind.COUNTER,
            "evio.accept.pauses",
            null,
            "Times that accepting was paused, at max-connections or without descriptors",
            counters -> counters.acceptPauses.get()),
    ACCEPT_ERRORS(
            Kind.COUNTER, "evio.accept.errors", null, "Accepts that failed", counters -> counters.acceptErrors.get()),
    HANDLER_ERRORS(
            Kind.COUNTER, "evio.handler.errors", null, "Events that threw", counters -> counters.handlerErrors.get()),
    DATA_RECEIVED(
            Kind.COUNTER, "evio.data.received", "bytes", "Bytes read from peers", counters -> counters.received.get()),
    DATA_SENT(
            Kind.COUNTER,
            "evio.data.sent",
            "bytes",
            "Bytes the kernel took for peers",
            counters -> counters.sent.get()),
    PREWRITE(Kind.COUNTER, "evio.prewrite", null, "Write attempts begun", counters -> counters.prewriteAttempts.get()),
    PREWRITE_SIZE(
            Kind.COUNTER,
            "evio.prewrite.size",
            "bytes",
            "Bytes offered to the kernel in write attempts",
            counters -> counters.prewriteBytes.get()),
    POSTWRITE(
            Kind.COUNTER, "evio.postwrite", null, "Write attempts ended", counters -> counters.postwriteAttempts.get()),
    POSTWRITE_SIZE(
            Kind.COUNTER,
            "evio.postwrite.size",
            "bytes",
            "Bytes the kernel took in write attempts",
            counters -> counters.postwriteBytes.get()),
    POSTWRITE_PARTIAL(
            Kind.COUNTER,
            "evio.postwrite.partial",
            null,
            "Write attempts that left some bytes unsent",
            counters -> counters.postwritePartial.get()),
    WRITE_PENDING(
            Kind.GAUGE, "evio.write.pending", "bytes", "Bytes unsent now", counters -> counters.writePending.get()),
    PENDING_MEMORY(
            Kind.GAUGE,
            "evio.pending.memory",
            "bytes",
            "Native memory that holds unread input and unsent output now",
            counters -> counters.pendingMemory.get()),
    LOOP_ITERATIONS(
            Kind.COUNTER, "evio.loop.iterations", null, "Turns of the loop", counters -> counters.iterations.get()),
    LOOP_EVENTS(Kind.COUNTER, "evio.loop.events", null, "Readiness events handled", counters -> counters.events.get()),
    WAKEUPS(
            Kind.COUNTER,
            "evio.wakeups",
            null,
            "Wakes, sends and closes that reached a connection",
            counters -> counters.wakeups.get()),
    TICKS(Kind.COUNTER, "evio.ticks", null, "Ticks fired", counters -> counters.ticks.get()),
    LOOP_BUSY(
            Kind.COUNTER,
            "evio.loop.busy",
            "seconds",
            "Time the loop spent outside its wait; its rate is the loop's saturation, from 0 to 1. Looking without"
                    + " sleeping, as busy-poll does, counts as waiting",
            counters -> counters.busyNanos.get()),
    EVENT_DURATION_MAX(
            Kind.GAUGE,
            "evio.event.duration.max",
            "seconds",
            "Duration of the slowest event of the last one to two minutes; 0 when each took less than 100 microseconds",
            counters -> 0);

    /** The kind of a value. */
    public enum Kind {
        /** Up and down. */
        GAUGE,
        /** Up only. */
        COUNTER
    }

    private static final double NANOS_PER_SECOND = 1e9;

    private final Kind kind;
    private final String meterName;
    private final @Nullable String unit;
    private final String description;
    private final ToLongFunction<Counters> counter;

    EvioMeter(
            Kind kind, String meterName, @Nullable String unit, String description, ToLongFunction<Counters> counter) {
        this.kind = kind;
        this.meterName = meterName;
        this.unit = unit;
        this.description = description;
        this.counter = counter;
    }

    public Kind kind() {
        return kind;
    }

    /** Returns the name by which it is registered, such as {@code evio.data.sent}. */
    public String meterName() {
        return meterName;
    }

    /**
     * Returns what it counts: {@code connections}, {@code bytes} or {@code seconds}; null for a plain number of times.
     */
    public @Nullable String unit() {
        return unit;
    }

    /** Returns what it says, in one sentence without a full stop. */
    public String description() {
        return description;
    }

    /** Returns its value in a snapshot, in its {@linkplain #unit unit}. */
    public double value(EvioStats stats) {
        long value = stats.get(this);
        return "seconds".equals(unit) ? value / NANOS_PER_SECOND : value;
    }

    /** Reads what one loop has counted; 0 for what {@link EvioStats} knows from elsewhere. */
    long read(Counters counters) {
        return counter.applyAsLong(counters);
    }
}
