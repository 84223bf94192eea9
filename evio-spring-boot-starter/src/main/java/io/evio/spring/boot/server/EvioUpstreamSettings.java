package io.evio.spring.boot.server;

import io.evio.ProxyProtocol;
import io.evio.Target;
import io.evio.TlsEngines;
import io.evio.spring.boot.server.EvioProperties.Balance;
import io.evio.spring.boot.server.EvioProperties.TargetHealth;
import io.evio.spring.boot.server.EvioProperties.Upstream;
import io.evio.spring.boot.server.EvioProperties.UpstreamSsl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * The properties of one upstream, checked.
 *
 * @param places its targets, in their order
 * @param maxConnections to each target
 * @param health null without checks
 * @param tls null when no target speaks TLS
 */
public record EvioUpstreamSettings(
        String name,
        List<Place> places,
        Balance balance,
        Duration connectTimeout,
        @Nullable Integer maxConnections,
        @Nullable TargetHealth health,
        @Nullable Tls tls,
        @Nullable ProxyProtocol proxyProtocol) {

    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(10);

    private static final String EXAMPLE = "tcp://127.0.0.1:8080";

    /**
     * One target.
     *
     * @param text as it was written
     */
    public record Place(String text, Target target) {}

    /**
     * TLS of the targets.
     *
     * @param bundle null for what the JVM trusts
     * @param serverName null for each target's host
     */
    public record Tls(@Nullable String bundle, @Nullable String serverName, boolean verifyHostName) {}

    /**
     * Returns those of all upstreams.
     *
     * @throws EvioConfigurationException when a value is wrong
     */
    public static List<EvioUpstreamSettings> of(EvioEnvironment environment, EvioSslBundles bundles) {
        return of(environment.upstreams(), environment.properties(), new EvioValues(environment::find), bundles);
    }

    static List<EvioUpstreamSettings> of(
            Set<String> names, EvioProperties properties, EvioValues values, EvioSslBundles bundles) {
        List<EvioUpstreamSettings> all = new ArrayList<>();
        for (String name : names) {
            Reader reader = new Reader(EvioPropertyNames.ofUpstream(name), values);
            all.add(reader.read(name, properties.upstreams().get(name), bundles));
        }
        return List.copyOf(all);
    }

    /** Reads what is under one prefix. */
    private record Reader(String prefix, EvioValues values) {

        EvioUpstreamSettings read(String name, @Nullable Upstream upstream, EvioSslBundles bundles) {
            if (upstream == null || upstream.targets().isEmpty()) {
                throw new EvioConfigurationException(
                        prefix + " has no targets.",
                        values.written().apply(prefix),
                        "Set " + prefix + ".targets, as in " + EXAMPLE + ".");
            }
            List<Target> targets = targets(upstream.targets());
            change(targets, "connect-timeout", upstream.connectTimeout(), "3s", Target::timeout);
            change(targets, "proxy-protocol", upstream.proxyProtocol(), "v2", Target::proxyProtocol);
            Tls tls = tls(targets, upstream.ssl(), bundles);
            require("max-connections", upstream.maxConnections(), "500");
            check(upstream.health());
            List<Place> places = new ArrayList<>();
            for (int i = 0; i < targets.size(); i++) {
                places.add(new Place(upstream.targets().get(i), targets.get(i)));
            }
            return new EvioUpstreamSettings(
                    name,
                    List.copyOf(places),
                    upstream.balance(),
                    upstream.connectTimeout(),
                    upstream.maxConnections(),
                    upstream.health(),
                    tls,
                    upstream.proxyProtocol());
        }

        private List<Target> targets(List<String> texts) {
            String property = prefix + ".targets";
            List<Target> targets = new ArrayList<>();
            Map<String, Integer> known = new HashMap<>();
            for (int i = 0; i < texts.size(); i++) {
                int index = i;
                values.apply(property, property + "[" + i + "]", texts.get(i), EXAMPLE, text -> {
                    Target target = Target.of(text);
                    Integer other = known.putIfAbsent(target.toString(), index);
                    if (other != null) {
                        throw new IllegalArgumentException(
                                "it is the same as " + property + "[" + other + "], and would get twice its share");
                    }
                    targets.add(target);
                });
            }
            return targets;
        }

        private <T> void change(
                List<Target> targets, String name, @Nullable T value, String example, Change<T> change) {
            values.apply(prefix + "." + name, value, example, set -> {
                UnaryOperator<Target> one = target -> change.apply(target, set);
                targets.replaceAll(one);
            });
        }

        private @Nullable Tls tls(List<Target> targets, UpstreamSsl ssl, EvioSslBundles bundles) {
            // An empty one, as ${BUNDLE:} is, is none.
            String bundle = StringUtils.hasText(ssl.bundle()) ? ssl.bundle() : null;
            requireTls(targets, "ssl.bundle", bundle);
            requireTls(targets, "ssl.server-name", ssl.serverName());
            requireTls(targets, "ssl.verify-host-name", ssl.verifyHostName());
            if (targets.stream().noneMatch(target -> target.address().isTls())) {
                return null;
            }
            if (bundle != null) {
                TlsEngines engines = engines(bundle, bundles);
                targets.replaceAll(target -> target.tls(engines));
            }
            change(targets, "ssl.server-name", ssl.serverName(), "app.internal", Target::serverName);
            change(targets, "ssl.verify-host-name", ssl.verifyHostName(), "true", Target::verifyHostName);
            return new Tls(bundle, ssl.serverName(), ssl.verifyHostName() == null || ssl.verifyHostName());
        }

        /** Nothing is sent as plain text that was meant to be encrypted. */
        private void requireTls(List<Target> targets, String name, @Nullable Object value) {
            for (Target target : targets) {
                if (value != null && !target.address().isTls()) {
                    String property = prefix + "." + name;
                    throw values.wrong(
                            property,
                            value,
                            "the target " + target + " does not speak TLS",
                            "Write targets with TLS as tls://app.internal:8443, or remove " + property + ".",
                            null);
                }
            }
        }

        private TlsEngines engines(String bundle, EvioSslBundles bundles) {
            try {
                return bundles.get(bundle).clientEngines();
            } catch (UnusableBundleException e) {
                throw values.wrong(prefix + ".ssl.bundle", bundle, e.reason(), e.advice(), e);
            }
        }

        private void check(@Nullable TargetHealth health) {
            if (health == null) {
                return;
            }
            values.apply(prefix + ".health.interval", health.interval(), "2s", value -> {
                if (value.compareTo(SHORTEST_INTERVAL) < 0) {
                    throw new IllegalArgumentException("it must be at least " + SHORTEST_INTERVAL.toMillis() + " ms");
                }
            });
            require("health.rise", health.rise(), "2");
            require("health.fall", health.fall(), "3");
            values.apply(prefix + ".health.path", health.path(), "/health", value -> {
                if (!value.startsWith("/")) {
                    throw new IllegalArgumentException("a path begins with /");
                }
                if (!value.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '#')) {
                    throw new IllegalArgumentException(
                            "a path has no spaces, no # and no characters outside of ASCII, unless they are %-encoded");
                }
            });
        }

        private void require(String name, @Nullable Integer value, String example) {
            values.apply(prefix + "." + name, value, example, set -> {
                if (set < 1) {
                    throw new IllegalArgumentException("it must be at least 1");
                }
            });
        }
    }

    /** Changes a target. */
    private interface Change<T> {
        Target apply(Target target, T value);
    }
}
