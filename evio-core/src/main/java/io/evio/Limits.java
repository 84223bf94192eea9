package io.evio;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The bounds of a server, so that no peer can make it grow without end. Immutable; start from {@link #DEFAULTS} and
 * change what differs.
 *
 * @param maxConnections connections at a time; further ones wait in the kernel's backlog until one leaves. By default
 *     65,536: an eighth of the descriptors that systemd lets a service have, so that connections cannot take those that the
 *     rest of the application needs
 * @param maxPendingInput bytes that a handler may leave unread on a connection; beyond, it is closed with an error. By default 16
 *     MiB: an incomplete frame is all that a parser leaves, and few protocols have larger ones
 * @param maxPendingOutput unsent bytes of a connection; beyond, it is closed with an error. By default 64 MiB: a reader so far
 *     behind will not catch up, and there is room for the largest replies that are made in one piece
 * @param maxPendingTotal bytes of native memory that unread input and unsent output of all connections may take together; beyond,
 *     the connection that holds the most is closed with an error. By default 1 GiB: the limits of single connections alone
 *     would allow thousands of them terabytes. Of several loops each has an equal share of it, at least 1 MiB, and closes its own
 *     connection that holds the most once its own hold more than that
 * @param highWaterMark unsent bytes of a connection above which it is not read any more. By default 1 MiB: some
 *     large replies, of which a reader that keeps up never has as much pending
 * @param lowWaterMark unsent bytes below which it is read again. By default 256 KiB: what is left keeps the socket
 *     busy while the next requests are read
 * @param idleTimeout how long a connection may neither send nor take a byte before it is closed with an error;
 *     {@link Duration#ZERO} for ever. By default 2 hours: NATs may forget a connection that was silent for 2 hours and 4
 *     minutes (RFC 5382, REQ-5), so that a peer silent for longer may be unreachable for good
 * @param drainTimeout how long a connection that is to be closed or detached may take none of its pending output before it is
 *     cut off with an error. By default 10 seconds: TCP sends a lost packet again after 1, 2 and 4 seconds (RFC
 *     6298), so that three losses in a row cut nobody off
 */
public record Limits(
        int maxConnections,
        int maxPendingInput,
        int maxPendingOutput,
        long maxPendingTotal,
        int highWaterMark,
        int lowWaterMark,
        Duration idleTimeout,
        Duration drainTimeout) {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /**
     * 65,536 connections, 16 MiB of unread input and 64 MiB of unsent output each and 1 GiB of both together, reading
     * between 1 MiB and 256 KiB of unsent output, 2 hours of silence, 10 seconds to drain.
     */
    public static final Limits DEFAULTS = new Limits(
            65_536, 16 * MIB, 64 * MIB, 1024L * MIB, MIB, 256 * KIB, Duration.ofHours(2), Duration.ofSeconds(10));

    /** @throws IllegalArgumentException naming the first value that is out of its range */
    public Limits {
        Objects.requireNonNull(idleTimeout, "idleTimeout");
        Objects.requireNonNull(drainTimeout, "drainTimeout");
        require(maxConnections > 0, "max-connections must be at least 1", maxConnections);
        require(maxPendingInput > 0, "max-pending-input must be at least 1 byte", maxPendingInput);
        require(maxPendingInput <= 512 * MIB, "max-pending-input must be at most 512 MiB", maxPendingInput);
        require(maxPendingOutput > 0, "max-pending-output must be at least 1 byte", maxPendingOutput);
        require(maxPendingOutput <= 1024 * MIB, "max-pending-output must be at most 1 GiB", maxPendingOutput);
        require(maxPendingTotal >= MIB, "max-pending-total must be at least 1 MiB", maxPendingTotal);
        require(lowWaterMark > 0, "low-water-mark must be at least 1 byte", lowWaterMark);
        require(highWaterMark >= lowWaterMark, "high-water-mark must not be below low-water-mark", highWaterMark);
        require(!idleTimeout.isNegative(), "idle-timeout must not be negative", idleTimeout);
        require(drainTimeout.compareTo(Duration.ofMillis(1)) >= 0, "drain-timeout must be at least 1 ms", drainTimeout);
    }

    /** @throws IllegalArgumentException when so many loops would have too little of {@code max-pending-total} each */
    void requireShares(int loops) {
        if (maxPendingTotal / loops < MIB) {
            throw new IllegalArgumentException("max-pending-total must be at least 1 MiB for each of the " + loops
                    + " loops, but was " + maxPendingTotal + ". Raise it to at least " + (long) loops * MIB
                    + ", or have fewer loops");
        }
    }

    private static void require(boolean met, String rule, Object value) {
        if (!met) {
            throw new IllegalArgumentException(rule + ", but was " + value);
        }
    }

    public Limits withMaxConnections(int value) {
        return with(values -> values.maxConnections = value);
    }

    public Limits withMaxPendingInput(int bytes) {
        return with(values -> values.maxPendingInput = bytes);
    }

    public Limits withMaxPendingOutput(int bytes) {
        return with(values -> values.maxPendingOutput = bytes);
    }

    public Limits withMaxPendingTotal(long bytes) {
        return with(values -> values.maxPendingTotal = bytes);
    }

    /** Sets both water marks, in bytes. */
    public Limits withWaterMarks(int low, int high) {
        return with(values -> {
            values.lowWaterMark = low;
            values.highWaterMark = high;
        });
    }

    /** Sets one water mark and keeps the other, which it must not pass. */
    public Limits withHighWaterMark(int bytes) {
        return with(values -> values.highWaterMark = bytes);
    }

    /** Sets one water mark and keeps the other, which it must not pass. */
    public Limits withLowWaterMark(int bytes) {
        return with(values -> values.lowWaterMark = bytes);
    }

    public Limits withIdleTimeout(Duration value) {
        return with(values -> values.idleTimeout = value);
    }

    public Limits withDrainTimeout(Duration value) {
        return with(values -> values.drainTimeout = value);
    }

    private Limits with(Consumer<Values> change) {
        Values values = new Values(this);
        change.accept(values);
        return values.limits();
    }

    /** The values of limits on their way to other ones. */
    private static final class Values {

        int maxConnections;
        int maxPendingInput;
        int maxPendingOutput;
        long maxPendingTotal;
        int highWaterMark;
        int lowWaterMark;
        Duration idleTimeout;
        Duration drainTimeout;

        Values(Limits limits) {
            maxConnections = limits.maxConnections;
            maxPendingInput = limits.maxPendingInput;
            maxPendingOutput = limits.maxPendingOutput;
            maxPendingTotal = limits.maxPendingTotal;
            highWaterMark = limits.highWaterMark;
            lowWaterMark = limits.lowWaterMark;
            idleTimeout = limits.idleTimeout;
            drainTimeout = limits.drainTimeout;
        }

        Limits limits() {
            return new Limits(
                    maxConnections,
                    maxPendingInput,
                    maxPendingOutput,
                    maxPendingTotal,
                    highWaterMark,
                    lowWaterMark,
                    idleTimeout,
                    drainTimeout);
        }
    }
}
