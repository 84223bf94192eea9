package io.evio.internal.loop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A number that one thread writes and any thread reads. The writer's plain read and opaque store cost no more than a
 * plain increment; readers never see a torn value, and see each in bounded time.
 */
public final class Counter {

    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Counter.class, "value", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long value;

    /** Adds to the number; {@code n} may be negative. By the writing thread only. */
    public void add(long n) {
        VALUE.setOpaque(this, value + n);
    }

    /** Replaces the number. By the writing thread only. */
    public void set(long n) {
        VALUE.setOpaque(this, n);
    }

    /** The number now. From any thread. */
    public long get() {
        return (long) VALUE.getOpaque(this);
    }
}
