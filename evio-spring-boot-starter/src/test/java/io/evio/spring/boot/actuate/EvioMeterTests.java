package io.evio.spring.boot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class EvioMeterTests {

    /** The table of meters has to be the enum that binds them. */
    @Test
    void theReadmesMetersAreTheOnesThereAre() throws IOException {
        String readme = Files.readString(Path.of("..", "README.md"));
        int start = readme.indexOf("\n## Meters\n");
        assertThat(start).isNotNegative();
        String section = readme.substring(start, readme.indexOf("\n## ", start + 1));
        List<String> rows = new ArrayList<>();
        for (EvioMeter meter : EvioMeter.values()) {
            rows.add("| `" + meter.meterName() + "` | "
                    + meter.kind().name().toLowerCase(Locale.ROOT) + " | "
                    + (meter.unit() == null ? "" : meter.unit()) + " | " + meter.description() + " |");
        }
        assertThat(section.lines().filter(line -> line.startsWith("| `"))).containsExactlyElementsOf(rows);
    }
}
