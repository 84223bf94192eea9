package io.evio;

import java.time.Duration;

/**
 * The kernel's figures of a TCP connection, from {@code TCP_INFO}; see tcp(7).
 *
 * @param roundTripTime the smoothed round-trip time
 * @param roundTripVariation how much the round-trip time varies
 * @param retransmits segments sent again since the connection began
 * @param congestionWindow segments that may be under way at a time
 */
public record TcpInfo(Duration roundTripTime, Duration roundTripVariation, long retransmits, long congestionWindow) {}
