package io.evio;

import java.net.SocketAddress;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** Makes the engine of each TLS connection: for certificates that change, and for engines of other providers. */
@FunctionalInterface
public interface TlsEngines {

    /**
     * Makes the engine of one connection, of which nothing was used yet. {@link Tls} sets its mode and what else it was
     * told; anything else, such as its cipher suites, may be set here.
     *
     * <p>Called on the loop's thread, by several loops at the same time. An exception ends the connection and is
     * logged. An engine that is an {@link AutoCloseable}, or reference-counted as Netty's are, is closed or released
     * when its connection has ended.
     *
     * @param serverName the name that the client asks for (RFC 6066, 3), in lower case; null when it asks for none, and
     *     when no {@linkplain Tls#serverName server name} was configured, because then it is not read
     * @param peer the client's address; JDK engines hand it to key managers, as in
     *     {@link javax.net.ssl.SSLContext#createSSLEngine(String, int)}
     */
    SSLEngine engine(@Nullable String serverName, SocketAddress peer);
}
