package io.evio;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's figures of a TCP connection, from {@code TCP_INFO}; see tcp(7).
 *
 * @param roundTripTime the smoothed round-trip time
 * @param roundTripVariation how much the round-trip time varies
 * @param retransmits segments sent again since the connection began
 * @param congestionWindow segments that may be under way at a time
 */
public record TcpInfo(Duration roundTripTime, Duration roundTripVariation, long retransmits, long congestionWindow) {

    /** @param numbers as {@link io.evio.internal.sys.Sockets#tcpInfo} has them; null where the system does not tell */
    static @Nullable TcpInfo of(long @Nullable [] numbers) {
        return numbers == null
                ? null
                : new TcpInfo(
                        Duration.of(numbers[0], ChronoUnit.MICROS),
                        Duration.of(numbers[1], ChronoUnit.MICROS),
                        numbers[2],
                        numbers[3]);
    }
}
