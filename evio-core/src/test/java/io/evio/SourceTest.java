package io.evio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the sources to what the formatter leaves alone. */
class SourceTest {

    private static final int COLUMNS = 120;

    private static final List<String> MODULES = List.of("evio-core", "evio-spring-boot-starter", "evio-sample-app");

    /** Comments, strings and text blocks included. */
    @Test
    void noLineOfJavaHasMoreThan120Columns() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    List<String> lines = Files.readAllLines(file);
                    for (int i = 0; i < lines.size(); i++) {
                        if (lines.get(i).codePointCount(0, lines.get(i).length()) > COLUMNS) {
                            tooLong.add(file + ":" + (i + 1));
                        }
                    }
                }
            }
        }
        assertThat(tooLong).isEmpty();
    }
}
