package io.evio.spring.boot.upstream;

import io.evio.Action;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Tick;
import io.evio.spring.boot.server.EvioProperties.TargetHealth;
import io.evio.spring.boot.upstream.EvioUpstreamTarget.State;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Checks the targets of upstreams, on a loop of its own: a server that has no addresses and makes connections only. So
 * no server that is blocked, or is being stopped, has a part in what a check says.
 */
final class EvioHealthChecks implements EvioHandler {

    private static final Log logger = LogFactory.getLog(EvioHealthChecks.class);

    private static final String NAME = "health-checks";

    private final List<Checked> targets = new ArrayList<>();
    private final EvioServer server;

    EvioHealthChecks(List<EvioUpstreamPool> upstreams) {
        this.server = EvioServer.builder().name(NAME).handler(this).build();
        for (EvioUpstreamPool upstream : upstreams) {
            TargetHealth health = upstream.settings().health();
            if (health != null) {
                upstream.targets().forEach(target -> targets.add(new Checked(upstream, target, health)));
            }
        }
    }

    void start() throws IOException {
        if (!targets.isEmpty() && !server.isRunning()) {
            server.start();
        }
    }

    void stop() {
        server.stop(Duration.ZERO);
    }

    @Override
    public Action serving(EvioServer started) {
        targets.forEach(Checked::reset);
        return Action.NONE;
    }

    @Override
    public Tick tick() {
        long now = System.nanoTime();
        long wait = Long.MAX_VALUE;
        for (Checked target : targets) {
            wait = Math.min(wait, target.checkIfDue(now));
        }
        return Tick.after(Duration.ofNanos(Math.max(wait, Tick.MIN_DELAY.toNanos())));
    }

    /** A target, and what its checks have said. On the loop's thread. */
    private final class Checked {

        private final EvioUpstreamPool upstream;
        private final EvioUpstreamTarget target;
        private final TargetHealth health;
        private final long interval;
        private long dueAt;
        private boolean running;

        /** Successes in a row, or failures as a negative number. */
        private int row;

        Checked(EvioUpstreamPool upstream, EvioUpstreamTarget target, TargetHealth health) {
            this.upstream = upstream;
            this.target = target;
            this.health = health;
            this.interval = EvioHealthCheck.nanos(health.interval());
        }

        void reset() {
            dueAt = System.nanoTime();
            running = false;
            row = 0;
        }

        /** Returns how long it is until the next one is due. */
        long checkIfDue(long now) {
            if (now - dueAt < 0) {
                return dueAt - now;
            }
            dueAt = now + interval;
            if (!running) {
                running = true;
                Duration timeout = upstream.settings().connectTimeout();
                server.connect(
                        target.target(), new EvioHealthCheck(target.target(), health.path(), timeout, this::over));
            }
            return interval;
        }

        /** @param failure null for a success */
        private void over(@Nullable String failure) {
            running = false;
            if (server.isStopping()) {
                return;
            }
            row = failure == null ? Math.max(row, 0) + 1 : Math.min(row, 0) - 1;
            State state = target.state();
            if (failure != null) {
                target.setLastError(failure);
                if (state == State.UNKNOWN || state == State.UP && -row >= health.fall()) {
                    target.setState(State.DOWN);
                    logger.warn("Upstream '" + upstream.name() + "': " + target.text() + " is down: " + failure);
                }
            } else if (state == State.UNKNOWN || state == State.UP || row >= health.rise()) {
                target.reached();
                target.setState(State.UP);
                if (state != State.UP) {
                    logger.info("Upstream '" + upstream.name() + "': " + target.text() + " is up");
                }
            }
        }
    }
}
