package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.HttpLoad;
import io.evio.sample.testing.Programs;
import io.evio.sample.testing.SampleJar;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The configuration of HAProxy and the recipe of docs/deployment.md, as they are but for ports and paths, and with a
 * systemctl that restarts the runnable jar: under load not one request is lost. So it is with a gateway behind HAProxy.
 */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@Timeout(300)
class RollingRestartIT {

    private static final int REQUESTS = 500;
    private static final int REQUESTS_PER_CONNECTION = 100;

    private static final Pattern PLACES = Pattern.compile("/run/haproxy/admin\\.sock|\\b(8000|80[89][01])\\b");

    @TempDir
    private Path folder;

    private final List<Process> processes = new ArrayList<>();
    private @Nullable SampleJar target;
    private @Nullable HttpLoad load;

    /** What the page writes, and what it is here. */
    private final Map<String, String> here = new HashMap<>();

    @AfterEach
    void stop() throws Exception {
        if (load != null) {
            load.close();
        }
        if (target != null) {
            target.close();
        }
        for (Process process : processes) {
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
            process.destroyForcibly();
        }
        for (String instance : List.of("a", "b")) {
            Path pid = folder.resolve("evio-" + instance + ".pid");
            if (Files.exists(pid)) {
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
                        .ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    /** The server that HAProxy is in front of, in the instances that are restarted. */
    private enum Front {
        /** The HTTP server, as on the page. */
        HTTP("http", ""),
        /** The gateway, to an HTTP server that is not restarted. */
        GATEWAY("gateway", " --evio.upstreams.echo.targets="),
        /** The proxy at layer 7, to the same. */
        PROXY("proxy", " --evio.upstreams.http.targets=");

        private final String server;
        private final String targets;

        Front(String server, String targets) {
            this.server = server;
            this.targets = targets;
        }

        /**
         * Returns the instance's properties for a server on port {@code $http}.
         *
         * @param target of a proxy
         */
        String arguments(String target) {
            StringBuilder arguments = new StringBuilder();
            for (String name : List.of("http", "gateway", "proxy")) {
                arguments
                        .append(" --evio.servers.")
                        .append(name)
                        .append(".addresses=tcp://127.0.0.1:")
                        .append(name.equals(server) ? "$http" : "0");
            }
            return targets.isEmpty() ? arguments.toString() : arguments + targets + target;
        }
    }

    @ParameterizedTest
    @EnumSource
    void restartingBothInTurnLosesNoRequest(Front front) throws Exception {
        String haproxy = Programs.required("haproxy", "haproxy");
        Programs.required("nc", "netcat-openbsd");
        Programs.required("curl", "curl");
        here.put("/run/haproxy/admin.sock", folder.resolve("admin.sock").toString());
        for (String port : List.of("8000", "8080", "8081", "8090", "8091")) {
            here.put(port, freePort());
        }
        Path config = Files.writeString(folder.resolve("haproxy.cfg"), block("haproxy"));
        Path recipe = Files.writeString(folder.resolve("recipe"), "set -euo pipefail\n" + block("bash"));
        Path programs = Files.createDirectory(folder.resolve("bin"));
        SampleJar target = SampleJar.start(folder);
        this.target = target;
        Path systemctl = Files.writeString(
                programs.resolve("systemctl"), systemctl(front.arguments("tcp://127.0.0.1:" + target.port("http"))));
        assertThat(systemctl.toFile().setExecutable(true)).isTrue();

        for (String instance : List.of("a", "b")) {
            assertThat(run(programs, "systemctl", "start", "evio-" + instance).waitFor())
                    .isZero();
        }
        // Both, or the first to be taken out may be the only one that is up.
        for (String actuator : List.of("8081", "8091")) {
            await().atMost(Duration.ofSeconds(90)).ignoreExceptions().until(() -> isReady(actuator));
        }
        run(programs, haproxy, "-db", "-f", config.toString());
        int port = Integer.parseInt(here.get("8000"));
        await().atMost(Duration.ofSeconds(90)).ignoreExceptions().until(() -> HttpLoad.status(port) == 200);

        HttpLoad load = new HttpLoad(port, REQUESTS_PER_CONNECTION);
        this.load = load;
        await().until(() -> load.answered() > REQUESTS);
        List<String> before = List.of(pid("a"), pid("b"));

        Process restart = run(programs, "bash", recipe.toString());
        assertThat(restart.waitFor(200, TimeUnit.SECONDS)).isTrue();
        assertThat(restart.exitValue())
                .as(Files.readString(folder.resolve("output")))
                .isZero();
        assertThat(List.of(pid("a"), pid("b"))).doesNotContainAnyElementsOf(before);
        long then = load.answered();
        await().until(() -> load.answered() > then + REQUESTS);
        assertThat(load.end()).as("of %d requests", load.answered()).isEmpty();
    }

    /** Stands in for systemd: ends the instance by SIGTERM, waits for that, and starts it on the same ports. */
    private String systemctl(String arguments) {
        return here("""
                #!/bin/bash
                cd %s
                if [[ $1 == restart ]]; then
                    pid=$(<$2.pid)
                    kill -TERM "$pid"
                    # Where nobody takes its exit status it stays as a zombie.
                    while [[ $(cut -d ' ' -f 3 /proc/$pid/stat 2>/dev/null || echo Z) != Z ]]; do sleep 0.05; done
                fi
                case $2 in
                    evio-a) http=8080 actuator=8081 ;;
                    evio-b) http=8090 actuator=8091 ;;
                esac
                %s --server.port=$actuator %s \\
                    --evio.servers.echo.addresses=tcp://127.0.0.1:0 --evio.servers.redis.addresses=tcp://127.0.0.1:0 \\
                    </dev/null >>$2.log 2>&1 &
                echo $! >$2.pid
                """.formatted(folder, String.join(" ", SampleJar.command()), arguments));
    }

    private Process run(Path programs, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("output").toFile()));
        builder.environment().merge("PATH", programs.toString(), (path, first) -> first + ":" + path);
        if (command[0].equals("systemctl")) {
            builder.command().set(0, programs.resolve("systemctl").toString());
        }
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private boolean isReady(String actuator) throws Exception {
        URI readiness = URI.create("http://127.0.0.1:" + here.get(actuator) + "/actuator/health/readiness");
        return HttpClient.newHttpClient()
                        .send(HttpRequest.newBuilder(readiness).build(), BodyHandlers.discarding())
                        .statusCode()
                == 200;
    }

    private String pid(String instance) throws IOException {
        return Files.readString(folder.resolve("evio-" + instance + ".pid")).strip();
    }

    /** The page's block of this language, with the ports and paths of this test. */
    private String block(String language) throws IOException {
        List<Block> found = Block.read("evio-spring-boot-starter/docs/deployment.md").stream()
                .filter(block -> block.language().equals(language))
                .toList();
        assertThat(found).hasSize(1);
        return here(found.get(0).text());
    }

    private String here(String text) {
        return PLACES.matcher(text).replaceAll(place -> here.get(place.group()));
    }

    private static String freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Integer.toString(socket.getLocalPort());
        }
    }
}
