package io.evio.loop;

import io.evio.poll.Poller;
import io.evio.poll.Pollers;
import io.evio.sys.PeerAddress;
import io.evio.sys.SystemCallException;
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

    private final LoopConnection connection = new LoopConnection(null, 1, -1, new PeerAddress(), 0);
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
    public LoopConnection fromTheLoop() {
        ofThisThread.push(connection);
        return ofThisThread.takeAll();
    }

    /** With what the loop does about it: two system calls, one to wake and one to take note. */
    @Benchmark
    public LoopConnection fromAnotherThread() throws SystemCallException {
        ofAnother.push(connection);
        ofAnother.woken();
        return ofAnother.takeAll();
    }

    /** Behind a wake that the loop has not seen yet. */
    @Benchmark
    public LoopConnection coalesced() {
        notified.push(connection);
        return notified.takeAll();
    }
}
