package io.evio.sys;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Where blocks of native memory come from. Thread-safe.
 *
 * <p>Two kinds, because of who may see them. Memory that only this code sees is allocated and freed by hand
 * ({@link #allocate}). Memory that a handler gets to see ({@link #allocateShared}) belongs to the garbage collector, so
 * that a handler that keeps a buffer longer than it may can read stale bytes at worst, and never crash the JVM.
 */
public final class Memory {

    private static final AtomicLong ALLOCATED = new AtomicLong();

    private final Libc libc;

    public Memory(Libc libc) {
        this.libc = libc;
    }

    /**
     * Allocates with malloc(3); the contents are undefined, and {@link Block#free} frees it at once.
     *
     * @throws OutOfMemoryError when the system has none left
     */
    public Block allocate(int size) {
        long address = libc.malloc(size);
        if (address == 0) {
            throw new OutOfMemoryError("malloc(" + size + ") failed");
        }
        ALLOCATED.addAndGet(size);
        return new Block(MemoryIO.getInstance().newDirectByteBuffer(address, size), address, this);
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
     * Allocates zeroed memory that lives as long as anybody can reach its buffer; {@link Block#free} only ends its use.
     *
     * @throws OutOfMemoryError beyond {@code -XX:MaxDirectMemorySize}
     */
    public Block allocateShared(int size) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        return new Block(buffer, MemoryIO.getInstance().getDirectBufferAddress(buffer), null);
    }

    /** The bytes of all blocks from {@link #allocate} in this JVM that have not been freed: what a leak test reads. */
    public static long allocatedBytes() {
        return ALLOCATED.get();
    }

    void release(Block block) {
        ALLOCATED.addAndGet(-block.capacity());
        libc.free(block.address());
    }
}
