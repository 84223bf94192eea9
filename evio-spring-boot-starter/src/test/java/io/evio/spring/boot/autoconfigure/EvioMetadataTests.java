package io.evio.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** An IDE can complete and explain every property. */
class EvioMetadataTests {

    @Test
    void everyPropertyHasADescription() throws IOException {
        String metadata;
        try (InputStream in = getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            metadata = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        String properties = metadata.substring(metadata.indexOf("\"properties\""));
        assertThat(Pattern.compile("\\{[^{}]*\"name\": \"evio\\.[^{}]*}")
                        .matcher(properties)
                        .results())
                .hasSizeGreaterThanOrEqualTo(20)
                .extracting(MatchResult::group)
                .allSatisfy(property -> assertThat(property).contains("\"description\": \""));
        assertThat(properties).contains("\"evio.limits.idle-timeout\"", "\"evio.servers\"", "\"evio.tcp.no-delay\"");
    }
}
