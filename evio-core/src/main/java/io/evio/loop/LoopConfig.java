package io.evio.loop;

/**
 * What a loop is to keep to.
 *
 * @param server the server's name, for logs
 * @param drainNanos how long pending output may make no progress once the connection is to end
 * @param idleNanos how long a connection may be silent; 0 for ever
 */
public record LoopConfig(
        String server,
        int maxConnections,
        int maxPendingInput,
        int maxPendingOutput,
        int highWaterMark,
        int lowWaterMark,
        long drainNanos,
        long idleNanos) {}
