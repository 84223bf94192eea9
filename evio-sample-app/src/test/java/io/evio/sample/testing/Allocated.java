package io.evio.sample.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;

/** The garbage that a thread has made. */
public final class Allocated {

    private Allocated() {}

    /** Returns the bytes that the only thread of this name has allocated so far. */
    public static long by(String name) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ThreadInfo thread = Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().equals(name))
                .findFirst()
                .orElseThrow();
        return threads.getThreadAllocatedBytes(thread.getThreadId());
    }
}
