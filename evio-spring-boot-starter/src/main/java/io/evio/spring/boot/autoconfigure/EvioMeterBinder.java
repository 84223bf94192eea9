package io.evio.spring.boot.autoconfigure;

import io.evio.EvioServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;

/**
 * Binds every {@link EvioMeter} of every server. A meter reads the server's counters when it is scraped; the loop knows
 * nothing of it. Meters hold what they read weakly, and the servers live as long as the context does, over all restarts.
 */
class EvioMeterBinder implements MeterBinder {

    private final List<EvioServer> servers;

    EvioMeterBinder(List<EvioServer> servers) {
        this.servers = servers;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (EvioServer server : servers) {
            for (EvioMeter meter : EvioMeter.values()) {
                bind(meter, server, registry);
            }
        }
    }

    private static void bind(EvioMeter meter, EvioServer server, MeterRegistry registry) {
        switch (meter.kind()) {
            case GAUGE ->
                Gauge.builder(meter.meterName(), server, source -> meter.value(source.stats()))
                        .tag(EvioMeter.SERVER_TAG, server.name())
                        .baseUnit(meter.unit())
                        .description(meter.description())
                        .register(registry);
            case COUNTER ->
                FunctionCounter.builder(meter.meterName(), server, source -> meter.value(source.stats()))
                        .tag(EvioMeter.SERVER_TAG, server.name())
                        .baseUnit(meter.unit())
                        .description(meter.description())
                        .register(registry);
        }
    }
}
