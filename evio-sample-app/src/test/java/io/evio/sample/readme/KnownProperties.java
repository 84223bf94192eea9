package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every property that there is, of evio and of Spring Boot. */
final class KnownProperties {

    private static final String EVIO = "io.evio.spring.boot.server.EvioProperties";

    private final Set<String> documented = new HashSet<>();

    KnownProperties() throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        for (URL metadata : Collections.list(
                getClass().getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
            try (InputStream in = metadata.openStream()) {
                for (JsonNode property : json.readTree(in).path("properties")) {
                    documented.add(property.path("name").asString());
                }
            }
        }
        assertThat(documented).contains("evio.addresses", "server.port");
    }

    /** Every key means something: those of evio bind, with their values, and the others are known to the metadata. */
    void check(List<? extends EnumerablePropertySource<?>> sources) throws ClassNotFoundException {
        new Binder(ConfigurationPropertySources.from(List.<PropertySource<?>>copyOf(sources)))
                .bind("evio", Bindable.of(Class.forName(EVIO)), new NoUnboundElementsBindHandler(BindHandler.DEFAULT));
        for (EnumerablePropertySource<?> source : sources) {
            assertThat(source.getPropertyNames())
                    .allSatisfy(key -> assertThat(isDocumented(key))
                            .as("%s is a property", key)
                            .isTrue());
        }
    }

    /** Or what it is an entry of, in a map or a list. */
    private boolean isDocumented(String key) {
        String name = key.replaceAll("\\[.*", "");
        return documented.contains(name)
                || name.lastIndexOf('.') > 0 && isDocumented(name.substring(0, name.lastIndexOf('.')));
    }
}
