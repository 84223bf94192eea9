package io.evio.sample.soak;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The resources of a process, while nobody is connected to it.
 *
 * @param heap live objects after a collection, in KiB
 * @param jvm what the JVM has committed for all its purposes (its native memory tracking), in KiB
 * @param rss in KiB
 * @param pending {@code evio.pending.memory} of all servers, in bytes
 */
record Footprint(long descriptors, long threads, long heap, long jvm, long rss, long pending) {

    private static final Pattern ACTIVE = Pattern.compile("\"evio\\.connections\\.active\":(\\d+)");
    private static final Pattern PENDING = Pattern.compile("\"evio\\.pending\\.memory\":(\\d+)");

    static Footprint of(long pid, int actuator) throws IOException, InterruptedException {
        awaitNobody(actuator);
        jcmd(pid, "GC.run");
        // Before what is asked for takes memory itself.
        String heap = jcmd(pid, "GC.class_histogram");
        String status = Files.readString(Path.of("/proc/" + pid + "/status"));
        long descriptors;
        try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            descriptors = open.count();
        }
        return new Footprint(
                descriptors,
                number(status, "Threads:\\s+(\\d+)"),
                number(heap, "(?m)^Total\\s+\\d+\\s+(\\d+)") / 1024,
                number(jcmd(pid, "VM.native_memory", "summary"), "Total: .*committed=(\\d+)KB"),
                number(status, "VmRSS:\\s+(\\d+) kB"),
                sum(PENDING, endpoint(actuator)));
    }

    private static void awaitNobody(int actuator) throws IOException, InterruptedException {
        for (int i = 0; sum(ACTIVE, endpoint(actuator)) > 0; i++) {
            if (i > 300) {
                throw new AssertionError("connections stay open that all clients have closed");
            }
            Thread.sleep(100);
        }
        // What lingers does so for two seconds; connections of actuator's clients end by themselves.
        Thread.sleep(2500);
    }

    /** Over a connection that ends with the answer, so that none of a pool is among what is counted. */
    private static String endpoint(int actuator) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + actuator + "/actuator/evio")
                .toURL()
                .openConnection();
        connection.setRequestProperty("Connection", "close");
        try (InputStream in = connection.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static long sum(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
    }

    private static long number(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + pattern + " in " + text);
        }
        return Long.parseLong(matcher.group(1));
    }

    private static String jcmd(long pid, String... command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid)));
        all.addAll(List.of(command));
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(all + ": " + printed);
        }
        return printed;
    }
}
