package io.evio.internal.tls;

import java.net.SocketAddress;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * The TLS settings of a server, or of what it connects to.
 *
 * @param engines makes an engine for each connection
 * @param client whether our side is the client
 * @param readsServerName whether the engine depends on the server name that the client asks for
 * @param handshakeNanos how long a connection may take, from accept, until its handshake is over
 * @param tasks where an engine's slow work is done; null to do it on the loop
 */
public record TlsSettings(
        Engines engines,
        boolean client,
        boolean readsServerName,
        long handshakeNanos,
        @Nullable HandshakeTasks tasks) {

    /** Makes engines, ready to be used. May be called by all loops at the same time. */
    @FunctionalInterface
    public interface Engines {

        /**
         * Makes the engine of one connection.
         *
         * @param serverName what the client asks for, in lower case; null when it named none, or it was not read
         */
        SSLEngine engine(@Nullable String serverName, SocketAddress peer);
    }
}
