package io.evio.internal.tls;

import java.security.cert.Certificate;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The outcome of a handshake, as it was when the connection opened. Readable from any thread. */
public final class TlsState {

    private final SSLSession session;
    private final @Nullable String applicationProtocol;
    private final @Nullable String serverName;
    private volatile boolean truncated;

    /** @param asked the server name that was read from the hello; null when it was not read */
    TlsState(SSLEngine engine, @Nullable String asked) {
        this.session = engine.getSession();
        String chosen = engine.getApplicationProtocol();
        this.applicationProtocol = chosen == null || chosen.isEmpty() ? null : chosen;
        this.serverName = asked != null ? asked : requested(session);
    }

    private static @Nullable String requested(SSLSession session) {
        if (!(session instanceof ExtendedSSLSession extended)) {
            return null;
        }
        try {
            return extended.getRequestedServerNames().stream()
                    .filter(SNIHostName.class::isInstance)
                    .map(name -> ((SNIHostName) name).getAsciiName())
                    .findFirst()
                    .orElse(null);
        } catch (UnsupportedOperationException e) {
            return null;
        }
    }

    public String protocol() {
        return session.getProtocol();
    }

    public String cipherSuite() {
        return session.getCipherSuite();
    }

    /** The protocol that ALPN has chosen; null for none. */
    public @Nullable String applicationProtocol() {
        return applicationProtocol;
    }

    /** The server name that the client asked for; null for none. */
    public @Nullable String serverName() {
        return serverName;
    }

    /** The peer's own certificate first; empty when it sent none. */
    public List<Certificate> peerCertificates() {
        try {
            return List.of(session.getPeerCertificates());
        } catch (SSLPeerUnverifiedException e) {
            return List.of();
        }
    }

    /** Returns whether the peer's input ended without a close_notify. */
    public boolean isTruncated() {
        return truncated;
    }

    void truncated() {
        truncated = true;
    }

    /** Returns whether the session is older than the handshake, and so was resumed. */
    boolean isOlderThan(long millis) {
        return session.getCreationTime() < millis;
    }
}
