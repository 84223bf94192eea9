package io.evio.internal.stream;

/** The reason for which a connection has ended. {@code io.evio.CloseReason} has the same names, for users. */
public enum EndReason {
    PEER_ENDED,
    PEER_RESET,
    PEER_LOST,
    HANDLER,
    OTHER_THREAD,
    ABORTED,
    PROTOCOL_ERROR,
    SERVER_STOP,
    STOP_CUT_OFF,
    MAX_PENDING_INPUT,
    MAX_PENDING_OUTPUT,
    MAX_PENDING_TOTAL,
    IDLE_TIMEOUT,
    FIRST_INPUT_TIMEOUT,
    FRAME_TIMEOUT,
    DRAIN_TIMEOUT,
    HANDSHAKE_TIMEOUT,
    PROXY_TIMEOUT,
    MAX_OUTBOUND_CONNECTIONS,
    FAILURE
}
