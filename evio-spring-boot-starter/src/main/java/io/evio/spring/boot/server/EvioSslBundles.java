package io.evio.spring.boot.server;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeansException;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundles;

/** The SSL bundles that the servers of a context use: each is there once, however many servers use it. */
public final class EvioSslBundles implements AutoCloseable {

    private static final String EXAMPLE = "as in spring.ssl.bundle.pem.web.keystore.certificate=file:fullchain.pem and"
            + " spring.ssl.bundle.pem.web.keystore.private-key=file:privkey.pem";

    private final Supplier<@Nullable SslBundles> bundles;
    private final Map<String, EvioSslBundle> used = new LinkedHashMap<>();

    /** @param bundles the application's, asked for only when a server speaks TLS */
    public EvioSslBundles(Supplier<@Nullable SslBundles> bundles) {
        this.bundles = bundles;
    }

    /** Returns the bundles that servers use so far. */
    public List<EvioSslBundle> used() {
        synchronized (used) {
            return new ArrayList<>(used.values());
        }
    }

    /** Lets go of what the bundles hold: those of a parent context stay, and go on telling of their changes. */
    @Override
    public void close() {
        used().forEach(EvioSslBundle::close);
    }

    /** Returns the bundle of this name. */
    EvioSslBundle get(String name) throws UnusableBundleException {
        synchronized (used) {
            EvioSslBundle known = used.get(name);
            if (known == null) {
                known = find(name);
                used.put(name, known);
            }
            return known;
        }
    }

    private EvioSslBundle find(String name) throws UnusableBundleException {
        SslBundles all = all();
        try {
            return EvioSslBundle.of(name, all);
        } catch (NoSuchSslBundleException e) {
            List<String> names = all.getBundleNames();
            throw new UnusableBundleException(
                    names.isEmpty()
                            ? "there is no SSL bundle of this name, nor any other"
                            : "there is no SSL bundle of this name; there are " + String.join(", ", names),
                    names.isEmpty()
                            ? "Define the bundle, " + EXAMPLE + "."
                            : "Use the name of one that exists, such as " + names.get(0) + ", or define it, " + EXAMPLE
                                    + ".",
                    e);
        }
    }

    private SslBundles all() throws UnusableBundleException {
        SslBundles all;
        try {
            all = bundles.get();
        } catch (BeansException e) {
            throw new UnusableBundleException(
                    "the SSL bundles cannot be had: " + UnusableBundleException.messages(e.getMostSpecificCause()),
                    "Correct the properties of the bundle under spring.ssl.bundle, " + EXAMPLE + ".",
                    e);
        }
        if (all == null) {
            throw new UnusableBundleException(
                    "the application has no bean of type SslBundles",
                    "Do not exclude Spring Boot's SslAutoConfiguration.",
                    null);
        }
        return all;
    }
}
