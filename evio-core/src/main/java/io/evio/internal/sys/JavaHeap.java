package io.evio.internal.sys;

import java.nio.ByteBuffer;

/**
 * Buffers that the garbage collector takes back, without addresses. Large ones, which their owners use again and again,
 * are direct, so that channels need not copy them at every write; small ones are not, because a direct buffer costs the
 * collector more than its few bytes do.
 */
final class JavaHeap implements Heap {

    private static final int LARGE = 64 * 1024;

    @Override
    public Block allocate(int size, Block.Owner owner) {
        return new Block(size >= LARGE ? ByteBuffer.allocateDirect(size) : ByteBuffer.allocate(size), 0, owner, true);
    }

    @Override
    public Block share(ByteBuffer direct, Block.Owner owner) {
        return new Block(direct, 0, owner, false);
    }

    @Override
    public void free(Block block) {
        // The collector's business.
    }
}
