package io.evio.spring.boot.actuate;

import io.evio.EvioServer;
import io.evio.EvioStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Binds every {@link EvioMeter} of every server, or of every loop where a server has several. A meter reads the server's counters when it is scraped; the loop knows
 * nothing of it. Meters hold what they read weakly, and the servers live as long as the context does, over all restarts.
 */
public class EvioMeterBinder implements MeterBinder {

    private final List<EvioServer> servers;

    public EvioMeterBinder(List<EvioServer> servers) {
        this.servers = servers;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        boolean byLoop = servers.stream().anyMatch(server -> server.loops() > 1);
        for (EvioServer server : servers) {
            Tags tags = Tags.of(EvioMeter.SERVER_TAG, server.name());
            if (!byLoop) {
                bind(server, tags, EvioServer::stats, registry);
                continue;
            }
            for (int i = 0; i < server.loops(); i++) {
                int loop = i;
                bind(
                        server,
                        tags.and(EvioMeter.LOOP_TAG, String.valueOf(loop)),
                        source -> source.loopStats().get(loop),
                        registry);
            }
        }
    }

    private static void bind(
            EvioServer server, Tags tags, Function<EvioServer, EvioStats> stats, MeterRegistry registry) {
        for (EvioMeter meter : EvioMeter.values()) {
            bind(meter, server, tags, source -> meter.value(stats.apply(source)), registry);
        }
    }

    private static void bind(
            EvioMeter meter, EvioServer server, Tags tags, ToDoubleFunction<EvioServer> value, MeterRegistry registry) {
        switch (meter.kind()) {
            case GAUGE ->
                Gauge.builder(meter.meterName(), server, value)
                        .tags(tags)
                        .baseUnit(meter.unit())
                        .description(meter.description())
                        .register(registry);
            case COUNTER ->
                FunctionCounter.builder(meter.meterName(), server, value)
                        .tags(tags)
                        .baseUnit(meter.unit())
                        .description(meter.description())
                        .register(registry);
        }
    }
}
