package io.evio.sample.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.Programs;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A Prometheus of the test's own, on a free port, that scrapes one application every second. */
final class Prometheus implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern LISTENING = Pattern.compile("msg=\"Listening on\" address=127\\.0\\.0\\.1:(\\d+)");

    private final HttpClient http = HttpClient.newHttpClient();
    private final Path log;
    private final Process process;
    private final int port;

    /**
     * Starts it. Where there is no Prometheus the test is skipped.
     *
     * @param folder an empty one, for its configuration and its data
     * @param scrapedPort where the application's actuator is
     * @param rules the alerts it is to evaluate
     */
    Prometheus(Path folder, int scrapedPort, Path rules) throws Exception {
        String program = Programs.required("prometheus", "prometheus");
        Path configuration =
                Files.writeString(folder.resolve("prometheus.yml"), """
                global: { scrape_interval: 1s, evaluation_interval: 1s }
                rule_files: ["%s"]
                scrape_configs:
                  - job_name: evio
                    metrics_path: /actuator/prometheus
                    static_configs: [{ targets: ["127.0.0.1:%d"] }]
                """.formatted(rules.toRealPath(), scrapedPort));
        log = folder.resolve("log");
        process = new ProcessBuilder(
                        program,
                        "--config.file=" + configuration,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:0")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> !process.isAlive() || LISTENING.matcher(log()).find());
            Matcher listening = LISTENING.matcher(log());
            assertThat(listening.find()).as(log()).isTrue();
            port = Integer.parseInt(listening.group(1));
        } catch (Exception | Error e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /** The samples that an expression has now, each with its labels and its value. */
    JsonNode query(String expression) throws Exception {
        return get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
                .path("result");
    }

    /** Returns what its HTTP API answers at that path. */
    JsonNode get(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        String answer = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        JsonNode parsed = JSON.readTree(answer);
        assertThat(parsed.path("status").asString(""))
                .as("%s: %s", path, answer)
                .isEqualTo("success");
        return parsed.path("data");
    }

    private String log() throws IOException {
        return Files.readString(log);
    }

    @Override
    public void close() {
        process.destroyForcibly();
        // It writes into its folder until it has ended.
        await().until(() -> !process.isAlive());
    }
}
