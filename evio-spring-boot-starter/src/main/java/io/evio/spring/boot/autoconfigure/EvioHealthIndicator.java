package io.evio.spring.boot.autoconfigure;

import io.evio.Address;
import io.evio.EvioServer;
import io.evio.EvioStats;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** The health of one server: down when it has ended, and while an event blocks its loop. */
class EvioHealthIndicator extends AbstractHealthIndicator {

    private final EvioServer server;
    private final EvioWatchdog watchdog;

    EvioHealthIndicator(EvioServer server, EvioWatchdog watchdog) {
        super("Evio health check failed");
        this.server = server;
        this.watchdog = watchdog;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        EvioStats stats = server.stats();
        boolean running = server.isRunning();
        boolean blocked = running && watchdog.isBlocked(server);
        builder.status(running && !blocked ? "UP" : "DOWN")
                .withDetail("state", !running ? "stopped" : blocked ? "blocked" : "running")
                .withDetail(
                        "addresses",
                        server.addresses().stream().map(Address::toString).toList())
                .withDetail("poller", server.poller())
                .withDetail("connections", stats.connectionsActive());
        if (blocked) {
            builder.withDetail("blockedForMillis", stats.loopTurnNanos() / 1_000_000);
        }
    }
}
