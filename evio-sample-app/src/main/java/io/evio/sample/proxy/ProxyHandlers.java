package io.evio.sample.proxy;

import io.evio.EvioHandler;
import io.evio.EvioHandlerFactory;
import io.evio.spring.boot.EvioUpstream;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;

/** A handler for each loop of the proxy, with a pool of its own, so that none needs a lock. */
@Component("proxy")
@EnableConfigurationProperties(ProxyProperties.class)
class ProxyHandlers implements EvioHandlerFactory, AutoCloseable {

    private final EvioUpstream upstream;
    private final ProxyProperties properties;
    private final TrustedProxies trusted;
    private final AccessLog accessLog = new AccessLog();

    ProxyHandlers(@Qualifier("http") EvioUpstream upstream, ProxyProperties properties) {
        this.upstream = upstream;
        this.properties = properties;
        this.trusted = new TrustedProxies(properties.trustedProxies());
    }

    @Override
    public EvioHandler create(int loop) {
        return new ProxyHandler(upstream, properties, trusted, accessLog);
    }

    @Override
    public void close() {
        accessLog.close();
    }
}
