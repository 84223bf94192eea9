package io.evio.spring.boot.actuate;

import io.evio.spring.boot.upstream.EvioUpstreamPool;
import io.evio.spring.boot.upstream.EvioUpstreamTarget;
import io.evio.spring.boot.upstream.EvioUpstreamTarget.State;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * The health of one upstream: down when all its targets are, up when one is, and unknown before that is known and where
 * targets are not checked.
 */
public class EvioUpstreamHealthIndicator extends AbstractHealthIndicator {

    private final EvioUpstreamPool upstream;

    public EvioUpstreamHealthIndicator(EvioUpstreamPool upstream) {
        super("Evio upstream health check failed");
        this.upstream = upstream;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        Map<String, Object> targets = new LinkedHashMap<>();
        boolean isUp = false;
        boolean isDown = true;
        for (EvioUpstreamTarget target : upstream.targets()) {
            State state = target.state();
            isUp |= state == State.UP;
            isDown &= state == State.DOWN;
            Map<String, Object> details = new LinkedHashMap<>();
            details.put("state", state.name().toLowerCase(Locale.ROOT));
            details.put("connections", target.active());
            String error = target.lastError();
            if (error != null) {
                details.put("error", error);
            }
            targets.put(target.text(), details);
        }
        builder.status(isUp ? Status.UP : isDown ? Status.DOWN : Status.UNKNOWN).withDetail("targets", targets);
    }
}
