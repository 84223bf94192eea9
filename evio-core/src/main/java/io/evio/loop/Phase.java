package io.evio.loop;

/** Where a connection is in its life; it only ever moves forward, in this order. */
enum Phase {
    /** Reads and writes. */
    OPEN,
    /**
     * Nothing more is to come: the peer has shut its writing side, or the server stops. What is pending goes out, and
     * events that others ask for still fire, because they may be about input that came before; then it ends.
     */
    HALF_CLOSED,
    /** Decided to close: what is pending goes out, and nothing else happens before that. */
    CLOSING,
    /** Decided to be handed over to the handler, likewise. */
    DETACHING,
    /** {@code closed} fires and our side is shut; what the peer still sends is thrown away until it ends too. */
    LINGERING,
    /** Nothing of it is left but the object. */
    GONE
}
