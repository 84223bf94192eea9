package io.evio.sample.proxy;

import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The proxy's settings.
 *
 * @param trustedProxies proxies in front whose Forwarded and X-Forwarded fields are kept: addresses, ranges as
 *     10.0.0.0/8, and unix
 * @param maxBody how large the body of a request may be; beyond, 413
 * @param headTimeout how long the head of a request may take to arrive, from its first byte; beyond, 408
 * @param bodyTimeout how long a body may make no progress, either way; beyond, 408 or 504 before the answer has begun
 * @param answerTimeout how long a target may take for the head of its answer; beyond, 504
 * @param keepAliveTimeout how long a client's connection may wait for its next request
 * @param poolIdleTime how long a connection to a target is kept for the next request; less than a target keeps it
 * @param poolSize how many idle connections to a target each loop keeps
 * @param tunnelIdleTime how long a connection that was upgraded may be silent
 */
@ConfigurationProperties("sample.proxy")
record ProxyProperties(
        @DefaultValue List<String> trustedProxies,
        @DefaultValue("1TB") DataSize maxBody,
        @DefaultValue("10s") Duration headTimeout,
        @DefaultValue("30s") Duration bodyTimeout,
        @DefaultValue("60s") Duration answerTimeout,
        @DefaultValue("75s") Duration keepAliveTimeout,
        @DefaultValue("4s") Duration poolIdleTime,
        @DefaultValue("1000") int poolSize,
        @DefaultValue("1h") Duration tunnelIdleTime) {}
