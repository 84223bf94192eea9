package io.evio;

import io.evio.internal.sys.Networks;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * The settings of a server for its addresses with {@code proxy+} in front, such as {@code proxy+tcp://0.0.0.0:5000}: on
 * these every connection begins with a header of the PROXY protocol, version 1 or 2, in which a load balancer says
 * whose connection it passes on. Immutable: each method returns a changed copy.
 *
 * <pre>{@code
 * EvioServer.builder()
 *         .handler(handler)
 *         .addresses("proxy+tls://0.0.0.0:5443")
 *         .proxyProtocol(ProxyHeaders.from("10.0.0.0/8"))
 *         .tls(Tls.of(sslContext))
 * }</pre>
 *
 * <p>The header comes before TLS, and {@link EvioHandler#opened} fires after both. {@link Connection#remoteAddress} and
 * {@link Connection#localAddress} are what the header says; {@link Connection#proxy} has the rest. A connection without
 * a correct header ends at once and fires nothing; it is counted ({@link EvioMeter#PROXY_ERRORS}) and logged, at most
 * one line per minute.
 *
 * <p>No argument may be null: {@link NullPointerException}.
 */
public final class ProxyHeaders {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);
    private static final int DEFAULT_MAX_LENGTH = 4096;

    /** The length of a header of version 2 with two unix paths and nothing else. */
    private static final int SHORTEST_MAX = 16 + 2 * 108;

    private static final int LONGEST_MAX = 16 + 65_535;

    private final Networks trusted;
    private final Duration timeout;
    private final int maxLength;

    private ProxyHeaders(Networks trusted, Duration timeout, int maxLength) {
        this.trusted = trusted;
        this.timeout = timeout;
        this.maxLength = maxLength;
    }

    /**
     * Takes headers from these proxies alone. A connection of any other peer is refused before a byte of it is read:
     * anybody could otherwise claim to be anybody.
     *
     * @param trustedProxies networks such as {@code 10.0.0.0/8} or {@code fd00::/8}, single addresses, and {@code unix}
     *     for the peers of unix sockets
     * @throws IllegalArgumentException when there is none, or one is malformed
     */
    public static ProxyHeaders from(String... trustedProxies) {
        return from(Arrays.asList(trustedProxies));
    }

    /**
     * Takes headers from these proxies alone; see {@link #from(String...)}.
     *
     * @throws IllegalArgumentException when there is none, or one is malformed
     */
    public static ProxyHeaders from(List<String> trustedProxies) {
        if (trustedProxies.isEmpty()) {
            throw new IllegalArgumentException("There must be a trusted proxy, such as 10.0.0.0/8, 127.0.0.1 or unix");
        }
        return new ProxyHeaders(new Networks(trustedProxies), DEFAULT_TIMEOUT, DEFAULT_MAX_LENGTH);
    }

    /** Returns the proxies whose headers are believed, as they were written. */
    public List<String> trustedProxies() {
        return trusted.texts();
    }

    /**
     * Sets how long a connection may take from being accepted until its header is complete; 5 seconds by default.
     *
     * @throws IllegalArgumentException when it is shorter than a millisecond
     */
    public ProxyHeaders timeout(Duration timeout) {
        if (timeout.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException("timeout must be at least 1 ms, but was " + timeout);
        }
        return new ProxyHeaders(trusted, timeout, maxLength);
    }

    /** Returns how long a connection may take from being accepted until its header is complete. */
    public Duration timeout() {
        return timeout;
    }

    /**
     * Sets how many bytes a header of version 2 may have; 4,096 by default. One of version 1 has 107 at the most.
     *
     * @throws IllegalArgumentException when it is less than 232, which addresses alone may take, or more than 65,551,
     *     which is all that a header can have
     */
    public ProxyHeaders maxLength(int bytes) {
        if (bytes < SHORTEST_MAX || bytes > LONGEST_MAX) {
            throw new IllegalArgumentException(
                    "max-length must be from " + SHORTEST_MAX + " to " + LONGEST_MAX + " bytes, but was " + bytes);
        }
        return new ProxyHeaders(trusted, timeout, bytes);
    }

    /** Returns how many bytes a header may have. */
    public int maxLength() {
        return maxLength;
    }

    Networks trusted() {
        return trusted;
    }

    @Override
    public String toString() {
        return "ProxyHeaders[trustedProxies=" + trusted + ", timeout=" + timeout + ", maxLength=" + maxLength + "]";
    }
}
