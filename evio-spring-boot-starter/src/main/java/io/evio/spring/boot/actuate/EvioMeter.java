package io.evio.spring.boot.actuate;

import io.evio.EvioStats;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a server: this table is all there is to know about them. Each has the tag {@code server}, and in an application of
 * which a server has several loops the tag {@code loop} too, because one name must not come with different tags.
 */
enum EvioMeter {
    CONNECTIONS_ACTIVE(
            Kind.GAUGE, "evio.connections.active", "connections", "Connections open now", EvioStats::connectionsActive),
    CONNECTIONS_MAX(
            Kind.GAUGE,
            "evio.connections.max",
            "connections",
            "Limit of connections, the whole server's for each of its loops",
            EvioStats::connectionsMax),
    CONNECTIONS_OPENED(
            Kind.COUNTER,
            "evio.connections.opened",
            "connections",
            "Connections accepted",
            EvioStats::connectionsOpened),
    CONNECTIONS_CLOSED(
            Kind.COUNTER, "evio.connections.closed", "connections", "Connections ended", EvioStats::connectionsClosed),
    CONNECTIONS_DETACHED(
            Kind.COUNTER,
            "evio.connections.detached",
            "connections",
            "Connections handed over to their handler",
            EvioStats::connectionsDetached),
    CUT_PENDING_INPUT(
            Kind.COUNTER,
            "evio.connections.cut.pending.input",
            "connections",
            "Connections closed because of max-pending-input",
            EvioStats::cutByPendingInput),
    CUT_PENDING_OUTPUT(
            Kind.COUNTER,
            "evio.connections.cut.pending.output",
            "connections",
            "Connections closed because of max-pending-output",
            EvioStats::cutByPendingOutput),
    CUT_PENDING_TOTAL(
            Kind.COUNTER,
            "evio.connections.cut.pending.total",
            "connections",
            "Connections closed because of max-pending-total",
            EvioStats::cutByPendingTotal),
    CUT_IDLE_TIMEOUT(
            Kind.COUNTER,
            "evio.connections.cut.idle.timeout",
            "connections",
            "Connections closed because of idle-timeout",
            EvioStats::cutByIdleTimeout),
    CUT_DRAIN_TIMEOUT(
            Kind.COUNTER,
            "evio.connections.cut.drain.timeout",
            "connections",
            "Connections closed because of drain-timeout",
            EvioStats::cutByDrainTimeout),
    ACCEPT_PAUSES(
            Kind.COUNTER,
            "evio.accept.pauses",
            null,
            "Times that accepting was paused, at max-connections or without descriptors",
            EvioStats::acceptPauses),
    ACCEPT_ERRORS(Kind.COUNTER, "evio.accept.errors", null, "Accepts that failed", EvioStats::acceptErrors),
    HANDLER_ERRORS(Kind.COUNTER, "evio.handler.errors", null, "Events that threw", EvioStats::handlerErrors),
    DATA_RECEIVED(Kind.COUNTER, "evio.data.received", "bytes", "Bytes read from peers", EvioStats::dataReceived),
    DATA_SENT(Kind.COUNTER, "evio.data.sent", "bytes", "Bytes the kernel took for peers", EvioStats::dataSent),
    PREWRITE(Kind.COUNTER, "evio.prewrite", null, "Write attempts begun", EvioStats::prewriteAttempts),
    PREWRITE_SIZE(
            Kind.COUNTER,
            "evio.prewrite.size",
            "bytes",
            "Bytes offered to the kernel in write attempts",
            EvioStats::prewriteBytes),
    POSTWRITE(Kind.COUNTER, "evio.postwrite", null, "Write attempts ended", EvioStats::postwriteAttempts),
    POSTWRITE_SIZE(
            Kind.COUNTER,
            "evio.postwrite.size",
            "bytes",
            "Bytes the kernel took in write attempts",
            EvioStats::postwriteBytes),
    POSTWRITE_PARTIAL(
            Kind.COUNTER,
            "evio.postwrite.partial",
            null,
            "Write attempts that left some bytes unsent",
            EvioStats::postwritePartial),
    WRITE_PENDING(Kind.GAUGE, "evio.write.pending", "bytes", "Bytes unsent now", EvioStats::writePending),
    PENDING_MEMORY(
            Kind.GAUGE,
            "evio.pending.memory",
            "bytes",
            "Native memory that holds unread input and unsent output now",
            EvioStats::pendingMemory),
    LOOP_ITERATIONS(Kind.COUNTER, "evio.loop.iterations", null, "Turns of the loop", EvioStats::loopIterations),
    LOOP_EVENTS(Kind.COUNTER, "evio.loop.events", null, "Readiness events handled", EvioStats::loopEvents),
    WAKEUPS(
            Kind.COUNTER,
            "evio.wakeups",
            null,
            "Wakes, sends and closes that reached a connection",
            EvioStats::wakeups),
    TICKS(Kind.COUNTER, "evio.ticks", null, "Ticks fired", EvioStats::ticks),
    LOOP_BUSY(
            Kind.COUNTER,
            "evio.loop.busy",
            "seconds",
            "Time the loop spent outside its wait; its rate is the loop's saturation, from 0 to 1. Looking without sleeping,"
                    + " as busy-poll does, counts as waiting",
            stats -> stats.loopBusyNanos() / 1e9);

    enum Kind {
        GAUGE,
        COUNTER
    }

    /** The tag every meter has: the server's name. */
    static final String SERVER_TAG = "server";

    /** The number of the loop, from 0. */
    static final String LOOP_TAG = "loop";

    private final Kind kind;
    private final String meterName;
    private final @Nullable String unit;
    private final String description;
    private final ToDoubleFunction<EvioStats> value;

    EvioMeter(
            Kind kind, String meterName, @Nullable String unit, String description, ToDoubleFunction<EvioStats> value) {
        this.kind = kind;
        this.meterName = meterName;
        this.unit = unit;
        this.description = description;
        this.value = value;
    }

    Kind kind() {
        return kind;
    }

    String meterName() {
        return meterName;
    }

    @Nullable
    String unit() {
        return unit;
    }

    String description() {
        return description;
    }

    double value(EvioStats stats) {
        return value.applyAsDouble(stats);
    }
}
