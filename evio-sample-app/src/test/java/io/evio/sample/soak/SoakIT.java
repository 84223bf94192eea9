package io.evio.sample.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.testing.SampleJar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients of every kind for {@code -Dsoak.minutes}, at no more than {@code -Dsoak.connections} a second; once a minute
 * they pause, and what the server takes is looked at. Run by {@code mvn -Psoak verify}; the table is in
 * {@code target/soak.md}.
 */
@EnabledIfSystemProperty(named = "soak.minutes", matches = "\\d+", disabledReason = "run by mvn -Psoak verify")
class SoakIT {

    private static final int CLIENTS = 8;

    private static final String ADDRESSES = "tcp://127.0.0.1:0,tls://127.0.0.1:0";

    @TempDir
    private Path folder;

    private final AtomicLong connections = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicReference<String> wrong = new AtomicReference<>();
    private final AtomicBoolean ended = new AtomicBoolean();

    /** Read-locked by each piece of work; write-locked while the server is looked at. */
    private final ReentrantReadWriteLock working = new ReentrantReadWriteLock(true);

    private final List<String> table = new ArrayList<>(List.of(
            "| minute | connections | requests | descriptors | threads | heap after GC, KiB | JVM committed, KiB |"
                    + " RSS, KiB | pending memory, bytes |",
            "|---:|---:|---:|---:|---:|---:|---:|---:|---:|"));

    @Test
    void footprintStaysAndEveryByteIsRight() throws Exception {
        int minutes = Integer.getInteger("soak.minutes");
        long rate = Long.getLong("soak.connections", 1200);
        List<Footprint> footprints = new ArrayList<>();
        try (SampleJar sample = SampleJar.startPlain(
                folder,
                "-Xmx256m",
                "-XX:NativeMemoryTracking=summary",
                "-XX:+UseSerialGC",
                "--spring.profiles.active=tls",
                "--evio.servers.echo.addresses=" + ADDRESSES,
                "--evio.servers.redis.addresses=" + ADDRESSES,
                "--evio.servers.http.addresses=" + ADDRESSES)) {
            int actuator = sample.actuatorPort();
            sample.awaitStarted();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Workload workload = new Workload(
                        sample.port("echo"),
                        sample.port("redis"),
                        sample.port("http"),
                        Map.of(
                                sample.port("echo"), sample.tlsPort("echo"),
                                sample.port("redis"), sample.tlsPort("redis"),
                                sample.port("http"), sample.tlsPort("http")),
                        connections,
                        requests,
                        wrong,
                        i);
                Thread client = new Thread(() -> work(workload, rate / CLIENTS), "soak-" + i);
                client.start();
                clients.add(client);
            }
            for (int minute = 1; minute <= minutes && wrong.get() == null; minute++) {
                Thread.sleep(Duration.ofMinutes(1).toMillis());
                working.writeLock().lock();
                try {
                    footprints.add(Footprint.of(sample.pid(), actuator));
                } finally {
                    working.writeLock().unlock();
                }
                note(minute, footprints.get(footprints.size() - 1));
            }
            ended.set(true);
            for (Thread client : clients) {
                client.join();
            }
            assertThat(wrong.get())
                    .as("wrong bytes; the sample wrote %s%s", sample.out(), sample.err())
                    .isNull();
            assertThat(sample.out()).doesNotContain(" ERROR ");
        } finally {
            ended.set(true);
        }
        List<Footprint> later = footprints.subList(Math.min(4, footprints.size() / 2), footprints.size());
        assertFlat("descriptors", later, Footprint::descriptors, 3);
        assertFlat("threads", later, Footprint::threads, 3);
        assertFlat("heap after GC", later, Footprint::heap, 2 * 1024);
        assertFlat("JVM committed", later, Footprint::jvm, 16 * 1024);
        assertFlat("RSS", later, Footprint::rss, 24 * 1024);
        assertThat(later).allMatch(footprint -> footprint.pending() == 0);
    }

    private void work(Workload workload, long perSecond) {
        long next = System.nanoTime();
        while (!ended.get()) {
            working.readLock().lock();
            try {
                workload.once();
            } catch (IOException e) {
                wrong.compareAndSet(null, e.toString());
            } finally {
                working.readLock().unlock();
            }
            // Not to be made up for: a rate is never more than it is.
            next = Math.max(next + 1_000_000_000L / perSecond, System.nanoTime() - 1_000_000_000L / perSecond);
            LockSupport.parkNanos(next - System.nanoTime());
        }
    }

    private void note(int minute, Footprint it) throws IOException {
        table.add(String.format(
                "| %d | %,d | %,d | %d | %d | %,d | %,d | %,d | %,d |",
                minute,
                connections.get(),
                requests.get(),
                it.descriptors(),
                it.threads(),
                it.heap(),
                it.jvm(),
                it.rss(),
                it.pending()));
        Files.write(Path.of("target", "soak.md"), table);
    }

    /** No more than this above the first: what is lost minute by minute adds up to more. */
    private static void assertFlat(
            String what, List<Footprint> later, ToLongFunction<Footprint> figure, long tolerance) {
        long first = figure.applyAsLong(later.get(0));
        assertThat(later)
                .allSatisfy(footprint ->
                        assertThat(figure.applyAsLong(footprint)).as(what).isLessThanOrEqualTo(first + tolerance));
    }
}
