package io.evio.sample.redis;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Parsing commands out of one event's input, as they come pipelined; time a command. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RespReaderBenchmark {

    private static final int COMMANDS = 32;

    private final byte[] ping = repeated("*1\r\n$4\r\nPING\r\n");
    private final byte[] get = repeated("*2\r\n$3\r\nGET\r\n$10\r\nbench:key1\r\n");
    private final byte[] set = repeated("*3\r\n$3\r\nSET\r\n$10\r\nbench:key1\r\n$8\r\nabcdefgh\r\n");
    private final byte[] inline = repeated("SET bench:key1 abcdefgh\r\n");
    private final RespReader reader = new RespReader();

    private static byte[] repeated(String command) {
        return command.repeat(COMMANDS).getBytes(StandardCharsets.US_ASCII);
    }

    @Benchmark
    @OperationsPerInvocation(COMMANDS)
    public int ping() {
        return read(ping);
    }

    @Benchmark
    @OperationsPerInvocation(COMMANDS)
    public int get() {
        return read(get);
    }

    @Benchmark
    @OperationsPerInvocation(COMMANDS)
    public int set() {
        return read(set);
    }

    @Benchmark
    @OperationsPerInvocation(COMMANDS)
    public int inlineSet() {
        return read(inline);
    }

    private int read(byte[] commands) {
        reader.reset(commands, commands.length);
        int read = 0;
        while (reader.next() == RespReader.COMMAND) {
            read += reader.arguments().count();
        }
        return read;
    }
}
