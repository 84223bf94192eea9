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

/** The table of how engines are driven names tests that there are. */
class TlsTableTest {

    private static final Path TABLE = Path.of("docs", "tls.md");
    private static final Path TESTS = Path.of("src", "test", "java");
    private static final Pattern NAME = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

    @Test
    void everyRuleHasItsTest() throws IOException {
        List<String> rows = Files.readAllLines(TABLE).stream()
                .filter(line -> line.startsWith("| T"))
                .toList();
        // There is no rule 24.
        assertThat(rows)
                .extracting(row -> row.split(" ")[1])
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 28)
                        .filter(i -> i != 24)
                        .mapToObj(i -> "T" + i)
                        .toList());
        assertThat(rows).allSatisfy(row -> assertThat(row).containsPattern(NAME));
    }

    @Test
    void everyTestThatIsNamedIsThere() throws IOException {
        List<MatchResult> names =
                NAME.matcher(Files.readString(TABLE)).results().toList();
        assertThat(names).hasSizeGreaterThan(28);
        for (MatchResult name : names) {
            try (Stream<Path> files = Files.walk(TESTS)) {
                Path source = files.filter(path -> path.endsWith(name.group(1) + ".java"))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("There is no " + name.group(1)));
                assertThat(Files.readString(source))
                        .as(name.group())
                        .containsPattern("@[A-Z]\\w+[^;{}]*(\\{[^{}]*}\\)\\s*)?\\svoid " + name.group(2) + "\\(");
            }
        }
    }
}
