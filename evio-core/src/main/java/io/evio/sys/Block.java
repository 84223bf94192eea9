package io.evio.sys;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A piece of native memory, seen both as an address for system calls and as a buffer for Java.
 *
 * <p>It has one owner, who frees it once. The buffer's position and limit are scratch space of that owner; its byte order
 * is big-endian. Not thread-safe.
 */
public final class Block {

    private final ByteBuffer buffer;
    private final long address;
    private final @Nullable Memory malloced;
    private boolean freed;

    /** @param malloced who takes the memory back, or null when the garbage collector does */
    Block(ByteBuffer buffer, long address, @Nullable Memory malloced) {
        this.buffer = buffer;
        this.address = address;
        this.malloced = malloced;
    }

    /** The memory as a direct buffer; always the same object. Not to be used once freed. */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** The address of the first byte, for system calls. */
    public long address() {
        return address;
    }

    /** The size in bytes. */
    public int capacity() {
        return buffer.capacity();
    }

    /**
     * Gives the memory back.
     *
     * @throws IllegalStateException when it was given back before
     */
    public void free() {
        if (freed) {
            throw new IllegalStateException("This block of " + capacity() + " bytes has been freed before");
        }
        freed = true;
        if (malloced != null) {
            malloced.release(this);
        }
    }
}
