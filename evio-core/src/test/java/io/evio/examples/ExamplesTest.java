package io.evio.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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
    void chatSendsEveryLineToAllOthersAndSaysWhenOneLeaves() throws Exception {
        start("Chat");
        try (Client ann = new Client()) {
            assertThat(ann.line()).isEqualTo("your name?");
            assertThat(ann.say("ann\n").line()).isEqualTo("welcome, ann, 0 others are here");
            try (Client bob = new Client();
                    Client cat = new Client()) {
                assertThat(bob.line()).isEqualTo("your name?");
                assertThat(bob.say("bob\n").line()).isEqualTo("welcome, bob, 1 others are here");
                assertThat(ann.line()).isEqualTo("bob joins");
                assertThat(cat.line()).isEqualTo("your name?");
                assertThat(cat.say("cat\n").line()).isEqualTo("welcome, cat, 2 others are here");
                assertThat(ann.line()).isEqualTo("cat joins");
                assertThat(bob.line()).isEqualTo("cat joins");
                ann.say("one\ntw");
                assertThat(bob.line()).isEqualTo("ann: one");
                assertThat(cat.line()).isEqualTo("ann: one");
                bob.say("three\n");
                assertThat(ann.line()).isEqualTo("bob: three");
                assertThat(cat.line()).isEqualTo("bob: three");
                ann.say("o\n");
                assertThat(bob.line()).isEqualTo("ann: two");
                assertThat(cat.line()).isEqualTo("ann: two");
                cat.say("last words without a newline").endOutput();
                assertThat(ann.line()).isEqualTo("cat: last words without a newline");
                assertThat(ann.line()).isEqualTo("cat leaves");
                assertThat(bob.line()).isEqualTo("cat: last words without a newline");
                assertThat(bob.line()).isEqualTo("cat leaves");
            }
            assertThat(ann.line()).isEqualTo("bob leaves");
            ann.say("x".repeat(1001));
            assertThat(ann.line()).isEqualTo("The frame is too long: at least 1001 bytes, at most 1000 are allowed");
            assertThat(ann.line()).isNull();
        }
    }

    @Test
    void collectorKeepsTheLastLineWithoutANewline() throws Exception {
        start("Collector");
        try (Client client = new Client();
                Client empty = new Client();
                Client tooLong = new Client()) {
            assertThat(client.say("one\ntwo\r\nth").say("ree").endOutput().line())
                    .isEqualTo("kept 3");
            assertThat(client.line()).isNull();
            assertThat(empty.endOutput().line()).isEqualTo("kept 0");
            assertThat(tooLong.say("x".repeat(8 * 1024 + 1)).line()).isNull();
        }
        assertThat(Files.readAllLines(folder.resolve("log"))).containsSubsequence("one", "two", "three");
    }

    @Test
    void collectorKeepsWholeLinesToo() throws Exception {
        start("Collector");
        try (Client client = new Client()) {
            assertThat(client.say("one\ntwo\n").endOutput().line()).isEqualTo("kept 2");
            assertThat(client.line()).isNull();
        }
    }

    @Test
    void gatewayPassesQuestionsAndAnswersBetweenDevices() throws Exception {
        start("Gateway");
        try (Device one = new Device();
                Device two = new Device()) {
            assertThat(one.send(1, 10, id(1) + "red").receive()).isEqualTo("4 10 ");
            assertThat(two.send(1, 20, id(2) + "blue").receive()).isEqualTo("4 20 ");
            one.send(3, 11, id(2) + "how warm?").send(3, 12, id(2) + "how late?");
            assertThat(two.receive()).isEqualTo("3 1 how warm?");
            assertThat(two.receive()).isEqualTo("3 2 how late?");
            two.send(4, 2, "midnight").send(4, 2, "again").send(4, 1, "21 degrees");
            assertThat(one.receive()).isEqualTo("4 12 midnight");
            assertThat(one.receive()).isEqualTo("4 11 21 degrees");
            one.send(4, 3, "of what nobody has asked");
            assertThat(one.send(3, 13, id(3) + "who?").receive()).isEqualTo("5 13 no such device");
            one.send(3, 14, id(2) + "are you there?");
            assertThat(two.receive()).isEqualTo("3 3 are you there?");
            one.send(4, 3, "only the one that was asked may answer");
            assertThat(one.receive()).isEqualTo("5 14 no answer");
        }
        assertThat(Files.readAllLines(Path.of("src/test/java/io/evio/examples/Gateway.java")))
                .as("as little as that takes")
                .hasSizeLessThanOrEqualTo(150);
    }

    @Test
    void gatewayLooksUpValuesBesideOneAnother() throws Exception {
        start("Gateway");
        try (Device device = new Device()) {
            // All at once: the look-ups wait for the login.
            device.send(1, 1, id(1) + "red");
            for (int i = 0; i < 200; i++) {
                device.send(2, 100 + i, i % 2 == 0 ? "color" : "size");
            }
            assertThat(device.receive()).isEqualTo("4 1 ");
            Set<String> replies = new HashSet<>();
            for (int i = 0; i < 200; i++) {
                replies.add(device.receive());
            }
            assertThat(replies).hasSize(200).contains("4 298 green", "5 299 java.io.IOException: no row size");
        }
    }

    @Test
    void gatewayRefusesWhatIsNoDevice() throws Exception {
        start("Gateway");
        try (Device silent = new Device();
                Device one = new Device();
                Device stranger = new Device();
                Device twin = new Device();
                Device early = new Device();
                Device unknown = new Device();
                Device tooShort = new Device()) {
            silent.say("\0\0\0");
            assertThat(stranger.send(1, 1, id(1) + "blue").receive()).isNull();
            assertThat(one.send(1, 1, id(1) + "red").receive()).isEqualTo("4 1 ");
            assertThat(twin.send(1, 1, id(1) + "red").receive()).isNull();
            assertThat(early.send(2, 1, "color").receive()).isNull();
            assertThat(tooShort.say("\0\0\0\4aaaa").line()).isNull();
            assertThat(unknown.send(1, 1, id(2) + "blue").receive()).isEqualTo("4 1 ");
            assertThat(unknown.send(99, 2, "").receive()).isNull();
            assertThat(silent.receive()).isNull();
            assertThat(one.send(2, 2, "color").receive()).isEqualTo("4 2 green");
        }
        // The others of a minute are counted.
        assertThat(Files.readString(folder.resolve("log"))).contains("login refused");
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
            assertThat(client.say("127.0.0.3\n127.0.0.4").endOutput().line()).isEqualTo("127.0.0.3");
            assertThat(client.line()).isEqualTo("127.0.0.4");
            assertThat(client.line()).isNull();
        }
        try (Client client = new Client()) {
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
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
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
        final SocketChannel channel = await().ignoreExceptionsInstanceOf(ConnectException.class)
                .until(
                        () -> SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("socket"))),
                        Objects::nonNull);
        private final BufferedReader in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));

        Client say(String text) throws IOException {
            channel.write(StandardCharsets.UTF_8.encode(text));
            return this;
        }

        /** Ends our side, as {@code nc -N} does. */
        Client endOutput() throws IOException {
            channel.shutdownOutput();
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

    /** Four bytes, the highest first. */
    private static String id(int number) {
        return "\0\0\0" + (char) number;
    }

    /** Speaks the gateway's frames. */
    private class Device extends Client {

        private final DataInputStream frames = new DataInputStream(Channels.newInputStream(channel));

        Device send(int type, int number, String body) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            ByteBuffer frame = ByteBuffer.allocate(9 + bytes.length);
            frame.putInt(5 + bytes.length)
                    .put((byte) type)
                    .putInt(number)
                    .put(bytes)
                    .flip();
            channel.write(frame);
            return this;
        }

        /** The next frame's type, number and body; null at the end. */
        @Nullable
        String receive() throws IOException {
            try {
                byte[] body = new byte[frames.readInt() - 5];
                int type = frames.readByte();
                int number = frames.readInt();
                frames.readFully(body);
                return type + " " + number + " " + new String(body, StandardCharsets.UTF_8);
            } catch (EOFException e) {
                return null;
            }
        }
    }
}
