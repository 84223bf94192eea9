package io.evio.loop;

/** A limit that ends the connection that comes up against it, by the name of its property. */
public enum Limit {
    MAX_PENDING_INPUT("max-pending-input"),
    MAX_PENDING_OUTPUT("max-pending-output"),
    MAX_PENDING_TOTAL("max-pending-total"),
    IDLE_TIMEOUT("idle-timeout"),
    DRAIN_TIMEOUT("drain-timeout");

    private final String property;

    Limit(String property) {
        this.property = property;
    }

    /** As in {@code evio.limits.<property>}. */
    String property() {
        return property;
    }
}
