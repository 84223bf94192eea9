package io.evio.sample.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.Programs;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The Grafana dashboard and the alerts, in a real Prometheus that scrapes the real application. */
@Timeout(120)
class PrometheusTest {

    private static final Path DASHBOARD = Path.of("dashboards/evio.json");
    private static final Path ALERTS = Path.of("dashboards/alerts.yml");
    private static final Pattern METER = Pattern.compile("\\b(?:evio|process)_\\w+");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{?(\\w+)");

    private final JsonNode dashboard = JsonMapper.builder().build().readTree(DASHBOARD.toFile());

    @TempDir
    private Path folder;

    @Test
    void everyQueryReturnsData() throws Exception {
        try (RunningSample sample = RunningSample.withTls(folder);
                Prometheus prometheus =
                        new Prometheus(Files.createDirectory(folder.resolve("prometheus")), sample.httpPort(), ALERTS);
                Load echo = new Load(sample.address("echo"), "echo", 4);
                Load redis = new Load(sample.address("redis"), "PING\r\n", 7);
                Load encrypted = new Load(() -> sample.connectWithTls("echo"), "echo", 4)) {
            for (String query : queries()) {
                // A rate takes two scrapes.
                await(query).atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                    JsonNode samples = prometheus.query(asGrafanaAsks(query));
                    assertThat(samples.size()).isPositive();
                    for (JsonNode one : samples) {
                        assertThat(one.path("value").get(1).asString()).isNotEqualTo("NaN");
                    }
                });
            }
            assertThat(List.of(echo, redis, encrypted)).noneMatch(load -> load.ended);

            Set<String> there = new TreeSet<>();
            prometheus.get("/api/v1/label/__name__/values").forEach(name -> there.add(name.asString()));
            assertThat(there).containsAll(meters(Files.readString(ALERTS)));
            // The dashboard shows every meter of evio.
            there.removeIf(name -> !name.startsWith("evio_"));
            assertThat(meters(String.join("\n", queries()))).containsAll(there);

            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                JsonNode rules =
                        prometheus.get("/api/v1/rules").path("groups").get(0).path("rules");
                assertThat(rules.size()).isPositive();
                for (JsonNode rule : rules) {
                    assertThat(rule.path("health").asString())
                            .as(rule.toString())
                            .isEqualTo("ok");
                    assertThat(rule.path("state").asString())
                            .as(rule.toString())
                            .isEqualTo("inactive");
                }
            });
        }
    }

    /** The second: each alert fires when it should, and none when nothing is wrong. */
    @ParameterizedTest
    @CsvSource({"check, dashboards/alerts.yml", "test, src/test/resources/dashboards/alerts-test.yml"})
    void promtoolHasNothingAgainstTheAlerts(String command, String file) throws Exception {
        Path output = folder.resolve("promtool");
        Process process = new ProcessBuilder(Programs.required("promtool", "prometheus"), command, "rules", file)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor()).as(Files.readString(output)).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void dashboardIsWhatGrafanaTakes() {
        Set<String> variables = new TreeSet<>(List.of("__rate_interval", "__range", "__all"));
        for (JsonNode variable : dashboard.path("templating").path("list")) {
            variables.add(variable.path("name").asString());
        }
        assertThat(dashboard.path("templating").path("list").get(0).path("type").asString())
                .isEqualTo("datasource");
        VARIABLE.matcher(dashboard.toString())
                .results()
                .forEach(used -> assertThat(variables).contains(used.group(1)));

        Set<Integer> ids = new TreeSet<>();
        Set<String> cells = new TreeSet<>();
        for (JsonNode panel : dashboard.path("panels")) {
            String title = panel.path("title").asString();
            assertThat(ids.add(panel.path("id").asInt())).as("id of " + title).isTrue();
            JsonNode place = panel.path("gridPos");
            for (int x = place.path("x").asInt(), w = 0; w < place.path("w").asInt(); w++) {
                assertThat(x + w).as(title).isLessThan(24);
                for (int y = place.path("y").asInt(), h = 0; h < place.path("h").asInt(); h++) {
                    assertThat(cells.add(x + w + "," + (y + h)))
                            .as("place of " + title)
                            .isTrue();
                }
            }
            if (!panel.path("type").asString().equals("row")) {
                assertThat(panel.path("datasource").path("uid").asString()).isEqualTo("${datasource}");
            }
        }
    }

    /** The expressions of all panels, and the ones that the variables' values are of. */
    private Set<String> queries() {
        Set<String> queries = new LinkedHashSet<>();
        for (JsonNode panel : dashboard.path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                queries.add(target.path("expr").asString());
            }
        }
        for (JsonNode variable : dashboard.path("templating").path("list")) {
            JsonNode query = variable.path("query").path("query");
            if (query.isString()) {
                queries.add(query.asString());
            }
        }
        assertThat(queries).hasSizeGreaterThan(20);
        return queries;
    }

    /** With the values of its variables: all servers, of all instances, over a few seconds. */
    private static String asGrafanaAsks(String query) {
        return query.replaceAll("label_values\\((.*), (\\w+)\\)", "group by ($2) ($1)")
                .replace("$__rate_interval", "5s")
                .replace("$__range", "10s")
                .replace("$instance", ".+")
                .replace("$server", ".+");
    }

    private static Set<String> meters(String text) {
        Set<String> meters = new TreeSet<>();
        METER.matcher(text).results().forEach(meter -> meters.add(meter.group()));
        return meters;
    }

    /** A little: one client that asks a hundred times a second, over a new connection every second. */
    private static final class Load implements AutoCloseable {

        private final Callable<Socket> clients;
        private final byte[] request;
        private final int answerLength;
        private final Thread thread = new Thread(this::run);
        private volatile boolean ended;

        Load(SocketAddress address, String request, int answerLength) {
            this(
                    () -> {
                        Socket socket = new Socket();
                        socket.connect(address);
                        return socket;
                    },
                    request,
                    answerLength);
        }

        Load(Callable<Socket> clients, String request, int answerLength) {
            this.clients = clients;
            this.request = request.getBytes(StandardCharsets.US_ASCII);
            this.answerLength = answerLength;
            thread.start();
        }

        private void run() {
            try {
                while (!ended) {
                    try (Socket socket = clients.call()) {
                        OutputStream out = socket.getOutputStream();
                        InputStream in = socket.getInputStream();
                        for (int i = 0; i < 100 && !ended; i++) {
                            out.write(request);
                            in.readNBytes(answerLength);
                            Thread.sleep(10);
                        }
                    }
                }
            } catch (Exception e) {
                ended = true;
            }
        }

        @Override
        public void close() {
            ended = true;
            await().until(() -> !thread.isAlive());
        }
    }
}
