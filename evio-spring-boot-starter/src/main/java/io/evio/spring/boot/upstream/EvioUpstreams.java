package io.evio.spring.boot.upstream;

import io.evio.spring.boot.EvioUpstream;
import io.evio.spring.boot.server.EvioUpstreamSettings;
import java.io.IOException;
import java.util.List;

/** The upstreams of a context, which are there also while no server runs. */
public final class EvioUpstreams {

    private final List<EvioUpstreamPool> all;
    private final EvioHealthChecks checks;

    public EvioUpstreams(List<EvioUpstreamSettings> settings) {
        this.all = settings.stream().map(EvioUpstreamPool::new).toList();
        this.checks = new EvioHealthChecks(all);
    }

    public List<EvioUpstreamPool> all() {
        return all;
    }

    /** Makes the bean of this name; see {@link EvioUpstreamRegistrar}. */
    public EvioUpstream get(String name) {
        return all.stream()
                .filter(upstream -> upstream.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Begins to check targets, of those that are to be checked. */
    public void start() throws IOException {
        checks.start();
    }

    public void stop() {
        checks.stop();
    }
}
