package io.evio.spring.boot.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.evio.spring.boot.server.EvioProperties;
import io.evio.spring.boot.testing.Metadata;
import io.evio.spring.boot.testing.Reports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.annotation.Configuration;

/**
 * The report that a user reads when an upstream is set up wrongly: the property, its line, the reason and what is
 * right.
 */
class EvioUpstreamFailureAnalysisTests {

    @TempDir
    private Path folder;

    private FailureAnalysis report(String upstream) throws Exception {
        Path file = Files.writeString(
                folder.resolve("application.yml"), "evio:\n  upstreams:\n    back: " + upstream + "\n");
        return Reports.of(catchThrowable(() -> new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .run("--spring.config.location=file:" + file)
                .close()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            # what is set                                           | value      | property        \
                | reason                                       | example
            { targets: ["127.0.0.1"] }                              | 127.0.0.1  | targets         \
                | is malformed: it has no port                 | tcp://127.0.0.1:8080
            { targets: ["tcp://:80"] }                              | tcp://:80  | targets         \
                | needs a host                                 | tcp://127.0.0.1:8080
            { targets: ["tcp://a:0"] }                              | tcp://a:0  | targets         \
                | needs a port other than 0                    | tcp://127.0.0.1:8080
            { targets: ["http://a:1"] }                             | http://a:1 | targets         \
                | is no known scheme                           | tcp://127.0.0.1:8080
            { targets: ["tcp://a:1", "a:1"] }                       | a:1        | targets         \
                | the same as evio.upstreams.back.targets[0]   | tcp://127.0.0.1:8080
            { targets: ["a:1"], balance: random }                   | random     | balance         \
                | it is none of least-connections, round-robin | least-connections
            { targets: ["a:1"], connect-timeout: 0s }               | 0s         | connect-timeout \
                | at least 1 ms                                | 3s
            { targets: ["a:1"], connect-timeout: soon }             | soon       | connect-timeout \
                | it is no duration with a unit                | 30s
            { targets: ["a:1"], max-connections: 0 }                | 0          | max-connections \
                | it must be at least 1                        | 500
            { targets: ["a:1"], max-connections: many }             | many       | max-connections \
                | it is no whole number                        | 1024
            { targets: ["a:1"], proxy-protocol: v3 }                | v3         | proxy-protocol  \
                | it is none of v1, v2                         | v1
            { targets: ["a:1"], health: { interval: 1ms } }         | 1ms        | health.interval \
                | it must be at least 10 ms                    | 2s
            { targets: ["a:1"], health: { interval: soon } }        | soon       | health.interval \
                | it is no duration with a unit                | 30s
            { targets: ["a:1"], health: { rise: two } }             | two        | health.rise     \
                | it is no whole number                        | 1024
            { targets: ["a:1"], health: { rise: 0 } }               | 0          | health.rise     \
                | it must be at least 1                        | 2
            { targets: ["a:1"], health: { fall: -1 } }              | -1         | health.fall     \
                | it must be at least 1                        | 3
            { targets: ["a:1"], health: { path: health } }          | health     | health.path     \
                | a path begins with /                         | /health
            { targets: ["a:1"], health: { path: "/a b" } }          | /a b       | health.path     \
                | a path has no spaces                         | /health
            { targets: ["tls://a:1"], ssl: { server-name: "a b" } } | a b        | ssl.server-name \
                | Contains non-LDH ASCII characters            | app.internal
            { targets: ["tls://a:1"], ssl: { verify-host-name: if } } | if       | ssl.verify-host-name \
                | it is neither true nor false                 | true
            """)
    void aWrongValue(String upstream, String value, String property, String reason, String example) throws Exception {
        FailureAnalysis report = report(upstream);
        assertThat(report.getDescription())
                .startsWith("The value '" + value + "' of evio.upstreams.back." + property + " is wrong: ")
                .contains(reason)
                .contains("\n\n    Origin: ")
                .contains("application.yml] - 3:");
        assertThat(report.getAction())
                .isEqualTo("Set evio.upstreams.back." + property + " to a value such as " + example + ".");
    }

    /** The others have tests of their own. */
    @Test
    void noPropertyIsLeftOut() throws Exception {
        String rows = getClass()
                .getDeclaredMethod("aWrongValue", String.class, String.class, String.class, String.class, String.class)
                .getAnnotation(CsvSource.class)
                .textBlock();
        Set<String> tested = rows.lines()
                .filter(row -> row.contains("{"))
                .map(row -> row.split("\\|")[2].strip())
                .collect(Collectors.toSet());
        tested.add("ssl.bundle");
        assertThat(Metadata.of(EvioProperties.Upstream.class).names())
                .hasSizeGreaterThan(10)
                .isSubsetOf(tested);
    }

    @Test
    void anUnknownBundle() throws Exception {
        FailureAnalysis report = report("{ targets: [\"tls://a:1\"], ssl: { bundle: nobody } }");
        assertThat(report.getDescription())
                .startsWith(
                        "The value 'nobody' of evio.upstreams.back.ssl.bundle is wrong: there is no SSL bundle of this"
                                + " name")
                .contains("application.yml] - 3:");
        assertThat(report.getAction()).startsWith("Define the bundle, as in spring.ssl.bundle.pem.");
    }

    @Test
    void aBundleThatCannotBeUsed() throws Exception {
        Path broken = Files.writeString(folder.resolve("broken.pem"), "-----BEGIN CERTIFICATE-----\nno\n");
        FailureAnalysis report = report("""
                { targets: ["tls://a:1"], ssl: { bundle: internal } }
                spring.ssl.bundle.pem.internal.truststore.certificate: "file:%s"
                """.formatted(broken));
        assertThat(report.getDescription())
                .startsWith(
                        "The value 'internal' of evio.upstreams.back.ssl.bundle is wrong: the bundle cannot be used: ")
                .contains("application.yml] - 3:");
        assertThat(report.getAction()).startsWith("Correct the bundle: ");
    }

    @ParameterizedTest
    @CsvSource({"bundle, web", "server-name, app.internal", "verify-host-name, false"})
    void tlsThatATargetDoesNotSpeak(String property, String value) throws Exception {
        FailureAnalysis report =
                report("{ targets: [\"tls://a:1\", \"tcp://b:1\"], ssl: { " + property + ": " + value + " } }");
        assertThat(report.getDescription())
                .startsWith("The value '" + value + "' of evio.upstreams.back.ssl." + property
                        + " is wrong: the target tcp://b:1 does not speak TLS.")
                .contains("application.yml] - 3:");
        assertThat(report.getAction())
                .isEqualTo("Write targets with TLS as tls://app.internal:8443, or remove evio.upstreams.back.ssl."
                        + property + ".");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            { balance: round-robin }
            { targets: [] }
            ''
            """)
    void noTargets(String upstream) throws Exception {
        FailureAnalysis report = report(upstream);
        assertThat(report.getDescription())
                .startsWith("evio.upstreams.back has no targets.")
                .contains("application.yml] - 3:");
        assertThat(report.getAction()).isEqualTo("Set evio.upstreams.back.targets, as in tcp://127.0.0.1:8080.");
    }

    @Test
    void aKeyThatIsNoProperty() throws Exception {
        FailureAnalysis report = report("{ target: \"a:1\" }");
        assertThat(report.getDescription()).startsWith("evio.upstreams.back.target is no property.");
        assertThat(report.getAction()).contains("is evio.upstreams.back.targets.");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}
}
