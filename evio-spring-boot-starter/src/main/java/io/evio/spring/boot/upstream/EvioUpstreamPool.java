package io.evio.spring.boot.upstream;

import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.spring.boot.EvioUpstream;
import io.evio.spring.boot.server.EvioUpstreamSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/** An upstream: what is set, its targets, and whose turn it is. Safe from any thread. */
public final class EvioUpstreamPool implements EvioUpstream {

    private final EvioUpstreamSettings settings;
    private final List<EvioUpstreamTarget> targets;
    private final AtomicInteger turn = new AtomicInteger();

    EvioUpstreamPool(EvioUpstreamSettings settings) {
        this.settings = settings;
        Integer most = settings.maxConnections();
        this.targets = settings.places().stream()
                .map(place -> new EvioUpstreamTarget(
                        place, most == null ? Integer.MAX_VALUE : most, settings.health() != null))
                .toList();
    }

    @Override
    public String name() {
        return settings.name();
    }

    public EvioUpstreamSettings settings() {
        return settings;
    }

    /** Returns its targets, in the order of the properties. */
    public List<EvioUpstreamTarget> targets() {
        return targets;
    }

    @Override
    public Connection connect(Connection from, EvioHandler handler) {
        EvioUpstreamDial dial = dial(handler);
        return from.connect(dial, dial);
    }

    @Override
    public void connect(EvioServer server, EvioHandler handler) {
        EvioUpstreamDial dial = dial(handler);
        server.connect(dial, dial);
    }

    private EvioUpstreamDial dial(EvioHandler handler) {
        int first = Math.floorMod(turn.getAndIncrement(), targets.size());
        List<EvioUpstreamTarget> inTurn = new ArrayList<>(targets.subList(first, targets.size()));
        inTurn.addAll(targets.subList(0, first));
        return new EvioUpstreamDial(name(), settings.balance(), inTurn, Objects.requireNonNull(handler, "handler"));
    }
}
