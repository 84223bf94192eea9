package io.evio.spring.boot.upstream;

import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.spring.boot.EvioTarget;
import io.evio.spring.boot.EvioUpstream;
import io.evio.spring.boot.server.EvioUpstreamSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

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
                        place,
                        most == null ? Integer.MAX_VALUE : most,
                        settings.health() != null,
                        settings.proxyProtocol() != null))
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
        return from.connect(dial(null, null), handler);
    }

    @Override
    public @Nullable EvioTarget next() {
        int first = Math.floorMod(turn.getAndIncrement(), targets.size());
        EvioUpstreamTarget best = null;
        for (int i = 0; i < targets.size(); i++) {
            EvioUpstreamTarget candidate = targets.get((first + i) % targets.size());
            if (candidate.isUp() && (best == null || EvioUpstreamDial.isBetter(settings.balance(), candidate, best))) {
                best = candidate;
            }
        }
        return best;
    }

    @Override
    public Connection connect(
            Connection from, EvioTarget first, EvioHandler handler, BiConsumer<Connection, EvioTarget> reached) {
        EvioUpstreamTarget target = targets.stream()
                .filter(each -> each == first)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(first.text() + " is no target of the upstream '" + name() + "'"));
        return from.connect(dial(target, Objects.requireNonNull(reached, "reached")), handler);
    }

    @Override
    public void connect(EvioServer server, EvioHandler handler) {
        server.connect(dial(null, null), handler);
    }

    private EvioUpstreamDial dial(
            @Nullable EvioUpstreamTarget first, @Nullable BiConsumer<Connection, EvioTarget> reached) {
        int turnOf = Math.floorMod(first == null ? turn.getAndIncrement() : targets.indexOf(first), targets.size());
        List<EvioUpstreamTarget> inTurn = new ArrayList<>(targets.subList(turnOf, targets.size()));
        inTurn.addAll(targets.subList(0, turnOf));
        return new EvioUpstreamDial(name(), settings.balance(), inTurn, first, reached);
    }
}
