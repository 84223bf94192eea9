package io.evio.internal.stream;

/**
 * The stages of a stream's life. It only ever moves forward, except that one that could not be made may be made
 * elsewhere: then it is CONNECTING again.
 */
enum Phase {
    /** Its connection is being made; nothing has fired yet. */
    CONNECTING,
    /** Its layer has still to open, as in a handshake; nothing has fired yet. */
    OPENING,
    /** Reads and writes. */
    OPEN,
    /**
     * Nothing more is to come: the peer has ended its side, or the server stops. What is pending goes out, and events
     * that others ask for still fire, because they may be about input that came before; then it ends, unless the
     * handler wants it half-open.
     */
    HALF_CLOSED,
    /** Decided to close: what is pending goes out, and nothing else happens before that. */
    CLOSING,
    /** Decided to be handed over to the handler, likewise. */
    DETACHING,
    /** {@code closed} has fired and our side is ended; what the peer still sends is thrown away until it ends too. */
    LINGERING,
    /** Nothing of it is left but the object. */
    GONE;

    /** Returns whether events may still fire: no end has been decided. */
    boolean isLive() {
        return this == OPEN || this == HALF_CLOSED;
    }

    /** Returns whether it is not open yet. */
    boolean isEarly() {
        return this == CONNECTING || this == OPENING;
    }

    /** Returns whether an end has been decided, and waits for pending output. */
    boolean isDraining() {
        return this == CLOSING || this == DETACHING;
    }

    /** Returns whether {@code closed} or {@code detached} has fired. */
    boolean isOver() {
        return this == LINGERING || this == GONE;
    }
}
