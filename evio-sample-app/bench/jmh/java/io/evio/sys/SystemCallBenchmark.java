package io.evio.sys;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a call through jnr-ffi costs: by itself, with the kernel behind it, and with the errno of a failure. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SystemCallBenchmark {

    private static final int EFD_NONBLOCK = 0x800;

    private final SystemLibrary<LinuxLibc> library = SystemLibrary.linux();
    private final LinuxLibc libc = library.calls();
    private int eventfd;
    private long eight;

    @Setup
    public void open() {
        eventfd = libc.eventfd(0, EFD_NONBLOCK);
        eight = libc.malloc(Long.BYTES);
    }

    @TearDown
    public void close() {
        libc.close(eventfd);
        libc.free(eight);
    }

    /** free(3) of nothing returns at once: what is left is the way into native code and back. */
    @Benchmark
    public void callWithoutKernel() {
        libc.free(0);
    }

    /** An eventfd that counts nothing has nothing to read. */
    @Benchmark
    public long readThatFails() {
        return libc.read(eventfd, eight, Long.BYTES);
    }

    @Benchmark
    public int readThatFailsAndErrno() {
        return libc.read(eventfd, eight, Long.BYTES) < 0 ? library.errno().getAsInt() : 0;
    }
}
