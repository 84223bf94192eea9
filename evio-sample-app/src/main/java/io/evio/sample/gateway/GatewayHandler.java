package io.evio.sample.gateway;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.spring.boot.EvioUpstream;
import java.io.IOException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.stereotype.Component;

/** A gateway at layer 4: what a client sends goes to a target of the upstream, and what that answers comes back. */
@Component("gateway")
class GatewayHandler implements EvioHandler {

    private static final Log logger = LogFactory.getLog(GatewayHandler.class);

    private final EvioUpstream upstream;
    private final EvioHandler ofTarget = new TargetHandler();

    GatewayHandler(@Qualifier("echo") EvioUpstream upstream) {
        this.upstream = upstream;
    }

    /** From here on neither of the two has data events, and when both have ended, both close. */
    @Override
    public Action opened(Connection client, Output out) {
        client.relay(upstream.connect(client, ofTarget));
        return Action.NONE;
    }

    /** The events of the connections to targets. A client whose target cannot be reached is reset. */
    private static final class TargetHandler implements EvioHandler {

        @Override
        public Action closed(Connection target, @Nullable IOException error) {
            if (error != null) {
                logger.debug("A connection to a target has failed", error);
            }
            return Action.NONE;
        }
    }
}
