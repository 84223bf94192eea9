package io.evio.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioHandler;
import io.evio.EvioHandlerFactory;
import io.evio.EvioServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** What holds for every value of every property. */
final class EvioPropertyRules {

    /** Every property there is, those of a server with the name {@code echo}. */
    static final List<String> PROPERTIES = properties();

    private static final EvioHandlerFactory HANDLERS = loop -> new EvioHandler() {};

    private EvioPropertyRules() {}

    /**
     * Either servers can be made with the value, or the failure's report names the property and, as far as it could be read,
     * the value.
     *
     * @return the servers, not started; null when the value was refused
     */
    static @Nullable List<EvioServer> check(String property, String value) {
        Map<String, String> map = new HashMap<>();
        map.put(
                property.startsWith("evio.servers.") ? "evio.servers.echo.addresses" : "evio.addresses",
                "tcp://127.0.0.1:0");
        map.put(property, value);
        EvioProperties properties;
        try {
            properties = new Binder(new MapConfigurationPropertySource(map)).bindOrCreate("evio", EvioProperties.class);
        } catch (BindException e) {
            FailureAnalysis analysis = new EvioPropertyFailureAnalyzer().analyze(e);
            assertThat(analysis).as(e.toString()).isNotNull();
            assertThat(analysis.getDescription()).contains(property).contains("'" + value + "'");
            assertThat(analysis.getAction()).contains(property);
            return null;
        }
        try {
            EvioHandlers handlers = new EvioHandlers(Map.of("echo", HANDLERS), Set.of());
            return new EvioServerFactory(properties, handlers, List.of()).create(name -> cause -> {});
        } catch (EvioConfigurationException e) {
            assertThat(e.getDescription() + " " + e.getAction()).contains(property);
            return null;
        }
    }

    private static List<String> properties() {
        try (InputStream metadata = Objects.requireNonNull(
                EvioProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json"))) {
            String text = new String(metadata.readAllBytes(), StandardCharsets.UTF_8);
            List<String> names = Pattern.compile("\"name\": \"(evio\\.[a-z.-]+)\"")
                    .matcher(text.substring(text.indexOf("\"properties\"")))
                    .results()
                    .map(found -> found.group(1))
                    .filter(name -> !name.startsWith("evio.servers"))
                    .toList();
            assertThat(names).hasSizeGreaterThan(20);
            return names.stream().flatMap(name -> perServer(name).stream()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> perServer(String name) {
        String rest = name.substring("evio.".length());
        boolean isServers = rest.matches("(limits|tcp|unix|shutdown)\\..*|addresses|poller|backlog|loops|busy-poll");
        return isServers ? List.of(name, "evio.servers.echo." + rest) : List.of(name);
    }
}
