package io.evio.sample;

import io.evio.Address;
import io.evio.spring.boot.EvioServerStartedEvent;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Says what to type to try each server, where it really listens. */
@Component
class Hints {

    private static final Log logger = LogFactory.getLog(Hints.class);

    @EventListener
    void on(EvioServerStartedEvent event) {
        for (Address address : event.getAddresses()) {
            String hint = hint(event.getServer().name(), address);
            if (hint != null) {
                logger.info("Try: " + hint);
            }
        }
    }

    @EventListener
    void on(WebServerInitializedEvent event) {
        logger.info("Dashboard: http://127.0.0.1:" + event.getWebServer().getPort() + "/");
    }

    private static @Nullable String hint(String server, Address address) {
        if (address.isProxied() || address.isHandedOver() && address.port() == 0) {
            return null; // nc and redis-cli send no PROXY header, and where a handed-over unix socket is, is not known
        }
        String host = address.host().isEmpty() ? "127.0.0.1" : address.host();
        boolean unix = address.isUnix();
        if (address.isAbstract() && !server.equals("echo") && !server.equals("gateway")) {
            return server.equals("http") || server.equals("proxy")
                    ? "curl --abstract-unix-socket " + address.path().substring(1) + " http://localhost/"
                    : null; // redis-cli knows no abstract sockets
        }
        String port = " -p " + address.port();
        return switch (server) {
            case "echo", "gateway" ->
                unix
                        ? "nc -U " + address.path()
                        : address.isTls()
                                ? "openssl s_client -quiet -connect " + inUrl(host) + ":" + address.port()
                                : "nc " + host + " " + address.port();
            case "redis" ->
                unix
                        ? "redis-cli -s " + address.path()
                        : (address.isTls() ? "redis-cli --tls --insecure -h " : "redis-cli -h ") + host + port;
            case "http", "proxy" ->
                unix
                        ? "curl --unix-socket " + address.path() + " http://localhost/"
                        : (address.isTls() ? "curl -k https://" : "curl http://") + inUrl(host) + ":" + address.port()
                                + "/";
            default -> null;
        };
    }

    private static String inUrl(String host) {
        return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    }
}
