package io.evio.internal.stream;

import io.evio.internal.loop.Counter;
import io.evio.internal.loop.Counters;
import io.evio.internal.sys.Networks;
import io.evio.internal.sys.PeerAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Decides which connections a server takes, by where they come from, how many there are from there, and how fast they
 * come. Shared by the loops of a run, and asked once per connection.
 */
public final class Admission {

    /** The reason for which a connection is refused. */
    enum Refusal {
        UNTRUSTED("its peer is none of the trusted proxies", counters -> counters.refusedUntrusted),
        ACCESS("its address has no access", counters -> counters.refusedAccess),
        PER_ADDRESS("there are as many of its address as", counters -> counters.refusedPerAddress),
        ACCEPT_RATE("connections come faster than", counters -> counters.refusedAcceptRate);

        private final String reason;
        private final Function<Counters, Counter> counter;

        Refusal(String reason, Function<Counters, Counter> counter) {
            this.reason = reason;
            this.counter = counter;
        }

        Counter counter(Counters counters) {
            return counter.apply(counters);
        }
    }

    /**
     * A peer as far as it counts: an IPv4 address, or the first 64 bits of an IPv6 one, which one host may have all.
     */
    private record Place(boolean isIpv4, long bits) {

        static Place of(PeerAddress peer) {
            return new Place(peer.isIpv4(), peer.isIpv4() ? peer.low : peer.high);
        }
    }

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Networks trusted;
    private final Networks allowed;
    private final Networks denied;
    private final int maxPerAddress;
    private final int acceptRate;
    private final ConcurrentHashMap<Place, Integer> connections = new ConcurrentHashMap<>();

    /** The time at which the connections taken so far would all have come, had they come evenly; since the start. */
    private final AtomicLong evenly = new AtomicLong();

    private final long began = System.nanoTime();

    /**
     * @param trusted the proxies whose headers are believed
     * @param allowed where connections are taken from; empty for everywhere
     * @param denied where none are taken from, even so
     * @param maxPerAddress 0 for any number
     * @param acceptRate connections per second; 0 for any number
     */
    public Admission(Networks trusted, Networks allowed, Networks denied, int maxPerAddress, int acceptRate) {
        this.trusted = trusted;
        this.allowed = allowed;
        this.denied = denied;
        this.maxPerAddress = maxPerAddress;
        this.acceptRate = acceptRate;
    }

    /**
     * A connection was accepted.
     *
     * @param isIntroduced whether it begins with a header: then {@link #enters} is asked later, with its address
     * @return why it is refused; null when it is not
     */
    @Nullable
    Refusal accepted(PeerAddress peer, boolean isIntroduced) {
        if (isIntroduced && !trusted.contains(peer)) {
            return Refusal.UNTRUSTED;
        }
        if (!isIntroduced && !hasAccess(peer)) {
            return Refusal.ACCESS;
        }
        if (acceptRate > 0 && !isInTime(System.nanoTime() - began)) {
            return Refusal.ACCEPT_RATE;
        }
        return isIntroduced || isCounted(peer) ? null : Refusal.PER_ADDRESS;
    }

    /**
     * The address is known of a connection that began with a header. One that is not refused counts until
     * {@link #left}.
     */
    @Nullable
    Refusal enters(PeerAddress client) {
        if (!hasAccess(client)) {
            return Refusal.ACCESS;
        }
        return isCounted(client) ? null : Refusal.PER_ADDRESS;
    }

    private boolean hasAccess(PeerAddress peer) {
        return !denied.contains(peer) && (allowed.isEmpty() || allowed.contains(peer));
    }

    /** Returns whether a connection may come now; a second's worth of them may come at once. */
    private boolean isInTime(long now) {
        long interval = SECOND / acceptRate;
        for (; ; ) {
            long before = evenly.get();
            long from = Math.max(before, now);
            if (from + interval - now > Math.max(SECOND, interval)) {
                return false;
            }
            if (evenly.compareAndSet(before, from + interval)) {
                return true;
            }
        }
    }

    private boolean isCounted(PeerAddress peer) {
        if (!counts(peer)) {
            return true;
        }
        boolean[] counted = new boolean[1];
        connections.compute(Place.of(peer), (place, before) -> {
            int now = before == null ? 0 : before;
            counted[0] = now < maxPerAddress;
            return counted[0] ? now + 1 : before;
        });
        return counted[0];
    }

    private boolean counts(PeerAddress peer) {
        return maxPerAddress > 0 && peer.portAndScope != PeerAddress.UNIX;
    }

    /** A connection that was not refused has ended. */
    void left(PeerAddress peer) {
        if (counts(peer)) {
            connections.computeIfPresent(Place.of(peer), (place, now) -> now == 1 ? null : now - 1);
        }
    }

    /** Says why, with the limit. */
    String reason(Refusal refusal) {
        return switch (refusal) {
            case PER_ADDRESS -> refusal.reason + " max-connections-per-address (" + maxPerAddress + ")";
            case ACCEPT_RATE -> refusal.reason + " accept-rate (" + acceptRate + " per second)";
            default -> refusal.reason;
        };
    }
}
