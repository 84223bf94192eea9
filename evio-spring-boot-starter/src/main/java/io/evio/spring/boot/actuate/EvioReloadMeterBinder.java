package io.evio.spring.boot.actuate;

import io.evio.spring.boot.server.EvioSslBundle;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;

/**
 * Binds how often the SSL bundles of the servers have changed, with the tag {@code bundle}: a bundle has its changes
 * once, however many servers use it.
 */
public class EvioReloadMeterBinder implements MeterBinder {

    private static final String BUNDLE_TAG = "bundle";

    private final List<EvioSslBundle> bundles;

    public EvioReloadMeterBinder(List<EvioSslBundle> bundles) {
        this.bundles = bundles;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (EvioSslBundle bundle : bundles) {
            FunctionCounter.builder("evio.tls.reloads", bundle, EvioSslBundle::reloads)
                    .tag(BUNDLE_TAG, bundle.name())
                    .description("Changes of an SSL bundle that new TLS connections use")
                    .register(registry);
            FunctionCounter.builder("evio.tls.reload.errors", bundle, EvioSslBundle::reloadErrors)
                    .tag(BUNDLE_TAG, bundle.name())
                    .description("Changes of an SSL bundle that could not be used, so that the one before stays")
                    .register(registry);
        }
    }
}
