package io.evio.sample;

import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.spring.boot.EvioServerStoppingEvent;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.event.ApplicationPreparedEvent;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Ctrl-C and SIGTERM close the application, and its exit status says how that went: 0 when all that was pending is
 * sent, 1 when something was cut off. The JVM's own would be 130 or 143 whatever happened. A second signal ends the
 * process at once.
 */
final class OrderlyExit implements ApplicationListener<ApplicationEvent> {

    private static final Log logger = LogFactory.getLog(OrderlyExit.class);

    /** The servers that are asked to stop, with the connections that each had cut off before. */
    private final Map<EvioServer, Long> stopping = new ConcurrentHashMap<>();

    /** Null before there is one; such a start is left to the shutdown hook of Spring Boot. */
    private volatile @Nullable ConfigurableApplicationContext context;

    void onSignals() {
        try {
            Signals.handle(signal -> {
                // The JVM's own thread for it is a daemon: once all servers are stopped the JVM would end without it,
                // with status 0.
                Thread thread = new Thread(() -> exit(signal), "exit");
                thread.setDaemon(false);
                thread.start();
            });
        } catch (ReflectiveOperationException e) {
            // With -Xrs, for one. The shutdown hook of Spring Boot still stops the servers; only the status is the
            // JVM's.
            logger.debug("Signals are left to the JVM", e);
        }
    }

    @Override
    public void onApplicationEvent(ApplicationEvent event) {
        if (event instanceof ApplicationPreparedEvent prepared) {
            context = prepared.getApplicationContext();
        } else if (event instanceof EvioServerStoppingEvent stop) {
            stopping.put(stop.getServer(), cutOff(stop.getServer()));
        }
    }

    private void exit(String signal) {
        int status = 1;
        try {
            Signals.reset();
            logger.info("Stopping on SIG" + signal + "; a second one ends the process at once");
            ConfigurableApplicationContext running = context;
            if (running != null) {
                running.close();
            }
            status = stopping.entrySet().stream().allMatch(OrderlyExit::isDrained) ? 0 : 1;
        } catch (ReflectiveOperationException | RuntimeException e) {
            logger.error("The application has not stopped as it should", e);
        } finally {
            System.exit(status);
        }
    }

    private static boolean isDrained(Map.Entry<EvioServer, Long> server) {
        return !server.getKey().isRunning() && cutOff(server.getKey()) == server.getValue();
    }

    /** Connections that ended before they were done: with the grace period, or meanwhile by a limit. */
    private static long cutOff(EvioServer server) {
        EvioStats stats = server.stats();
        return stats.connectionsCutOff()
                + stats.cutByDrainTimeout()
                + stats.cutByPendingOutput()
                + stats.cutByPendingInput()
                + stats.cutByPendingTotal()
                + stats.cutByFirstInputTimeout()
                + stats.cutByFrameTimeout()
                + stats.cutByIdleTimeout();
    }
}
