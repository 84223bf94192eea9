package io.evio.spring.boot.autoconfigure;

import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Limits;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.util.unit.DataSize;

/** Makes the servers that the properties ask for out of the application's handlers. */
class EvioServerFactory {

    private static final Log logger = LogFactory.getLog(EvioServerFactory.class);

    private static final Duration DEFAULT_GRACE_PERIOD = Duration.ofSeconds(20);

    private final EvioProperties properties;
    private final Map<String, EvioHandler> handlers;

    /** @param handlers the handlers by bean name */
    EvioServerFactory(EvioProperties properties, Map<String, EvioHandler> handlers) {
        this.properties = properties;
        this.handlers = handlers;
    }

    /**
     * Makes the servers, in the order of the properties.
     *
     * @param onStopped made for each server's name, called at the end of each of its runs
     * @throws EvioConfigurationException when handlers and properties do not go together
     */
    List<EvioServer> create(Function<String, Consumer<@Nullable Throwable>> onStopped) {
        boolean named = !properties.servers().isEmpty();
        boolean single = !properties.addresses().isEmpty();
        if (named && single) {
            throw new EvioConfigurationException(
                    "Both evio.addresses and evio.servers are set.",
                    "Move evio.addresses to evio.servers.<bean name>.addresses.");
        }
        if (single) {
            return List.of(createSingle(onStopped));
        }
        if (!named && !handlers.isEmpty()) {
            logger.info("No Evio server is started: there are EvioHandler beans (" + handlerNames()
                    + ") but neither evio.addresses nor evio.servers is set");
        }
        List<EvioServer> servers = new ArrayList<>();
        properties.servers().forEach((name, server) -> servers.add(createNamed(name, server, onStopped)));
        return servers;
    }

    private EvioServer createSingle(Function<String, Consumer<@Nullable Throwable>> onStopped) {
        if (handlers.isEmpty()) {
            throw new EvioConfigurationException(
                    "evio.addresses is set, but there is no EvioHandler bean to serve them.",
                    "Declare a bean that implements io.evio.EvioHandler, or remove evio.addresses.");
        }
        if (handlers.size() > 1) {
            throw new EvioConfigurationException(
                    "evio.addresses is set, but there are several EvioHandler beans: " + handlerNames() + ".",
                    "Give each its own addresses, as in evio.servers."
                            + handlers.keySet().iterator().next() + ".addresses=tcp://127.0.0.1:5000.");
        }
        Map.Entry<String, EvioHandler> only = handlers.entrySet().iterator().next();
        return build(only.getKey(), only.getValue(), "evio", properties.addresses(), null, onStopped);
    }

    private EvioServer createNamed(
            String name, EvioProperties.Server server, Function<String, Consumer<@Nullable Throwable>> onStopped) {
        String prefix = "evio.servers." + name;
        EvioHandler handler = handlers.get(name);
        if (handler == null) {
            throw new EvioConfigurationException(
                    prefix + " is set, but there is no EvioHandler bean named '" + name + "'.",
                    handlers.isEmpty()
                            ? "Declare a bean of that name that implements io.evio.EvioHandler."
                            : "Use the name of one that exists: " + handlerNames() + ".");
        }
        if (server.addresses().isEmpty()) {
            throw new EvioConfigurationException(
                    prefix + " has no addresses.", "Set " + prefix + ".addresses, as in tcp://127.0.0.1:5000.");
        }
        return build(name, handler, prefix, server.addresses(), server, onStopped);
    }

    private String handlerNames() {
        return String.join(", ", new TreeSet<>(handlers.keySet()));
    }

    private EvioServer build(
            String name,
            EvioHandler handler,
            String prefix,
            List<String> addresses,
            EvioProperties.@Nullable Server own,
            Function<String, Consumer<@Nullable Throwable>> onStopped) {
        EvioServer.Builder builder = EvioServer.builder().name(name).handler(handler);
        PropertyMapper map = PropertyMapper.get();
        try {
            builder.addresses(addresses)
                    .poller(own != null && own.poller() != null ? own.poller() : properties.poller())
                    .backlog(own != null && own.backlog() != null ? own.backlog() : properties.backlog())
                    .gracePeriod(gracePeriod(name))
                    .onStopped(onStopped.apply(name));
            Limits limits = apply(properties.limits(), Limits.DEFAULTS);
            apply(map, properties.tcp(), properties.unix(), builder);
            if (own != null) {
                limits = apply(own.limits(), limits);
                apply(map, own.tcp(), own.unix(), builder);
            }
            return builder.limits(limits).build();
        } catch (IllegalArgumentException e) {
            throw new EvioConfigurationException(
                    "The properties under " + prefix + " or evio are wrong: " + e.getMessage() + ".",
                    "Correct the value.",
                    e);
        }
    }

    /** How long the server's pending output may take when it is stopped. */
    Duration gracePeriod(String name) {
        EvioProperties.Server own = properties.servers().get(name);
        if (own != null && own.shutdown().gracePeriod() != null) {
            return own.shutdown().gracePeriod();
        }
        Duration common = properties.shutdown().gracePeriod();
        return common != null ? common : DEFAULT_GRACE_PERIOD;
    }

    private static Limits apply(EvioProperties.Limits from, Limits to) {
        // The water marks are set together, because the one must not pass the other on the way.
        int low = from.lowWaterMark() != null ? bytes(from.lowWaterMark()) : to.lowWaterMark();
        int high = from.highWaterMark() != null ? bytes(from.highWaterMark()) : to.highWaterMark();
        return new Limits(
                from.maxConnections() != null ? from.maxConnections() : to.maxConnections(),
                from.maxPendingInput() != null ? bytes(from.maxPendingInput()) : to.maxPendingInput(),
                from.maxPendingOutput() != null ? bytes(from.maxPendingOutput()) : to.maxPendingOutput(),
                high,
                low,
                from.idleTimeout() != null ? from.idleTimeout() : to.idleTimeout(),
                from.drainTimeout() != null ? from.drainTimeout() : to.drainTimeout());
    }

    private static int bytes(DataSize size) {
        // More than an int holds is more than any limit allows, and refused there with the rule.
        return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, size.toBytes()));
    }

    private static void apply(
            PropertyMapper map, EvioProperties.Tcp tcp, EvioProperties.Unix unix, EvioServer.Builder to) {
        map.from(tcp.noDelay()).to(to::noDelay);
        map.from(tcp.keepAlive()).to(to::keepAlive);
        map.from(tcp.reusePort()).to(to::reusePort);
        map.from(unix.permissions()).as(PosixFilePermissions::fromString).to(to::unixPermissions);
    }
}
