package io.evio;

import io.evio.internal.stream.Stream;
import io.evio.internal.tls.TlsLayer;
import io.evio.internal.tls.TlsState;
import java.security.cert.Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The outcome of a TLS handshake. From any thread, also after the end of the connection. */
public final class TlsInfo {

    private final TlsState state;

    private TlsInfo(TlsState state) {
        this.state = state;
    }

    /** Null without TLS. */
    static @Nullable TlsInfo of(Stream connection) {
        TlsState state = connection.layer() instanceof TlsLayer layer ? layer.state() : null;
        return state == null ? null : new TlsInfo(state);
    }

    /** Returns the version, such as {@code TLSv1.3}. */
    public String protocol() {
        return state.protocol();
    }

    /** Returns the cipher suite by the JDK's name, such as {@code TLS_AES_256_GCM_SHA384}. */
    public String cipherSuite() {
        return state.cipherSuite();
    }

    /** Returns the application protocol that ALPN has chosen, such as {@code http/1.1}; null without one. */
    public @Nullable String applicationProtocol() {
        return state.applicationProtocol();
    }

    /** Returns the server name that the client asked for; null when it asked for none. It is the client's own word. */
    public @Nullable String serverName() {
        return state.serverName();
    }

    /**
     * Returns the certificates that the client has shown and the server has trusted, the client's own first; empty
     * without {@link ClientAuth}.
     */
    public List<Certificate> peerCertificates() {
        return state.peerCertificates();
    }

    /**
     * Returns whether the peer's input has ended without the message that ends TLS ({@code close_notify}, RFC 8446,
     * 6.1): a protocol that takes the end of input for the end of a message must not trust it then.
     */
    public boolean isTruncated() {
        return state.isTruncated();
    }

    @Override
    public String toString() {
        return "TlsInfo[protocol=" + protocol() + ", cipherSuite=" + cipherSuite() + ", applicationProtocol="
                + applicationProtocol() + ", serverName=" + serverName() + "]";
    }
}
