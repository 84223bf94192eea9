package io.evio;

import io.evio.internal.stream.StreamConfig;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of a server, so that no peer can make it grow without end. Immutable; start from {@link #DEFAULTS} and
 * change what differs. Each {@code with} method returns other limits, and throws {@link IllegalArgumentException} with
 * the rule when a value is out of its range.
 */
public final class Limits {

    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /**
     * 65,536 connections, as many that the server makes itself, 16 MiB of unread input and 64 MiB of unsent output each
     * and 1 GiB of both together, reading between 1 MiB and 256 KiB of unsent output, 2 hours of silence, no limit of
     * the time for the first input and for a frame, 10 seconds to drain.
     */
    public static final Limits DEFAULTS = new Limits();

    private int maxConnections = 65_536;
    private int maxOutboundConnections = 65_536;
    private int maxConnectionsPerAddress;
    private int acceptRate;
    private int maxPendingInput = 16 * MIB;
    private int maxPendingOutput = 64 * MIB;
    private long maxPendingTotal = 1024L * MIB;
    private int highWaterMark = MIB;
    private int lowWaterMark = 256 * KIB;
    private Duration idleTimeout = Duration.ofHours(2);
    private Duration firstInputTimeout = Duration.ZERO;
    private Duration frameTimeout = Duration.ZERO;
    private Duration drainTimeout = Duration.ofSeconds(10);

    private Limits() {}

    /** A copy with a change, if that keeps to the rules. */
    private Limits with(Consumer<Limits> change) {
        Limits copy = new Limits();
        copy.maxConnections = maxConnections;
        copy.maxOutboundConnections = maxOutboundConnections;
        copy.maxConnectionsPerAddress = maxConnectionsPerAddress;
        copy.acceptRate = acceptRate;
        copy.maxPendingInput = maxPendingInput;
        copy.maxPendingOutput = maxPendingOutput;
        copy.maxPendingTotal = maxPendingTotal;
        copy.highWaterMark = highWaterMark;
        copy.lowWaterMark = lowWaterMark;
        copy.idleTimeout = idleTimeout;
        copy.firstInputTimeout = firstInputTimeout;
        copy.frameTimeout = frameTimeout;
        copy.drainTimeout = drainTimeout;
        change.accept(copy);
        copy.check();
        return copy;
    }

    private void check() {
        require(maxConnections > 0, "max-connections must be at least 1", maxConnections);
        require(maxOutboundConnections > 0, "max-outbound-connections must be at least 1", maxOutboundConnections);
        require(
                maxConnectionsPerAddress >= 0,
                "max-connections-per-address must not be negative",
                maxConnectionsPerAddress);
        require(acceptRate >= 0, "accept-rate must not be negative", acceptRate);
        require(maxPendingInput > 0, "max-pending-input must be at least 1 byte", maxPendingInput);
        require(maxPendingInput <= 512 * MIB, "max-pending-input must be at most 512 MiB", maxPendingInput);
        require(maxPendingOutput > 0, "max-pending-output must be at least 1 byte", maxPendingOutput);
        require(maxPendingOutput <= 1024 * MIB, "max-pending-output must be at most 1 GiB", maxPendingOutput);
        require(maxPendingTotal >= MIB, "max-pending-total must be at least 1 MiB", maxPendingTotal);
        require(lowWaterMark > 0, "low-water-mark must be at least 1 byte", lowWaterMark);
        require(highWaterMark >= lowWaterMark, "high-water-mark must not be below low-water-mark", highWaterMark);
        require(!idleTimeout.isNegative(), "idle-timeout must not be negative", idleTimeout);
        require(!firstInputTimeout.isNegative(), "first-input-timeout must not be negative", firstInputTimeout);
        require(!frameTimeout.isNegative(), "frame-timeout must not be negative", frameTimeout);
        require(drainTimeout.compareTo(Duration.ofMillis(1)) >= 0, "drain-timeout must be at least 1 ms", drainTimeout);
    }

    /**
     * Returns how many connections may be open at a time; further ones wait in the kernel's backlog until one closes.
     * By default 65,536: an eighth of the descriptors that systemd lets a service have, so that connections cannot take
     * those that the rest of the application needs.
     */
    public int maxConnections() {
        return maxConnections;
    }

    /**
     * Returns how many connections the server may make itself at a time; a further one ends at once with an error. They
     * do not count against {@link #maxConnections}: a proxy would block itself. By default 65,536.
     */
    public int maxOutboundConnections() {
        return maxOutboundConnections;
    }

    /**
     * Returns how many connections of one address may be open at a time; a further one is refused by a reset before
     * anything is read. 0, the default, is any number. Of IPv6 the first 64 bits count, because a host may have all
     * addresses behind them; the peers of unix sockets do not count. Behind a PROXY header the header's address counts.
     */
    public int maxConnectionsPerAddress() {
        return maxConnectionsPerAddress;
    }

    /**
     * Returns how many connections the server takes per second; a further one is refused by a reset before anything is
     * read. 0, the default, is any number. As many as one second has may come at once.
     */
    public int acceptRate() {
        return acceptRate;
    }

    /**
     * Returns how many bytes a handler may leave unread on a connection; beyond, the connection is closed with an
     * error. By default 16 MiB: an incomplete frame is all that a parser leaves, and few protocols have larger ones.
     */
    public int maxPendingInput() {
        return maxPendingInput;
    }

    /**
     * Returns how many bytes of a connection may be unsent; beyond, the connection is closed with an error. By default
     * 64 MiB: a reader so far behind will not catch up, and there is room for the largest replies that are made in one
     * piece.
     */
    public int maxPendingOutput() {
        return maxPendingOutput;
    }

    /**
     * Returns how many bytes of native memory unread input and unsent output of all connections may take together;
     * beyond, the connection that holds the most is closed with an error. By default 1 GiB: the limits of single
     * connections alone would allow thousands of them terabytes. Of several loops each has an equal share, at least 1
     * MiB, and closes its own connection that holds the most once its own hold more than that.
     */
    public long maxPendingTotal() {
        return maxPendingTotal;
    }

    /**
     * Returns above how many unsent bytes a connection is not read any more. By default 1 MiB: some large replies, of
     * which a reader that keeps up never has as much pending.
     */
    public int highWaterMark() {
        return highWaterMark;
    }

    /**
     * Returns below how many unsent bytes a paused connection is read again. By default 256 KiB: what is left keeps the
     * socket busy while the next requests are read.
     */
    public int lowWaterMark() {
        return lowWaterMark;
    }

    /**
     * Returns how long a connection may neither send nor take a byte before it is closed with an error;
     * {@link Duration#ZERO} for ever. By default 2 hours: NATs may forget a connection that was silent for 2 hours and
     * 4 minutes (RFC 5382, REQ-5), so that a peer silent for longer may be unreachable for good.
     */
    public Duration idleTimeout() {
        return idleTimeout;
    }

    /**
     * Returns how long a connection may receive nothing after it has opened before it is closed with an error;
     * {@link Duration#ZERO}, the default, for as long as {@link #idleTimeout} allows. For protocols in which the client
     * speaks first: one that has nothing to say holds a connection for seconds, and not for hours.
     *
     * <p>Over TLS it begins when the handshake is over. The time in which the connection is not read does not count.
     * Connections that the server makes itself have it only by {@link Target#limits}.
     */
    public Duration firstInputTimeout() {
        return firstInputTimeout;
    }

    /**
     * Returns how long input may lie unread before the connection is closed with an error; {@link Duration#ZERO}, the
     * default, for ever. A handler leaves unread what is not complete: this is the time that a client has for the rest
     * of a frame, however it spreads its bytes. It begins anew when the handler takes something.
     *
     * <p>The time in which the connection is not read does not count: while work off the loop holds it up, while
     * reading is paused, and above the {@link #highWaterMark}. Over TLS half a record is unread too. Connections that
     * the server makes itself have it only by {@link Target#limits}.
     */
    public Duration frameTimeout() {
        return frameTimeout;
    }

    /**
     * Returns how long a connection that is to be closed or detached may take none of its pending output before it is
     * cut off with an error. By default 10 seconds: TCP sends a lost packet again after 1, 2 and 4 seconds (RFC 6298),
     * so that three losses in a row cut nothing off.
     */
    public Duration drainTimeout() {
        return drainTimeout;
    }

    /** Returns these limits with another {@link #maxConnections}. */
    public Limits withMaxConnections(int value) {
        return with(limits -> limits.maxConnections = value);
    }

    /** Returns these limits with another {@link #maxOutboundConnections}. */
    public Limits withMaxOutboundConnections(int value) {
        return with(limits -> limits.maxOutboundConnections = value);
    }

    /** Returns these limits with another {@link #maxConnectionsPerAddress}. */
    public Limits withMaxConnectionsPerAddress(int value) {
        return with(limits -> limits.maxConnectionsPerAddress = value);
    }

    /** Returns these limits with another {@link #acceptRate}. */
    public Limits withAcceptRate(int perSecond) {
        return with(limits -> limits.acceptRate = perSecond);
    }

    /** Returns these limits with another {@link #maxPendingInput}. */
    public Limits withMaxPendingInput(int bytes) {
        return with(limits -> limits.maxPendingInput = bytes);
    }

    /** Returns these limits with another {@link #maxPendingOutput}. */
    public Limits withMaxPendingOutput(int bytes) {
        return with(limits -> limits.maxPendingOutput = bytes);
    }

    /** Returns these limits with another {@link #maxPendingTotal}. */
    public Limits withMaxPendingTotal(long bytes) {
        return with(limits -> limits.maxPendingTotal = bytes);
    }

    /** Returns these limits with both water marks changed, in bytes. */
    public Limits withWaterMarks(int low, int high) {
        return with(limits -> {
            limits.lowWaterMark = low;
            limits.highWaterMark = high;
        });
    }

    /** Returns these limits with another {@link #highWaterMark}, which must not be below the low one. */
    public Limits withHighWaterMark(int bytes) {
        return with(limits -> limits.highWaterMark = bytes);
    }

    /** Returns these limits with another {@link #lowWaterMark}, which must not be above the high one. */
    public Limits withLowWaterMark(int bytes) {
        return with(limits -> limits.lowWaterMark = bytes);
    }

    /** Returns these limits with another {@link #idleTimeout}. */
    public Limits withIdleTimeout(Duration value) {
        return with(limits -> limits.idleTimeout = Objects.requireNonNull(value, "idleTimeout"));
    }

    /** Returns these limits with another {@link #firstInputTimeout}. */
    public Limits withFirstInputTimeout(Duration value) {
        return with(limits -> limits.firstInputTimeout = Objects.requireNonNull(value, "firstInputTimeout"));
    }

    /** Returns these limits with another {@link #frameTimeout}. */
    public Limits withFrameTimeout(Duration value) {
        return with(limits -> limits.frameTimeout = Objects.requireNonNull(value, "frameTimeout"));
    }

    /** Returns these limits with another {@link #drainTimeout}. */
    public Limits withDrainTimeout(Duration value) {
        return with(limits -> limits.drainTimeout = Objects.requireNonNull(value, "drainTimeout"));
    }

    /**
     * Checks that so many loops have enough of {@code max-pending-total} each.
     *
     * @throws IllegalArgumentException otherwise
     */
    void requireShares(int loops) {
        if (maxPendingTotal / loops < MIB) {
            throw new IllegalArgumentException("max-pending-total must be at least 1 MiB for each of the " + loops
                    + " loops, but was " + maxPendingTotal + ". Raise it to at least " + (long) loops * MIB
                    + ", or have fewer loops");
        }
    }

    /** Makes what the streams of a server keep to. */
    StreamConfig config(String server) {
        return new StreamConfig(
                server,
                maxPendingInput,
                maxPendingOutput,
                maxPendingTotal,
                highWaterMark,
                lowWaterMark,
                Nanos.of(drainTimeout),
                Nanos.of(idleTimeout),
                Nanos.of(firstInputTimeout),
                Nanos.of(frameTimeout));
    }

    private static void require(boolean met, String rule, Object value) {
        if (!met) {
            throw new IllegalArgumentException(rule + ", but was " + value);
        }
    }

    private List<Object> values() {
        return List.of(
                maxConnections,
                maxOutboundConnections,
                maxConnectionsPerAddress,
                acceptRate,
                maxPendingInput,
                maxPendingOutput,
                maxPendingTotal,
                highWaterMark,
                lowWaterMark,
                idleTimeout,
                firstInputTimeout,
                frameTimeout,
                drainTimeout);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Limits limits && values().equals(limits.values());
    }

    @Override
    public int hashCode() {
        return values().hashCode();
    }

    @Override
    public String toString() {
        return "Limits[maxConnections=" + maxConnections
                + ", maxOutboundConnections=" + maxOutboundConnections
                + ", maxConnectionsPerAddress=" + maxConnectionsPerAddress
                + ", acceptRate=" + acceptRate
                + ", maxPendingInput=" + maxPendingInput
                + ", maxPendingOutput=" + maxPendingOutput
                + ", maxPendingTotal=" + maxPendingTotal
                + ", highWaterMark=" + highWaterMark
                + ", lowWaterMark=" + lowWaterMark
                + ", idleTimeout=" + idleTimeout
                + ", firstInputTimeout=" + firstInputTimeout
                + ", frameTimeout=" + frameTimeout
                + ", drainTimeout=" + drainTimeout + "]";
    }
}
