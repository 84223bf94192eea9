package io.evio.spring.boot.actuate;

import io.evio.EvioMeter;
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
 * Binds every {@link EvioMeter} of every server, with the tag {@code server}. Where a server has several loops, it
 * binds those of every loop of every server, with the tag {@code loop} too, because one name must not come with
 * different tags. A meter reads the server's counters when it is scraped; the loop knows nothing of it. Meters hold
 * what they read weakly, and the servers live as long as the context does, over all restarts.
 */
public class EvioMeterBinder implements MeterBinder {

    /** The tag every meter has: the server's name. */
    private static final String SERVER_TAG = "server";

    /** The number of the loop, from 0. */
    private static final String LOOP_TAG = "loop";

    private final List<EvioServer> servers;

    public EvioMeterBinder(List<EvioServer> servers) {
        this.servers = servers;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        boolean byLoop = servers.stream().anyMatch(server -> server.loops() > 1);
        for (EvioServer server : servers) {
            Tags tags = Tags.of(SERVER_TAG, server.name());
            if (!byLoop) {
                bind(server, tags, EvioServer::stats, registry);
                continue;
            }
            for (int i = 0; i < server.loops(); i++) {
                int loop = i;
                bind(
                        server,
                        tags.and(LOOP_TAG, String.valueOf(loop)),
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
