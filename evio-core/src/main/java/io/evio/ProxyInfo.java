package io.evio;

import io.evio.internal.proxy.Header;
import io.evio.internal.proxy.Tlvs;
import io.evio.internal.stream.Stream;
import java.net.SocketAddress;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The PROXY header that a connection began with. From any thread, also after the end of the connection.
 *
 * <p>All of it is the word of a trusted proxy, see {@link ProxyHeaders}. Each call reads the header anew: nothing is
 * made of what nobody asks for.
 */
public final class ProxyInfo {

    private final Header header;
    private final SocketAddress realRemoteAddress;
    private final SocketAddress realLocalAddress;

    private ProxyInfo(Header header, SocketAddress realRemoteAddress, SocketAddress realLocalAddress) {
        this.header = header;
        this.realRemoteAddress = realRemoteAddress;
        this.realLocalAddress = realLocalAddress;
    }

    /** Null without a header. */
    static @Nullable ProxyInfo of(Stream connection) {
        return connection.introduction() instanceof Header header
                ? new ProxyInfo(header, connection.peerAddress(), connection.ownAddress())
                : null;
    }

    /** The commands of a header. */
    public enum Command {

        /** The proxy has made the connection for itself, as its health checks do. */
        LOCAL,

        /** The proxy passes a client's connection on. */
        PROXY
    }

    /** A value with its type, by its number in the specification. */
    public static final class Tlv {

        private final int type;
        private final byte[] value;

        private Tlv(int type, byte[] value) {
            this.type = type;
            this.value = value;
        }

        /** Returns the type, from 0 to 255. */
        public int type() {
            return type;
        }

        /** Returns a copy of the value. */
        public byte[] value() {
            return value.clone();
        }

        @Override
        public String toString() {
            return String.format("Tlv[type=0x%02x, %d bytes]", type, value.length);
        }
    }

    /** The way in which the client speaks TLS with the proxy. */
    public static final class Ssl {

        private static final int CLIENT_SSL = 1;
        private static final int CERTIFICATE_CONNECTION = 2;
        private static final int CERTIFICATE_SESSION = 4;

        private final Tlvs.Ssl ssl;

        private Ssl(Tlvs.Ssl ssl) {
            this.ssl = ssl;
        }

        /** Returns whether the client speaks TLS. */
        public boolean isTls() {
            return (ssl.client() & CLIENT_SSL) != 0;
        }

        /** Returns whether the client has shown a certificate, on this connection or when its session began. */
        public boolean hasClientCertificate() {
            return (ssl.client() & (CERTIFICATE_CONNECTION | CERTIFICATE_SESSION)) != 0;
        }

        /** Returns whether the client has shown a certificate that the proxy has verified. */
        public boolean isVerified() {
            return hasClientCertificate() && ssl.verify() == 0;
        }

        /** Returns the version of TLS, such as {@code TLSv1.3}; null when it is not told. */
        public @Nullable String version() {
            return text(ssl.values(), Tlvs.SSL_VERSION, StandardCharsets.US_ASCII);
        }

        /** Returns the cipher, such as {@code ECDHE-RSA-AES128-GCM-SHA256}; null when it is not told. */
        public @Nullable String cipher() {
            return text(ssl.values(), Tlvs.SSL_CIPHER, StandardCharsets.US_ASCII);
        }

        /** Returns the common name of the client's certificate; null when it is not told. */
        public @Nullable String commonName() {
            return text(ssl.values(), Tlvs.SSL_CN, StandardCharsets.UTF_8);
        }

        /**
         * Returns the algorithm that signed the proxy's certificate, such as {@code SHA256}; null when it is not told.
         */
        public @Nullable String signatureAlgorithm() {
            return text(ssl.values(), Tlvs.SSL_SIGNATURE_ALGORITHM, StandardCharsets.US_ASCII);
        }

        /** Returns the algorithm of the proxy's key, such as {@code RSA2048}; null when it is not told. */
        public @Nullable String keyAlgorithm() {
            return text(ssl.values(), Tlvs.SSL_KEY_ALGORITHM, StandardCharsets.US_ASCII);
        }

        /** Returns the values inside. */
        public List<Tlv> tlvs() {
            return list(ssl.values());
        }

        @Override
        public String toString() {
            return "Ssl[version=" + version() + ", cipher=" + cipher() + ", commonName=" + commonName() + ", verified="
                    + isVerified() + "]";
        }
    }

    /** Returns the address of the proxy: the other end of the socket. */
    public SocketAddress realRemoteAddress() {
        return realRemoteAddress;
    }

    /** Returns the address that the proxy has connected to: our end of the socket. */
    public SocketAddress realLocalAddress() {
        return realLocalAddress;
    }

    /** Returns the version of the header. */
    public ProxyProtocol version() {
        return header.version() == 1 ? ProxyProtocol.V1 : ProxyProtocol.V2;
    }

    /** Returns the command; {@link Command#PROXY} in version 1, which has no other. */
    public Command command() {
        return header.isLocal() ? Command.LOCAL : Command.PROXY;
    }

    /**
     * Returns whether the header has the client's address. Otherwise {@link Connection#remoteAddress} is the proxy's
     * own.
     */
    public boolean hasAddresses() {
        return header.remote() != null;
    }

    /** Returns the values behind the addresses, in their order; empty in version 1. */
    public List<Tlv> tlvs() {
        return list(header.tlvs());
    }

    /** Returns a copy of the first value of this type, by its number in the specification; null without one. */
    public byte @Nullable [] tlv(int type) {
        return header.tlvs().value(type);
    }

    /** Returns the host name that the client asked the proxy for, as by SNI; null when it is not told. */
    public @Nullable String authority() {
        return text(header.tlvs(), Tlvs.AUTHORITY, StandardCharsets.UTF_8);
    }

    /** Returns the application protocol, such as {@code http/1.1}; null when it is not told. */
    public @Nullable String alpn() {
        return text(header.tlvs(), Tlvs.ALPN, StandardCharsets.UTF_8);
    }

    /** Returns the id that the proxy gave the connection, of 128 bytes at the most; null when it is not told. */
    public byte @Nullable [] uniqueId() {
        return header.tlvs().value(Tlvs.UNIQUE_ID);
    }

    /** Returns the name of the network namespace; null when it is not told. */
    public @Nullable String networkNamespace() {
        return text(header.tlvs(), Tlvs.NETNS, StandardCharsets.US_ASCII);
    }

    /** Returns how the client speaks TLS with the proxy; null when it is not told. */
    public @Nullable Ssl ssl() {
        Tlvs.Ssl ssl = header.tlvs().ssl();
        return ssl == null ? null : new Ssl(ssl);
    }

    private static @Nullable String text(Tlvs tlvs, int type, Charset charset) {
        byte[] value = tlvs.value(type);
        return value == null ? null : new String(value, charset);
    }

    private static List<Tlv> list(Tlvs tlvs) {
        List<Tlv> list = new ArrayList<>();
        List<byte[]> values = tlvs.values();
        for (int type : tlvs.types()) {
            list.add(new Tlv(type, values.get(list.size())));
        }
        return List.copyOf(list);
    }

    @Override
    public String toString() {
        return "ProxyInfo[version=" + version() + ", command=" + command() + ", realRemoteAddress=" + realRemoteAddress
                + ", realLocalAddress=" + realLocalAddress + "]";
    }
}
