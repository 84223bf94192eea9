package io.evio.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.Limits;
import io.evio.Output;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.OddReader;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way to write an output gives exactly its bytes, in their order, wherever in the output they come. */
class OutputTest extends ConformanceTest {

    /** Of the array that an event's output is collected in; what goes beyond it takes another way. */
    private static final int STAGED = 64 * 1024;

    /** One way to write, with {@code in} to take from and what has to come out. */
    private interface Piece {
        void write(Connection connection, ByteBuffer in, Output out) throws IOException;
    }

    /** The bytes that the client sends, and {@code in} is. */
    private static final byte[] REQUEST = "the input".getBytes(StandardCharsets.US_ASCII);

    private static final String TEXT = "a\u00e9\u20ac\ud83d\ude00\ud800z\udc00\ud800\ud83d\ude00\udbff";

    private static final Map<String, Piece> PIECES = pieces();
    private static final Map<String, byte[]> EXPECTED = expected();

    private static Map<String, Piece> pieces() {
        byte[] array = PatternBytes.bytes(7, 300);
        ByteBuffer direct = ByteBuffer.allocateDirect(300).put(array);
        Map<String, Piece> pieces = new LinkedHashMap<>();
        pieces.put("int", (connection, in, out) -> out.write(0x141));
        pieces.put("array", (connection, in, out) -> out.write(array));
        pieces.put("range", (connection, in, out) -> out.write(array, 100, 33));
        pieces.put("short ranges", (connection, in, out) -> {
            for (int length = 1; length <= 20; length++) {
                out.write(array, length, length);
            }
        });
        pieces.put("no range", (connection, in, out) -> out.write(array, 300, 0));
        pieces.put("heap buffer", (connection, in, out) -> out.write(ByteBuffer.wrap(array, 5, 250)));
        pieces.put("direct buffer", (connection, in, out) -> out.write(direct.flip()));
        pieces.put("empty buffer", (connection, in, out) -> out.write(ByteBuffer.allocate(0)));
        pieces.put("input", (connection, in, out) -> out.write(in));
        pieces.put("slice of input", (connection, in, out) -> out.write(in.slice(4, 5)));
        pieces.put("input in two", (connection, in, out) -> {
            int limit = in.limit();
            in.limit(in.position() + 4);
            out.write(in);
            in.limit(limit);
            out.write(in);
        });
        pieces.put("input, then more", (connection, in, out) -> {
            out.write(in);
            out.writeAscii(" and more");
        });
        pieces.put("input twice", (connection, in, out) -> {
            int position = in.position();
            out.write(in);
            in.position(position);
            out.write(in);
        });
        pieces.put("array of input", (connection, in, out) -> out.write(connection.unread(in), 0, in.remaining()));
        pieces.put("ascii", (connection, in, out) -> out.writeAscii("plain text"));
        pieces.put("latin", (connection, in, out) -> out.writeAscii("\u00e9\u00ff\u0101"));
        pieces.put("no text", (connection, in, out) -> {
            out.writeAscii("");
            out.writeUtf8("");
        });
        pieces.put("utf-8", (connection, in, out) -> out.writeUtf8(TEXT));
        pieces.put("0", (connection, in, out) -> out.writeDecimal(0));
        pieces.put("-1", (connection, in, out) -> out.writeDecimal(-1));
        pieces.put("min", (connection, in, out) -> out.writeDecimal(Long.MIN_VALUE));
        pieces.put("max", (connection, in, out) -> out.writeDecimal(Long.MAX_VALUE));
        pieces.put("nothing", (connection, in, out) -> {});
        return pieces;
    }

    private static Map<String, byte[]> expected() {
        byte[] array = PatternBytes.bytes(7, 300);
        Map<String, byte[]> expected = new LinkedHashMap<>();
        expected.put("int", new byte[] {0x41});
        expected.put("array", array);
        expected.put("range", Arrays.copyOfRange(array, 100, 133));
        ByteArrayOutputStream shortRanges = new ByteArrayOutputStream();
        for (int length = 1; length <= 20; length++) {
            shortRanges.write(array, length, length);
        }
        expected.put("short ranges", shortRanges.toByteArray());
        expected.put("no range", new byte[0]);
        expected.put("heap buffer", Arrays.copyOfRange(array, 5, 255));
        expected.put("direct buffer", array);
        expected.put("empty buffer", new byte[0]);
        expected.put("input", REQUEST);
        expected.put("slice of input", "input".getBytes(UTF_8));
        expected.put("input in two", REQUEST);
        expected.put("input, then more", "the input and more".getBytes(UTF_8));
        expected.put("input twice", "the inputthe input".getBytes(UTF_8));
        expected.put("array of input", REQUEST);
        expected.put("ascii", "plain text".getBytes(UTF_8));
        expected.put("latin", new byte[] {(byte) 0xe9, (byte) 0xff, 1});
        expected.put("no text", new byte[0]);
        expected.put("utf-8", TEXT.getBytes(UTF_8));
        expected.put("0", "0".getBytes(UTF_8));
        expected.put("-1", "-1".getBytes(UTF_8));
        expected.put("min", "-9223372036854775808".getBytes(UTF_8));
        expected.put("max", "9223372036854775807".getBytes(UTF_8));
        expected.put("nothing", new byte[0]);
        return expected;
    }

    /** The next event's output, and what it is to be. */
    private record Script(int before, String piece, int after) {

        void write(Connection connection, ByteBuffer in, Output out) throws IOException {
            out.write(PatternBytes.at(0, before));
            PIECES.get(piece).write(connection, in, out);
            in.position(in.limit());
            out.write(PatternBytes.at(before, after));
        }

        byte[] bytes() {
            byte[] middle = EXPECTED.get(piece);
            return ByteBuffer.allocate(before + middle.length + after)
                    .put(PatternBytes.at(0, before))
                    .put(middle)
                    .put(PatternBytes.at(before, after))
                    .array();
        }

        @Override
        public String toString() {
            return piece + " behind " + before + " and in front of " + after + " bytes";
        }
    }

    private static final int[] FILLERS = fillers();

    private static int[] fillers() {
        List<Integer> fillers = new ArrayList<>(List.of(0, 1, 100, 3 * STAGED + 5));
        for (int at = STAGED - 26; at <= STAGED + 10; at++) {
            fillers.add(at);
        }
        return fillers.stream().mapToInt(Integer::intValue).toArray();
    }

    @Test
    void everyWayToWriteIsExactAcrossTheEndOfTheCollectingArray() throws Exception {
        AtomicReference<Script> next = new AtomicReference<>();
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            if (in.remaining() == REQUEST.length) {
                next.get().write(connection, in, out);
            }
            return Action.NONE;
        });
        Client client = connect(start(handler, ANY_PORT));
        for (String piece : PIECES.keySet()) {
            for (int filler : FILLERS) {
                for (int after : new int[] {0, 3}) {
                    Script script = new Script(filler, piece, after);
                    byte[] expected = script.bytes();
                    if (expected.length == 0) {
                        continue;
                    }
                    next.set(script);
                    client.send(REQUEST);
                    byte[] actual = client.readBytes(expected.length);
                    assertThat(Arrays.mismatch(actual, expected))
                            .as("mismatch of %s", script)
                            .isEqualTo(-1);
                }
            }
        }
    }

    @Test
    void everyWayToWriteIsExactBehindPendingOutput() throws Exception {
        int backlog = 12 * 1024 * 1024;
        Queue<Script> scripts = new ConcurrentLinkedQueue<>();
        for (String piece : PIECES.keySet()) {
            for (int filler : new int[] {0, 1, STAGED - 10, STAGED - 1, STAGED, STAGED + 1}) {
                for (int after : new int[] {0, 2}) {
                    scripts.add(new Script(filler, piece, after));
                }
            }
        }
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        scripts.forEach(script -> expected.writeBytes(script.bytes()));
        TestHandler handler = new TestHandler()
                .onOpened((connection, out) -> {
                    for (int done = 0; done < backlog; done += PatternBytes.MAX_LENGTH) {
                        out.write(PatternBytes.at(done, PatternBytes.MAX_LENGTH));
                    }
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    if (connection.pendingOutput() > 0 && in.remaining() == REQUEST.length) {
                        scripts.remove().write(connection, in, out);
                    }
                    return Action.NONE;
                });
        EvioServer server = start(builder(handler, ANY_PORT)
                .limits(Limits.DEFAULTS.withMaxPendingOutput(1 << 28).withWaterMarks(1 << 27, 1 << 28)));
        Client client = connectSlowReader(server);
        while (!scripts.isEmpty()) {
            int left = scripts.size();
            client.send(REQUEST);
            Eventually.isTrue("the next script is written", () -> scripts.size() < left);
        }
        assertThat(server.stats().writePending()).isGreaterThan(expected.size());
        PatternBytes.check(0, backlog, client.readBytes(backlog));
        assertThat(Arrays.mismatch(client.readBytes(expected.size()), expected.toByteArray()))
                .isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, STAGED - 10, STAGED - 1, STAGED, STAGED + 1, STAGED + 10, 3 * STAGED})
    void inputOfAnySizeMayBeSentWithSomethingAroundIt(int size) throws Exception {
        List<Integer> around = List.of(0, 1, STAGED - 1, STAGED, STAGED + 1);
        Queue<int[]> scripts = new ConcurrentLinkedQueue<>();
        around.forEach(before -> around.forEach(after -> scripts.add(new int[] {before, after})));
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            if (in.remaining() == size) {
                int[] script = scripts.remove();
                out.write(PatternBytes.at(0, script[0]));
                out.write(in);
                out.write(PatternBytes.at(script[0] + size, script[1]));
            }
            return Action.NONE;
        });
        Client client = connect(start(handler, ANY_PORT));
        while (!scripts.isEmpty()) {
            int[] script = scripts.element();
            client.send(PatternBytes.bytes(script[0], size));
            int expected = script[0] + size + script[1];
            PatternBytes.check(0, expected, client.readBytes(expected));
        }
    }

    @Test
    void textsAndNumbersAreThoseOfTheJdk() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<String> texts =
                new ArrayList<>(List.of("", "\0", "\u007f\u0080\u07ff\u0800\uffff", TEXT, "\ud800", "\udc00"));
        List<Long> numbers = new ArrayList<>(List.of(0L, Long.MIN_VALUE, Long.MIN_VALUE + 1, Long.MAX_VALUE));
        for (long power = 1; power > 0 && power <= Long.MAX_VALUE / 10; power *= 10) {
            numbers.addAll(List.of(power - 1, power, power + 1, -power + 1, -power, -power - 1));
        }
        numbers.addAll(List.of(1_000_000_000_000_000_000L, 999_999_999_999_999_999L, -1_000_000_000_000_000_000L));
        for (int i = 0; i < 300; i++) {
            char[] chars = new char[random.nextInt(40)];
            for (int c = 0; c < chars.length; c++) {
                chars[c] = (char)
                        switch (random.nextInt(4)) {
                            case 0 -> random.nextInt(0x80);
                            case 1 -> 0xd800 + random.nextInt(0x800);
                            case 2 -> random.nextInt(0x800);
                            default -> random.nextInt(0x10000);
                        };
            }
            texts.add(new String(chars));
            numbers.add(random.nextLong() >> random.nextInt(64));
        }
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        texts.forEach(text -> expected.writeBytes(text.getBytes(UTF_8)));
        numbers.forEach(number -> expected.writeBytes(Long.toString(number).getBytes(UTF_8)));
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            texts.forEach(out::writeUtf8);
            numbers.forEach(out::writeDecimal);
            return Action.CLOSE;
        });
        byte[] actual = connect(start(handler, ANY_PORT)).readBytesToEnd();
        assertThat(actual).as("seed %d", seed).isEqualTo(expected.toByteArray());
    }

    @Test
    void longTextsAreExactToo() throws Exception {
        String ascii = "0123456789".repeat(30_000);
        String wide = TEXT.repeat(20_000);
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.writeAscii(ascii);
            out.writeUtf8(wide);
            return Action.CLOSE;
        });
        byte[] expected = (ascii + wide).getBytes(UTF_8);
        assertThat(Arrays.mismatch(connect(start(handler, ANY_PORT)).readBytesToEnd(), expected))
                .isEqualTo(-1);
    }

    @Test
    void itIsAnOutputStreamForWritersAndPrintStreams() throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            try (Writer writer = new OutputStreamWriter(out, UTF_8)) {
                writer.write("w\u20ac\ud83d\ude00 ".repeat(10_000));
                writer.flush();
                writer.write("end.");
            }
            PrintStream print = new PrintStream(out, false, UTF_8);
            print.printf("%d of %s", 42, "\u00fc");
            print.close();
            out.flush();
            out.close();
            out.write('!');
            return Action.CLOSE;
        });
        String expected = "w\u20ac\ud83d\ude00 ".repeat(10_000) + "end.42 of \u00fc!";
        assertThat(new String(connect(start(handler, ANY_PORT)).readBytesToEnd(), UTF_8))
                .isEqualTo(expected);
    }

    @Test
    void rangeOutsideOfItsArrayIsRefusedAndWritesNothing() throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            assertThatThrownBy(() -> out.write(new byte[3], 2, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> out.write(new byte[3], -1, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            out.writeAscii("fine");
            return Action.CLOSE;
        });
        assertThat(connect(start(handler, ANY_PORT)).readToEnd()).isEqualTo("fine");
        assertThat(handler.await("closed").error()).isNull();
    }

    @Test
    void outputThatAHandlerHasKeptIsRefusedLater() throws Exception {
        AtomicReference<Output> kept = new AtomicReference<>();
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            kept.set(out);
            out.write(in);
            return Action.NONE;
        });
        Client client = connect(start(handler, ANY_PORT));
        assertThat(client.send("x").read(1)).isEqualTo("x");
        Output output = kept.get();
        assertThatThrownBy(() -> output.write(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("during an event");
        assertThatThrownBy(() -> output.writeUtf8("late")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> output.writeDecimal(5)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> output.write(ByteBuffer.allocate(5))).isInstanceOf(IllegalStateException.class);
        assertThat(client.send("y").read(1)).isEqualTo("y");
    }

    @EveryTransport
    void inputIsEchoedExactlyWhenTheKernelTakesOnlyPartOfIt(Transport transport) throws Exception {
        int total = 24 * 1024 * 1024;
        EvioServer server = start(builder(TestHandler.echo().withoutLog(), transport.address(folder))
                .limits(Limits.DEFAULTS.withWaterMarks(16 * 1024, 100 * 1024)));
        Client client = connectSlowReader(server);
        Crowd sender = closeAfterwards(Crowd.one(index -> {
            for (int sent = 0; sent < total; sent += PatternBytes.MAX_LENGTH) {
                client.send(PatternBytes.bytes(sent, PatternBytes.MAX_LENGTH));
            }
        }));
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 0);
        OddReader.read(client, 0, total);
        sender.join();
        assertThat(server.stats().postwritePartial()).isPositive();
    }
}
