package io.evio.sample.redis;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Looking up one of a thousand keys: of less than a word of eight bytes, of two words, and of more; time a look-up. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ByteMapBenchmark {

    private static final int KEYS = 1024;

    @Param({"6", "10", "40"})
    int length;

    private final ByteMap map = new ByteMap();
    private byte[] keys = {};
    private int next;

    @Setup
    public void fill() {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < KEYS; i++) {
            all.append("x".repeat(length - 4)).append(1000 + i);
        }
        keys = all.toString().getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < KEYS; i++) {
            map.put(keys, i * length, length, new byte[0]);
        }
    }

    @Benchmark
    public byte[] get() {
        next = (next + 1) & (KEYS - 1);
        return map.get(keys, next * length, length);
    }
}
