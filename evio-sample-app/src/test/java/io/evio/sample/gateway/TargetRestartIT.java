package io.evio.sample.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.FreePort;
import io.evio.sample.testing.HttpLoad;
import io.evio.sample.testing.SampleJar;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two targets behind a proxy of the sample are restarted in turn by SIGTERM, under load: not one request is lost. Their
 * {@code /health} answers 503 as long as {@code evio.shutdown.delay} lasts, and the proxy's checks ask for it.
 */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@Timeout(300)
class TargetRestartIT {

    private static final int REQUESTS = 500;

    @TempDir
    private Path folder;

    private final List<AutoCloseable> opened = new ArrayList<>();

    /** The proxies in front of the targets. */
    private enum Proxy {
        /** It cannot tell requests apart: each has a connection of its own. */
        GATEWAY("gateway", "echo", 1);

        final String server;
        final String upstream;
        final int requestsPerConnection;

        Proxy(String server, String upstream, int requestsPerConnection) {
            this.server = server;
            this.upstream = upstream;
            this.requestsPerConnection = requestsPerConnection;
        }
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void restartingTargetsInTurnLosesNoRequest(Proxy through) throws Exception {
        List<String> targets = List.of("tcp://127.0.0.1:" + FreePort.find(), "tcp://127.0.0.1:" + FreePort.find());
        List<SampleJar> running = new ArrayList<>();
        for (String target : targets) {
            running.add(startTarget(target));
        }
        String upstream = "--evio.upstreams." + through.upstream;
        SampleJar proxy = SampleJar.start(
                folder,
                upstream + ".targets=" + String.join(",", targets),
                upstream + ".health.path=/health",
                upstream + ".health.interval=500ms",
                upstream + ".health.fall=2");
        opened.add(proxy);
        for (SampleJar target : running) {
            target.awaitStarted();
        }
        for (String target : targets) {
            await().atMost(Duration.ofSeconds(90)).until(() -> isUp(proxy, target));
        }
        HttpLoad load = new HttpLoad(proxy.port(through.server), through.requestsPerConnection);
        opened.add(load);
        for (int i = 0; i < targets.size(); i++) {
            String target = targets.get(i);
            moreRequests(load);
            long before = opened(proxy, target);
            assertThat(before).as("connections to %s", target).isPositive();
            assertThat(running.get(i).stop()).isZero();
            assertThat(isUp(proxy, target)).isFalse();
            moreRequests(load);
            running.set(i, startTarget(target));
            running.get(i).awaitStarted();
            await().atMost(Duration.ofSeconds(90)).until(() -> isUp(proxy, target));
            await().until(() -> opened(proxy, target) > before + REQUESTS / 10);
        }
        assertThat(load.end()).as("of %d requests", load.answered()).isEmpty();
        for (String target : targets) {
            assertThat(meter(proxy, "connections_errors_connections_total", target))
                    .as("connections to %s that could not be made", target)
                    .isZero();
        }
    }

    private SampleJar startTarget(String target) throws Exception {
        SampleJar started = SampleJar.start(
                folder,
                "--evio.servers.http.addresses=" + target,
                "--evio.servers.echo.addresses=tcp://127.0.0.1:0",
                "--evio.servers.redis.addresses=tcp://127.0.0.1:0",
                "--evio.upstreams.echo.targets=tcp://127.0.0.1:1",
                "--evio.shutdown.delay=3s");
        opened.add(started);
        return started;
    }

    private static void moreRequests(HttpLoad load) {
        long before = load.answered();
        await().until(() -> load.answered() > before + REQUESTS);
    }

    private static boolean isUp(SampleJar proxy, String target) throws Exception {
        return meter(proxy, "up", target) == 1;
    }

    private static long opened(SampleJar proxy, String target) throws Exception {
        return meter(proxy, "connections_opened_connections_total", target);
    }

    private static long meter(SampleJar proxy, String name, String target) throws Exception {
        return proxy.meter("evio_upstream_" + name, "target", target);
    }
}
