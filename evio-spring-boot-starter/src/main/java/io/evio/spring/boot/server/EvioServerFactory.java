package io.evio.spring.boot.server;

import io.evio.Address;
import io.evio.EvioBindException;
import io.evio.EvioHandlerFactory;
import io.evio.EvioServer;
import io.evio.EvioUnsupportedException;
import io.evio.PollerType;
import io.evio.spring.boot.EvioServerBuilderCustomizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;

/** Makes the servers that the properties ask for out of the application's handlers. */
public class EvioServerFactory {

    private static final Log logger = LogFactory.getLog(EvioServerFactory.class);

    private static final String EITHER = "io.evio.EvioHandler, or io.evio.EvioHandlerFactory for a handler a loop";

    private static final Duration DEFAULT_GRACE_PERIOD = Duration.ofSeconds(20);

    /** Less is not told from an ordinary turn of a busy loop. */
    private static final Duration SHORTEST_BLOCK = Duration.ofMillis(10);

    private final EvioProperties properties;
    private final EvioHandlers contextHandlers;
    private final Map<String, EvioHandlerFactory> handlers;
    private final List<EvioServerBuilderCustomizer> customizers;
    private final EvioSslBundles bundles;
    private final EvioTestAddresses testAddresses;
    private final Function<String, @Nullable ConfigurationProperty> written;

    /** The TLS settings of the servers by their properties, by name. */
    private final Map<String, EvioServerTls> tls = new HashMap<>();

    /** True when one of the servers speaks TLS by the bundle that is the default of all. */
    private boolean usesDefaultBundle;

    /** @param written gives a property, or what is under it, as it was set; null where that is not known */
    public EvioServerFactory(
            EvioProperties properties,
            EvioHandlers handlers,
            List<EvioServerBuilderCustomizer> customizers,
            EvioSslBundles bundles,
            EvioTestAddresses testAddresses,
            Function<String, @Nullable ConfigurationProperty> written) {
        this.properties = properties;
        this.contextHandlers = handlers;
        this.handlers = handlers.beans();
        this.customizers = customizers;
        this.bundles = bundles;
        this.testAddresses = testAddresses;
        this.written = written;
    }

    /**
     * Makes the servers, in the order of the properties; none when Evio is switched off.
     *
     * @param onStopped made for each server's name, called at the end of each of its runs
     * @throws EvioConfigurationException when handlers and properties do not go together
     */
    public List<EvioServer> create(Function<String, Consumer<@Nullable Throwable>> onStopped) {
        if (!properties.enabled()) {
            return List.of();
        }
        if (properties.blockedAfter().compareTo(SHORTEST_BLOCK) < 0) {
            throw EvioConfigurationException.wrongValue(
                    "evio.blocked-after",
                    properties.blockedAfter(),
                    written.apply("evio.blocked-after"),
                    "it must be at least " + SHORTEST_BLOCK.toMillis() + " ms",
                    "2s",
                    null);
        }
        if (properties.shutdown().delay().isNegative()) {
            throw EvioConfigurationException.wrongValue(
                    "evio.shutdown.delay",
                    properties.shutdown().delay(),
                    written.apply("evio.shutdown.delay"),
                    "it must not be negative",
                    "10s",
                    null);
        }
        Map<String, EvioProperties.Server> own = new LinkedHashMap<>(properties.servers());
        own.keySet().removeIf(contextHandlers::isServedByParent);
        boolean named = !own.isEmpty();
        boolean single = !properties.addresses().isEmpty() && !areAddressesOfParent(named);
        if (named && single) {
            throw new EvioConfigurationException(
                    "Both evio.addresses and evio.servers are set.",
                    written.apply("evio.addresses"),
                    "Move evio.addresses to evio.servers.<bean name>.addresses.");
        }
        if (single) {
            List<EvioServer> only = List.of(createSingle(onStopped));
            requireDefaultTlsToBeUsed(only);
            return only;
        }
        if (!named && !handlers.isEmpty()) {
            logger.info("No Evio server is started: there are EvioHandler or EvioHandlerFactory beans ("
                    + handlerNames() + ") but no addresses for them, in evio.addresses or in "
                    + addressesOf(handlers.keySet().iterator().next()));
        }
        List<EvioServer> servers = new ArrayList<>();
        own.forEach((name, server) -> servers.add(createNamed(name, server, onStopped)));
        requireDefaultTlsToBeUsed(servers);
        return servers;
    }

    /**
     * Returns whether evio.addresses, which a child context inherits, is what a parent's server has, and this context
     * needs none.
     */
    private boolean areAddressesOfParent(boolean named) {
        return !contextHandlers.servedByParents().isEmpty() && (named || handlers.isEmpty());
    }

    private EvioServer createSingle(Function<String, Consumer<@Nullable Throwable>> onStopped) {
        if (handlers.isEmpty()) {
            throw new EvioConfigurationException(
                    "evio.addresses is set, but there is no EvioHandler or EvioHandlerFactory bean to serve them.",
                    written.apply("evio.addresses"),
                    "Declare a bean that implements " + EITHER + ", or remove evio.addresses.");
        }
        if (handlers.size() > 1) {
            throw new EvioConfigurationException(
                    "evio.addresses is set, but there are several EvioHandler or EvioHandlerFactory beans: "
                            + handlerNames() + ".",
                    written.apply("evio.addresses"),
                    "Give each its own addresses, as in "
                            + addressesOf(handlers.keySet().iterator().next()) + "=tcp://127.0.0.1:5000.");
        }
        Map.Entry<String, EvioHandlerFactory> only =
                handlers.entrySet().iterator().next();
        return build(only.getKey(), only.getValue(), "evio", properties.addresses(), null, onStopped);
    }

    private EvioServer createNamed(
            String name, EvioProperties.Server server, Function<String, Consumer<@Nullable Throwable>> onStopped) {
        String prefix = EvioPropertyNames.ofServer(name);
        EvioHandlerFactory handler = handlers.get(name);
        if (handler == null) {
            throw new EvioConfigurationException(
                    prefix + " is set, but there is no EvioHandler or EvioHandlerFactory bean named '" + name + "'.",
                    written.apply(prefix),
                    handlers.isEmpty()
                            ? "Declare a bean of that name that implements " + EITHER + "."
                            : "Use the name of one that exists: " + handlerNames() + ".");
        }
        if (server.addresses().isEmpty()) {
            throw new EvioConfigurationException(
                    prefix + " has no addresses.",
                    written.apply(prefix),
                    "Set " + addressesOf(name) + ", as in tcp://127.0.0.1:5000.");
        }
        return build(name, handler, prefix, server.addresses(), server, onStopped);
    }

    private String handlerNames() {
        return String.join(", ", new TreeSet<>(handlers.keySet()));
    }

    private EvioServer build(
            String name,
            EvioHandlerFactory handler,
            String prefix,
            List<String> addresses,
            EvioProperties.@Nullable Server own,
            Function<String, Consumer<@Nullable Throwable>> onStopped) {
        EvioValues values = new EvioValues(written);
        EvioServerSettings settings = new EvioServerSettings(
                EvioServer.builder().handlers(handler).gracePeriod(DEFAULT_GRACE_PERIOD),
                values,
                new EvioTlsSettings(values, bundles));
        settings.addresses(prefix, testAddresses.of(addresses));
        settings.poller(properties.poller());
        settings.loops("evio", properties.loops());
        settings.busyPoll("evio", properties.busyPoll());
        settings.backlog("evio", properties.backlog());
        settings.limits("evio", properties.limits());
        settings.tcp("evio", properties.tcp());
        settings.unix("evio", properties.unix());
        settings.ssl("evio", properties.ssl());
        settings.proxyProtocol("evio", properties.proxyProtocol());
        settings.access("evio", properties.access());
        settings.gracePeriod("evio", properties.shutdown().gracePeriod());
        if (own != null) {
            settings.poller(own.poller());
            settings.loops(prefix, own.loops());
            settings.busyPoll(prefix, own.busyPoll());
            settings.backlog(prefix, own.backlog());
            settings.limits(prefix, own.limits());
            settings.tcp(prefix, own.tcp());
            settings.unix(prefix, own.unix());
            settings.ssl(prefix, own.ssl());
            settings.proxyProtocol(prefix, own.proxyProtocol());
            settings.access(prefix, own.access());
            settings.gracePeriod(prefix, own.shutdown().gracePeriod());
        }
        EvioServer server = settings.build(builder -> {
            // Each time anew: by its name every customizer, and then the application, knows the server.
            customizers.forEach(customizer -> customizer.customize(builder.name(name)));
            builder.name(name).onStopped(onStopped.apply(name));
        });
        usesDefaultBundle |= settings.usesDefaultBundle();
        EvioServerTls described = settings.describedTls();
        if (described != null) {
            tls.put(name, described);
        }
        return server;
    }

    /** Returns how the server speaks TLS; null when it does not, or when that was not left to its properties. */
    public @Nullable EvioServerTls tls(EvioServer server) {
        return tls.get(server.name());
    }

    /** The application's default is of some use, unless it is a parent context's. */
    private void requireDefaultTlsToBeUsed(List<EvioServer> servers) {
        if (servers.isEmpty() || !contextHandlers.servedByParents().isEmpty()) {
            return;
        }
        boolean speaksTls =
                servers.stream().anyMatch(server -> server.addresses().stream().anyMatch(Address::isTls));
        if (!speaksTls || !usesDefaultBundle) {
            EvioTlsSettings defaults = new EvioTlsSettings(new EvioValues(written), bundles);
            EvioProperties.Ssl ssl = properties.ssl();
            defaults.set(
                    "evio",
                    speaksTls
                            ? new EvioProperties.Ssl(ssl.bundle(), null, null, null, null, null, ssl.session())
                            : ssl);
            defaults.requireNone(
                    "evio",
                    speaksTls ? "every server that speaks TLS has a bundle of its own" : "no server speaks TLS");
        }
    }

    /**
     * Returns the exception for a server that could not be started, with the property that the failure is about and
     * where that was set. What a customizer has set instead is of no property.
     *
     * @param server not running
     */
    public EvioStartException startFailure(EvioServer server, Exception failure) {
        EvioProperties.Server own = properties.servers().get(server.name());
        if (failure instanceof EvioBindException bind) {
            String property = own == null ? "evio.addresses" : addressesOf(server.name());
            int index = addresses(own == null ? properties.addresses() : own.addresses())
                    .indexOf(bind.address());
            return index < 0
                    ? new EvioStartException(server.name(), null, null, failure)
                    : new EvioStartException(
                            server.name(), property, written.apply(property + "[" + index + "]"), failure);
        }
        PollerType ownPoller = own == null ? null : own.poller();
        String property = ownPoller == null ? "evio.poller" : EvioPropertyNames.ofServer(server.name()) + ".poller";
        boolean isPoller = failure instanceof EvioUnsupportedException
                && server.poller() == (ownPoller == null ? properties.poller() : ownPoller);
        return isPoller
                ? new EvioStartException(server.name(), property, written.apply(property), failure)
                : new EvioStartException(server.name(), null, null, failure);
    }

    /** As failures name them. */
    private static List<String> addresses(List<String> texts) {
        return texts.stream().map(text -> Address.parse(text).toString()).toList();
    }

    private static String addressesOf(String name) {
        return EvioPropertyNames.ofServer(name) + ".addresses";
    }
}
