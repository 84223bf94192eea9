package io.evio;

import io.evio.internal.stream.Stream;
import java.net.SocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A snapshot of what an open connection has done so far: numbers that only the loop writes. */
public final class ConnectionStats {

    private final long id;
    private final int addressIndex;
    private final SocketAddress remoteAddress;
    private final Duration age;
    private final long dataReceived;
    private final long dataSent;
    private final long writePending;
    private final @Nullable TlsInfo tls;
    private final @Nullable ProxyInfo proxy;

    private ConnectionStats(Stream connection) {
        this.id = connection.id();
        this.addressIndex = connection.addressIndex();
        this.remoteAddress = connection.remoteAddress();
        this.age = Duration.ofNanos(connection.age());
        this.dataReceived = connection.received();
        this.dataSent = connection.sent();
        this.writePending = connection.pendingOutput();
        this.tls = TlsInfo.of(connection);
        this.proxy = ProxyInfo.of(connection);
    }

    static ConnectionStats of(Stream connection) {
        return new ConnectionStats(connection);
    }

    /** Returns the id, see {@link Connection#id}. */
    public long id() {
        return id;
    }

    /** Returns the index of the address it came by, see {@link Connection#addressIndex}. */
    public int addressIndex() {
        return addressIndex;
    }

    /** Returns the peer, the client behind a PROXY header; for a unix socket an address with an empty path. */
    public SocketAddress remoteAddress() {
        return remoteAddress;
    }

    /** Returns the time since it was accepted. */
    public Duration age() {
        return age;
    }

    /** Returns the number of bytes read from the peer. */
    public long dataReceived() {
        return dataReceived;
    }

    /** Returns the number of bytes that the kernel took for the peer. */
    public long dataSent() {
        return dataSent;
    }

    /** Returns the number of bytes that are unsent now. */
    public long writePending() {
        return writePending;
    }

    /** Returns what the TLS handshake has agreed on; null for a connection that does not speak TLS. */
    public @Nullable TlsInfo tls() {
        return tls;
    }

    /** Returns the PROXY header that it began with, with the proxy's own address; null without one. */
    public @Nullable ProxyInfo proxy() {
        return proxy;
    }

    @Override
    public String toString() {
        return "ConnectionStats[id=" + id
                + ", addressIndex=" + addressIndex
                + ", remoteAddress=" + remoteAddress
                + ", age=" + age
                + ", dataReceived=" + dataReceived
                + ", dataSent=" + dataSent
                + ", writePending=" + writePending
                + ", tls=" + tls
                + ", proxy=" + proxy + "]";
    }
}
