package io.evio.internal.sys;

import com.kenai.jffi.MemoryIO;
import java.util.function.LongConsumer;

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

    private static final MemoryIO MEMORY = MemoryIO.getInstance();

    private final LinuxLibc libc;

    public LinuxScheduler(LinuxLibc libc) {
        this.libc = libc;
    }

    @Override
    public void beginLoop() {
        set(attributes -> {
            MEMORY.putLong(attributes + RUNTIME, SLICE_NANOS);
            MEMORY.putLong(attributes + FLAGS, MEMORY.getLong(attributes + FLAGS) | SCHED_FLAG_RESET_ON_FORK);
        });
    }

    @Override
    public void endLoop() {
        set(attributes -> MEMORY.putLong(attributes + RUNTIME, DEFAULT_SLICE));
    }

    @Override
    public void stepBack() {
        set(attributes ->
                MEMORY.putInt(attributes + NICE_VALUE, Math.max(NICE, MEMORY.getInt(attributes + NICE_VALUE))));
    }

    /**
     * Changes the calling thread's attributes, if it is an ordinary one: what an administrator has set is left alone.
     *
     * @param change takes the address of what sched_getattr(2) has found
     */
    private void set(LongConsumer change) {
        long attributes = MEMORY.allocateMemory(SIZE, true);
        if (attributes == 0) {
            return;
        }
        try {
            if (libc.syscall(SCHED_GETATTR, 0, attributes, SIZE, 0) == 0
                    && MEMORY.getInt(attributes + POLICY) == SCHED_OTHER) {
                MEMORY.putInt(attributes + SIZE_FIELD, SIZE);
                change.accept(attributes);
                libc.syscall(SCHED_SETATTR, 0, attributes, 0, 0);
            }
        } finally {
            MEMORY.freeMemory(attributes);
        }
    }
}
