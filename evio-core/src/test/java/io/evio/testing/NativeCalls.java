package io.evio.testing;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.SystemLibrary;
import java.nio.ByteOrder;
import jnr.ffi.LibraryLoader;

/** Functions of libc that tests need and the server does not. Numbers are Linux's. */
public final class NativeCalls {

    /** The functions as jnr-ffi binds them. */
    public interface Calls {
        int getpid();

        int tgkill(int process, int thread, int signal);
    }

    private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");

    private static final int SIGPIPE = 13;

    private NativeCalls() {}

    /** {@code TCP_NODELAY} of a descriptor. */
    public static boolean noDelay(int descriptor) {
        return option(descriptor, 6, 1) != 0;
    }

    /** {@code SO_KEEPALIVE} of a descriptor. */
    public static boolean keepAlive(int descriptor) {
        return option(descriptor, 1, 9) != 0;
    }

    /** {@code TCP_KEEPIDLE} of a descriptor, in seconds. */
    public static int keepAliveIdle(int descriptor) {
        return option(descriptor, 6, 4);
    }

    /** {@code TCP_KEEPINTVL} of a descriptor, in seconds. */
    public static int keepAliveInterval(int descriptor) {
        return option(descriptor, 6, 5);
    }

    /** {@code TCP_KEEPCNT} of a descriptor. */
    public static int keepAliveCount(int descriptor) {
        return option(descriptor, 6, 6);
    }

    /** {@code TCP_USER_TIMEOUT} of a descriptor, in milliseconds. */
    public static int userTimeout(int descriptor) {
        return option(descriptor, 6, 18);
    }

    /** Sets {@code SO_SNDBUF} of a descriptor: about so many bytes the kernel takes at a time. */
    public static void sendBuffer(int descriptor, int bytes) {
        var libc = SystemLibrary.linux().calls();
        Block value = new Memory(libc).allocate(Integer.BYTES);
        try {
            value.buffer().order(ByteOrder.nativeOrder()).putInt(0, bytes);
            if (libc.setsockopt(descriptor, 1, 7, value.address(), Integer.BYTES) != 0) {
                throw new IllegalStateException("setsockopt failed for descriptor " + descriptor);
            }
        } finally {
            value.free();
        }
    }

    private static int option(int descriptor, int level, int option) {
        var libc = SystemLibrary.linux().calls();
        Block value = new Memory(libc).allocate(2 * Integer.BYTES);
        try {
            value.buffer().order(ByteOrder.nativeOrder()).putInt(4, Integer.BYTES);
            if (libc.getsockopt(descriptor, level, option, value.address(), value.address() + Integer.BYTES) != 0) {
                throw new IllegalStateException("getsockopt failed for descriptor " + descriptor);
            }
            return value.buffer().getInt(0);
        } finally {
            value.free();
        }
    }

    /** Interrupts what a thread is doing by a signal that the JVM handles by doing nothing. */
    public static void interrupt(int taskId) {
        if (CALLS.tgkill(CALLS.getpid(), taskId, SIGPIPE) != 0) {
            throw new IllegalStateException("tgkill failed for " + taskId);
        }
    }
}
