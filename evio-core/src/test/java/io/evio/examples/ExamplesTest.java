package io.evio.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The examples do what they say, each run from its source as the README shows. */
@Timeout(60)
class ExamplesTest {

    @TempDir
    private Path folder;

    private Process program;

    @AfterEach
    void stop() {
        program.destroyForcibly();
    }

    @Test
    void echoEndsWithGoodbye() throws Exception {
        start("Echo");
        try (Client client = new Client()) {
            assertThat(client.say("hello\n").line()).isEqualTo("hello");
            assertThat(client.say("bye\n").line()).isEqualTo("bye");
        }
        assertThat(program.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).isZero();
        assertThat(folder.resolve("socket")).doesNotExist();
    }

    @Test
    void chatSendsEveryLineToAllOthers() throws Exception {
        start("Chat");
        try (Client ann = new Client()) {
            assertThat(ann.line()).isEqualTo("welcome, 0 others are here");
            try (Client bob = new Client();
                    Client cat = new Client()) {
                assertThat(bob.line()).isEqualTo("welcome, 1 others are here");
                assertThat(cat.line()).isEqualTo("welcome, 2 others are here");
                ann.say("one\ntw");
                assertThat(bob.line()).isEqualTo("one");
                assertThat(cat.line()).isEqualTo("one");
                bob.say("three\n");
                assertThat(ann.line()).isEqualTo("three");
                assertThat(cat.line()).isEqualTo("three");
                ann.say("o\n");
                assertThat(bob.line()).isEqualTo("two");
            }
            ann.say("x".repeat(1001));
            assertThat(ann.line()).isEqualTo("The frame is too long: at least 1001 bytes, at most 1000 are allowed");
            assertThat(ann.line()).isNull();
        }
    }

    @Test
    void clockSendsTheTimeEverySecond() throws Exception {
        start("Clock");
        try (Client client = new Client()) {
            Instant first = Instant.parse(client.line());
            Instant second = Instant.parse(client.line());
            assertThat(first).isBetween(Instant.now().minusSeconds(30), Instant.now());
            assertThat(second).isAfter(first);
        }
    }

    @Test
    void helloHttpAnswersEveryRequest() throws Exception {
        start("HelloHttp");
        try (Client client = new Client()) {
            String request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
            client.say(request + request + "GET / HTTP/1.1\r\n");
            for (int i = 0; i < 3; i++) {
                assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
                assertThat(client.line()).isEqualTo("Content-Type: text/plain");
                assertThat(client.line()).isEqualTo("Content-Length: 6");
                assertThat(client.line()).isEmpty();
                assertThat(client.line()).isEqualTo("hello");
                if (i == 1) {
                    client.say("\r\n");
                }
            }
            client.say("GET / HTTP/1.1\r\nCookie: " + "x".repeat(8 * 1024));
            assertThat(client.line()).isNull();
        }
    }

    @Test
    void interviewHasAConversationWithEachClient() throws Exception {
        start("Interview");
        try (Client one = new Client();
                Client two = new Client()) {
            assertThat(one.line()).isEqualTo("You are number 1.");
            assertThat(two.line()).isEqualTo("You are number 2.");
            assertThat(two.line()).isEqualTo("What is your name?");
            assertThat(two.say("Bob\n").line()).isEqualTo("And where do you live, Bob?");
            assertThat(one.line()).isEqualTo("What is your name?");
            assertThat(two.say("Rome\n").line()).isEqualTo("Goodbye to Rome!");
            assertThat(two.line()).isNull();
        }
    }

    @Test
    void resolverAnswersInTheOrderOfTheQuestions() throws Exception {
        start("Resolver");
        try (Client client = new Client()) {
            client.say("127.0.0.1\nlocalhost.invalid\n127.0.0.2\n");
            assertThat(client.line()).isEqualTo("127.0.0.1");
            assertThat(client.line()).isEqualTo("unknown");
            assertThat(client.line()).isEqualTo("127.0.0.2");
            client.say("x".repeat(256));
            assertThat(client.line()).isNull();
        }
    }

    /** Without the compiled examples on the class path, which would be in the way of their sources. */
    private void start(String example) throws IOException {
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String classPath = Arrays.stream(all.split(File.pathSeparator))
                .filter(entry -> !Files.exists(Path.of(entry, "io", "evio", "examples")))
                .collect(Collectors.joining(File.pathSeparator));
        program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classPath,
                        "src/test/java/io/evio/examples/" + example + ".java",
                        "unix://" + folder.resolve("socket"))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> Files.exists(folder.resolve("socket")) || !program.isAlive());
        assertThat(program.isAlive())
                .as(() -> {
                    try {
                        return Files.readString(folder.resolve("log"));
                    } catch (IOException e) {
                        return e.toString();
                    }
                })
                .isTrue();
    }

    private class Client implements AutoCloseable {

        // The file is there a moment before the server listens.
        private final SocketChannel channel = await().ignoreExceptionsInstanceOf(ConnectException.class)
                .until(
                        () -> SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("socket"))),
                        Objects::nonNull);
        private final BufferedReader in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));

        Client say(String text) throws IOException {
            channel.write(StandardCharsets.UTF_8.encode(text));
            return this;
        }

        /** The next line; null at the end. */
        String line() throws IOException {
            return in.readLine();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
