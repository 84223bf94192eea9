package io.evio.internal.sys;

import java.nio.ByteBuffer;

/** The allocator beneath {@link Memory}: the C library's heap, or this JVM's. */
interface Heap {

    /** @throws OutOfMemoryError when there is none left */
    Block allocate(int size, Block.Owner owner);

    /** A block over a direct buffer, which nobody but the garbage collector frees. */
    Block share(ByteBuffer direct, Block.Owner owner);

    /** Takes back what {@link #allocate} made. */
    void free(Block block);
}
