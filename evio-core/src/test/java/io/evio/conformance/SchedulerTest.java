package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsConformanceTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The threads that go first where they share a processor: over epoll the loop, and not those that do handshakes. */
class SchedulerTest extends TlsConformanceTest {

    private static final String SHORTEST = "100000";

    private final BlockingQueue<String> slices = new LinkedBlockingQueue<>();

    /** The calling thread's slice of time in nanoseconds, of which each thread has its own since Linux 6.12. */
    private static String slice() {
        return read(Path.of("/proc/thread-self/sched"))
                .lines()
                .filter(line -> line.startsWith("se.slice "))
                .map(line -> line.replaceAll(".*: *", ""))
                .findFirst()
                .orElse("");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean isEpoll() {
        return poller.equals("epoll");
    }

    private void requireSlices() {
        assumeThat(Path.of("/proc/thread-self/sched")).exists();
        String[] version = System.getProperty("os.version").split("\\D+", 3);
        assumeThat(Integer.parseInt(version[0]) * 100 + Integer.parseInt(version[1]))
                .as("the version of Linux")
                .isGreaterThanOrEqualTo(612);
    }

    @Test
    void aLoopHasTheShortestSliceAndThreadsThatItStartsDoNot() throws Exception {
        requireSlices();
        String usual = slice();
        assertThat(usual).isNotEqualTo(SHORTEST);
        EvioServer server = start(
                TestHandler.echo().onOpened((connection, out) -> {
                    slices.add(slice());
                    new Thread(() -> slices.add(slice())).start();
                    return Action.NONE;
                }),
                ANY_PORT);
        connect(server);
        assertThat(slices.poll(10, TimeUnit.SECONDS)).isEqualTo(isEpoll() ? SHORTEST : usual);
        assertThat(slices.poll(10, TimeUnit.SECONDS)).isEqualTo(usual);
    }

    @Test
    void aThreadThatHasRunALoopIsAsItWas() throws Exception {
        requireSlices();
        EvioServer server = stopAfterwards(builder(TestHandler.echo(), ANY_PORT).build());
        try (Crowd serving = Crowd.one(i -> {
            slices.add(slice());
            server.serve();
            slices.add(slice());
        })) {
            Eventually.isTrue("the loop runs", server::isRunning);
            server.stop(Duration.ZERO);
            serving.join();
        }
        assertThat(slices).hasSize(2).containsOnly(slice());
    }

    /** The slow work of others' handshakes. */
    @Test
    void threadsThatDoHandshakesStepBack() throws Exception {
        assumeThat(Path.of("/proc/self/task")).isDirectory();
        String name = poller.substring(0, 3); // Linux keeps 15 characters of a thread's name
        EvioServer server = start(tlsBuilder(TestHandler.echo(), tls()).name(name));
        requireEcho(connectTls(server));
        int handshakes = Eventually.present("the thread's nice value", () -> nice("evio-" + name + "-tls-1"));
        int loop = Eventually.present("the loop's", () -> nice("evio-" + name));
        assertThat(handshakes).isEqualTo(isEpoll() ? Math.max(loop, 10) : loop);
    }

    /** The nice value of the thread of this name: see proc_pid_stat(5), behind the name in parentheses. */
    private static Optional<Integer> nice(String thread) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.map(task -> read(task.resolve("stat")))
                    .filter(stat -> stat.contains("(" + thread + ")"))
                    .map(stat -> stat.replaceFirst("^.*\\) ", "").split(" ", -1)[16])
                    .map(Integer::valueOf)
                    .findFirst();
        } catch (IOException | UncheckedIOException e) {
            // A thread has ended meanwhile.
            return Optional.empty();
        }
    }
}
