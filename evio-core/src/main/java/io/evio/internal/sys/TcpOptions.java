package io.evio.internal.sys;

/**
 * The options of TCP connections, see tcp(7). The times are 0 for the system's own.
 *
 * @param noDelay {@code TCP_NODELAY}
 * @param keepAlive {@code SO_KEEPALIVE}; without it the three that follow have no effect
 * @param keepIdleSeconds {@code TCP_KEEPIDLE}
 * @param keepIntervalSeconds {@code TCP_KEEPINTVL}
 * @param keepCount {@code TCP_KEEPCNT}
 * @param userTimeoutMillis {@code TCP_USER_TIMEOUT}
 */
public record TcpOptions(
        boolean noDelay,
        boolean keepAlive,
        int keepIdleSeconds,
        int keepIntervalSeconds,
        int keepCount,
        int userTimeoutMillis) {

    /** The options that a server has by default. */
    public static final TcpOptions DEFAULTS = new TcpOptions(true, false, 0, 0, 0, 0);
}
