package io.evio.sys;

import java.nio.ByteBuffer;

/** What {@link Memory} is made of: the C library's heap, or this JVM's. */
interface Heap {

    /** @throws OutOfMemoryError when there is none left */
    Block allocate(int size, Memory owner);

    /** A block over a direct buffer, which nobody but the garbage collector frees. */
    Block share(ByteBuffer direct, Memory owner);

    /** Takes back what {@link #allocate} made. */
    void free(Block block);
}
