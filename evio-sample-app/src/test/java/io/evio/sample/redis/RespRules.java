package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.testing.Pieces;
import io.evio.sample.testing.PlayedConnection;
import io.evio.sample.testing.PlayedConnection.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rules that hold for every row of bytes that is sent to the Redis server. */
final class RespRules {

    /** Times go on between two runs, so that a key may go in one of them and not in the other. */
    private static final int ATTEMPTS = 5;

    private static final Pattern INFO = Pattern.compile("(\\$[0-9]+\r\n|=[0-9]+\r\ntxt:)# [A-Z]");

    private RespRules() {}

    /** Nothing is thrown, and the pieces in which bytes come and go make no difference. Returns the replies. */
    static String checkHandler(byte[] input, byte[] reads, byte[] writes) {
        for (int attempt = 1; ; attempt++) {
            Outcome whole = play(input, Pieces.WHOLE, Pieces.WHOLE);
            Outcome pieces = play(input, reads, writes);
            int same = whole.cut() || pieces.cut()
                    ? Math.min(whole.output().length, pieces.output().length)
                    : Integer.MAX_VALUE;
            String expected = comparable(whole.output(), same);
            String actual = comparable(pieces.output(), same);
            if (actual.equals(expected) && pieces.cut() == whole.cut() || attempt == ATTEMPTS) {
                assertThat(actual).isEqualTo(expected);
                assertThat(pieces.cut()).isEqualTo(whole.cut());
                return actual;
            }
        }
    }

    /** The replies up to so many bytes, or to one of INFO, which tells of the time and of memory. */
    private static String comparable(byte[] output, int most) {
        String replies = latin1(Arrays.copyOf(output, Math.min(most, output.length)));
        Matcher info = INFO.matcher(replies);
        return info.find() ? replies.substring(0, info.start()) : replies;
    }

    private static Outcome play(byte[] input, byte[] reads, byte[] writes) {
        Outcome outcome = PlayedConnection.play(new RedisHandler(), input, reads, writes);
        assertThat(outcome.handlerErrors()).isZero();
        assertThat(outcome.detachedWith()).isNull();
        return outcome;
    }

    /**
     * The reader alone: as above, and what is behind the bytes that have come is not looked at. Returns the commands.
     */
    static List<List<String>> checkReader(byte[] input, byte[] reads) {
        Read whole = read(input, Pieces.WHOLE, (byte) 0);
        assertThat(read(input, Pieces.WHOLE, (byte) '1')).isEqualTo(whole);
        assertThat(read(input, Pieces.WHOLE, (byte) '\n')).isEqualTo(whole);
        assertThat(read(input, reads, (byte) '\r')).isEqualTo(whole);
        return whole.commands;
    }

    /** @param end what came after the commands: an error, or how many bytes are left */
    private record Read(List<List<String>> commands, String end) {}

    /**
     * Returns what the reader makes of the input, which comes in pieces, each laid at the array's start with what is
     * left before.
     */
    private static Read read(byte[] input, byte[] pieces, byte behind) {
        List<List<String>> commands = new ArrayList<>();
        Pieces sizes = new Pieces(pieces);
        RespReader reader = new RespReader();
        int position = 0;
        int available = 0;
        do {
            available += Math.min(sizes.nextAtLeastOne(), input.length - available);
            byte[] bytes = Arrays.copyOfRange(input, position, input.length + 16);
            Arrays.fill(bytes, available - position, bytes.length, behind);
            reader.reset(bytes, available - position);
            int used = 0;
            int result;
            while ((result = reader.next()) == RespReader.COMMAND) {
                assertThat(reader.position()).isBetween(used + 1, available - position);
                used = reader.position();
                commands.add(arguments(reader.arguments()));
            }
            if (result == RespReader.ERROR) {
                return new Read(commands, String.valueOf(reader.error()));
            }
            assertThat(reader.position()).isBetween(used, available - position);
            position += reader.position();
        } while (available < input.length);
        return new Read(commands, "left " + (input.length - position));
    }

    private static List<String> arguments(Arguments arguments) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < arguments.count(); i++) {
            int start = arguments.start(i);
            texts.add(latin1(Arrays.copyOfRange(arguments.source(), start, start + arguments.length(i))));
        }
        return texts;
    }

    static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
