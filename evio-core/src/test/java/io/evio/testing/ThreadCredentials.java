package io.evio.testing;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.SystemLibrary;
import java.nio.ByteOrder;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import jnr.ffi.LibraryLoader;

/**
 * Runs something as an ordinary user would, also when the tests run as root. To the kernel credentials belong to a
 * thread (credentials(7)), and the raw calls below change those of the calling one alone.
 */
public final class ThreadCredentials {

    /** Functions of libc that the server does not need. */
    public interface Calls {
        int setfsuid(int user);

        int capset(long header, long data);
    }

    private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");

    private static final int NOBODY = 65534;
    private static final int CAPABILITY_VERSION_3 = 0x20080522;

    private ThreadCredentials() {}

    /** Calls on a thread of its own that may write to nothing but its own files, and has no capability. */
    public static <T> T withoutPrivileges(Callable<T> call) throws Exception {
        FutureTask<T> task = new FutureTask<>(() -> {
            drop();
            return call.call();
        });
        Thread thread = new Thread(task, "unprivileged");
        thread.start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static void drop() {
        // Does nothing, and needs to do nothing, for a user who is not root.
        CALLS.setfsuid(NOBODY);
        Memory memory = new Memory(SystemLibrary.linux().calls());
        Block header = memory.allocate(8);
        Block data = memory.allocate(24);
        try {
            header.buffer()
                    .order(ByteOrder.nativeOrder())
                    .putInt(0, CAPABILITY_VERSION_3)
                    .putInt(4, 0);
            data.buffer().put(0, new byte[24]);
            if (CALLS.capset(header.address(), data.address()) != 0) {
                throw new IllegalStateException("capset failed");
            }
        } finally {
            header.free();
            data.free();
        }
    }
}
