package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.EvioHandler;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.testing.Clients;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The commands and the YAML of docs/tls.md do what the page says, in its order. */
@Timeout(120)
class EvioTlsGuideTests {

    private static final Pattern BLOCK = Pattern.compile("(?s)```(sh|yaml)\\n(.*?)```");
    private static final String LETS_ENCRYPT = "/etc/letsencrypt/live/example.com/";

    @TempDir
    private Path folder;

    private ConfigurableApplicationContext application;

    @Test
    void everyBlockIsRight() throws Exception {
        requireOpenssl();
        int commands = 0;
        int applications = 0;
        try {
            for (Matcher block = BLOCK.matcher(Files.readString(Path.of("docs", "tls.md"))); block.find(); ) {
                if (block.group(1).equals("sh")) {
                    run(block.group(2));
                    commands++;
                } else {
                    start(block.group(2));
                    applications++;
                }
            }
        } finally {
            stop();
        }
        assertThat(commands).isGreaterThanOrEqualTo(5);
        assertThat(applications).isGreaterThanOrEqualTo(5);
    }

    private static void requireOpenssl() throws InterruptedException {
        try {
            assertThat(new ProcessBuilder("openssl", "version").start().waitFor())
                    .isZero();
        } catch (IOException e) {
            assumeTrue(System.getenv("CI") != null, "there is no openssl; it is in the package openssl");
            throw new AssertionError("there is no openssl; it is in the package openssl", e);
        }
    }

    /** In the folder, towards the application of the last YAML. */
    private void run(String command) throws Exception {
        Process process = new ProcessBuilder(
                        "bash",
                        "-e",
                        "-c",
                        command.contains("s_client") ? command.replace(":5443", ":" + port()) : command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        try {
            String output = command.contains("s_client")
                    ? converse(process)
                    : new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(command).isTrue();
            assertThat(process.exitValue()).as("%s: %s", command, output).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Types a line, and ends when it has come back. */
    private static String converse(Process client) throws IOException {
        StringBuilder output = new StringBuilder();
        try (Writer keyboard = client.outputWriter(StandardCharsets.US_ASCII)) {
            keyboard.write("hello\n");
            keyboard.flush();
            BufferedReader screen = client.inputReader(StandardCharsets.US_ASCII);
            String line;
            do {
                line = screen.readLine();
                output.append(line).append('\n');
            } while (line != null && !line.equals("hello"));
        }
        assertThat(output.toString()).contains("Protocol version: TLSv1.3").endsWith("hello\n");
        return output.toString();
    }

    private int port() {
        return application
                .getBean(EvioServers.class)
                .get("echo")
                .addresses()
                .get(0)
                .port();
    }

    private void start(String yaml) throws IOException {
        stop();
        if (yaml.contains(LETS_ENCRYPT)) {
            Files.copy(folder.resolve("web.crt"), folder.resolve("fullchain.pem"));
            Files.copy(folder.resolve("web.key"), folder.resolve("privkey.pem"));
        }
        Path file = Files.writeString(
                folder.resolve("application.yml"),
                yaml.replace(LETS_ENCRYPT, "")
                        .replace("file:", "file:" + folder + "/")
                        .replaceAll("(t[cl][ps]://[^\"]*):\\d+", "$1:0"));
        application = new SpringApplicationBuilder(EchoApplication.class)
                .web(WebApplicationType.NONE)
                .run("--spring.config.location=file:" + file);
        assertThat(application.getBean(EvioServers.class).get("echo").isRunning())
                .isTrue();
    }

    private void stop() {
        if (application != null) {
            application.close();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class EchoApplication {

        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }
}
