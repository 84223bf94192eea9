package io.evio.spring.boot.actuate;

import io.evio.Address;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.spring.boot.context.EvioLifecycle;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * The health of one server: down when it has ended, and while an event blocks its loop; unknown while it is left to be
 * started by hand, with {@code evio.auto-startup=false}. The heartbeat in its details is how many turns the loop has
 * made and for how long the current one has been going on, 0 while it waits.
 */
public class EvioHealthIndicator extends AbstractHealthIndicator {

    private final EvioServer server;
    private final EvioLifecycle lifecycle;

    public EvioHealthIndicator(EvioServer server, EvioLifecycle lifecycle) {
        super("Evio health check failed");
        this.server = server;
        this.lifecycle = lifecycle;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        EvioStats stats = server.stats();
        boolean running = server.isRunning();
        boolean blocked = running && lifecycle.isBlocked(server);
        boolean leftUnstarted = !running && lifecycle.isLeftUnstarted();
        builder.status(running && !blocked ? Status.UP : leftUnstarted ? Status.UNKNOWN : Status.DOWN)
                .withDetail(
                        "state", blocked ? "blocked" : running ? "running" : leftUnstarted ? "not started" : "stopped")
                .withDetail(
                        "addresses",
                        server.addresses().stream().map(Address::toString).toList())
                .withDetail("poller", server.poller().id())
                .withDetail("connections", stats.connectionsActive())
                .withDetail(
                        "heartbeat",
                        Map.of("turns", stats.loopIterations(), "turnMillis", stats.loopTurnNanos() / 1_000_000));
        Throwable failure = running ? null : lifecycle.failure(server);
        if (failure != null) {
            builder.withDetail("error", failure.toString());
        }
    }
}
