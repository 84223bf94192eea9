package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;

/**
 * The part of a Kubernetes manifest that a pod's end depends on: its probes are answered by the sample, and it has the
 * time that {@code preStop} and the servers' default grace period take together.
 */
final class PodBlocks {

    private static final Duration DEFAULT_GRACE_PERIOD = Duration.ofSeconds(20);

    private PodBlocks() {}

    static boolean isPod(Block block) {
        return block.text().startsWith("spec:");
    }

    static void check(Block block, SampleApp sample) throws Exception {
        Map<String, Object> spec = map(new Yaml().load(block.text()), "spec");
        Map<String, Object> container = map(((List<?>) spec.get("containers")).get(0));
        int sleep =
                (int) map(map(map(container, "lifecycle"), "preStop"), "sleep").get("seconds");
        assertThat((int) spec.get("terminationGracePeriodSeconds"))
                .isGreaterThan(sleep + (int) DEFAULT_GRACE_PERIOD.toSeconds());
        for (String probe : List.of("readinessProbe", "livenessProbe")) {
            Map<String, Object> get = map(map(container, probe), "httpGet");
            URI uri = URI.create(sample.reached("http://127.0.0.1:" + get.get("port") + get.get("path")));
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(probe).isEqualTo(200);
            assertThat(answer.body()).contains("\"UP\"");
        }
    }

    private static Map<String, Object> map(Map<String, Object> parent, String key) {
        return map(parent.get(key));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }
}
