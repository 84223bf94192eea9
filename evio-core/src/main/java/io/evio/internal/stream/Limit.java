package io.evio.internal.stream;

import io.evio.internal.loop.Counter;
import io.evio.internal.loop.Counters;
import java.util.function.Function;

/** A limit that ends the connection that comes up against it, by the name of its property. */
public enum Limit {
    MAX_PENDING_INPUT("max-pending-input", EndReason.MAX_PENDING_INPUT, counters -> counters.cutByPendingInput),
    MAX_PENDING_OUTPUT("max-pending-output", EndReason.MAX_PENDING_OUTPUT, counters -> counters.cutByPendingOutput),
    MAX_PENDING_TOTAL("max-pending-total", EndReason.MAX_PENDING_TOTAL, counters -> counters.cutByPendingTotal),
    IDLE_TIMEOUT("idle-timeout", EndReason.IDLE_TIMEOUT, counters -> counters.cutByIdleTimeout),
    FIRST_INPUT_TIMEOUT(
            "first-input-timeout", EndReason.FIRST_INPUT_TIMEOUT, counters -> counters.cutByFirstInputTimeout),
    FRAME_TIMEOUT("frame-timeout", EndReason.FRAME_TIMEOUT, counters -> counters.cutByFrameTimeout),
    DRAIN_TIMEOUT("drain-timeout", EndReason.DRAIN_TIMEOUT, counters -> counters.cutByDrainTimeout),
    HANDSHAKE_TIMEOUT("handshake-timeout", EndReason.HANDSHAKE_TIMEOUT, counters -> counters.cutByHandshakeTimeout),
    PROXY_TIMEOUT("proxy-protocol.timeout", EndReason.PROXY_TIMEOUT, counters -> counters.cutByProxyTimeout);

    private final String property;
    private final EndReason reason;
    private final Function<Counters, Counter> counter;

    Limit(String property, EndReason reason, Function<Counters, Counter> counter) {
        this.property = property;
        this.reason = reason;
        this.counter = counter;
    }

    /** As in {@code evio.limits.<property>} or {@code evio.ssl.<property>}. */
    String property() {
        return property;
    }

    /** Returns whether only silence was met, which is no cause for a warning. */
    boolean isSilence() {
        return this == IDLE_TIMEOUT || this == FIRST_INPUT_TIMEOUT;
    }

    EndReason reason() {
        return reason;
    }

    /** Counts the connections that were cut because of it. */
    Counter counter(Counters counters) {
        return counter.apply(counters);
    }
}
