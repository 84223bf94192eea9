package io.evio.internal.stream;

import org.jspecify.annotations.Nullable;

/**
 * What the streams of a loop keep to.
 *
 * @param server the server's name, for logs
 * @param maxPendingTotal of the server, of which each of its loops has an equal share
 * @param drainNanos how long pending output may make no progress once the connection is to end
 * @param idleNanos how long a connection may be silent; 0 for ever
 * @param admission decides which connections are taken; null for all
 */
public record StreamConfig(
        String server,
        int maxPendingInput,
        int maxPendingOutput,
        long maxPendingTotal,
        int highWaterMark,
        int lowWaterMark,
        long drainNanos,
        long idleNanos,
        @Nullable Admission admission) {}
