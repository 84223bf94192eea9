package io.evio.testing;

import java.lang.reflect.Method;
import java.util.Arrays;

/** Virtual threads, where the JDK has them: since 21, and the tests are compiled for 17. */
public final class VirtualThreads {

    private VirtualThreads() {}

    /** Returns whether there are any. */
    public static boolean exist() {
        return Runtime.version().feature() >= 21;
    }

    /** A virtual thread that is not started. */
    public static Thread unstarted(String name, Runnable run) {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            Method named = type.getMethod("name", String.class);
            return (Thread) type.getMethod("unstarted", Runnable.class).invoke(named.invoke(builder, name), run);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("This JDK has no virtual threads", e);
        }
    }

    /** Returns whether the thread, of any kind, is parked in a call of this method of {@code io.evio}. */
    public static boolean isParkedIn(Thread thread, String type, String method) {
        return thread.getState() == Thread.State.WAITING && isIn(thread, type, method);
    }

    /** Returns whether the thread is in a call of this method. */
    public static boolean isIn(Thread thread, String type, String method) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getClassName().startsWith(type)
                        && frame.getMethodName().equals(method));
    }
}
