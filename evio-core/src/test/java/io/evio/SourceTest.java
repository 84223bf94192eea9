package io.evio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the sources to what the formatter leaves alone. */
class SourceTest {

    private static final int COLUMNS = 120;

    private static final List<String> MODULES = List.of("evio-core", "evio-spring-boot-starter", "evio-sample-app");

    private static final Pattern QUESTION =
            Pattern.compile("/\\*\\*\\s+(\\* )?(What|Who|Whom|Whose|How|Whether|When|Where|Which|Why)\\b");

    /** Comments, strings and text blocks included. */
    @Test
    void noLineOfJavaHasMoreThan120Columns() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (Path file : sources("src")) {
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).codePointCount(0, lines.get(i).length()) > COLUMNS) {
                    tooLong.add(file + ":" + (i + 1));
                }
            }
        }
        assertThat(tooLong).isEmpty();
    }

    /** A method's begins with a verb, that of anything else with what the thing is. */
    @Test
    void noDocCommentBeginsWithAQuestionWord() throws IOException {
        List<String> questions = new ArrayList<>();
        for (Path file : sources("src")) {
            QUESTION.matcher(Files.readString(file))
                    .results()
                    .forEach(question -> questions.add(file + ": " + question.group(2)));
        }
        assertThat(questions).isEmpty();
    }

    private static List<Path> sources(String folder) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, folder))) {
                files.filter(path -> path.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        return sources;
    }
}
