package io.evio.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.OffLoop;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.core.env.Environment;

/** The sample without its servers: all the rest of it is there, and works. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "evio.enabled=false")
@Timeout(60)
class DisabledSampleTest {

    @Value("${local.server.port}")
    private int port;

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void noServerListens(@Autowired Environment environment, @Autowired OffLoop offLoop) {
        assertThat(offLoop).isNotNull();
        assertThat(environment.getProperty("local.evio.port")).isNull();
        assertThat(environment.getProperty("local.evio.path")).isNull();
        assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                .doesNotContain("evio-echo", "evio-redis", "evio-http", "evio-gateway", "evio-proxy");
    }

    @Test
    void theApplicationIsHealthyAndSaysThatThereAreNoServers() throws Exception {
        assertThat(get("/actuator/health")).contains("\"status\":\"UP\"");
        assertThat(get("/actuator/evio")).isEqualTo("{\"servers\":{},\"upstreams\":{}}");
        assertThat(get("/actuator/info")).contains("\"evio\":{\"servers\":{}}");
        assertThat(get("/actuator/prometheus")).doesNotContain("evio_");
        assertThat(get("/")).contains("dashboard.js");
    }

    private String get(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(path).isEqualTo(200);
        return response.body();
    }
}
