package io.evio;

/** Says why a connection has ended: {@link Connection#closeReason}. */
public enum CloseReason {

    /** The peer ended its side, and everything was answered. */
    PEER_ENDED,

    /** The peer reset the connection; a receive or a send found that out. */
    PEER_RESET,

    /**
     * The peer did not answer the kernel any more: its probes ({@link KeepAlive}), or what it was sent
     * ({@link EvioServer.Builder#userTimeout}).
     */
    PEER_LOST,

    /** An event returned {@link Action#CLOSE} or called {@link Connection#close}. */
    HANDLER,

    /** Another thread called {@link Connection#close} or {@link EvioServer#closeConnection}. */
    OTHER_THREAD,

    /** {@link Connection#abort} was called. */
    ABORTED,

    /** The handler called {@link Connection#fail}: the peer broke the protocol. */
    PROTOCOL_ERROR,

    /** The server stopped, and everything that had arrived was answered. */
    SERVER_STOP,

    /** The server stopped, and its grace period ended before everything was answered and sent. */
    STOP_CUT_OFF,

    /** More was left unread than {@link Limits#maxPendingInput}. */
    MAX_PENDING_INPUT,

    /** More was unsent than {@link Limits#maxPendingOutput}. */
    MAX_PENDING_OUTPUT,

    /** All connections together held more than {@link Limits#maxPendingTotal}, and this one the most. */
    MAX_PENDING_TOTAL,

    /** Nothing was sent or received for {@link Limits#idleTimeout}. */
    IDLE_TIMEOUT,

    /** Nothing was received for {@link Limits#firstInputTimeout} after the connection had opened. */
    FIRST_INPUT_TIMEOUT,

    /** Input lay unread for {@link Limits#frameTimeout}: its peer did not send the rest of a frame. */
    FRAME_TIMEOUT,

    /** Pending output made no progress for {@link Limits#drainTimeout}. */
    DRAIN_TIMEOUT,

    /**
     * The TLS handshake was not over within {@link Tls#handshakeTimeout}. No event fires for such a connection; it is
     * counted.
     */
    HANDSHAKE_TIMEOUT,

    /**
     * The PROXY header was not complete within {@link ProxyHeaders#timeout}. No event fires for such a connection; it
     * is counted.
     */
    PROXY_TIMEOUT,

    /**
     * The server had as many outbound connections as {@link Limits#maxOutboundConnections} when this one was to be
     * made. It has not opened.
     */
    MAX_OUTBOUND_CONNECTIONS,

    /** An event threw, or a system call failed: the error of {@link EvioHandler#closed} says which. */
    FAILURE
}
