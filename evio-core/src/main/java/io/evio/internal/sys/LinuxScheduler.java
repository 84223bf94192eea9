package io.evio.internal.sys;

import com.kenai.jffi.MemoryIO;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * {@link Scheduler} by sched_setattr(2).
 *
 * <p>A thread that wakes takes its processor from another only if it asks for a shorter slice of time (since Linux
 * 6.12) and has not just had more than its share. So a loop gets the shortest slice there is, and a thread that is to
 * step back a lower weight: then the loop's share is hardly ever used up.
 */
public final class LinuxScheduler implements Scheduler {

    /**
     * The nice value of threads that step back: beside one that computes without end they have a tenth of a processor.
     */
    private static final int NICE = 10;

    /** The shortest that Linux gives, 0.1 ms. */
    private static final long SLICE_NANOS = 100_000;

    private static final long DEFAULT_SLICE = 0;

    /** True on x86-64, whose calls have numbers of their own; arm64 has those of most processors (syscalls(2)). */
    private static final boolean X86 = System.getProperty("os.arch").matches("amd64|x86_64");

    private static final long SCHED_SETATTR = X86 ? 314 : 274;
    private static final long SCHED_GETATTR = X86 ? 315 : 275;

    private static final int SCHED_OTHER = 0;
    private static final long SCHED_FLAG_RESET_ON_FORK = 1;

    /** The fields of {@code struct sched_attr}, in its first version: its size and their offsets. */
    private static final int SIZE = 48;

    private static final int SIZE_FIELD = 0;
    private static final int POLICY = 4;
    private static final int FLAGS = 8;
    private static final int NICE_VALUE = 16;
    private static final int RUNTIME = 24;

    private final LinuxLibc libc;

    public LinuxScheduler(LinuxLibc libc) {
        this.libc = libc;
    }

    @Override
    public void beginLoop() {
        set(attributes -> attributes
                .putLong(RUNTIME, SLICE_NANOS)
                .putLong(FLAGS, attributes.getLong(FLAGS) | SCHED_FLAG_RESET_ON_FORK));
    }

    @Override
    public void endLoop() {
        set(attributes -> attributes.putLong(RUNTIME, DEFAULT_SLICE));
    }

    @Override
    public void stepBack() {
        set(attributes -> attributes.putInt(NICE_VALUE, Math.max(NICE, attributes.getInt(NICE_VALUE))));
    }

    /** A change of what sched_getattr(2) has found. */
    private interface Change {
        void to(ByteBuffer attributes);
    }

    /**
     * Changes the calling thread's attributes, if it is an ordinary one: what an administrator has set is left alone.
     */
    private void set(Change change) {
        ByteBuffer attributes = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());
        long address = MemoryIO.getInstance().getDirectBufferAddress(attributes);
        if (libc.syscall(SCHED_GETATTR, 0, address, SIZE, 0) == 0 && attributes.getInt(POLICY) == SCHED_OTHER) {
            attributes.putInt(SIZE_FIELD, SIZE);
            change.to(attributes);
            libc.syscall(SCHED_SETATTR, 0, address, 0, 0);
        }
        Reference.reachabilityFence(attributes);
    }
}
