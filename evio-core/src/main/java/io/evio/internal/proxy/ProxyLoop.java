package io.evio.internal.proxy;

import io.evio.internal.loop.Clock;
import io.evio.internal.loop.Counters;
import io.evio.internal.loop.FailureLog;
import io.evio.internal.stream.Layer;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** The state that those layers of one loop share that read headers. */
public final class ProxyLoop {

    final Counters counters;
    final FailureLog log;
    final Clock clock;

    public ProxyLoop(Counters counters, FailureLog log, Clock clock) {
        this.counters = counters;
        this.log = log;
        this.clock = clock;
    }

    /**
     * Makes the layers of connections that begin with a header.
     *
     * @param timeoutNanos how long a connection may take, from accept, until its header is complete
     * @param maxLength the longest header
     * @param next makes the layers that come behind the header; null for none
     */
    public Layer.Factory layers(long timeoutNanos, int maxLength, Layer.@Nullable Factory next) {
        return new Layer.Factory() {
            @Override
            public Layer create(SocketAddress remote, Layer.Host host) {
                return new ProxyLayer(ProxyLoop.this, timeoutNanos, maxLength, host);
            }

            @Override
            public boolean introduces() {
                return true;
            }

            @Override
            public Layer.@Nullable Factory next() {
                return next;
            }
        };
    }
}
