package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.evio.sample.testing.Mistake;
import io.evio.sample.testing.PieceSizes;
import io.evio.sample.testing.Pieces;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.Size;

/** Commands as they should be, and as they should not, in pieces of any sizes. */
class RespPropertyTest {

    private static final String SEED = "6379";

    /** For a command of one argument, which is what most bytes are; and what a byte of input may cost beyond that. */
    private static final long MOST_ALLOCATED = 16 * 1024;

    private static final long MOST_ALLOCATED_FOR_A_BYTE = 8;

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void commandsAreReadAsTheyWereWritten(
            @ForAll @Size(max = 8) List<@From("commands") Written> commands,
            @ForAll(supplier = PieceSizes.class) byte[] reads) {
        String input = commands.stream().map(Written::text).collect(Collectors.joining());
        List<List<String>> arguments = commands.stream()
                .map(Written::arguments)
                .filter(list -> !list.isEmpty())
                .toList();
        assertThat(RespRules.checkReader(latin1(input), reads)).isEqualTo(arguments);
    }

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void aCommandWithMistakesIsReadTheSameInAnyPieces(
            @ForAll @Size(max = 8) List<@From("commands") Written> commands,
            @ForAll @Size(max = 4) List<@From("mistakes") Mistake> mistakes,
            @ForAll(supplier = PieceSizes.class) byte[] reads,
            @ForAll(supplier = PieceSizes.class) byte[] writes) {
        StringBuilder input = new StringBuilder();
        commands.forEach(command -> input.append(command.text));
        mistakes.forEach(mistake -> mistake.make(input));
        byte[] bytes = latin1(input.toString());
        RespRules.checkReader(bytes, reads);
        RespRules.checkHandler(bytes, reads, writes);
    }

    @Property(seed = SEED, shrinking = ShrinkingMode.OFF)
    void anyBytesAreReadTheSameInAnyPieces(@ForAll byte[] input, @ForAll(supplier = PieceSizes.class) byte[] reads) {
        RespRules.checkReader(input, reads);
        RespRules.checkHandler(input, reads, Pieces.WHOLE);
    }

    /** Whatever a command announces, memory is used for what has come. */
    @Property(seed = SEED, shrinking = ShrinkingMode.OFF)
    void announcementsCostNothing(
            @ForAll("announced") long arguments,
            @ForAll("announced") long length,
            @ForAll @Size(max = 2000) byte[] value) {
        byte[] input = latin1("*" + arguments + "\r\n$" + length + "\r\n" + RespRules.latin1(value));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        RespReader reader = new RespReader();
        reader.reset(input, input.length);
        int commands = 0;
        while (reader.next() == RespReader.COMMAND) {
            commands++;
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(commands).isLessThanOrEqualTo(input.length);
        assertThat(allocated).isLessThan(MOST_ALLOCATED + MOST_ALLOCATED_FOR_A_BYTE * input.length);
    }

    /** As a map would keep them. */
    @Property(seed = SEED, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void whatIsSetIsGot(
            @ForAll @Size(max = 30) List<@From("changes") List<String>> changes,
            @ForAll(supplier = PieceSizes.class) byte[] reads,
            @ForAll(supplier = PieceSizes.class) byte[] writes) {
        Map<String, String> map = new HashMap<>();
        StringBuilder input = new StringBuilder();
        StringBuilder replies = new StringBuilder();
        for (List<String> change : changes) {
            input.append(resp(change));
            String key = change.get(1);
            switch (change.get(0)) {
                case "SET" -> {
                    map.put(key, change.get(2));
                    replies.append("+OK\r\n");
                }
                case "GET" -> replies.append(map.containsKey(key) ? bulk('$', map.get(key)) : "$-1\r\n");
                default -> replies.append(map.remove(key) != null ? ":1\r\n" : ":0\r\n");
            }
        }
        assertThat(RespRules.checkHandler(latin1(input.toString()), reads, writes))
                .isEqualTo(replies.toString());
    }

    /** A command, and how it is sent. */
    record Written(List<String> arguments, String text) {}

    @Provide
    Arbitrary<Mistake> mistakes() {
        return Mistake.anywhere(
                "",
                "\r",
                "\n",
                "\r\n",
                "\0",
                "*",
                "$",
                "-",
                "-1",
                "0",
                "00",
                "9",
                "*-1\r\n",
                "*0\r\n",
                "$-1\r\n",
                "\"",
                "'",
                "\\",
                "\\x4",
                "1048577",
                "2147483648",
                "9223372036854775807",
                "99999999999999999999",
                "x".repeat(300));
    }

    @Provide
    Arbitrary<Long> announced() {
        return Arbitraries.oneOf(
                Arbitraries.longs(),
                Arbitraries.longs().between(-2, 20),
                Arbitraries.of(1_048_576L, 536_870_912L, 536_870_913L, 2_147_483_647L, 2_147_483_648L));
    }

    @Provide
    Arbitrary<List<String>> changes() {
        Arbitrary<String> keys = Arbitraries.of("a", "b", "", "\r\n", "\0", "a-longer-key");
        return Arbitraries.oneOf(
                Combinators.combine(keys, texts()).as((key, value) -> List.of("SET", key, value)),
                keys.map(key -> List.of("GET", key)),
                keys.map(key -> List.of("DEL", key)));
    }

    @Provide
    Arbitrary<Written> commands() {
        Arbitrary<List<String>> names = Arbitraries.of("PING", "ECHO", "SET", "GET", "DEL", "QUIT", "nothing")
                .list()
                .ofMinSize(1)
                .ofMaxSize(1);
        Arbitrary<List<String>> whole = Combinators.combine(
                        names, texts().list().ofMaxSize(4))
                .as((name, rest) -> {
                    List<String> all = new ArrayList<>(name);
                    all.addAll(rest);
                    return all;
                });
        return Arbitraries.oneOf(
                whole.map(arguments -> new Written(arguments, resp(arguments))),
                whole.map(arguments -> new Written(arguments, inline(arguments))),
                Arbitraries.of("*0\r\n", "*-1\r\n", "\r\n", "\n", " \t\r\n").map(text -> new Written(List.of(), text)));
    }

    private static Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.strings().withCharRange('\0', '\u00ff').ofMaxLength(20),
                Arbitraries.strings().withChars("ab\"'\\ \r\n\tx0").ofMaxLength(12),
                Arbitraries.strings().withCharRange('a', 'b').ofMinLength(100).ofMaxLength(400));
    }

    private static String resp(List<String> arguments) {
        StringBuilder text = new StringBuilder("*" + arguments.size() + "\r\n");
        arguments.forEach(argument -> text.append(bulk('$', argument)));
        return text.toString();
    }

    private static String bulk(char mark, String value) {
        return mark + "" + value.length() + "\r\n" + value + "\r\n";
    }

    /** Every argument in double quotes, every byte of it as its number; one that needs none of that as it is. */
    private static String inline(List<String> arguments) {
        return arguments.stream().map(RespPropertyTest::quoted).collect(Collectors.joining(" ", "", "\r\n"));
    }

    private static String quoted(String argument) {
        if (argument.matches("[a-zA-Z0-9]+")) {
            return argument;
        }
        return argument.chars().mapToObj(c -> String.format("\\x%02x", c)).collect(Collectors.joining("", "\"", "\""));
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
