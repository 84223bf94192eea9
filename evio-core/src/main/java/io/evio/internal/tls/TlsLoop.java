package io.evio.internal.tls;

import io.evio.internal.loop.Clock;
import io.evio.internal.loop.Counters;
import io.evio.internal.loop.FailureLog;
import io.evio.internal.stream.Layer;
import java.net.SocketAddress;

/** What the TLS layers of one loop share. */
public final class TlsLoop implements Layer.Factory {

    final TlsSettings settings;
    final Counters counters;
    final FailureLog log;
    final Clock clock;
    final TlsArrays arrays = new TlsArrays();

    public TlsLoop(TlsSettings settings, Counters counters, FailureLog log, Clock clock) {
        this.settings = settings;
        this.counters = counters;
        this.log = log;
        this.clock = clock;
    }

    @Override
    public Layer create(SocketAddress remote, Layer.Host host) {
        return new TlsLayer(this, remote, host);
    }
}
