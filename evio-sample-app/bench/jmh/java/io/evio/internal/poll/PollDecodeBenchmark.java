package io.evio.internal.poll;

import io.evio.internal.sys.LinuxLibc;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.SystemLibrary;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Reading what one wait brought: token and readiness of each event. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PollDecodeBenchmark {

    @Param({"1", "64"})
    public int events;

    private final LinuxLibc libc = SystemLibrary.linux().calls();
    private Poller poller;
    private int[] handles;

    @Setup
    public void open() throws SystemCallException {
        poller = Pollers.open("epoll");
        handles = new int[events];
        for (int i = 0; i < events; i++) {
            // It counts one, so it stays readable.
            handles[i] = libc.eventfd(1, 0);
            poller.add(handles[i], i, Poller.READ);
        }
        if (poller.await(0) != events) {
            throw new IllegalStateException("not all of " + events + " handles are ready");
        }
    }

    @TearDown
    public void close() {
        poller.close();
        for (int handle : handles) {
            libc.close(handle);
        }
    }

    @Benchmark
    public long decode() {
        long sum = 0;
        for (int i = 0; i < events; i++) {
            sum += poller.token(i) + poller.ready(i);
        }
        return sum;
    }

    /** The same with the wait that brings them. */
    @Benchmark
    public long awaitAndDecode() throws SystemCallException {
        poller.await(0);
        return decode();
    }
}
