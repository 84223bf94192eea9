package io.evio.internal.sys;

import io.evio.internal.sys.MemoryViolations.Place;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A piece of memory, seen both as an address for system calls, where those are made, and as a buffer for Java.
 *
 * <p>It has one owner, who frees it once. The buffer's position and limit are scratch space of that owner; its byte
 * order is big-endian. Not thread-safe.
 */
public final class Block {

    /** The source of blocks, which takes them back. */
    interface Owner {

        /** See {@link Memory#DEBUG}. */
        boolean isDebug();

        void release(Block block);
    }

    private static final Owner GARBAGE = new Owner() {
        @Override
        public boolean isDebug() {
            return false;
        }

        @Override
        public void release(Block block) {
            // The collector's business.
        }
    };

    private final ByteBuffer buffer;
    private final long address;
    private final Owner memory;
    private final boolean freedByHand;
    private int used;
    private boolean freed;

    /** Kept in debug mode only. */
    private @Nullable Place freedAt;

    /**
     * @param memory where it is from
     * @param freedByHand whether it is freed by hand, and not by the garbage collector
     */
    Block(ByteBuffer buffer, long address, Owner memory, boolean freedByHand) {
        this.buffer = buffer;
        this.address = address;
        this.memory = memory;
        this.freedByHand = freedByHand;
    }

    /** Returns memory on the heap, which no system call sees. */
    public static Block onHeap(int size) {
        return new Block(ByteBuffer.allocate(size), 0, GARBAGE, false);
    }

    /**
     * The memory as a buffer, direct where there is an address; always the same object.
     *
     * @throws IllegalStateException when it has been freed
     */
    public ByteBuffer buffer() {
        if (freed) {
            throw usedAfterFree("used after it was");
        }
        return buffer;
    }

    /**
     * The address of the first byte, for system calls; 0 of memory for channels, which have no use for it.
     *
     * @throws IllegalStateException when it has been freed
     */
    public long address() {
        if (freed) {
            throw usedAfterFree("used after it was");
        }
        return address;
    }

    /** The size in bytes. */
    public int capacity() {
        return buffer.capacity();
    }

    /**
     * Returns how many bytes from the start on are in use, of what {@link #setUsed} was last told; a note for the
     * owner, without effect here.
     */
    public int used() {
        return used;
    }

    public void setUsed(int bytes) {
        used = bytes;
    }

    /**
     * Gives the memory back.
     *
     * @throws IllegalStateException when it was given back before; in debug mode also when something was written where
     *     it must not, see {@link Memory#DEBUG}
     */
    public void free() {
        if (freed) {
            throw usedAfterFree("freed again after it was");
        }
        freed = true;
        if (memory.isDebug()) {
            freedAt = new Place("freed here");
        }
        memory.release(this);
    }

    private IllegalStateException usedAfterFree(String how) {
        String what = "A block of " + capacity() + " bytes is " + how + " freed";
        return freedAt == null ? new IllegalStateException(what) : MemoryViolations.found(what, freedAt);
    }

    boolean isFreedByHand() {
        return freedByHand;
    }

    long rawAddress() {
        return address;
    }

    Place freedAt() {
        return freedAt == null ? new Place("freed") : freedAt;
    }
}
