package io.evio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of what goes wrong in servers of this kind names tests that there are. */
class PitfallsTest {

    private static final Path TABLE = Path.of("docs", "pitfalls.md");
    private static final Pattern NAME = Pattern.compile("`(\\w+)\\.(\\w+)`");
    private static final int PITFALLS = 27;

    @Test
    void everyPitfallHasItsTest() throws IOException {
        List<String> rows = Files.readAllLines(TABLE).stream()
                .filter(line -> line.startsWith("| P"))
                .toList();
        assertThat(rows)
                .extracting(row -> row.split(" ")[1])
                .containsExactlyElementsOf(IntStream.rangeClosed(1, PITFALLS)
                        .mapToObj(i -> "P" + i)
                        .toList());
        assertThat(rows).allSatisfy(row -> assertThat(row).containsPattern(NAME));
    }

    @Test
    void everyTestThatIsNamedIsThere() throws IOException {
        List<MatchResult> names =
                NAME.matcher(Files.readString(TABLE)).results().toList();
        assertThat(names).hasSizeGreaterThan(PITFALLS);
        for (MatchResult name : names) {
            assertThat(Files.readString(source(name.group(1) + ".java")))
                    .as(name.group())
                    .containsPattern("@[A-Z]\\w+[^;{}]*\\svoid " + name.group(2) + "\\(");
        }
    }

    /** Of a test in any of the modules, which are read and not loaded, because the others come after this one. */
    private static Path source(String file) throws IOException {
        for (String module : List.of("evio-core", "evio-spring-boot-starter", "evio-sample-app")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "test", "java"))) {
                List<Path> found = files.filter(path -> path.endsWith(file)).toList();
                if (!found.isEmpty()) {
                    return found.get(0);
                }
            }
        }
        throw new AssertionError("There is no " + file + " in any module's tests");
    }
}
