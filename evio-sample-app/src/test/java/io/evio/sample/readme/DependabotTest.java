package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/**
 * The builds whose versions are kept current are where the configuration says: a folder that is gone is passed over in
 * silence.
 */
class DependabotTest {

    private static final Path ROOT = Path.of("..");

    /** The file that makes a folder one of that ecosystem. */
    private static final Map<String, String> FILES =
            Map.of("maven", "pom.xml", "gomod", "go.mod", "github-actions", ".github/workflows");

    @Test
    void namesFoldersThatExist() throws IOException {
        Map<String, List<Map<String, Object>>> updates;
        try (InputStream in = Files.newInputStream(ROOT.resolve(".github/dependabot.yml"))) {
            updates = new Yaml().<Map<String, List<Map<String, Object>>>>load(in);
        }
        assertThat(updates.get("updates")).hasSizeGreaterThan(1).allSatisfy(update -> {
            String file = FILES.get((String) update.get("package-ecosystem"));
            assertThat(file).as("the ecosystem of %s", update).isNotNull();
            assertThat(ROOT.resolve("." + update.get("directory")).resolve(file))
                    .exists();
        });
    }
}
