package io.evio.sample.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Chromium without a window, with one page, spoken to in the DevTools protocol. It has a profile of its own, which
 * goes with it. For one thread.
 */
public final class Browser implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String NO_PAGE = "about:blank";

    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private @Nullable String session;

    /**
     * Starts it. Where there is no Chromium the test is skipped.
     *
     * @param folder an empty one, for its profile and all else that it writes
     */
    public Browser(Path folder) throws Exception {
        Path profile = folder.resolve("profile");
        ProcessBuilder builder = new ProcessBuilder(
                        Programs.required("chromium", "chromium"),
                        "--headless=new",
                        "--no-sandbox", // which a root of a container cannot have
                        "--disable-dev-shm-usage",
                        "--disable-gpu",
                        "--hide-scrollbars",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        NO_PAGE)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment()
                .put("TMPDIR", Files.createDirectory(folder.resolve("tmp")).toString());
        process = builder.start();
        try {
            socket = HttpClient.newHttpClient()
                    .newWebSocketBuilder()
                    .buildAsync(URI.create(address(profile.resolve("DevToolsActivePort"))), new Listener())
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            String target = call("Target.createTarget", Map.of("url", NO_PAGE))
                    .path("targetId")
                    .asString();
            session = call("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                    .path("sessionId")
                    .asString();
            for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
                call(domain + ".enable", Map.of());
            }
        } catch (Exception | Error e) {
            kill();
            throw e;
        }
    }

    /** Goes there. Returns before the page is complete. */
    public void open(String url) throws Exception {
        // The page before asks and complains until it is left.
        navigate(NO_PAGE);
        await().atMost(PATIENCE)
                .until(() -> evaluate("location.href").asString().equals(NO_PAGE));
        complaints.clear();
        requests.clear();
        if (!url.equals(NO_PAGE)) {
            navigate(url);
        }
    }

    private void navigate(String url) throws Exception {
        assertThat(call("Page.navigate", Map.of("url", url)).path("errorText").asString(""))
                .as(url)
                .isEmpty();
    }

    /**
     * The page as on such a screen.
     *
     * @param width in CSS pixels
     * @param height in CSS pixels
     * @param scheme light or dark
     */
    public void screen(int width, int height, String scheme) throws Exception {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** The value of a JavaScript expression, as JSON has it; a promise's is waited for. */
    public JsonNode evaluate(String expression) throws Exception {
        JsonNode answer =
                call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        assertThat(answer.path("exceptionDetails").toString()).as(expression).isEmpty();
        return answer.path("result").path("value");
    }

    /** The text of an element, as it is seen; empty where it is not there or hidden. */
    public String text(String selector) throws Exception {
        return evaluate("document.querySelector(" + JSON.writeValueAsString(selector) + ")?.innerText ?? ''")
                .asString();
    }

    /** Errors and warnings in the console, and exceptions that nobody caught, since the page was opened. */
    public List<String> complaints() {
        return complaints;
    }

    /** The addresses of all that was asked for since the page was opened. */
    public List<String> requests() {
        return requests;
    }

    @Override
    public void close() {
        socket.abort();
        kill();
    }

    private void kill() {
        List<ProcessHandle> family = process.descendants().toList();
        process.destroyForcibly();
        family.forEach(ProcessHandle::destroyForcibly);
        // They write into the profile as long as they live.
        await().until(() -> !process.isAlive() && family.stream().noneMatch(ProcessHandle::isAlive));
    }

    private String address(Path written) throws IOException {
        await().atMost(PATIENCE)
                .until(() -> !process.isAlive()
                        || Files.exists(written) && Files.readAllLines(written).size() == 2);
        assertThat(process.isAlive()).as("chromium is up").isTrue();
        List<String> portAndPath = Files.readAllLines(written);
        return "ws://127.0.0.1:" + portAndPath.get(0) + portAndPath.get(1);
    }

    private JsonNode call(String method, Map<String, ?> parameters) throws Exception {
        int id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        Map<String, Object> message = session == null
                ? Map.of("id", id, "method", method, "params", parameters)
                : Map.of("id", id, "method", method, "params", parameters, "sessionId", session);
        socket.sendText(JSON.writeValueAsString(message), true).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        JsonNode answered = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(answered.path("error").toString()).as(method).isEmpty();
        return answered.path("result");
    }

    /** Messages of the browser: answers, and events of its page. */
    private final class Listener implements WebSocket.Listener {

        private final StringBuilder parts = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            parts.append(data);
            if (last) {
                JsonNode message = JSON.readTree(parts.toString());
                parts.setLength(0);
                CompletableFuture<JsonNode> waiting =
                        answers.remove(message.path("id").asInt(0));
                if (waiting != null) {
                    waiting.complete(message);
                } else {
                    event(message.path("method").asString(""), message.path("params"));
                }
            }
            from.request(1);
            return null;
        }

        private void event(String method, JsonNode event) {
            switch (method) {
                case "Runtime.exceptionThrown" ->
                    complaints.add(event.path("exceptionDetails").toString());
                case "Runtime.consoleAPICalled" -> {
                    if (List.of("error", "warning", "assert")
                            .contains(event.path("type").asString(""))) {
                        complaints.add(event.path("args").toString());
                    }
                }
                case "Log.entryAdded" -> {
                    JsonNode entry = event.path("entry");
                    if (List.of("error", "warning").contains(entry.path("level").asString(""))) {
                        complaints.add(entry.path("text").asString("") + " "
                                + entry.path("url").asString(""));
                    }
                }
                case "Network.requestWillBeSent" ->
                    requests.add(event.path("request").path("url").asString(""));
                default -> {
                    // Of no interest.
                }
            }
        }
    }
}
