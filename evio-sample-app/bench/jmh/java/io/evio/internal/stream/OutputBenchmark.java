package io.evio.internal.stream;

import io.evio.internal.poll.Poller;
import io.evio.internal.poll.Pollers;
import io.evio.internal.sys.Block;
import io.evio.internal.sys.SystemCallException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Appending to the loop's output buffer, one thing of each kind that a handler writes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class OutputBenchmark {

    private static final int ENOUGH = 32 * 1024;

    private final byte[] bytes = new byte[64];
    private final ByteBuffer direct = ByteBuffer.allocateDirect(64);
    private final OutputBuffer.Target connection = new Unpending();
    private Poller poller;
    private Block block;
    private ByteBuffer in;
    private OutputBuffer out;

    /** A connection whose output never waits for the kernel. */
    private static final class Unpending implements OutputBuffer.Target {

        @Override
        public int unsent() {
            return 0;
        }

        @Override
        public int maxUnsent() {
            return 1 << 20;
        }

        @Override
        public boolean isPlain() {
            return true;
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public IllegalStateException refusal() {
            return new IllegalStateException("It is writable");
        }

        @Override
        public void spill(ByteBuffer bytes, int offset, int length) {}

        @Override
        public OutputBuffer.Overflow overflow(long unsent) {
            throw new IllegalStateException("Nothing is that long");
        }

        @Override
        public void setSpilled(boolean spilled) {}

        @Override
        public boolean isSpilled() {
            return false;
        }

        @Override
        public void flush() {}

        @Override
        public void flushLater() {}
    }

    @Setup
    public void open() throws SystemCallException {
        poller = Pollers.open("auto");
        block = poller.sockets().memory().allocateShared(64 * 1024);
        in = block.buffer().asReadOnlyBuffer();
        out = new OutputBuffer(poller.sockets().memory(), Thread.currentThread());
        out.begin(connection, null, null);
    }

    @TearDown
    public void close() {
        out.close();
        block.free();
        poller.close();
    }

    @Benchmark
    public int oneByte() {
        out.append((byte) 'x');
        return length();
    }

    @Benchmark
    public int array64() {
        out.append(bytes, 0, bytes.length);
        return length();
    }

    @Benchmark
    public int directBuffer64() {
        out.append(direct.clear());
        return length();
    }

    /**
     * The event's own input, which is sent from where it lies: an echo. With the event around it, as there is one for
     * each.
     */
    @Benchmark
    public Block input64() {
        out.begin(connection, in.clear().limit(64), block);
        out.append(in);
        Block source = out.source();
        out.clear();
        out.end();
        return source;
    }

    @Benchmark
    public int ascii20() {
        out.appendAscii("HTTP/1.1 200 OK, all");
        return length();
    }

    @Benchmark
    public int utf8Of20() {
        out.appendUtf8("gr\u00fc\u00dfe aus dem norden");
        return length();
    }

    @Benchmark
    public int decimalOf7Digits() {
        out.appendDecimal(1_234_567);
        return length();
    }

    /** Begins anew before more is staged than there is room for. */
    private int length() {
        int length = out.length(connection);
        if (length > ENOUGH) {
            out.clear();
        }
        return length;
    }
}
