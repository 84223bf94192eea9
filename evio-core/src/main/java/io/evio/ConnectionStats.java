package io.evio;

import io.evio.internal.stream.Stream;
import java.net.SocketAddress;
import java.time.Duration;

/**
 * A snapshot of what an open connection has done so far. The loop alone writes these numbers.
 *
 * @param id see {@link Connection#id}
 * @param addressIndex see {@link Connection#addressIndex}
 * @param remoteAddress the peer; for a unix socket an address with an empty path
 * @param age the time since it was accepted
 * @param dataReceived bytes read from the peer
 * @param dataSent bytes that the kernel took for the peer
 * @param writePending bytes unsent now
 */
public record ConnectionStats(
        long id,
        int addressIndex,
        SocketAddress remoteAddress,
        Duration age,
        long dataReceived,
        long dataSent,
        long writePending) {

    static ConnectionStats of(Stream connection) {
        return new ConnectionStats(
                connection.id(),
                connection.addressIndex(),
                connection.remoteAddress(),
                Duration.ofNanos(connection.age()),
                connection.received(),
                connection.sent(),
                connection.pendingOutput());
    }
}
