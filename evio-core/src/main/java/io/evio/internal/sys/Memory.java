package io.evio.internal.sys;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The source of blocks of memory. Thread-safe.
 *
 * <p>Two kinds, because of who may see them. Memory that only this code sees is allocated and freed by hand
 * ({@link #allocate}). Memory that a handler gets to see ({@link #allocateShared}) belongs to the garbage collector, so
 * that a handler that keeps a buffer longer than it may can read stale bytes at worst, and never crash the JVM.
 */
public final class Memory implements Block.Owner {

    /**
     * The system property, {@code true} in all tests, that switches the debug mode on for every memory made from then
     * on. It finds what is written in front of a block, behind it, or to it once freed, and what is never freed, and
     * says where that was allocated; a loop of which something is found ends with it. It costs an exception and a pass
     * over the memory for each allocation, so it is nothing for production.
     */
    public static final String DEBUG = "io.evio.memory.debug";

    private static final AtomicLong ALLOCATED = new AtomicLong();

    private final Heap heap;
    private final @Nullable GuardedMemory guarded;

    private Memory(Heap heap) {
        this.heap = heap;
        this.guarded = Boolean.getBoolean(DEBUG) ? new GuardedMemory(heap) : null;
    }

    /** Memory of the C library, for sockets that take addresses. */
    public Memory(Libc libc) {
        this(new LibcHeap(libc));
    }

    /** Memory of this JVM, for channels that take buffers. */
    public static Memory ofJava() {
        return new Memory(new JavaHeap());
    }

    /** Returns whether this is memory in debug mode, see {@link #DEBUG}. */
    @Override
    public boolean isDebug() {
        return guarded != null;
    }

    /**
     * Allocates memory whose contents are undefined; {@link Block#free} gives it back.
     *
     * @throws OutOfMemoryError when there is none left
     */
    public Block allocate(int size) {
        Block block = guarded != null ? guarded.allocate(size, this) : heap.allocate(size, this);
        ALLOCATED.addAndGet(size);
        return block;
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
     * Allocates memory, its contents undefined, that lives as long as anybody can reach its buffer; {@link Block#free}
     * only ends its use.
     *
     * @throws OutOfMemoryError beyond {@code -XX:MaxDirectMemorySize}
     */
    public Block allocateShared(int size) {
        return guarded != null ? guarded.allocateShared(size, this) : heap.share(ByteBuffer.allocateDirect(size), this);
    }

    /** The bytes of all blocks from {@link #allocate} in this JVM that have not been freed: what a leak test reads. */
    public static long allocatedBytes() {
        return ALLOCATED.get();
    }

    /**
     * Returns what the debug mode has found in this JVM, also where an exception that says so was caught by somebody.
     */
    public static List<String> violations() {
        return MemoryViolations.found();
    }

    /** Called by the block that is freed. */
    @Override
    public void release(Block block) {
        if (block.isFreedByHand()) {
            ALLOCATED.addAndGet(-block.capacity());
        }
        if (guarded != null) {
            guarded.release(block);
        } else if (block.isFreedByHand()) {
            heap.free(block);
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
