package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.testing.ChildServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The clock on the wall is set back and forth, by libfaketime: no tick and no timeout takes notice. */
class ClockTest extends ConformanceTest {

    private static final Duration IDLE = Duration.ofSeconds(3);

    private Path offset;

    private ChildServer start() throws Exception {
        offset = Files.writeString(folder.resolve("offset"), "+0");
        List<String> prefix = List.of(
                "env",
                "LD_PRELOAD=" + library(),
                "FAKETIME_TIMESTAMP_FILE=" + offset,
                "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1");
        List<String> options = List.of("-Dchild.ticks", "-Dchild.idle=" + IDLE.toMillis());
        return closeAfterwards(ChildServer.start(prefix, options, poller, "echo"));
    }

    private static Path library() throws IOException {
        Path found = null;
        Path libraries = Path.of("/usr/lib");
        try (Stream<Path> files =
                Files.find(libraries, 4, (path, attributes) -> path.endsWith("faketime/libfaketimeMT.so.1"))) {
            found = files.findFirst().orElse(null);
        }
        if (found == null && "true".equals(System.getenv("CI"))) {
            throw new AssertionError("libfaketime is missing: install Debian's package faketime");
        }
        assumeTrue(found != null, "needs libfaketime, Debian's package faketime");
        return found;
    }

    /** Sets the child's clock, and sees that it is set. */
    private void set(ChildServer child, int hours) throws Exception {
        Files.writeString(offset, String.format("%+dh", hours));
        Eventually.isTrue("the clock is set", () -> {
            long difference = child.stats().get("wallMillis") - System.currentTimeMillis();
            return Math.abs(difference - Duration.ofHours(hours).toMillis()) < 60_000;
        });
    }

    @Test
    void ticksKeepTheirPeriod() throws Exception {
        ChildServer child = start();
        for (int hours : new int[] {3, -5, 0, -24, 24}) {
            set(child, hours);
            long begun = System.nanoTime();
            Map<String, Long> before = child.stats();
            // The time is what is measured over, not what is waited for.
            Thread.sleep(1000);
            long ticks = child.stats().get("ticks") - before.get("ticks");
            // Fewer on a loaded machine, but never a rest until the old time comes again, nor a burst.
            long possible = (System.nanoTime() - begun) / 20_000_000;
            assertThat(ticks).as("ticks at %d h", hours).isBetween(10L, possible + 2);
        }
    }

    @Test
    void timeoutsFireNeitherSoonerNorNever() throws Exception {
        ChildServer child = start();
        for (int hours : new int[] {3, -5, 24}) {
            Client client = connect(child.address());
            client.send("ping").read(4);
            long lastByte = System.nanoTime();
            set(child, hours);
            assertThat(client.hasInput(Duration.ofMillis(1000)))
                    .as("cut off at once at %d h", hours)
                    .isFalse();
            assertThat(client.isEnded()).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - lastByte))
                    .isBetween(IDLE.minusMillis(1), IDLE.multipliedBy(5));
        }
    }
}
