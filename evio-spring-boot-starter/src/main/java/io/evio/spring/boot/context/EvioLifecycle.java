package io.evio.spring.boot.context;

import io.evio.Address;
import io.evio.EvioServer;
import io.evio.spring.boot.EvioServerEvent;
import io.evio.spring.boot.EvioServerStartedEvent;
import io.evio.spring.boot.EvioServerStoppedEvent;
import io.evio.spring.boot.EvioServerStoppingEvent;
import io.evio.spring.boot.server.EvioProperties;
import io.evio.spring.boot.server.EvioServerFactory;
import io.evio.spring.boot.server.EvioServerTls;
import io.evio.spring.boot.upstream.EvioUpstreamPool;
import io.evio.spring.boot.upstream.EvioUpstreams;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * Starts and stops the application's servers with its context. Binding happens on the starting thread, so that an
 * address that cannot be had fails the start; of several servers then none stays up.
 */
public class EvioLifecycle implements SmartLifecycle {

    private static final Log logger = LogFactory.getLog(EvioLifecycle.class);

    private final EvioProperties properties;
    private final EvioServerFactory factory;
    private final EvioUpstreams upstreams;
    private final EvioLocalProperties localProperties;
    private final ConfigurableApplicationContext context;
    private final List<EvioServer> servers;
    private final EvioWatchdog watchdog;

    /** The cause of the failure of each server's last run, by name. */
    private final Map<String, Throwable> failures = new ConcurrentHashMap<>();

    /** The number of connections that had been cut off when each server's run began, by name. */
    private final Map<String, Long> cutOffBefore = new ConcurrentHashMap<>();

    private volatile boolean running;

    /** True when the servers were ever to run. */
    private volatile boolean wanted;

    /** True when servers that end now do so because they are stopped. */
    private volatile boolean stopping;

    /** True when an event has asked for the stop. */
    private volatile boolean askedInEvent;

    /** True when the context was closed inside an event, so that it is gone before its servers are. */
    private volatile boolean closedInEvent;

    /** The name of the server that is being started now. */
    private volatile @Nullable String starting;

    public EvioLifecycle(
            EvioProperties properties,
            EvioServerFactory factory,
            EvioUpstreams upstreams,
            EvioLocalProperties localProperties,
            ConfigurableApplicationContext context) {
        this.properties = properties;
        this.factory = factory;
        this.upstreams = upstreams;
        this.localProperties = localProperties;
        this.context = context;
        this.servers = factory.create(name -> cause -> ended(name, cause));
        this.watchdog = new EvioWatchdog(servers, properties.blockedAfter());
    }

    /** The servers, running or not; the same objects over all starts. */
    public List<EvioServer> servers() {
        return servers;
    }

    /** Returns the upstreams that servers may use; the same objects over all starts. */
    public List<EvioUpstreamPool> upstreams() {
        return properties.enabled() ? upstreams.all() : List.of();
    }

    /** Returns how the server speaks TLS; null when it does not, or when that was not left to its properties. */
    public @Nullable EvioServerTls tls(EvioServer server) {
        return factory.tls(server);
    }

    /** Returns what made the server's last run fail, or null. */
    public @Nullable Throwable failure(EvioServer server) {
        return failures.get(server.name());
    }

    /** Returns whether the servers are left to others to start, and nobody has yet. */
    public boolean isLeftUnstarted() {
        return !properties.autoStartup() && !wanted;
    }

    /** Returns whether an event has been blocking the server's loop for longer than it may. From any thread. */
    public boolean isBlocked(EvioServer server) {
        return watchdog.isBlocked(server);
    }

    @Override
    public boolean isAutoStartup() {
        return properties.autoStartup();
    }

    @Override
    public int getPhase() {
        return properties.phase();
    }

    /** Pausing would give port 0 another port in the middle of a test. */
    @Override
    public boolean isPauseable() {
        return false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public synchronized void start() {
        if (running) {
            return;
        }
        running = true;
        wanted = true;
        stopping = false;
        askedInEvent = false;
        boolean complete = false;
        try {
            servers.forEach(this::start);
            startChecks();
            watchdog.start();
            complete = true;
        } finally {
            if (!complete) {
                stopAll(true);
            }
        }
    }

    /** Not with the servers: a target may be one of them. */
    private void startChecks() {
        if (!properties.enabled()) {
            return;
        }
        try {
            upstreams.start();
        } catch (IOException e) {
            throw new IllegalStateException("The health checks of evio.upstreams cannot be started: " + e, e);
        }
    }

    private void start(EvioServer server) {
        failures.remove(server.name());
        cutOffBefore.put(server.name(), server.stats().connectionsCutOff());
        starting = server.name();
        try {
            server.start();
        } catch (IOException | IllegalStateException | UnsupportedOperationException e) {
            throw factory.startFailure(server, e);
        } finally {
            starting = null;
        }
        logger.info("Evio '" + server.name() + "' started on "
                + server.addresses().stream().map(Address::toString).collect(Collectors.joining(", ")) + " ("
                + server.poller().id() + (server.loops() == 1 ? "" : ", " + server.loops() + " loops") + ")");
        localProperties.publish(server);
        if (!context.isActive()) {
            // Closed by the serving event: a context that is starting gives up then, but goes on with its start.
            throw new IllegalStateException("The context was closed while Evio '" + server.name() + "' started");
        }
        context.publishEvent(new EvioServerStartedEvent(server));
    }

    @Override
    public void stop() {
        if (isInEvent()) {
            stopAfterEvent();
        } else {
            stopAll(true);
        }
    }

    /** Stops on a thread of its own, so that other components of this phase need not wait for the grace period. */
    @Override
    public void stop(Runnable callback) {
        if (isInEvent()) {
            try {
                stopAfterEvent();
            } finally {
                callback.run();
            }
            return;
        }
        new Thread(
                        () -> {
                            try {
                                stopAll(true);
                            } finally {
                                callback.run();
                            }
                        },
                        "evio-stop")
                .start();
    }

    /**
     * Returns whether an event of one of the servers is running on this thread: waiting for the servers would freeze
     * its loop.
     */
    private boolean isInEvent() {
        return servers.stream().anyMatch(EvioServer::isLoopThread);
    }

    /**
     * Only asks for the stop, which comes once the event is over. Its events are published now, while the context is
     * there.
     */
    private void stopAfterEvent() {
        if (context.isClosed() && (askedInEvent || !stopping)) {
            closedInEvent = true;
            logger.warn(
                    "The context is closed inside an event of Evio. Its servers stop once the event is over, after the"
                            + " beans that their handlers use. Close it on another thread, or return Action.SHUTDOWN"
                            + " with evio.on-exit=close-context, to have it the other way round");
        }
        if (stopping) {
            return;
        }
        askedInEvent = true;
        stopping = true;
        servers.stream().filter(EvioServer::isRunning).forEach(server -> tell(new EvioServerStoppingEvent(server)));
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        Runnable awaitStop = stopped::join;
        // A JVM that shuts down meanwhile would not wait: its hook knows of contexts alone, and this one may be closed.
        unlessShuttingDown(() -> SpringApplication.getShutdownHandlers().add(awaitStop));
        new Thread(
                        () -> {
                            try {
                                stopIfStillWanted();
                            } finally {
                                stopped.complete(null);
                                unlessShuttingDown(() ->
                                        SpringApplication.getShutdownHandlers().remove(awaitStop));
                            }
                        },
                        "evio-stop")
                .start();
    }

    /** Waits for as long as evio.shutdown.delay says. Inside an event it does not: that would freeze a loop. */
    void delayStop() {
        Duration delay = properties.shutdown().delay();
        if (delay.isZero() || isInEvent() || servers.stream().noneMatch(EvioServer::isRunning)) {
            return;
        }
        logger.info("Readiness refuses traffic; Evio goes on serving for " + delay.toMillis() + " ms");
        try {
            TimeUnit.MILLISECONDS.sleep(delay.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void unlessShuttingDown(Runnable change) {
        try {
            change.run();
        } catch (IllegalStateException e) {
            // Boot takes no change of the handlers any more, and calls those it has.
        }
    }

    /** They may have been started again meanwhile. */
    private synchronized void stopIfStillWanted() {
        if (stopping) {
            stopAll(false);
        }
    }

    /** @param tell whether to publish that they stop */
    private synchronized void stopAll(boolean tell) {
        stopping = true;
        watchdog.stop();
        upstreams.stop();
        stopSideBySide(tell);
        running = false;
    }

    /** Each on a thread of its own, because the grace period is each one's own. An interrupt does not cut it short. */
    private void stopSideBySide(boolean tell) {
        List<Thread> stops = new ArrayList<>();
        for (EvioServer server : servers) {
            Thread thread = new Thread(() -> stop(server, tell), "evio-stop-" + server.name());
            thread.start();
            stops.add(thread);
        }
        boolean interrupted = false;
        for (Thread thread : stops) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void stop(EvioServer server, boolean tell) {
        if (server.isRunning()) {
            if (tell) {
                tell(new EvioServerStoppingEvent(server));
            }
            server.stop(server.gracePeriod());
        }
    }

    /** On the loop's thread, at its very end. */
    private void ended(String name, @Nullable Throwable cause) {
        if (cause != null && name.equals(starting)) {
            // It never was up: its start fails with the cause.
            return;
        }
        EvioServer server = servers.stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow();
        if (cause != null) {
            failures.put(name, cause);
        }
        logger.info("Evio '" + name + "' stopped" + cutOff(server));
        if (!closedInEvent) {
            tell(new EvioServerStoppedEvent(server, cause));
        }
        if (!stopping) {
            exit(name);
        }
    }

    private String cutOff(EvioServer server) {
        long count = server.stats().connectionsCutOff() - cutOffBefore.getOrDefault(server.name(), 0L);
        return count == 0
                ? ""
                : "; " + count + (count == 1 ? " connection was" : " connections were")
                        + " cut off, with output or work that was not done within the grace period ("
                        + TimeUnit.MILLISECONDS.convert(server.gracePeriod()) + " ms)";
    }

    /** Publishes an event of a stop: a listener that throws does not keep the server from ending. */
    private void tell(EvioServerEvent event) {
        try {
            context.publishEvent(event);
        } catch (Throwable e) {
            logger.error(
                    "A listener threw at " + event.getClass().getSimpleName() + " of Evio '"
                            + event.getServer().name() + "'",
                    e);
        }
    }

    /** A server has ended by itself: does what evio.on-exit says. */
    private void exit(String name) {
        switch (properties.onExit()) {
            case NOTHING -> logger.info("Evio '" + name + "' has ended by itself; the application goes on without it");
            case BREAK_LIVENESS -> AvailabilityChangeEvent.publish(context, LivenessState.BROKEN);
            // Not on the loop's thread: closing waits for the loop.
            case CLOSE_CONTEXT -> new Thread(context::close, "evio-exit").start();
        }
    }
}
