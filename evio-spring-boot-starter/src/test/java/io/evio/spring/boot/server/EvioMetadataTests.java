package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Limits;
import io.evio.PollerType;
import io.evio.ProxyHeaders;
import io.evio.Target;
import io.evio.Tls;
import io.evio.spring.boot.testing.Metadata;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSessionContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.util.unit.DataSize;

/** An IDE can complete and explain every property. */
class EvioMetadataTests {

    private static final Path PROPERTIES = Path.of("docs", "properties.md");

    @Test
    void everyPropertyHasADescription() throws IOException {
        assertThat(properties())
                .hasSizeGreaterThanOrEqualTo(20)
                .allSatisfy(property -> assertThat(property).contains("\"description\": \""));
    }

    /** Boot has no name for what is below a key of a map; the types have metadata of their own. */
    @ParameterizedTest
    @ValueSource(classes = {EvioProperties.Server.class, EvioProperties.Upstream.class})
    void everyPropertyOfAServerAndOfAnUpstreamHasADescription(Class<? extends Record> type) {
        Metadata metadata = Metadata.of(type);
        assertThat(metadata.names()).containsExactlyInAnyOrderElementsOf(namesBelow(type, ""));
        assertThat(metadata.properties())
                .allSatisfy(property -> assertThat(property).contains("\"description\": \""));
    }

    private static List<String> namesBelow(Class<?> type, String prefix) {
        List<String> names = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            String name = prefix + DataObjectPropertyName.toDashedForm(component.getName());
            if (component.getType().isRecord()) {
                names.addAll(namesBelow(component.getType(), name + "."));
            } else {
                names.add(name);
            }
        }
        return names;
    }

    @Test
    void theWordsOfAnUpstreamAreExplained() {
        String hints = Metadata.of(EvioProperties.Upstream.class).hints();
        assertThat(explained(hints, "balance")).containsExactly("least-connections", "round-robin");
        assertThat(explained(hints, "proxy-protocol")).containsExactly("v1", "v2");
        assertThat(explained(hints, "targets"))
                .allSatisfy(target -> assertThat(Target.of(target)).hasToString(target));
    }

    /** Returns the values of a hint that have a description. */
    private static List<String> explained(String hints, String name) {
        String ofName = hints.substring(hints.indexOf("\"" + name + "\""));
        return Pattern.compile("\"value\": \"([^\"]+)\",\\s+\"description\": \"[^\"]+\"")
                .matcher(ofName.substring(0, ofName.indexOf("]")))
                .results()
                .map(value -> value.group(1))
                .toList();
    }

    @Test
    void thePagesTableOfAnUpstreamIsItsMetadata() throws IOException {
        Map<String, String> documented = new HashMap<>();
        Pattern.compile("(?m)^\\| `(?!evio)([a-z.-]+)` \\| (?:`([^`]+)`)? ?\\|[^|]*\\|$")
                .matcher(Files.readString(PROPERTIES))
                .results()
                .forEach(row -> documented.put(row.group(1), String.valueOf(row.group(2))));
        Map<String, String> metadata = new HashMap<>();
        for (String property : Metadata.of(EvioProperties.Upstream.class).properties()) {
            metadata.put(Metadata.name(property), String.valueOf(Metadata.defaultValue(property)));
        }
        assertThat(documented).isEqualTo(metadata);
    }

    /** An IDE offers the constants of an enum; the hints explain them. */
    @Test
    void thePollersAreAnEnumWithADescriptionOfEach() throws IOException {
        assertThat(properties())
                .filteredOn(property -> property.contains("\"evio.poller\""))
                .singleElement()
                .asString()
                .contains("\"type\": \"" + PollerType.class.getName() + "\"", "\"defaultValue\": \"auto\"");
        assertThat(explained(Metadata.ofApplication().hints(), "evio.poller"))
                .containsExactly(
                        Stream.of(PollerType.values()).map(PollerType::id).toArray(String[]::new));
    }

    /** And what is not set is so: {@link io.evio.Tls} and the JDK have the same defaults. */
    @Test
    void theTlsDefaultsAreWhatAServerHas() throws Exception {
        assertThat(properties())
                .filteredOn(property -> property.contains("\"evio.ssl."))
                .extracting(Metadata::name)
                .containsExactlyInAnyOrder(
                        "evio.ssl.bundle",
                        "evio.ssl.client-auth",
                        "evio.ssl.server-name-bundles",
                        "evio.ssl.alpn",
                        "evio.ssl.handshake-timeout",
                        "evio.ssl.handshakes",
                        "evio.ssl.session.cache-size",
                        "evio.ssl.session.timeout");
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, null, null);
        SSLSessionContext sessions = context.getServerSessionContext();
        assertThat(defaultOf("evio.ssl.session.cache-size")).isEqualTo("" + sessions.getSessionCacheSize());
        assertThat(defaultOf("evio.ssl.session.timeout")).isEqualTo(sessions.getSessionTimeout() / 3600 + "h");
        assertThat(defaultOf("evio.ssl.handshake-timeout"))
                .isEqualTo(Tls.of(context).handshakeTimeout().toSeconds() + "s");
        assertThat(explained(Metadata.ofApplication().hints(), "evio.ssl.client-auth"))
                .containsExactly("none", "want", "need");
    }

    @Test
    void theDefaultsOfProxyHeadersAreWhatAServerHas() throws Exception {
        ProxyHeaders headers = ProxyHeaders.from("unix");
        assertThat(defaultOf("evio.proxy-protocol.timeout"))
                .isEqualTo(headers.timeout().toSeconds() + "s");
        assertThat(DataSize.parse(defaultOf("evio.proxy-protocol.max-length")).toBytes())
                .isEqualTo(headers.maxLength());
    }

    private static @Nullable String defaultOf(String name) {
        return properties().stream()
                .filter(property -> Metadata.name(property).equals(name))
                .map(Metadata::defaultValue)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void thePagesTableIsTheMetadatas() throws IOException {
        List<String> documented = Pattern.compile("(?m)^\\| `(evio\\.[a-z.-]+)` \\|.*\\|.*\\|$")
                .matcher(Files.readString(PROPERTIES))
                .results()
                .map(row -> row.group(1))
                .toList();
        assertThat(documented)
                .containsExactlyInAnyOrderElementsOf(Metadata.ofApplication().names());
    }

    /**
     * Properties that are not set per server falls back to these, so they are not in the record that the processor
     * reads.
     */
    @Test
    void thePagesDefaultsAreTheMetadatas() throws IOException {
        Map<String, String> documented = new HashMap<>();
        Pattern.compile("(?m)^\\| `(evio\\.[a-z.-]+)` \\| (?:`([^`]+)`)? ?\\|.*\\|$")
                .matcher(Files.readString(PROPERTIES))
                .results()
                .forEach(row -> documented.put(row.group(1), String.valueOf(row.group(2))));
        assertThat(documented).hasSizeGreaterThanOrEqualTo(20);
        for (String property : properties()) {
            assertThat(documented)
                    .containsEntry(Metadata.name(property), String.valueOf(Metadata.defaultValue(property)));
        }
    }

    /** And they are what a server really has that sets nothing. */
    @Test
    void theLimitsDefaultsAreTheServers() throws IOException {
        Limits limits = Limits.DEFAULTS;
        Map<String, Object> real = new HashMap<>(Map.of(
                "first-input-timeout", limits.firstInputTimeout(),
                "frame-timeout", limits.frameTimeout()));
        real.putAll(Map.of(
                "max-connections", String.valueOf(limits.maxConnections()),
                "max-outbound-connections", String.valueOf(limits.maxOutboundConnections()),
                "max-pending-input", DataSize.ofBytes(limits.maxPendingInput()),
                "max-pending-output", DataSize.ofBytes(limits.maxPendingOutput()),
                "max-pending-total", DataSize.ofBytes(limits.maxPendingTotal()),
                "high-water-mark", DataSize.ofBytes(limits.highWaterMark()),
                "low-water-mark", DataSize.ofBytes(limits.lowWaterMark()),
                "idle-timeout", limits.idleTimeout(),
                "drain-timeout", limits.drainTimeout()));
        real.put("max-connections-per-address", String.valueOf(limits.maxConnectionsPerAddress()));
        real.put("accept-rate", String.valueOf(limits.acceptRate()));
        for (String property : properties()) {
            String name = Metadata.name(property);
            String value = Metadata.defaultValue(property);
            if (name.startsWith("evio.limits.") && value != null) {
                Object expected = real.get(name.substring("evio.limits.".length()));
                assertThat(ApplicationConversionService.getSharedInstance().convert(value, expected.getClass()))
                        .as(name)
                        .isEqualTo(expected);
            }
        }
    }

    /** Each limit is there with its default and a reason. */
    @Test
    void thePagesLimitsAreTheProperties() throws IOException {
        Map<String, String> explained = new HashMap<>();
        Pattern.compile("(?m)^\\| `([a-z-]+)` \\| ([^|]+) \\| [^|]{20,} \\|[^|]*\\|$")
                .matcher(Files.readString(Path.of("..", "evio-core", "docs", "limits.md")))
                .results()
                .forEach(row -> explained.put(row.group(1), row.group(2)));
        Map<String, String> properties = new HashMap<>();
        Pattern.compile("(?m)^\\| `evio\\.(?:limits\\.)?([a-z-]+)` \\| `([^`]+)` \\|.*\\|$")
                .matcher(Files.readString(PROPERTIES))
                .results()
                .filter(row -> row.group().startsWith("| `evio.limits.")
                        || row.group(1).equals("backlog"))
                .forEach(row -> properties.put(row.group(1), row.group(2)));
        assertThat(properties).hasSizeGreaterThanOrEqualTo(9);
        assertThat(explained).isEqualTo(properties);
    }

    private static List<String> properties() {
        return Metadata.ofApplication().properties();
    }
}
