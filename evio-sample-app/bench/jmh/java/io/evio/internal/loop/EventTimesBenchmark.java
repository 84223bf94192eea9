package io.evio.internal.loop;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Timing an event: the clock read twice, and the count. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EventTimesBenchmark {

    private final EventTimes times = new EventTimes();

    @Benchmark
    public long clock() {
        return System.nanoTime();
    }

    @Benchmark
    public void event() {
        times.ended("data", "Handler", System.nanoTime());
    }
}
