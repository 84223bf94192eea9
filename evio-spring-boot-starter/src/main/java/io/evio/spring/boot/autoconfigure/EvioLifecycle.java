package io.evio.spring.boot.autoconfigure;

import io.evio.Address;
import io.evio.EvioServer;
import io.evio.spring.boot.EvioServerEvent;
import io.evio.spring.boot.EvioServerStartedEvent;
import io.evio.spring.boot.EvioServerStoppedEvent;
import io.evio.spring.boot.EvioServerStoppingEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.LivenessState;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * Starts and stops the application's servers with its context. Binding happens on the starting thread, so that an address
 * that cannot be had fails the start; of several servers then none stays up.
 */
class EvioLifecycle implements SmartLifecycle {

    private static final Log logger = LogFactory.getLog(EvioLifecycle.class);

    private final EvioProperties properties;
    private final EvioServerFactory factory;
    private final EvioLocalProperties localProperties;
    private final ConfigurableApplicationContext context;
    private final List<EvioServer> servers;
    private final EvioWatchdog watchdog;

    /** What made each server's last run fail, by name. */
    private final Map<String, Throwable> failures = new ConcurrentHashMap<>();

    /** How many connections had been cut off when each server's run began, by name. */
    private final Map<String, Long> cutOffBefore = new ConcurrentHashMap<>();

    private volatile boolean running;

    /** Whether the servers were ever to run. */
    private volatile boolean wanted;

    /** Whether servers that end now do so because they are stopped. */
    private volatile boolean stopping;

    /** The name of the server that is being started now. */
    private volatile @Nullable String starting;

    EvioLifecycle(
            EvioProperties properties,
            EvioServerFactory factory,
            EvioLocalProperties localProperties,
            ConfigurableApplicationContext context) {
        this.properties = properties;
        this.factory = factory;
        this.localProperties = localProperties;
        this.context = context;
        this.servers = factory.create(name -> cause -> ended(name, cause));
        this.watchdog = new EvioWatchdog(servers, properties.blockedAfter());
    }

    /** The servers, running or not; the same objects over all starts. */
    List<EvioServer> servers() {
        return servers;
    }

    /** What made the server's last run fail, or null. */
    @Nullable
    Throwable failure(EvioServer server) {
        return failures.get(server.name());
    }

    /** Whether the servers are left to others to start, and nobody has yet. */
    boolean isLeftUnstarted() {
        return !properties.autoStartup() && !wanted;
    }

    EvioWatchdog watchdog() {
        return watchdog;
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
        boolean complete = false;
        try {
            servers.forEach(this::start);
            watchdog.start();
            complete = true;
        } finally {
            if (!complete) {
                stopAll();
            }
        }
    }

    private void start(EvioServer server) {
        failures.remove(server.name());
        cutOffBefore.put(server.name(), server.stats().connectionsCutOff());
        starting = server.name();
        try {
            server.start();
        } catch (IOException | IllegalStateException | UnsupportedOperationException e) {
            throw new EvioStartException(server.name(), factory.addressesProperty(server.name()), e);
        } finally {
            starting = null;
        }
        logger.info("Evio '" + server.name() + "' started on "
                + server.addresses().stream().map(Address::toString).collect(Collectors.joining(", ")) + " ("
                + server.poller() + (server.loops() == 1 ? "" : ", " + server.loops() + " loops") + ")");
        localProperties.publish(server);
        context.publishEvent(new EvioServerStartedEvent(server));
    }

    @Override
    public void stop() {
        stopAll();
    }

    /** Stops on a thread of its own, so that other components of this phase need not wait for the grace period. */
    @Override
    public void stop(Runnable callback) {
        new Thread(
                        () -> {
                            try {
                                stopAll();
                            } finally {
                                callback.run();
                            }
                        },
                        "evio-stop")
                .start();
    }

    private synchronized void stopAll() {
        stopping = true;
        watchdog.stop();
        stopSideBySide();
        running = false;
    }

    /** Each on a thread of its own, because the grace period is each one's own. An interrupt does not cut it short. */
    private void stopSideBySide() {
        List<Thread> stops = new ArrayList<>();
        for (EvioServer server : servers) {
            Thread thread = new Thread(() -> stop(server), "evio-stop-" + server.name());
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

    private void stop(EvioServer server) {
        if (server.isRunning()) {
            tell(new EvioServerStoppingEvent(server));
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
        tell(new EvioServerStoppedEvent(server, cause));
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
