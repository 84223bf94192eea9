package io.evio.spring.boot.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The configuration metadata in the jar: of the application's properties, or of those that a type has.
 *
 * @param prefix of the names of ours
 */
public record Metadata(String text, String prefix) {

    private static final Pattern PROPERTY = Pattern.compile("\\{[^{}]*\"name\": \"[a-z.-]+\"[^{}]*}");

    public static Metadata ofApplication() {
        return read("/META-INF/spring-configuration-metadata.json", "evio.");
    }

    /** Returns those of a key of {@code evio.servers} or {@code evio.upstreams}, with their names below it. */
    public static Metadata of(Class<? extends Record> type) {
        return read("/META-INF/spring/configuration-metadata/" + type.getName() + ".json", "");
    }

    private static Metadata read(String resource, String prefix) {
        try (InputStream in = Metadata.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new AssertionError("There is no " + resource);
            }
            return new Metadata(new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\\/", "/"), prefix);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns each property's part of the text. */
    public List<String> properties() {
        int end = text.indexOf("\"hints\"");
        return PROPERTY.matcher(text.substring(text.indexOf("\"properties\""), end < 0 ? text.length() : end))
                .results()
                .map(MatchResult::group)
                .filter(property -> name(property).startsWith(prefix))
                .toList();
    }

    public String hints() {
        return text.substring(text.indexOf("\"hints\""));
    }

    public List<String> names() {
        return properties().stream().map(Metadata::name).toList();
    }

    public static String name(String property) {
        return property.replaceAll("(?s).*\"name\": \"([^\"]+)\".*", "$1");
    }

    /** Returns a property's default, or null. */
    public static @Nullable String defaultValue(String property) {
        Matcher value = Pattern.compile("\"defaultValue\": \"?([^\",}\\s]+)").matcher(property);
        return value.find() ? value.group(1) : null;
    }
}
