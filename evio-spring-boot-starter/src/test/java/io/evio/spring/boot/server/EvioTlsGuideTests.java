package io.evio.spring.boot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.EvioHandler;
import io.evio.spring.boot.EvioServers;
import io.evio.spring.boot.testing.Clients;
import java.io.IOException;
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

    /** In the folder, towards the application of the last YAML; a client has to have an answer. */
    private void run(String command) throws Exception {
        boolean isClient = command.contains("s_client");
        String reached = isClient
                ? command.replace(":5443", ":" + port()).replace("echo hello", "(echo hello; sleep 1)")
                : command;
        Path output = Files.createTempFile(folder, "output", ".txt");
        Process process = new ProcessBuilder("bash", "-e", "-c", reached)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(command).isTrue();
        assertThat(process.exitValue())
                .as("%s: %s", command, Files.readString(output))
                .isZero();
        if (isClient) {
            assertThat(output).content().contains("Protocol version: TLSv1.3").containsPattern("(?m)^hello$");
        }
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
