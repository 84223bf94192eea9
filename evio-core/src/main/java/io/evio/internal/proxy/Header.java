package io.evio.internal.proxy;

import io.evio.internal.stream.Layer;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A complete header.
 *
 * @param version 1 or 2
 * @param isLocal whether the proxy has made the connection for itself, as its health checks do
 * @param remote the client's address; null when it has none
 * @param local where the client has connected to; null when it has none
 */
public record Header(
        int version,
        boolean isLocal,
        @Nullable SocketAddress remote,
        @Nullable SocketAddress local,
        Tlvs tlvs) implements Layer.Introduction {}
