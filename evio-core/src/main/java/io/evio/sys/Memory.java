package io.evio.sys;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Where blocks of native memory come from. Thread-safe.
 *
 * <p>Two kinds, because of who may see them. Memory that only this code sees is allocated and freed by hand
 * ({@link #allocate}). Memory that a handler gets to see ({@link #allocateShared}) belongs to the garbage collector, so
 * that a handler that keeps a buffer longer than it may can read stale bytes at worst, and never crash the JVM.
 */
public final class Memory {

    /**
     * The system property, {@code true} in all tests, that switches the debug mode on for every memory made from then on. It finds
     * what is written in front of a block, behind it, or to it once freed, and what is never freed, and says where that was
     * allocated; a loop of which something is found ends with it. It costs an exception and a pass over the memory for each
     * allocation, so it is nothing for production.
     */
    public static final String DEBUG = "io.evio.memory.debug";

    private static final AtomicLong ALLOCATED = new AtomicLong();

    private final Libc libc;
    private final @Nullable GuardedMemory guarded;

    public Memory(Libc libc) {
        this.libc = libc;
        this.guarded = Boolean.getBoolean(DEBUG) ? new GuardedMemory(libc) : null;
    }

    /** Whether this is memory in debug mode, see {@link #DEBUG}. */
    public boolean isDebug() {
        return guarded != null;
    }

    /**
     * Allocates with malloc(3); the contents are undefined, and {@link Block#free} frees it at once.
     *
     * @throws OutOfMemoryError when the system has none left
     */
    public Block allocate(int size) {
        Block block = guarded != null ? guarded.allocate(size, this) : plain(size);
        if (block == null) {
            throw new OutOfMemoryError("malloc(" + size + ") failed");
        }
        ALLOCATED.addAndGet(size);
        return block;
    }

    private @Nullable Block plain(int size) {
        long address = libc.malloc(size);
        return address == 0
                ? null
                : new Block(MemoryIO.getInstance().newDirectByteBuffer(address, size), address, this, true);
    }

    /** Allocates several blocks, or none. */
    public Block[] allocateAll(int... sizes) {
        Block[] blocks = new Block[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            try {
                blocks[i] = allocate(sizes[i]);
            } catch (OutOfMemoryError e) {
                while (--i >= 0) {
                    blocks[i].free();
                }
                throw e;
            }
        }
        return blocks;
    }

    /**
     * Allocates memory, its contents undefined, that lives as long as anybody can reach its buffer; {@link Block#free} only ends its use.
     *
     * @throws OutOfMemoryError beyond {@code -XX:MaxDirectMemorySize}
     */
    public Block allocateShared(int size) {
        if (guarded != null) {
            return guarded.allocateShared(size, this);
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        return new Block(buffer, MemoryIO.getInstance().getDirectBufferAddress(buffer), this, false);
    }

    /** The bytes of all blocks from {@link #allocate} in this JVM that have not been freed: what a leak test reads. */
    public static long allocatedBytes() {
        return ALLOCATED.get();
    }

    /** What the debug mode has found in this JVM, also where an exception that says so was caught by somebody. */
    public static List<String> violations() {
        return GuardedMemory.violations();
    }

    void release(Block block) {
        if (block.isMalloced()) {
            ALLOCATED.addAndGet(-block.capacity());
        }
        if (guarded != null) {
            guarded.release(block);
        } else if (block.isMalloced()) {
            libc.free(block.rawAddress());
        }
    }

    /**
     * Nothing is allocated from here any more, and everything is freed but what the garbage collector frees.
     *
     * @throws IllegalStateException in debug mode, when that is not so
     */
    public void close() {
        if (guarded != null) {
            guarded.close();
        }
    }
}
