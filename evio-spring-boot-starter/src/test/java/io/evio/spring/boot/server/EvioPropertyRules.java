package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioHandler;
import io.evio.EvioHandlerFactory;
import io.evio.EvioServer;
import io.evio.spring.boot.testing.Metadata;
import io.evio.spring.boot.testing.Reports;
import io.evio.spring.boot.upstream.EvioUpstreams;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.ResolvableType;

/** Rules that hold for every value of every property. */
final class EvioPropertyRules {

    /** Every property there is, with those of a server {@code echo} and of an upstream {@code back}. */
    static final List<String> PROPERTIES = properties();

    private static final EvioHandlerFactory HANDLERS = loop -> new EvioHandler() {};

    private static final String SERVER = "evio.servers.echo.";
    private static final String UPSTREAM = "evio.upstreams.back.";
    private static final String ADDRESS = "tcp://127.0.0.1:0";

    /** Nothing listens there. */
    private static final String TARGET = "tcp://127.0.0.1:1";

    private static final String TLS_TARGET = "tls://127.0.0.1:1";

    private static final Prepared PREPARED = new Prepared(
            bind(Map.of("evio.addresses", ADDRESS)),
            bind(Map.of(SERVER + "addresses", ADDRESS)),
            bind(Map.of(UPSTREAM + "targets", TARGET, UPSTREAM + "health.rise", "2")),
            bind(Map.of(UPSTREAM + "targets", TLS_TARGET)));

    private EvioPropertyRules() {}

    /** The result of a value: servers, or upstreams. */
    record Made(List<EvioServer> servers, EvioUpstreams upstreams) {

        /** A value that was not refused is not found wrong now. */
        void startAndStop() throws IOException {
            upstreams.start();
            upstreams.stop();
            for (EvioServer server : servers) {
                server.start();
                assertThat(server.stop(Duration.ZERO)).as("the server stops").isTrue();
            }
        }
    }

    /**
     * Either servers and upstreams can be made with the value, or the failure's report names the property and, as far
     * as it could be read, the value.
     *
     * @return what was made, not started; null when the value was refused
     */
    static @Nullable Made check(String property, String value) {
        Map<String, String> map = new HashMap<>();
        if (isOfUpstream(property)) {
            map.put(UPSTREAM + "targets", isOfUpstreamTls(property) ? TLS_TARGET : TARGET);
        } else {
            map.put(isOfServer(property) ? SERVER + "addresses" : "evio.addresses", ADDRESS);
        }
        map.put(property, value);
        return check(property, value, () -> bind(map));
    }

    /** As {@link #check}, many times as fast: the value is bound alone, the others were bound before. */
    static @Nullable Made checkAlone(String property, String value) {
        Binder binder = new Binder(new MapConfigurationPropertySource(Map.of(property, value)));
        return check(property, value, () -> PREPARED.with(property, binder));
    }

    private static @Nullable Made check(String property, String value, Supplier<EvioProperties> bound) {
        EvioProperties properties;
        try {
            properties = bound.get();
        } catch (BindException e) {
            FailureAnalysis analysis = Reports.of(e);
            assertThat(analysis.getDescription()).contains(property).contains("'" + value + "'");
            assertThat(analysis.getAction()).contains(property);
            return null;
        }
        try {
            EvioSslBundles bundles = new EvioSslBundles(() -> null);
            List<EvioUpstreamSettings> upstreams = EvioUpstreamSettings.of(
                    properties.upstreams().keySet(), properties, new EvioValues(written -> null), bundles);
            EvioHandlers handlers = new EvioHandlers(Map.of("echo", HANDLERS), Set.of());
            List<EvioServer> servers = isOfUpstream(property)
                    ? List.of()
                    : new EvioServerFactory(
                                    properties,
                                    handlers,
                                    List.of(),
                                    bundles,
                                    new EvioTestAddresses(false),
                                    written -> null)
                            .create(name -> cause -> {});
            return new Made(servers, new EvioUpstreams(upstreams));
        } catch (EvioConfigurationException e) {
            assertThat(e.getDescription() + " " + e.getAction()).contains(property);
            return null;
        }
    }

    private static EvioProperties bind(Map<String, String> map) {
        return new Binder(new MapConfigurationPropertySource(map)).bindOrCreate("evio", EvioProperties.class);
    }

    private static boolean isOfServer(String property) {
        return property.startsWith(SERVER);
    }

    private static boolean isOfUpstream(String property) {
        return property.startsWith(UPSTREAM);
    }

    private static boolean isOfUpstreamTls(String property) {
        return property.startsWith(UPSTREAM + "ssl.");
    }

    /**
     * Properties that were bound once.
     *
     * @param application with the address of the application's only server
     * @param named with that of a named server
     * @param upstream with the target and the checks of an upstream
     * @param upstreamTls with the target of an upstream that speaks TLS
     */
    private record Prepared(
            EvioProperties application, EvioProperties named, EvioProperties upstream, EvioProperties upstreamTls) {

        /** These, but with what the binder has for the one property. */
        EvioProperties with(String property, Binder binder) {
            if (isOfUpstream(property)) {
                EvioProperties before = isOfUpstreamTls(property) ? upstreamTls : upstream;
                EvioProperties.Upstream back =
                        Objects.requireNonNull(before.upstreams().get("back"));
                EvioProperties.Upstream changed = with(back, property, property.substring(UPSTREAM.length()), binder);
                return copy(before, "upstreams", (type, upstreams) -> Map.of("back", changed));
            }
            if (!isOfServer(property)) {
                return with(application, property, property.substring("evio.".length()), binder);
            }
            EvioProperties.Server echo = Objects.requireNonNull(named.servers().get("echo"));
            EvioProperties.Server changed = with(echo, property, property.substring(SERVER.length()), binder);
            return copy(named, "servers", (type, servers) -> Map.of("echo", changed));
        }

        private static <R extends Record> R with(R record, String property, String path, Binder binder) {
            int dot = path.indexOf('.');
            return copy(
                    record,
                    dot < 0 ? path : path.substring(0, dot),
                    (type, old) -> dot < 0
                            ? binder.bind(property, Bindable.of(ResolvableType.forType(type)))
                                    .orElse(old)
                            : with((Record) old, property, path.substring(dot + 1), binder));
        }

        /** A copy, in which the component of that name, as in YAML, has another value. */
        private static <R extends Record> R copy(R record, String name, BiFunction<Type, Object, Object> change) {
            try {
                RecordComponent[] components = record.getClass().getRecordComponents();
                Object[] values = new Object[components.length];
                boolean found = false;
                for (int i = 0; i < values.length; i++) {
                    values[i] = components[i].getAccessor().invoke(record);
                    if (DataObjectPropertyName.toDashedForm(components[i].getName())
                            .equals(name)) {
                        values[i] = change.apply(components[i].getGenericType(), values[i]);
                        found = true;
                    }
                }
                assertThat(found).as(name).isTrue();
                @SuppressWarnings("unchecked") // the record's own
                Constructor<R> canonical = (Constructor<R>) record.getClass().getDeclaredConstructors()[0];
                return canonical.newInstance(values);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static List<String> properties() {
        List<String> names = Metadata.ofApplication().names();
        List<String> ofUpstream = Metadata.of(EvioProperties.Upstream.class).names();
        assertThat(names).hasSizeGreaterThan(20);
        assertThat(ofUpstream).hasSizeGreaterThan(10);
        return Stream.concat(
                        names.stream()
                                .filter(name -> !name.equals("evio.servers") && !name.equals("evio.upstreams"))
                                .flatMap(name -> perServer(name).stream()),
                        ofUpstream.stream().map(name -> UPSTREAM + name))
                .toList();
    }

    private static List<String> perServer(String name) {
        String rest = name.substring("evio.".length());
        boolean isServers = Metadata.of(EvioProperties.Server.class).names().contains(rest);
        return isServers ? List.of(name, SERVER + rest) : List.of(name);
    }
}
