package io.evio.spring.boot.server;

import io.evio.ClientAuth;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * TLS of a server, as its properties have it.
 *
 * @param bundle the name of its SSL bundle
 * @param serverNames the names of other bundles, by server name
 */
public record EvioServerTls(
        String bundle,
        Map<String, String> serverNames,
        ClientAuth clientAuth,
        List<String> alpn,
        Duration handshakeTimeout) {}
