package io.evio.spring.boot.context;

import io.evio.EvioServer;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Looks now and then whether an event blocks a server's loop, which stops all of its connections, and says once where.
 * It has one daemon thread of its own while the servers run.
 */
class EvioWatchdog {

    private static final Log logger = LogFactory.getLog(EvioWatchdog.class);

    private final List<EvioServer> servers;
    private final Duration blockedAfter;

    /** The servers that have been reported as blocked. Used by the watchdog's thread only. */
    private final Set<EvioServer> reported = new HashSet<>();

    private @Nullable ScheduledExecutorService executor;

    EvioWatchdog(List<EvioServer> servers, Duration blockedAfter) {
        this.servers = servers;
        // What is longer than a long holds is for ever as well.
        this.blockedAfter = Collections.min(List.of(blockedAfter, Duration.ofNanos(Long.MAX_VALUE)));
    }

    synchronized void start() {
        if (executor != null || servers.isEmpty()) {
            return;
        }
        executor = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "evio-watchdog");
            thread.setDaemon(true);
            return thread;
        });
        long period = Math.max(1, blockedAfter.toMillis() / 4);
        executor.scheduleWithFixedDelay(() -> servers.forEach(this::check), period, period, TimeUnit.MILLISECONDS);
    }

    synchronized void stop() {
        if (executor != null) {
            executor.shutdownNow();
            executor = null;
        }
    }

    /** Returns whether an event has been blocking the server's loop for longer than it may. From any thread. */
    boolean isBlocked(EvioServer server) {
        return server.stats().loopTurnNanos() > blockedAfter.toNanos();
    }

    private void check(EvioServer server) {
        if (!isBlocked(server)) {
            if (reported.remove(server)) {
                logger.info("Evio '" + server.name() + "' is no longer blocked");
            }
        } else if (reported.add(server)) {
            StringBuilder stack = new StringBuilder();
            for (StackTraceElement element : server.loopStack()) {
                stack.append(System.lineSeparator()).append("\tat ").append(element);
            }
            logger.warn("Evio '" + server.name() + "' is blocked: an event has taken longer than evio.blocked-after ("
                    + blockedAfter.toMillis() + " ms), and no connection is served until it returns. It is at" + stack);
        }
    }
}
