package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.EvioHandler;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of where the sample's servers use what evio has. */
class EveryEventTest {

    private static final Path PAGE = Path.of("docs", "sample.md");
    private static final String FIRST_LINE = "| what | where | for |\n|---|---|---|\n";
    private static final Pattern ROW =
            Pattern.compile("^\\| (`?)([^|`]+)`? \\| \\[`(\\w+)`\\]\\((\\S+)\\) \\| .+ \\|$", Pattern.MULTILINE);

    /** The text of a row, and the file it points to. */
    private record Use(String what, Path file) {

        /** Of an action also the files beside it: a handler hands its input on to them. */
        String source() throws IOException {
            if (!isAction()) {
                return Files.readString(file);
            }
            StringBuilder all = new StringBuilder();
            try (Stream<Path> files = Files.list(file.getParent())) {
                for (Path each : files.toList()) {
                    all.append(Files.readString(each));
                }
            }
            return all.toString();
        }

        boolean isAction() {
            return Arrays.stream(Action.values())
                    .anyMatch(action -> action.name().equals(what));
        }
    }

    private final List<Use> uses = new ArrayList<>();

    EveryEventTest() throws IOException {
        String page = Files.readString(PAGE);
        String table = page.substring(page.indexOf(FIRST_LINE) + FIRST_LINE.length());
        table = table.substring(0, table.indexOf("\n\n"));
        List<MatchResult> rows = ROW.matcher(table).results().toList();
        assertThat(rows).hasSameSizeAs(table.split("\n"));
        for (MatchResult row : rows) {
            assertThat(row.group(4)).endsWith("/" + row.group(3) + ".java");
            uses.add(new Use(row.group(2), PAGE.resolveSibling(row.group(4))));
        }
    }

    @Test
    void namesEveryEventAndEveryAction() {
        Stream<String> events = Arrays.stream(EvioHandler.class.getMethods()).map(Method::getName);
        Stream<String> actions = Arrays.stream(Action.values()).map(Action::name);
        assertThat(uses.stream().map(Use::what))
                .containsAll(Stream.concat(events, actions).toList())
                .contains("a wake", "off the loop", "a detached connection");
    }

    @Test
    void everyRowIsTrue() throws IOException {
        for (Use use : uses) {
            String code = switch (use.what) {
                case "a wake" -> "\\.wake\\(\\)";
                case "off the loop" -> "offLoop\\.call\\(";
                case "a detached connection" -> "DetachedConnection connection\\)";
                default ->
                    use.isAction()
                            ? "Action\\." + use.what + "\\b"
                            : "@Override\n    public (Action|Tick) " + use.what + "\\(";
            };
            assertThat(use.source()).as("%s", use.what).containsPattern(code);
        }
    }
}
