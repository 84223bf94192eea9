package io.evio;

import io.evio.internal.stream.Layer;

/** Lets a test build servers whose connections have a layer between the wire and the handler. */
public final class LayeredServers {

    private LayeredServers() {}

    /** The builder, with these layers from now on. */
    public static EvioServer.Builder with(EvioServer.Builder builder, Layer.Factory layers) {
        return builder.layers(layers);
    }
}
