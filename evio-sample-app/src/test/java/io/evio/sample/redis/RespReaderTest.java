package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RespReaderTest {

    /** Of every kind, among them a value that looks like commands. */
    private static final byte[] STREAM = bytes("PING\r\n\r\n  \n"
            + "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"
            + "*0\r\nset 'a b' \"\\x00\\n\\\"\"\n*-1\r\n"
            + "*3\r\n$3\r\nSET\r\n$14\r\n*1\r\n$4\r\nPING\r\n\r\n$4\r\n\0\r\n\u00ff\r\n"
            + "*4\r\n$3\r\nDEL\r\n$1\r\na\rX$1\r\nbYZ$2\r\ncc\r\n"
            + "*1\r\n$100\r\n" + "v".repeat(100) + "\r\nQUIT\n");

    private static final List<List<String>> COMMANDS = List.of(
            List.of("PING"),
            List.of("ECHO", ""),
            List.of("set", "a b", "\0\n\""),
            List.of("SET", "*1\r\n$4\r\nPING\r\n", "\0\r\n\u00ff"),
            List.of("DEL", "a", "b", "cc"),
            List.of("v".repeat(100)),
            List.of("QUIT"));

    @Test
    void readsCommandsOfEveryKind() {
        assertThat(read(STREAM, 0).commands).isEqualTo(COMMANDS);
    }

    @Test
    void cutAnywhereTheCommandsAreTheSame() {
        for (int first = 0; first <= STREAM.length; first++) {
            for (int second = first; second <= STREAM.length; second += 7) {
                assertThat(read(STREAM, 0, first, second).commands)
                        .as("cut at %s and %s", first, second)
                        .isEqualTo(COMMANDS);
            }
        }
    }

    @Test
    void cutAnywhereAndLookedAtOnceTheCommandsAreTheSame() {
        for (int first = 0; first <= STREAM.length; first++) {
            for (int second = first; second <= STREAM.length; second += 5) {
                assertThat(read(STREAM, 1, first, second).commands)
                        .as("cut at %s and %s", first, second)
                        .isEqualTo(COMMANDS);
            }
        }
        int[] everywhere = new int[STREAM.length];
        Arrays.setAll(everywhere, i -> i);
        assertThat(read(STREAM, 1, everywhere).commands).isEqualTo(COMMANDS);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            *x|invalid multibulk length
            *|invalid multibulk length
            *01|invalid multibulk length
            *+1|invalid multibulk length
            *2147483648|invalid multibulk length
            *9223372036854775808|invalid multibulk length
            *-9223372036854775809|invalid multibulk length
            *1~PING|expected '$', got 'P'
            *2~$4~PING~:1|expected '$', got ':'
            *1~~|expected '$', got ' '
            *1~$|invalid bulk length
            *1~$-1|invalid bulk length
            *1~$03|invalid bulk length
            *1~$536870913|invalid bulk length
            *2147483647~$1~a~x|expected '$', got 'x'
            echo "a|unbalanced quotes in request
            echo 'a'b|unbalanced quotes in request
            """)
    void cutAnywhereTheErrorIsTheSame(String line, String error) {
        byte[] stream = bytes("PING\r\n" + line.replace("~", "\r\n") + "\r\n");
        for (int cut = 0; cut <= stream.length; cut++) {
            for (int longCommand = 0; longCommand < 2; longCommand++) {
                Result result = read(stream, longCommand, cut);
                assertThat(result.commands).containsExactly(List.of("PING"));
                assertThat(result.error).as("cut at %s", cut).isEqualTo("Protocol error: " + error);
            }
        }
    }

    @Test
    void lengthsUpToTheLimitAreAwaited() {
        for (String begin :
                new String[] {"*2147483647\r\n", "*1\r\n$536870912\r\n", "*1\r\n$0\r\n", "*-1\r\n", "x", ""}) {
            assertThat(read(bytes(begin), 1).error).isNull();
        }
        assertThat(read(bytes("*-9223372036854775808\r\nPING\r\n"), 0).commands).containsExactly(List.of("PING"));
    }

    @Test
    void aLineIsAtMost64KiB() {
        String most = "1".repeat(64 * 1024);
        assertThat(read(bytes(most), 0).error).isNull();
        assertThat(read(bytes(most + "1"), 0).error).isEqualTo("Protocol error: too big inline request");
        assertThat(read(bytes("*" + most), 0).error).isEqualTo("Protocol error: too big mbulk count string");
        assertThat(read(bytes("*1\r\n$" + most), 1).error).isEqualTo("Protocol error: too big bulk count string");
    }

    @Test
    void aLineWhoseEndCameWithItIsAtMost80KiB() {
        String most = "1".repeat(80 * 1024 - 1);
        assertThat(read(bytes(most + "\n"), 0).error).isNull();
        assertThat(read(bytes("1" + most + "\n"), 0).error).isEqualTo("Protocol error: too big inline request");
        assertThat(read(bytes("*" + most + "\r\n"), 0).error).isEqualTo("Protocol error: too big mbulk count string");
        assertThat(read(bytes("*1\r\n$" + most + "\r\n"), 1).error)
                .isEqualTo("Protocol error: too big bulk count string");
    }

    @Test
    void ofALongCommandOnlyWhatIsNewIsLookedAt() {
        int arguments = 5_000;
        byte[] stream = bytes("*" + arguments + "\r\n" + "$3\r\nabc\r\n".repeat(arguments));
        Result result = read(stream, 1_000, steps(stream.length, 500));
        assertThat(result.commands).hasSize(1);
        assertThat(result.commands.get(0)).hasSize(arguments).containsOnly("abc");
        // The first thousand bytes, what is new of each piece with half an argument before it, and all once more.
        assertThat(result.lookedAt).isLessThan(3 * stream.length);
    }

    /** Otherwise one that comes byte by byte would cost the square of its length. */
    @ParameterizedTest
    @ValueSource(strings = {"PING ", "*", "*1\r\n$", "PI\0NG"})
    void ofALongLineOnlyWhatIsNewIsLookedAt(String begin) {
        byte[] stream = bytes(begin + "1".repeat(64 * 1024 - 100));
        Result result = read(stream, 1_000, steps(stream.length, 8));
        assertThat(result.error).isNull();
        // The first thousand bytes again with every eight of them, all others once.
        assertThat(result.lookedAt).isLessThan(1_008 * 126 / 2 + 2 * stream.length);
        byte[] tooLong = bytes(begin + "1".repeat(64 * 1024 + 1));
        assertThat(read(tooLong, 1_000, steps(tooLong.length, 8)).error).startsWith("Protocol error: too big ");
        byte[] ended = bytes(begin.replace("\0", "") + "0".repeat(60_000) + "3\r\nGET\r\nPING\r\n");
        Result whole = read(ended, 0);
        Result pieces = read(ended, 1_000, steps(ended.length, 8));
        assertThat(pieces.commands).isEqualTo(whole.commands);
        assertThat(pieces.error).isEqualTo(whole.error);
    }

    @Test
    void randomBytesEndInAnErrorOrNot() {
        Random random = new Random(3);
        String alphabet = "*$12-\r\n\"'\\xap\0 ";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(30); n >= 0; n--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            byte[] stream = bytes(text.toString());
            Result whole = read(stream, 0);
            Result cut = read(stream, 1, random.nextInt(stream.length + 1));
            assertThat(cut.commands).as("%s", text).isEqualTo(whole.commands);
            assertThat(cut.error).as("%s", text).isEqualTo(whole.error);
        }
    }

    private static final class Result {
        final List<List<String>> commands = new ArrayList<>();
        String error;
        int lookedAt;
    }

    /**
     * Does as the handler does with a stream that comes in pieces.
     *
     * @param longCommand from how many bytes on an incomplete command is noted; 0 for never
     */
    private static Result read(byte[] stream, int longCommand, int... cuts) {
        Result result = new Result();
        RespReader reader = new RespReader();
        LongCommand noted = null;
        int used = 0;
        int[] ends = Arrays.copyOf(cuts, cuts.length + 1);
        ends[cuts.length] = stream.length;
        for (int end : ends) {
            if (noted != null) {
                if (end - used < noted.needed) {
                    continue;
                }
                if (noted.scanned >= 0) {
                    byte[] line = copy(stream, used + noted.scanned, end);
                    result.lookedAt += end - used - noted.scanned;
                    if (!noted.lineEnds(line, end - used - noted.scanned)) {
                        continue;
                    }
                }
                int state = RespReader.COMMAND;
                if (noted.left >= 0) {
                    result.lookedAt += give(reader, stream, used + noted.offset, end);
                    state = reader.resume(noted);
                }
                if (state == RespReader.ERROR) {
                    result.error = reader.error();
                    return result;
                }
                if (state == RespReader.INCOMPLETE) {
                    continue;
                }
                noted = null;
            }
            result.lookedAt += give(reader, stream, used, end);
            int state;
            while ((state = reader.next()) == RespReader.COMMAND) {
                List<String> command = new ArrayList<>();
                for (int i = 0; i < reader.arguments().count(); i++) {
                    command.add(new String(
                            reader.arguments().source(),
                            reader.arguments().start(i),
                            reader.arguments().length(i),
                            StandardCharsets.ISO_8859_1));
                }
                result.commands.add(command);
            }
            if (state == RespReader.ERROR) {
                result.error = reader.error();
                return result;
            }
            used += reader.position();
            LongCommand command = new LongCommand();
            if (longCommand > 0 && end - used >= longCommand && reader.suspend(command)) {
                noted = command;
            }
        }
        return result;
    }

    /** Gives the reader a copy; returns how long it is. */
    private static int give(RespReader reader, byte[] stream, int from, int to) {
        reader.reset(copy(stream, from, to), to - from);
        return to - from;
    }

    /** A part of the stream with something else behind it, as in the loop's array. */
    private static byte[] copy(byte[] stream, int from, int to) {
        byte[] array = new byte[to - from + 9];
        Arrays.fill(array, (byte) '7');
        System.arraycopy(stream, from, array, 0, to - from);
        return array;
    }

    private static int[] steps(int length, int step) {
        int[] cuts = new int[length / step];
        Arrays.setAll(cuts, i -> (i + 1) * step);
        return cuts;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
