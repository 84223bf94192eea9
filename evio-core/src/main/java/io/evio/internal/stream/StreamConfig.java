package io.evio.internal.stream;

/**
 * The limits that the streams of a loop keep to.
 *
 * @param server the server's name, for logs
 * @param maxPendingTotal of the server, of which each of its loops has an equal share
 * @param drainNanos how long pending output may make no progress once the connection is to end
 * @param idleNanos how long a connection may be silent; 0 for ever
 * @param firstInputNanos how long it may take until something comes; 0 for ever
 * @param frameNanos how long input may be unread; 0 for ever
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
        long firstInputNanos,
        long frameNanos) {

    /** Returns whether a peer has to send something in time. */
    boolean timesInput() {
        return (firstInputNanos | frameNanos) != 0;
    }

    /** The same for connections that the server makes itself: their peers are no clients. */
    StreamConfig withoutInputTimes() {
        return new StreamConfig(
                server,
                maxPendingInput,
                maxPendingOutput,
                maxPendingTotal,
                highWaterMark,
                lowWaterMark,
                drainNanos,
                idleNanos,
                0,
                0);
    }
}
