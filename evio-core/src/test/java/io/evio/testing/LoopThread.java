package io.evio.testing;

import com.sun.management.ThreadMXBean;
import io.evio.EvioServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The time and memory that a server's loop thread has used, as the JVM and the kernel count it. */
public final class LoopThread {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Thread thread;

    private LoopThread(Thread thread) {
        this.thread = thread;
    }

    /** That of a running server. */
    public static LoopThread of(EvioServer server) {
        return new LoopThread(ConformanceTest.loopThread(server));
    }

    /** Nanoseconds it was running. */
    public long cpuNanos() {
        return THREADS.getThreadCpuTime(thread.getId());
    }

    /** Bytes of heap it has ever allocated. */
    public long allocatedBytes() {
        return THREADS.getThreadAllocatedBytes(thread.getId());
    }

    /** The kernel's number of the thread. */
    public int taskId() {
        return taskId(thread);
    }

    /** The kernel's number of any thread, to which HotSpot gives the first 15 characters of its name once it runs. */
    public static int taskId(Thread thread) {
        String name =
                thread.getName().substring(0, Math.min(15, thread.getName().length()));
        return Eventually.present("task " + name, () -> find(name));
    }

    private static Optional<Integer> find(String name) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                if (Files.readString(task.resolve("comm")).strip().equals(name)) {
                    return Optional.of(Integer.parseInt(task.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            // One of them has ended meanwhile.
        }
        return Optional.empty();
    }
}
