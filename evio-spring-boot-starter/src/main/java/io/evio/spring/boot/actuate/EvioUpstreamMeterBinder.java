package io.evio.spring.boot.actuate;

import io.evio.spring.boot.upstream.EvioUpstreamPool;
import io.evio.spring.boot.upstream.EvioUpstreamTarget;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Binds the meters of every target of every upstream, with the tags {@code upstream} and {@code target} as the
 * properties have them. They are read when they are scraped.
 */
public class EvioUpstreamMeterBinder implements MeterBinder {

    private static final String UPSTREAM_TAG = "upstream";
    private static final String TARGET_TAG = "target";
    private static final String CONNECTIONS = "connections";

    private final List<EvioUpstreamPool> upstreams;

    public EvioUpstreamMeterBinder(List<EvioUpstreamPool> upstreams) {
        this.upstreams = upstreams;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (EvioUpstreamPool upstream : upstreams) {
            for (EvioUpstreamTarget target : upstream.targets()) {
                bind(target, Tags.of(UPSTREAM_TAG, upstream.name(), TARGET_TAG, target.text()), registry);
            }
        }
    }

    private static void bind(EvioUpstreamTarget target, Tags tags, MeterRegistry registry) {
        Gauge.builder("evio.upstream.up", target, source -> source.isUp() ? 1 : 0)
                .tags(tags)
                .description("1 while connections go to the target, 0 while its checks fail")
                .register(registry);
        Gauge.builder("evio.upstream.connections.active", target, EvioUpstreamTarget::active)
                .tags(tags)
                .baseUnit(CONNECTIONS)
                .description("Connections to the target now, with those that are being made")
                .register(registry);
        FunctionCounter.builder("evio.upstream.connections.opened", target, EvioUpstreamTarget::opened)
                .tags(tags)
                .baseUnit(CONNECTIONS)
                .description("Connections to the target that have opened")
                .register(registry);
        FunctionCounter.builder("evio.upstream.connections.errors", target, EvioUpstreamTarget::errors)
                .tags(tags)
                .baseUnit(CONNECTIONS)
                .description("Connections to the target that could not be made")
                .register(registry);
        FunctionTimer.builder(
                        "evio.upstream.connect",
                        target,
                        EvioUpstreamTarget::opened,
                        EvioUpstreamTarget::connectNanos,
                        TimeUnit.NANOSECONDS)
                .tags(tags)
                .description("Time until a connection to the target was open")
                .register(registry);
    }
}
