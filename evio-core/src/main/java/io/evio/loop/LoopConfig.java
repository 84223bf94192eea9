package io.evio.loop;

/**
 * What a loop is to keep to.
 *
 * @param server the server's name, for logs
 * @param maxConnections of the server, over all of its loops
 * @param maxPendingTotal of the server, of which each of its loops has an equal share
 * @param drainNanos how long pending output may make no progress once the connection is to end
 * @param idleNanos how long a connection may be silent; 0 for ever
 * @param busyPollNanos how long to look for readiness again and again before sleeping; 0 to sleep at once
 */
public record LoopConfig(
        String server,
        int maxConnections,
        int maxPendingInput,
        int maxPendingOutput,
        long maxPendingTotal,
        int highWaterMark,
        int lowWaterMark,
        long drainNanos,
        long idleNanos,
        long busyPollNanos) {}
