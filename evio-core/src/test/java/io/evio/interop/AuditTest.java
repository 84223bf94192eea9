package io.evio.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.EvioServer;
import io.evio.testing.EveryPoller;
import io.evio.testing.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code sslscan} and {@code testssl}: what they find is what the certificate and the settings have chosen. */
class AuditTest extends InteropTest {

    @Test
    void sslscanFindsNothing() throws Exception {
        Programs.require("sslscan", "sslscan");
        EvioServer server = start(pages(), tls());
        String output = Program.run("sslscan", "--no-colour", "--sni-name=localhost", target(server));
        assertThat(output.lines())
                .contains("TLSv1.0   disabled", "TLSv1.1   disabled", "TLSv1.2   enabled", "TLSv1.3   enabled")
                .contains("Session renegotiation not supported")
                .contains("TLSv1.3 not vulnerable to heartbleed", "TLSv1.2 not vulnerable to heartbleed");
        // A cipher suite without forward secrecy, or with less than 128 bits, would be the JDK's choice; it makes none.
        assertThat(output.lines().filter(line -> line.startsWith("Accepted") || line.startsWith("Preferred")))
                .isNotEmpty()
                .allMatch(line -> line.matches("\\w+ +TLSv1\\.[23] +(128|256) bits +(TLS_|ECDHE-ECDSA-).*"));
    }

    /**
     * Its quick checks; protocols and cipher suites are those that sslscan has seen. It takes long, and what it looks
     * at is the same over each poller.
     */
    @Test
    @Timeout(240)
    void testsslFindsNothing() throws Exception {
        assumeTrue(poller.equals(EveryPoller.Available.names().get(0)), "over the first poller only");
        Programs.require("testssl", "testssl.sh");
        EvioServer server = start(pages(), tls());
        Path file = folder.resolve("findings.csv");
        Program program = program(
                "testssl",
                "--quiet",
                "--color=0",
                "--warnings=off",
                "--nodns=none",
                "--heartbleed",
                "--ccs-injection",
                "--renegotiation",
                "--crime",
                "--csvfile=" + file,
                target(server));
        program.end();
        // Each line: "id","fqdn/ip","port","severity","finding","cve","cwe".
        Map<String, String> severities = Files.readAllLines(file).stream()
                .map(line -> line.split("\",\"", -1))
                .collect(Collectors.toMap(fields -> fields[0].substring(1), fields -> fields[3], (a, b) -> a));
        assertThat(severities)
                .as(program::toString)
                .containsEntry("heartbleed", "OK")
                .containsEntry("CCS", "OK")
                .containsEntry("secure_renego", "OK")
                .containsEntry("secure_client_renego", "OK")
                .doesNotContainValue("LOW")
                .doesNotContainValue("MEDIUM")
                .doesNotContainValue("HIGH")
                .doesNotContainValue("CRITICAL");
    }
}
