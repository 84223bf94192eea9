package io.evio;

import java.time.Duration;
import java.util.Objects;

/**
 * The bounds of a server, so that no peer can make it grow without end. Immutable; start from {@link #DEFAULTS} and
 * change what differs.
 *
 * @param maxConnections connections at a time; further ones wait in the kernel's backlog until one leaves
 * @param maxPendingInput bytes that a handler may leave unread on a connection; beyond, it is closed with an error
 * @param maxPendingOutput unsent bytes of a connection; beyond, it is closed with an error
 * @param highWaterMark unsent bytes of a connection above which it is not read any more
 * @param lowWaterMark unsent bytes below which it is read again
 * @param idleTimeout how long a connection may neither send nor take a byte before it is closed with an error;
 *     {@link Duration#ZERO} for ever
 * @param drainTimeout how long a connection that is to be closed or detached may take none of its pending output before it is
 *     cut off with an error
 */
public record Limits(
        int maxConnections,
        int maxPendingInput,
        int maxPendingOutput,
        int highWaterMark,
        int lowWaterMark,
        Duration idleTimeout,
        Duration drainTimeout) {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /**
     * 65,536 connections, 16 MiB of unread input and 64 MiB of unsent output each, reading between 1 MiB and 256 KiB
     * of unsent output, no idle timeout, 10 seconds to drain.
     */
    public static final Limits DEFAULTS =
            new Limits(65_536, 16 * MIB, 64 * MIB, MIB, 256 * KIB, Duration.ZERO, Duration.ofSeconds(10));

    /** @throws IllegalArgumentException naming the first value that is out of its range */
    public Limits {
        Objects.requireNonNull(idleTimeout, "idleTimeout");
        Objects.requireNonNull(drainTimeout, "drainTimeout");
        require(maxConnections > 0, "max-connections must be at least 1", maxConnections);
        require(maxPendingInput > 0, "max-pending-input must be at least 1 byte", maxPendingInput);
        require(maxPendingInput <= 512 * MIB, "max-pending-input must be at most 512 MiB", maxPendingInput);
        require(maxPendingOutput > 0, "max-pending-output must be at least 1 byte", maxPendingOutput);
        require(maxPendingOutput <= 1024 * MIB, "max-pending-output must be at most 1 GiB", maxPendingOutput);
        require(lowWaterMark > 0, "low-water-mark must be at least 1 byte", lowWaterMark);
        require(highWaterMark >= lowWaterMark, "high-water-mark must not be below low-water-mark", highWaterMark);
        require(!idleTimeout.isNegative(), "idle-timeout must not be negative", idleTimeout);
        require(drainTimeout.toMillis() > 0, "drain-timeout must be at least 1 ms", drainTimeout);
    }

    private static void require(boolean met, String rule, Object value) {
        if (!met) {
            throw new IllegalArgumentException(rule + ", but was " + value);
        }
    }

    public Limits withMaxConnections(int value) {
        return new Limits(
                value, maxPendingInput, maxPendingOutput, highWaterMark, lowWaterMark, idleTimeout, drainTimeout);
    }

    public Limits withMaxPendingInput(int bytes) {
        return new Limits(
                maxConnections, bytes, maxPendingOutput, highWaterMark, lowWaterMark, idleTimeout, drainTimeout);
    }

    public Limits withMaxPendingOutput(int bytes) {
        return new Limits(
                maxConnections, maxPendingInput, bytes, highWaterMark, lowWaterMark, idleTimeout, drainTimeout);
    }

    /** Sets both water marks, in bytes. */
    public Limits withWaterMarks(int low, int high) {
        return new Limits(maxConnections, maxPendingInput, maxPendingOutput, high, low, idleTimeout, drainTimeout);
    }

    public Limits withIdleTimeout(Duration value) {
        return new Limits(
                maxConnections, maxPendingInput, maxPendingOutput, highWaterMark, lowWaterMark, value, drainTimeout);
    }

    public Limits withDrainTimeout(Duration value) {
        return new Limits(
                maxConnections, maxPendingInput, maxPendingOutput, highWaterMark, lowWaterMark, idleTimeout, value);
    }
}
