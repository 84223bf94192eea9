package io.evio.spring.boot.actuate;

import io.evio.EventDurations;
import io.evio.EvioMeter;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Binds every {@link EvioMeter} of every server, with the tag {@code server}. Where a server has several loops, it
 * binds those of every loop of every server, with the tag {@code loop} too, because one name must not come with
 * different tags. A meter reads the server's counters when it is scraped; the loop knows nothing of it. Meters hold
 * what they read weakly, and the servers live as long as the context does, over all restarts.
 *
 * <p>The durations of events are a timer of their number and sum, and a counter for each bucket. Micrometer makes a
 * histogram only of what is recorded piece by piece, but has such counters for systems without histograms: by the name
 * and the tag that they have there, Prometheus computes quantiles of them.
 */
public class EvioMeterBinder implements MeterBinder {

    /** The tag every meter has: the server's name. */
    private static final String SERVER_TAG = "server";

    /** The number of the loop, from 0. */
    private static final String LOOP_TAG = "loop";

    private static final String EVENT_DURATION = "evio.event.duration";

    /** The tag of a bucket: its largest duration in seconds. */
    private static final String BUCKET_TAG = "le";

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
        bindDurations(server, tags, source -> stats.apply(source).eventDurations(), registry);
    }

    private static void bindDurations(
            EvioServer server, Tags tags, Function<EvioServer, EventDurations> durations, MeterRegistry registry) {
        FunctionTimer.builder(
                        EVENT_DURATION,
                        server,
                        source -> durations.apply(source).count(),
                        source -> durations.apply(source).total().toNanos(),
                        TimeUnit.NANOSECONDS)
                .tags(tags)
                .description("Time that events took in the application's code")
                .register(registry);
        List<String> bounds = EvioEventBounds.of(durations.apply(server));
        for (int i = 0; i < bounds.size(); i++) {
            int bound = i;
            FunctionCounter.builder(
                            EVENT_DURATION + ".histogram",
                            server,
                            source -> durations.apply(source).count(bound))
                    .tags(tags.and(BUCKET_TAG, bounds.get(bound)))
                    .description("Events that took no longer than so many seconds")
                    .register(registry);
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
