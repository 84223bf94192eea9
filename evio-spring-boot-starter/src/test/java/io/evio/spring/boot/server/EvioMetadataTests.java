package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Limits;
import io.evio.PollerType;
import io.evio.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSessionContext;
import org.junit.jupiter.api.Test;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.util.unit.DataSize;

/** An IDE can complete and explain every property. */
class EvioMetadataTests {

    @Test
    void everyPropertyHasADescription() throws IOException {
        assertThat(properties())
                .hasSizeGreaterThanOrEqualTo(20)
                .allSatisfy(property -> assertThat(property).contains("\"description\": \""));
    }

    /** An IDE offers the constants of an enum; the hints explain them. */
    @Test
    void thePollersAreAnEnumWithADescriptionOfEach() throws IOException {
        assertThat(properties())
                .filteredOn(property -> property.contains("\"evio.poller\""))
                .singleElement()
                .asString()
                .contains("\"type\": \"" + PollerType.class.getName() + "\"", "\"defaultValue\": \"auto\"");
        String hints = metadata().substring(metadata().indexOf("\"hints\""));
        String ofPoller = hints.substring(hints.indexOf("\"evio.poller\""));
        assertThat(Pattern.compile("\"value\": \"([a-z]+)\",\\s+\"description\": \"[^\"]+\"")
                        .matcher(ofPoller.substring(0, ofPoller.indexOf("]")))
                        .results()
                        .map(value -> value.group(1)))
                .containsExactly(
                        Stream.of(PollerType.values()).map(PollerType::id).toArray(String[]::new));
    }

    /** And what is not set is so: {@link io.evio.Tls} and the JDK have the same defaults. */
    @Test
    void theTlsDefaultsAreWhatAServerHas() throws Exception {
        assertThat(properties())
                .filteredOn(property -> property.contains("\"evio.ssl."))
                .extracting(property -> names(List.of(property)).get(0))
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
        String ofClientAuth = metadata().substring(metadata().lastIndexOf("\"evio.ssl.client-auth\""));
        assertThat(Pattern.compile("\"value\": \"([a-z]+)\",\\s+\"description\": \"[^\"]+\"")
                        .matcher(ofClientAuth.substring(0, ofClientAuth.indexOf("]")))
                        .results()
                        .map(value -> value.group(1)))
                .containsExactly("none", "want", "need");
    }

    private String defaultOf(String name) throws IOException {
        return properties().stream()
                .filter(property -> property.contains("\"" + name + "\""))
                .map(property -> property.replaceAll("(?s).*\"defaultValue\": \"?([^\",}\\s]+).*", "$1"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theReadmesTableIsTheMetadatas() throws IOException {
        List<String> documented = Pattern.compile("(?m)^\\| `(evio\\.[a-z.-]+)` \\|.*\\|.*\\|$")
                .matcher(section(Files.readString(Path.of("..", "README.md")), "## Properties"))
                .results()
                .map(row -> row.group(1))
                .toList();
        assertThat(documented).containsExactlyInAnyOrderElementsOf(names(properties()));
    }

    /** What is not set per server falls back to these, so they are not in the record that the processor reads. */
    @Test
    void theReadmesDefaultsAreTheMetadatas() throws IOException {
        Map<String, String> documented = new HashMap<>();
        Pattern.compile("(?m)^\\| `(evio\\.[a-z.-]+)` \\| (?:`([^`]+)`)? ?\\|.*\\|$")
                .matcher(section(Files.readString(Path.of("..", "README.md")), "## Properties"))
                .results()
                .forEach(row -> documented.put(row.group(1), String.valueOf(row.group(2))));
        assertThat(documented).hasSizeGreaterThanOrEqualTo(20);
        for (String property : properties()) {
            Matcher value =
                    Pattern.compile("\"defaultValue\": \"?([^\",}\\s]+)").matcher(property);
            assertThat(documented)
                    .containsEntry(names(List.of(property)).get(0), value.find() ? value.group(1) : "null");
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
        for (String property : properties()) {
            String name = names(List.of(property)).get(0);
            Matcher value =
                    Pattern.compile("\"defaultValue\": \"?([^\",}\\s]+)").matcher(property);
            if (name.startsWith("evio.limits.") && value.find()) {
                Object expected = real.get(name.substring("evio.limits.".length()));
                assertThat(ApplicationConversionService.getSharedInstance()
                                .convert(value.group(1), expected.getClass()))
                        .as(name)
                        .isEqualTo(expected);
            }
        }
    }

    /** Each limit is there with its default and a reason. */
    @Test
    void theReadmesLimitsAreTheProperties() throws IOException {
        String readme = Files.readString(Path.of("..", "README.md"));
        Map<String, String> explained = new HashMap<>();
        Pattern.compile("(?m)^\\| `([a-z-]+)` \\| ([^|]+) \\| [^|]{20,} \\|[^|]*\\|$")
                .matcher(section(readme, "## Limits"))
                .results()
                .forEach(row -> explained.put(row.group(1), row.group(2)));
        Map<String, String> properties = new HashMap<>();
        Pattern.compile("(?m)^\\| `evio\\.(?:limits\\.)?([a-z-]+)` \\| `([^`]+)` \\|.*\\|$")
                .matcher(section(readme, "## Properties"))
                .results()
                .filter(row -> row.group().startsWith("| `evio.limits.")
                        || row.group(1).equals("backlog"))
                .forEach(row -> properties.put(row.group(1), row.group(2)));
        assertThat(properties).hasSizeGreaterThanOrEqualTo(9);
        assertThat(explained).isEqualTo(properties);
    }

    private static String section(String readme, String heading) {
        int start = readme.indexOf(heading + "\n");
        assertThat(start).as(heading).isNotNegative();
        return readme.substring(start, readme.indexOf("\n## ", start + 1));
    }

    private static List<String> names(List<String> properties) {
        return properties.stream()
                .map(property -> property.replaceAll("(?s).*\"name\": \"([^\"]+)\".*", "$1"))
                .toList();
    }

    private String metadata() throws IOException {
        try (InputStream in = getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private List<String> properties() throws IOException {
        String metadata = metadata();
        String properties = metadata.substring(metadata.indexOf("\"properties\""));
        return Pattern.compile("\\{[^{}]*\"name\": \"evio\\.[^{}]*}")
                .matcher(properties)
                .results()
                .map(MatchResult::group)
                .toList();
    }
}
