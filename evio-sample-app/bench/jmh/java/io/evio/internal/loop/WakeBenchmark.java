package io.evio.internal.loop;

import io.evio.internal.poll.Poller;
import io.evio.internal.poll.Pollers;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Waking a connection: from the loop itself, from another thread, and while the loop is being woken already. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class WakeBenchmark {

    private final Source connection = new Source(1, -1) {
        @Override
        protected void failed(OutOfMemoryError cause) {}

        @Override
        protected void cutOff(IOException cause) {}
    };

    private Poller poller;
    private WakeQueue ofThisThread;
    private WakeQueue ofAnother;
    private WakeQueue notified;

    @Setup
    public void open() throws SystemCallException {
        poller = Pollers.open("auto");
        Thread another = new Thread("never started");
        ofThisThread = new WakeQueue(poller, Thread.currentThread());
        ofAnother = new WakeQueue(poller, another);
        notified = new WakeQueue(poller, another);
        notified.notifyLoop();
    }

    @TearDown
    public void close() {
        poller.close();
    }

    @Benchmark
    public Source fromTheLoop() {
        ofThisThread.push(connection);
        return ofThisThread.takeAll();
    }

    /** With what the loop does about it: two system calls, one to wake and one to take note. */
    @Benchmark
    public Source fromAnotherThread() throws SystemCallException {
        ofAnother.push(connection);
        ofAnother.woken();
        return ofAnother.takeAll();
    }

    /** Behind a wake that the loop has not seen yet. */
    @Benchmark
    public Source coalesced() {
        notified.push(connection);
        return notified.takeAll();
    }
}
