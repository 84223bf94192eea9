package io.evio.spring.boot.server;

import io.evio.spring.boot.server.EvioPropertyNames.Match;
import io.evio.spring.boot.server.EvioPropertyNames.Writing;
import io.evio.spring.boot.server.EvioPropertyNames.Written;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * The environment's entries under {@code evio}. Whatever names a source has for a server, as {@code my-echo},
 * {@code myEcho} or {@code EVIO_SERVERS_MYECHO_…}, are here that of its bean, so that several sources may set up one
 * server. A name that is no property's is refused.
 *
 * <p>Boot would bind each way to write a server's name to a server of its own, and would leave out names that it does
 * not know.
 */
public final class EvioEnvironment {

    private static final Log logger = LogFactory.getLog(EvioEnvironment.class);

    /** Of an environment variable that Kubernetes sets for a service, such as EVIO_PORT_5000_TCP_ADDR. */
    private static final Pattern OF_SERVICE = Pattern.compile(
            ".*_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)",
            Pattern.CASE_INSENSITIVE);

    private final Set<String> servers;
    private final Set<String> upstreams;
    private final PropertySourcesPlaceholdersResolver placeholders;
    private final List<ConfigurationPropertySource> sources = new ArrayList<>();
    private final EvioProperties properties;

    /** The keys that were written and say nothing: for each what is wrong, and what to do. */
    private final List<String> wrongKeys = new ArrayList<>();

    private final List<String> advice = new ArrayList<>();

    /** Servers and upstreams without anything in their section, such as {@code echo:} in YAML. */
    private final Map<String, ConfigurationProperty> emptySections = new LinkedHashMap<>();

    /**
     * @param servers the names that servers may have
     * @throws EvioConfigurationException when there are names that are no property's
     */
    public EvioEnvironment(ConfigurableEnvironment environment, Set<String> servers) {
        this.servers = servers;
        this.upstreams = upstreamNames(environment);
        this.placeholders = new PropertySourcesPlaceholdersResolver(environment);
        for (ConfigurationPropertySource source : ConfigurationPropertySources.from(environment.getPropertySources())) {
            sources.add(source instanceof IterableConfigurationPropertySource iterable ? read(iterable) : source);
        }
        emptySections.forEach((section, property) -> {
            if (find(section) == null) {
                boolean isUpstream = EvioPropertyNames.upstreamOf(Written.of(property.getName())) != null;
                String missing = isUpstream ? "targets" : "addresses";
                wrong(
                        section + " has no " + missing + ".",
                        property,
                        "Set " + section + "." + missing + ", as in tcp://127.0.0.1:" + (isUpstream ? 8080 : 5000)
                                + ".");
            }
        });
        if (!wrongKeys.isEmpty()) {
            throw new EvioConfigurationException(String.join("\n\n", wrongKeys), String.join("\n", advice));
        }
        this.properties = new Binder(sources, placeholders).bindOrCreate("evio", EvioProperties.class);
    }

    /**
     * Returns the names of the upstreams that the environment has properties of. A name that is written in several ways
     * is there as the first source has it that is not the environment's variables.
     */
    public static Set<String> upstreamNames(ConfigurableEnvironment environment) {
        Map<String, String> names = new LinkedHashMap<>();
        Map<String, String> ofVariables = new LinkedHashMap<>();
        for (ConfigurationPropertySource source : ConfigurationPropertySources.from(environment.getPropertySources())) {
            if (source instanceof IterableConfigurationPropertySource iterable) {
                boolean isVariables = source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
                for (ConfigurationPropertyName name : iterable) {
                    if (EvioPropertyNames.EVIO.isAncestorOf(name)) {
                        String key = isVariables
                                ? upstreamOfVariable(Written.of(name))
                                : EvioPropertyNames.upstreamOf(Written.of(name));
                        if (key != null) {
                            (isVariables ? ofVariables : names).putIfAbsent(EvioPropertyNames.uniform(key), key);
                        }
                    }
                }
            }
        }
        ofVariables.forEach(names::putIfAbsent);
        return new LinkedHashSet<>(names.values());
    }

    private static @Nullable String upstreamOfVariable(Written written) {
        return EvioPropertyNames.find(written, Writing.VARIABLE).stream()
                .filter(match -> match.key() != null && match.isOfUpstream())
                .map(match -> String.valueOf(match.key()).replace('.', '-'))
                .findFirst()
                .orElse(null);
    }

    /** Returns the names of the upstreams that there are properties of. */
    Set<String> upstreams() {
        return upstreams;
    }

    /** The text. */
    public EvioProperties properties() {
        return properties;
    }

    /**
     * Returns the property of this name as it was written, from the first source that has it. Where it has no value of
     * its own, that is the first one below it, or its first element; and of an element the list that it was written in.
     *
     * @param property as {@link EvioPropertyNames#show(ConfigurationPropertyName)} shows it
     */
    public @Nullable ConfigurationProperty find(String property) {
        String list = property.replaceFirst("\\[\\d+]$", "");
        for (ConfigurationPropertySource source : sources) {
            if (source instanceof BeanNamedSource named) {
                Optional<ConfigurationProperty> found = named.find(property::equals)
                        .or(() ->
                                named.find(name -> name.startsWith(property + ".") || name.startsWith(property + "[")))
                        .or(() -> named.find(list::equals));
                if (found.isPresent()) {
                    ConfigurationProperty as = found.get();
                    return new ConfigurationProperty(as.getName(), resolved(as.getValue()), as.getOrigin());
                }
            }
        }
        return null;
    }

    private Object resolved(Object value) {
        return Objects.requireNonNullElse(placeholders.resolvePlaceholders(value), value);
    }

    private BeanNamedSource read(IterableConfigurationPropertySource source) {
        boolean isVariables = source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
        Map<ConfigurationPropertyName, ConfigurationProperty> read = new LinkedHashMap<>();
        for (ConfigurationPropertyName name : source) {
            ConfigurationProperty property =
                    EvioPropertyNames.EVIO.isAncestorOf(name) ? source.getConfigurationProperty(name) : null;
            if (property != null) {
                Match match = match(property, isVariables ? Writing.VARIABLE : Writing.PLAIN);
                if (match != null) {
                    ConfigurationPropertyName known = match.name(match.key() == null ? null : known(match));
                    read.putIfAbsent(
                            known, new ConfigurationProperty(known, property.getValue(), property.getOrigin()));
                } else if (isVariables) {
                    hint(property);
                } else {
                    check(property);
                }
            }
        }
        return new BeanNamedSource(read);
    }

    /**
     * The property that is meant. Of several, which only an environment variable may mean, the one of a server that
     * there is.
     */
    private @Nullable Match match(ConfigurationProperty property, Writing writing) {
        List<Match> matches = EvioPropertyNames.find(Written.of(property.getName()), writing);
        return matches.stream()
                .filter(match -> match.key() == null || isKnown(match))
                .findFirst()
                .orElse(matches.isEmpty() ? null : matches.get(0));
    }

    /** The server or upstream that is meant by a key; the key itself where there is none. */
    private String known(Match match) {
        String key = String.valueOf(match.key());
        return match.isOfUpstream() ? known(key, upstreams) : server(key);
    }

    private boolean isKnown(Match match) {
        return (match.isOfUpstream() ? upstreams : servers).contains(known(match));
    }

    private String server(String key) {
        return known(key, servers);
    }

    private static String known(String key, Set<String> names) {
        if (names.contains(key)) {
            return key;
        }
        String uniform = EvioPropertyNames.uniform(key);
        return names.stream()
                .filter(name ->
                        !uniform.isEmpty() && EvioPropertyNames.uniform(name).equals(uniform))
                .findFirst()
                .orElse(key);
    }

    private boolean isServer(String key) {
        return servers.contains(server(key));
    }

    /** An environment variable that means no property may be of something else, which is no reason to fail. */
    private void hint(ConfigurationProperty property) {
        String variable = property.getOrigin() instanceof PropertySourceOrigin origin
                ? origin.getPropertyName()
                : property.getName().toString();
        Written written = Written.of(property.getName());
        String nearest = EvioPropertyNames.nearest(written, anyServer());
        if (!OF_SERVICE.matcher(variable).matches() && EvioPropertyNames.isClose(written, nearest)) {
            logger.warn(
                    "The environment variable " + variable + " is none of evio's. Is " + variable(nearest) + " meant?");
        }
    }

    private static String variable(String property) {
        return property.replace("-", "").replaceAll("[^A-Za-z0-9]+", "_").toUpperCase(Locale.ROOT);
    }

    private void check(ConfigurationProperty property) {
        Written written = Written.of(property.getName());
        String key = EvioPropertyNames.serverOf(written);
        Optional<String> ofGroup = EvioPropertyNames.firstOfGroup(written, anyServer());
        boolean isEmpty = property.getValue().toString().isEmpty();
        if (ofGroup.isPresent() && isEmpty) {
            if (key != null) {
                emptySections.put(EvioPropertyNames.ofServer(server(key)), property);
            }
            String upstream = EvioPropertyNames.upstreamOf(written);
            if (upstream != null) {
                emptySections.put(EvioPropertyNames.ofUpstream(known(upstream, upstreams)), property);
            }
            return;
        }
        if (ofGroup.isPresent() && (key == null || isServer(key))) {
            wrong(
                    written + " has no value of its own.",
                    property,
                    "Set what is under it, such as " + ofGroup.get() + ".");
            return;
        }
        Match dotted = match(property, Writing.DOTTED);
        if (dotted != null && dotted.key() != null && (isKnown(dotted) || key == null || !isServer(key))) {
            String server = known(dotted);
            wrong(
                    written
                            + " is no property: the dots in the name of a bean are taken for those between the parts of"
                            + " a property.",
                    property,
                    "Put the name in brackets: " + EvioPropertyNames.show(dotted.name(server)) + ", in YAML the key \"["
                            + server + "]\".");
        } else {
            wrong(
                    written + " is no property.",
                    property,
                    "The property nearest to " + written + " is " + EvioPropertyNames.nearest(written, anyServer())
                            + ". Write that if it is meant, or remove the key.");
        }
    }

    private void wrong(String what, ConfigurationProperty property, String advice) {
        wrongKeys.add(EvioConfigurationException.withOrigin(what, property.getOrigin()));
        this.advice.add(advice);
    }

    private String anyServer() {
        return servers.stream().findFirst().orElse("<bean name>");
    }

    /** The properties of a source under the names that they have here. */
    private static final class BeanNamedSource implements IterableConfigurationPropertySource {

        private final Map<ConfigurationPropertyName, ConfigurationProperty> properties;

        BeanNamedSource(Map<ConfigurationPropertyName, ConfigurationProperty> properties) {
            this.properties = properties;
        }

        Optional<ConfigurationProperty> find(Predicate<String> isMeant) {
            return properties.values().stream()
                    .filter(candidate -> isMeant.test(EvioPropertyNames.show(candidate.getName())))
                    .findFirst();
        }

        @Override
        public Stream<ConfigurationPropertyName> stream() {
            return properties.keySet().stream();
        }

        @Override
        public @Nullable ConfigurationProperty getConfigurationProperty(ConfigurationPropertyName name) {
            return properties.get(name);
        }
    }
}
