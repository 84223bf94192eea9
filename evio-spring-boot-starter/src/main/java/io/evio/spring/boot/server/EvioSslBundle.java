package io.evio.spring.boot.server;

import io.evio.TlsEngines;
import io.evio.spring.boot.server.EvioProperties.Session;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLEngine;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * An SSL bundle, and the contexts that servers have of it. When the bundle changes, new contexts are made on the thread
 * that brings the change, and new connections get them. One that cannot be used changes nothing.
 */
public final class EvioSslBundle {

    private static final Log logger = LogFactory.getLog(EvioSslBundle.class);

    private final String name;
    private final AtomicLong reloads = new AtomicLong();
    private final AtomicLong reloadErrors = new AtomicLong();

    /** Guarded by this. One for each way to keep sessions, which a context has for all its engines. */
    private final Map<Session, Engines> engines = new HashMap<>();

    /** Guarded by this: the last one that can be used. */
    private @Nullable SslBundle bundle;

    /** Guarded by this: whether a server uses it, and not only upstreams. */
    private boolean needsKey;

    /** Guarded by this: whether a server asks clients for certificates. */
    private boolean needsTrust;

    /** Guarded by this. */
    private boolean closed;

    private EvioSslBundle(String name) {
        this.name = name;
    }

    /**
     * Makes it, and follows the changes of the bundle from then on.
     *
     * @throws org.springframework.boot.ssl.NoSuchSslBundleException when there is none of this name
     */
    static EvioSslBundle of(String name, SslBundles bundles) {
        EvioSslBundle made = new EvioSslBundle(name);
        // In this order, so that no change is missed between the two. A handler stays for as long as the bundles do.
        bundles.addBundleUpdateHandler(name, made::update);
        made.begin(bundles.getBundle(name));
        return made;
    }

    private synchronized void begin(SslBundle first) {
        if (bundle == null) {
            bundle = first;
        }
    }

    public String name() {
        return name;
    }

    /** Returns how many changes of the bundle servers have taken over. */
    public long reloads() {
        return reloads.get();
    }

    /** Returns how many changes of the bundle were refused. */
    public long reloadErrors() {
        return reloadErrors.get();
    }

    /**
     * Returns what makes engines of the bundle, for any number of loops.
     *
     * @param needsTrust whether clients are asked for certificates
     * @throws UnusableBundleException when the bundle is no server's
     */
    synchronized TlsEngines engines(Session session, boolean needsTrust) throws UnusableBundleException {
        SslBundle current = bundle;
        if (current == null) {
            throw new IllegalStateException("The bundle has not begun");
        }
        EvioSslContext.check(current, needsTrust);
        this.needsKey = true;
        this.needsTrust |= needsTrust;
        return engines(current, session);
    }

    private Engines engines(SslBundle current, Session session) throws UnusableBundleException {
        Engines known = engines.get(session);
        if (known == null) {
            known = new Engines(EvioSslContext.of(current, session));
            engines.put(session, known);
        }
        return known;
    }

    /**
     * Returns what makes engines of connections to servers, which need no key.
     *
     * @throws UnusableBundleException when the bundle cannot be used
     */
    synchronized TlsEngines clientEngines() throws UnusableBundleException {
        SslBundle current = bundle;
        if (current == null) {
            throw new IllegalStateException("The bundle has not begun");
        }
        return engines(current, new Session(null, null)).ofClients();
    }

    /** Runs on the thread that has seen the change. Throws nothing: that would keep other handlers from the change. */
    private void update(SslBundle changed) {
        try {
            if (!replace(changed)) {
                return;
            }
            reloads.incrementAndGet();
            logger.info("SSL bundle '" + name + "' has changed: new TLS connections of Evio use it from now on");
        } catch (Throwable e) {
            reloadErrors.incrementAndGet();
            logger.warn("SSL bundle '" + name + "' has changed and cannot be used: Evio goes on with the one before. "
                    + "The reason: " + UnusableBundleException.messages(e));
        }
    }

    /** All or none. False when nothing uses it any more. */
    private synchronized boolean replace(SslBundle changed) throws UnusableBundleException {
        if (closed) {
            return false;
        }
        if (needsKey) {
            EvioSslContext.check(changed, needsTrust);
        }
        Map<Engines, EvioSslContext> contexts = new HashMap<>();
        for (Map.Entry<Session, Engines> each : engines.entrySet()) {
            contexts.put(each.getValue(), EvioSslContext.of(changed, each.getKey()));
        }
        contexts.forEach((users, context) -> users.context = context);
        bundle = changed;
        return true;
    }

    /** Lets go of the contexts; the bundle's handlers cannot be removed. */
    synchronized void close() {
        closed = true;
        engines.clear();
        bundle = null;
    }

    /** Makes engines by the context that is there now. */
    private static final class Engines implements TlsEngines {

        private volatile EvioSslContext context;

        Engines(EvioSslContext context) {
            this.context = context;
        }

        @Override
        public SSLEngine engine(@Nullable String serverName, SocketAddress peer) {
            return context.engine(peer);
        }

        TlsEngines ofClients() {
            return (serverName, peer) -> context.clientEngine(serverName, peer);
        }
    }
}
