package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.Programs;
import io.evio.sample.testing.SampleJar;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The configuration of HAProxy and the recipe of docs/deployment.md, as they are but for ports and paths, and with a
 * systemctl that restarts the runnable jar: under load not one request is lost.
 */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@Timeout(300)
class RollingRestartIT {

    private static final int CLIENTS = 8;
    private static final int REQUESTS = 500;

    private static final Pattern PLACES = Pattern.compile("/run/haproxy/admin\\.sock|\\b(8000|80[89][01])\\b");

    @TempDir
    private Path folder;

    private final List<Process> processes = new ArrayList<>();
    private final AtomicBoolean ended = new AtomicBoolean();

    /** What the page writes, and what it is here. */
    private final Map<String, String> here = new HashMap<>();

    @AfterEach
    void stop() throws Exception {
        ended.set(true);
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

    @Test
    void restartingBothInTurnLosesNoRequest() throws Exception {
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
        Path systemctl = Files.writeString(programs.resolve("systemctl"), systemctl());
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
        await().atMost(Duration.ofSeconds(90)).ignoreExceptions().until(() -> status(new Connection()) == 200);

        AtomicLong answered = new AtomicLong();
        List<String> lost = Collections.synchronizedList(new ArrayList<>());
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            Thread client = new Thread(() -> load(answered, lost), "client-" + i);
            client.start();
            clients.add(client);
        }
        await().until(() -> answered.get() > REQUESTS);
        List<String> before = List.of(pid("a"), pid("b"));

        Process restart = run(programs, "bash", recipe.toString());
        assertThat(restart.waitFor(200, TimeUnit.SECONDS)).isTrue();
        assertThat(restart.exitValue())
                .as(Files.readString(folder.resolve("output")))
                .isZero();
        assertThat(List.of(pid("a"), pid("b"))).doesNotContainAnyElementsOf(before);
        long then = answered.get();
        await().until(() -> answered.get() > then + REQUESTS);
        ended.set(true);
        for (Thread client : clients) {
            client.join();
        }
        assertThat(lost).as("of %d requests", answered.get()).isEmpty();
    }

    /** Stands in for systemd: ends the instance by SIGTERM, waits for that, and starts it on the same ports. */
    private String systemctl() {
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
                %s --server.port=$actuator --evio.servers.http.addresses=tcp://127.0.0.1:$http \\
                    --evio.servers.echo.addresses=tcp://127.0.0.1:0 --evio.servers.redis.addresses=tcp://127.0.0.1:0 \\
                    --evio.servers.gateway.addresses=tcp://127.0.0.1:0 \\
                    --evio.servers.proxy.addresses=tcp://127.0.0.1:0 \\
                    </dev/null >>$2.log 2>&1 &
                echo $! >$2.pid
                """.formatted(folder, String.join(" ", SampleJar.command())));
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

    /** A keep-alive connection to HAProxy. */
    private final class Connection implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;

        Connection() throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(here.get("8000")));
            socket.setSoTimeout(30_000);
            in = new BufferedInputStream(socket.getInputStream());
        }

        /** The reply as a whole; an exception when it is not. */
        String get(String target) throws IOException {
            socket.getOutputStream()
                    .write(("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
                int next = in.read();
                if (next < 0) {
                    throw new IOException("ends after '" + head + "'");
                }
                head.write(next);
            }
            String fields = head.toString(StandardCharsets.US_ASCII);
            int length = Integer.parseInt(fields.replaceAll("(?is).*Content-Length: (\\d+).*", "$1"));
            byte[] body = in.readNBytes(length);
            if (body.length < length) {
                throw new IOException("ends after " + body.length + " of " + length + " bytes");
            }
            return fields + new String(body, StandardCharsets.US_ASCII);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static int status(Connection connection) throws IOException {
        try (connection) {
            return Integer.parseInt(connection.get("/").substring(9, 12));
        }
    }

    /** Sends one request after the other until the end; what is not answered as it should be is lost. */
    private void load(AtomicLong answered, List<String> lost) {
        while (!ended.get()) {
            try (Connection connection = new Connection()) {
                for (int i = 0; i < 100 && !ended.get(); i++) {
                    boolean slow = i % 10 == 0;
                    String reply = connection.get(slow ? "/slow?millis=20" : "/");
                    if (reply.startsWith("HTTP/1.1 200 ") && reply.contains(slow ? "done in 20 ms" : "It works")) {
                        answered.incrementAndGet();
                    } else {
                        lost.add(reply);
                    }
                }
            } catch (IOException e) {
                lost.add(e.toString());
            }
        }
    }
}
