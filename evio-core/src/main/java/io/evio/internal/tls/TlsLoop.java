package io.evio.internal.tls;

import io.evio.internal.loop.Clock;
import io.evio.internal.loop.Counters;
import io.evio.internal.loop.FailureLog;
import io.evio.internal.stream.Layer;

/** The state that the TLS layers of one loop share. */
public final class TlsLoop {

    final Counters counters;
    final FailureLog log;
    final Clock clock;
    final TlsArrays arrays = new TlsArrays();

    public TlsLoop(Counters counters, FailureLog log, Clock clock) {
        this.counters = counters;
        this.log = log;
        this.clock = clock;
    }

    /** Makes the layers of connections with these settings. */
    public Layer.Factory layers(TlsSettings settings) {
        return (remote, host) -> new TlsLayer(this, settings, remote, host);
    }
}
