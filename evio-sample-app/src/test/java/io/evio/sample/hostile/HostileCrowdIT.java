package io.evio.sample.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.SampleJar;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The application among a crowd that means it harm: whoever behaves is served all the same, memory stays within the
 * limits, and nothing of the crowd is left when it has gone. {@code mvn -Phostile verify} lets in the whole crowd and
 * compares times; here it is a small one.
 */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@Timeout(600)
class HostileCrowdIT {

    private static final List<String> SERVERS = List.of("echo", "redis", "http");

    private static final int IDLE = Integer.getInteger("hostile.idle", 900);
    private static final int HALF_OPEN = Integer.getInteger("hostile.half-open", 450);
    private static final int SECONDS = Integer.getInteger("hostile.seconds", 3);

    /** The number of times longer that the slowest hundredth may take among the crowd; 0 does not compare. */
    private static final int FACTOR = Integer.getInteger("hostile.factor", 0);

    private static final int GREEDY = 4;
    private static final int SLOW = 50;
    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;

    /** Unsent bytes that one connection may have by the limits in application.yml, and by the two handlers' own. */
    private static final Map<String, Long> MOST_PENDING = Map.of(
            // high-water-mark, and the echo of what one turn reads
            "echo", MIB + 64 * KIB,
            // RedisHandler.ENOUGH_REPLIES, and one more reply
            "redis", 16 * MIB + 2 * 64 * KIB,
            // HttpHandler.ENOUGH_REPLIES, and one more reply
            "http", 256 * KIB + 2 * 64 * KIB);

    /**
     * max-pending-total of each server, above what the others would need and far below its default: chunks for what
     * {@link #MOST_PENDING} connections have, and a kilobyte of beginnings for everybody else.
     */
    private static final long MOST_MEMORY = 96 * MIB;

    /** The memory that the JVM may take for itself meanwhile: code, threads, class data, the heap's tables. */
    private static final long JVM = 96 * MIB;

    /** A connection's object, its unread bytes and what malloc(3) adds, outside of the heap. */
    private static final long A_CONNECTION = KIB;

    @TempDir
    private Path folder;

    private final Map<String, Long> mostMemory = new LinkedHashMap<>();

    private SampleJar app;

    @Test
    void whoeverBehavesIsServedAmongACrowd() throws Exception {
        app = SampleJar.startPlain(
                folder,
                "--evio.limits.max-pending-total=" + MOST_MEMORY + "B",
                // A heap that is in memory from the start: what grows is something else.
                "-Xms96m",
                "-Xmx96m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC");
        try {
            store("large", 64 * 1024);
            Map<String, List<Long>> quiet = serve(() -> {});
            long descriptors = descriptorsWithoutConnections();
            long resident = app.residentBytes();

            Map<String, List<Long>> crowded;
            Crowd crowd = new Crowd();
            try {
                gather(crowd);
                crowded = serve(this::checkPending);
                checkMemory(resident);
            } finally {
                crowd.leave();
            }

            await().atMost(Duration.ofSeconds(30)).until(() -> connections() == 0);
            for (String server : SERVERS) {
                assertThat(app.meter("evio_write_pending_bytes", server)).isZero();
                assertThat(app.meter("evio_handler_errors_total", server)).isZero();
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> app.descriptors() <= descriptors);
            serve(() -> {});
            compare(quiet, crowded);
            assertThat(app.out()).doesNotContain(" ERROR ", "OutOfMemoryError");
            assertThat(app.stop()).isZero();
        } finally {
            app.close();
        }
    }

    private void gather(Crowd crowd) throws IOException {
        for (String server : SERVERS) {
            crowd.idle(app.tcp(server), IDLE / SERVERS.size());
            crowd.halfOpen(server, app.tcp(server), HALF_OPEN / SERVERS.size());
            crowd.greedy(server, app.tcp(server), GREEDY);
            crowd.slow(server, app.tcp(server), SLOW);
            crowd.random(server, app.tcp(server), 1);
        }
        crowd.random("echo", app.unix("echo"), 2);
        crowd.random("redis", app.unix("redis"), 2);
    }

    /** Looks at the servers while customers are served. */
    @FunctionalInterface
    private interface Check {
        void run() throws IOException, InterruptedException;
    }

    /**
     * Lets a customer of each server ask for a while; returns how long its replies took, sorted.
     *
     * @param check made again and again meanwhile, but seldom, so that it does not cost time that is measured
     */
    private Map<String, List<Long>> serve(Check check) throws IOException, InterruptedException {
        Map<String, Customer> customers = new LinkedHashMap<>();
        for (String server : SERVERS) {
            customers.put(server, new Customer(server, app.tcp(server), 3));
        }
        List<Thread> threads = customers.values().stream().map(Thread::new).toList();
        threads.forEach(Thread::start);
        for (int second = 0; second < SECONDS; second++) {
            Thread.sleep(1000);
            check.run();
        }
        customers.values().forEach(Customer::leave);
        for (Thread thread : threads) {
            thread.join();
        }
        Map<String, List<Long>> nanos = new LinkedHashMap<>();
        customers.forEach((server, customer) -> {
            assertThat(customer.failure()).as(server).isNull();
            assertThat(customer.sortedNanos()).as(server).hasSizeGreaterThan(10);
            nanos.put(server, customer.sortedNanos());
        });
        return nanos;
    }

    /** Pending memory is within the limits, of each server and of each of its connections. */
    private void checkPending() throws IOException, InterruptedException {
        for (String server : SERVERS) {
            long memory = app.meter("evio_pending_memory_bytes", server);
            assertThat(memory).as("pending memory of %s", server).isLessThanOrEqualTo(MOST_MEMORY);
            mostMemory.merge(server, memory, Math::max);
            assertThat(mostPending(server))
                    .as("pending output of one connection of %s", server)
                    .isLessThanOrEqualTo(MOST_PENDING.get(server));
        }
    }

    /** The most bytes that are unsent on a connection of the server now, by all pages of the endpoint. */
    private long mostPending(String server) throws IOException, InterruptedException {
        long most = 0;
        for (String after = "0"; after != null; ) {
            String page = app.actuator("evio/" + server + "?limit=1000&after=" + after);
            most = Math.max(
                    most,
                    Pattern.compile("\"pending\":(\\d+)")
                            .matcher(page)
                            .results()
                            .mapToLong(found -> Long.parseLong(found.group(1)))
                            .max()
                            .orElse(0));
            Matcher next = Pattern.compile("\"next\":(\\d+)").matcher(page);
            after = next.find() ? next.group(1) : null;
        }
        return most;
    }

    private void checkMemory(long residentBefore) throws IOException, InterruptedException {
        long mostPending = 0;
        for (String server : SERVERS) {
            long most = GREEDY * MOST_PENDING.get(server);
            assertThat(app.meter("evio_write_pending_bytes", server)).as(server).isLessThanOrEqualTo(most);
            mostPending += most;
        }
        long guests = IDLE + HALF_OPEN + (long) SERVERS.size() * (GREEDY + SLOW);
        long grown = app.residentBytes() - residentBefore;
        print("the most memory that was pending, of %d KiB allowed: %s", MOST_MEMORY / KIB, mostMemory);
        print(
                "connections %d, grown by %d KiB, of which pending output may be %d KiB",
                connections(), grown / KIB, mostPending / KIB);
        assertThat(grown).isLessThan(JVM + mostPending + guests * A_CONNECTION);
    }

    private void compare(Map<String, List<Long>> quiet, Map<String, List<Long>> crowded) {
        for (String server : SERVERS) {
            double before = percentile(quiet.get(server)) / 1e3;
            double among = percentile(crowded.get(server)) / 1e3;
            print(
                    "%s: p99 quiet %.0f us (of %d), among the crowd %.0f us (of %d), ratio %.2f",
                    server,
                    before,
                    quiet.get(server).size(),
                    among,
                    crowded.get(server).size(),
                    among / before);
            if (FACTOR > 0) {
                assertThat(among).as("p99 of %s in microseconds", server).isLessThanOrEqualTo(FACTOR * before);
            }
        }
    }

    private static long percentile(List<Long> sorted) {
        return sorted.get(sorted.size() * 99 / 100);
    }

    private long connections() throws IOException, InterruptedException {
        long active = 0;
        for (String server : SERVERS) {
            active += app.meter("evio_connections_active_connections", server);
        }
        return active;
    }

    private long descriptorsWithoutConnections() throws IOException {
        await().until(() -> connections() == 0);
        return app.descriptors();
    }

    private void store(String key, int length) throws IOException {
        try (SocketChannel redis = SocketChannel.open(app.tcp("redis"))) {
            String command = "SET " + key + " " + "v".repeat(length - 100) + "\r\n";
            redis.write(ByteBuffer.wrap(command.getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer reply = ByteBuffer.allocate(5);
            while (reply.hasRemaining() && redis.read(reply) >= 0) {
                // Until the reply is there.
            }
            assertThat(new String(reply.array(), StandardCharsets.US_ASCII)).isEqualTo("+OK\r\n");
        }
    }

    private static void print(String format, Object... values) {
        System.out.println("hostile crowd: " + String.format(format, values));
    }
}
