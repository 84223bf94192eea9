package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.FreePort;
import io.evio.sample.testing.HttpLoad;
import io.evio.sample.testing.Programs;
import io.evio.sample.testing.SampleJar;
import java.io.IOException;
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
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The configuration of HAProxy and the recipe of docs/deployment.md, as they are but for ports and paths, and with a
 * systemctl that restarts the runnable jar: under load not one request is lost. So it is with a gateway or a proxy
 * behind HAProxy. The two instances are the same for all: only HAProxy, and the server it is in front of, are others.
 */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@Timeout(300)
class RollingRestartIT {

    private static final int REQUESTS = 500;
    private static final int REQUESTS_PER_CONNECTION = 100;

    private static final Pattern PLACES = Pattern.compile("/run/haproxy/admin\\.sock|\\b(8000|80[89][01])\\b");

    @TempDir
    private static Path folder;

    private static final List<String> INSTANCES = List.of("a", "b");

    /** Ports of the instances, such as that of {@code "a http"}. */
    private static final Map<String, String> PORTS = new HashMap<>();

    private static @Nullable SampleJar target;
    private static String haproxy;
    private static Path programs;

    private final List<Process> processes = new ArrayList<>();
    private @Nullable HttpLoad load;

    /** The words of the page, and their values here. */
    private final Map<String, String> here = new HashMap<>();

    /** The server that HAProxy is in front of, in the instances that are restarted. */
    private enum Front {
        /** The HTTP server, as on the page. */
        HTTP,
        /** The gateway, to an HTTP server that is not restarted. */
        GATEWAY,
        /** The proxy at layer 7, to the same. */
        PROXY;

        /** Returns its name, as it is in the properties. */
        String server() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @BeforeAll
    static void startInstances() throws Exception {
        haproxy = Programs.required("haproxy", "haproxy");
        Programs.required("nc", "netcat-openbsd");
        Programs.required("curl", "curl");
        SampleJar there = SampleJar.start(folder);
        target = there;
        for (String instance : INSTANCES) {
            PORTS.put(instance + " actuator", Integer.toString(FreePort.find()));
            for (Front front : Front.values()) {
                PORTS.put(instance + " " + front.server(), Integer.toString(FreePort.find()));
            }
        }
        programs = Files.createDirectory(folder.resolve("bin"));
        Path systemctl = Files.writeString(programs.resolve("systemctl"), systemctl(there));
        assertThat(systemctl.toFile().setExecutable(true)).isTrue();
        for (String instance : INSTANCES) {
            assertThat(command("systemctl", "start", "evio-" + instance).start().waitFor())
                    .isZero();
        }
        // Both, or the first to be taken out may be the only one that is up.
        for (String instance : INSTANCES) {
            await().atMost(Duration.ofSeconds(90))
                    .ignoreExceptions()
                    .until(() -> isReady(PORTS.get(instance + " actuator")));
        }
    }

    @AfterAll
    static void stopInstances() throws IOException {
        if (target != null) {
            target.close();
        }
        for (String instance : INSTANCES) {
            Path pid = folder.resolve("evio-" + instance + ".pid");
            if (Files.exists(pid)) {
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
                        .ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    @AfterEach
    void stop() throws Exception {
        if (load != null) {
            load.close();
        }
        for (Process process : processes) {
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
            process.destroyForcibly();
        }
    }

    @ParameterizedTest
    @EnumSource
    void restartingBothInTurnLosesNoRequest(Front front) throws Exception {
        Path own = Files.createDirectory(folder.resolve(front.server()));
        here.put("/run/haproxy/admin.sock", own.resolve("admin.sock").toString());
        here.put("8000", Integer.toString(FreePort.find()));
        here.put("8080", PORTS.get("a " + front.server()));
        here.put("8081", PORTS.get("a actuator"));
        here.put("8090", PORTS.get("b " + front.server()));
        here.put("8091", PORTS.get("b actuator"));
        Path config = Files.writeString(own.resolve("haproxy.cfg"), block("haproxy"));
        Path recipe = Files.writeString(own.resolve("recipe"), "set -euo pipefail\n" + block("bash"));
        run(haproxy, "-db", "-f", config.toString());
        int port = Integer.parseInt(here.get("8000"));
        await().atMost(Duration.ofSeconds(90)).ignoreExceptions().until(() -> HttpLoad.status(port) == 200);

        HttpLoad load = new HttpLoad(port, REQUESTS_PER_CONNECTION);
        this.load = load;
        await().until(() -> load.answered() > REQUESTS);
        List<String> before = List.of(pid("a"), pid("b"));

        Process restart = run("bash", recipe.toString());
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
    private static String systemctl(SampleJar target) throws IOException, InterruptedException {
        StringBuilder ports = new StringBuilder();
        for (String instance : INSTANCES) {
            ports.append("    evio-").append(instance).append(") ");
            ports.append("actuator=").append(PORTS.get(instance + " actuator"));
            for (Front front : Front.values()) {
                ports.append(' ').append(front.server()).append('=').append(PORTS.get(instance + " " + front.server()));
            }
            ports.append(" ;;\n");
        }
        StringBuilder servers = new StringBuilder();
        for (Front front : Front.values()) {
            servers.append(" --evio.servers.")
                    .append(front.server())
                    .append(".addresses=tcp://127.0.0.1:$")
                    .append(front.server());
        }
        String there = "tcp://127.0.0.1:" + target.port("http");
        return """
                #!/bin/bash
                cd %s
                if [[ $1 == restart ]]; then
                    pid=$(<$2.pid)
                    kill -TERM "$pid"
                    # Where nobody takes its exit status it stays as a zombie.
                    while [[ $(cut -d ' ' -f 3 /proc/$pid/stat 2>/dev/null || echo Z) != Z ]]; do sleep 0.05; done
                fi
                case $2 in
                %sesac
                %s --server.port=$actuator %s \\
                    --evio.upstreams.echo.targets=%s --evio.upstreams.http.targets=%s \\
                    --evio.servers.echo.addresses=tcp://127.0.0.1:0 --evio.servers.redis.addresses=tcp://127.0.0.1:0 \\
                    </dev/null >>$2.log 2>&1 &
                echo $! >$2.pid
                """.formatted(folder, ports, String.join(" ", SampleJar.command()), servers, there, there);
    }

    private Process run(String... command) throws IOException {
        Process process = command(command).start();
        processes.add(process);
        return process;
    }

    private static ProcessBuilder command(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("output").toFile()));
        builder.environment().merge("PATH", programs.toString(), (path, first) -> first + ":" + path);
        if (command[0].equals("systemctl")) {
            builder.command().set(0, programs.resolve("systemctl").toString());
        }
        return builder;
    }

    private static boolean isReady(String actuator) throws Exception {
        URI readiness = URI.create("http://127.0.0.1:" + actuator + "/actuator/health/readiness");
        return HttpClient.newHttpClient()
                        .send(HttpRequest.newBuilder(readiness).build(), BodyHandlers.discarding())
                        .statusCode()
                == 200;
    }

    private static String pid(String instance) throws IOException {
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
}
