package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.evio.testing.ChildServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The clock on the wall is set back and forth: no tick and no timeout takes notice. */
class ClockTest extends ConformanceTest {

    private static final Duration IDLE = Duration.ofSeconds(2);

    /** The seconds by which the child's clock is ahead. */
    private Path offset;

    private ChildServer start() throws Exception {
        offset = folder.resolve("offset");
        write(0);
        List<String> prefix = List.of("env", "LD_PRELOAD=" + library(), "WALLCLOCK=" + offset);
        List<String> options = List.of("-Dchild.ticks", "-Dchild.idle=" + IDLE.toMillis());
        return closeAfterwards(ChildServer.start(prefix, options, poller, "echo"));
    }

    private Path library() throws Exception {
        Path source = Path.of(ClockTest.class.getResource("wallclock.c").toURI());
        Path library = folder.resolve("wallclock.so");
        Process compiler;
        try {
            compiler = new ProcessBuilder(
                            "cc", "-Wall", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl")
                    .inheritIO()
                    .start();
        } catch (IOException e) {
            if ("true".equals(System.getenv("CI"))) {
                throw new AssertionError("cc is missing: install Debian's packages gcc and libc6-dev", e);
            }
            return abort("needs cc, Debian's packages gcc and libc6-dev");
        }
        assertThat(compiler.waitFor()).isZero();
        return library;
    }

    /** In place, because the child has the file mapped. */
    private void write(long seconds) throws IOException {
        ByteBuffer value =
                ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(seconds);
        try (FileChannel file = FileChannel.open(offset, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(value.flip(), 0);
        }
    }

    /** Sets the child's clock, and sees that it is set. */
    private void set(ChildServer child, int hours) throws Exception {
        write(Duration.ofHours(hours).toSeconds());
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
            Thread.sleep(500);
            long ticks = child.stats().get("ticks") - before.get("ticks");
            // Fewer on a loaded machine, but never a rest until the old time comes again, nor a burst.
            long possible = (System.nanoTime() - begun) / 20_000_000;
            assertThat(ticks).as("ticks at %d h", hours).isBetween(5L, possible + 2);
        }
    }

    @Test
    void timeoutsFireNeitherSoonerNorNever() throws Exception {
        ChildServer child = start();
        for (int hours : new int[] {3, -5, 24}) {
            Client client = connect(child.address());
            // Before the server sees it: no later reading of the clock bounds the timeout from below.
            long lastByte = System.nanoTime();
            client.send("ping").read(4);
            set(child, hours);
            assertThat(client.hasInput(Duration.ofMillis(500)))
                    .as("cut off at once at %d h", hours)
                    .isFalse();
            assertThat(client.isEnded()).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - lastByte))
                    .isBetween(IDLE.minusMillis(1), IDLE.multipliedBy(5));
        }
    }
}
