package io.evio.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Writes down the system calls of one thread, with strace(1). */
public final class Strace implements AutoCloseable {

    /** The JVM's own: locks, safepoints, memory. */
    private static final Set<String> OF_THE_JVM = Set.of(
            "futex",
            "gettid",
            "sched_yield",
            "mprotect",
            "madvise",
            "mmap",
            "munmap",
            "rt_sigreturn",
            "restart_syscall");

    private final Process process;
    private final Path file;

    private Strace(Process process, Path file) {
        this.process = process;
        this.file = file;
    }

    /**
     * Starts; the thread is being traced when this returns. Without strace, or without the right to trace, the test is
     * aborted; in CI it fails.
     *
     * @param options more of strace's, such as {@code -e inject=listen:error=ENOBUFS}
     */
    public static Strace attach(int taskId, Path folder, String... options) throws IOException {
        Programs.require("strace", "strace");
        Path file = Files.createTempFile(folder, "strace", ".txt");
        List<String> command =
                new ArrayList<>(List.of("strace", "-p", Integer.toString(taskId), "-o", file.toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        BufferedReader says = process.inputReader(StandardCharsets.UTF_8);
        String line = says.readLine();
        if (line == null || !line.endsWith("attached")) {
            process.destroyForcibly();
            Programs.unavailable("strace may not trace this process: " + line);
        }
        return new Strace(process, file);
    }

    /** Ends, and returns the calls in their order, each as a line such as {@code read(7, "ping", 65536) = 4}. */
    public List<String> calls() throws IOException {
        close();
        return Files.readAllLines(file, StandardCharsets.ISO_8859_1).stream()
                .filter(line -> line.indexOf('(') > 0 && !OF_THE_JVM.contains(name(line)))
                .toList();
    }

    /** Returns how often each call was made. */
    public static Map<String, Integer> count(List<String> calls) {
        Map<String, Integer> counts = new TreeMap<>();
        calls.forEach(call -> counts.merge(name(call), 1, Integer::sum));
        return counts;
    }

    private static String name(String call) {
        return call.substring(0, call.indexOf('('));
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
        process.destroyForcibly();
    }
}
