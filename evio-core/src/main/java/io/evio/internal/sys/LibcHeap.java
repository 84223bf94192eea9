package io.evio.internal.sys;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;

/** malloc(3), whose memory is freed at once. */
final class LibcHeap implements Heap {

    private final Libc libc;

    LibcHeap(Libc libc) {
        this.libc = libc;
    }

    @Override
    public Block allocate(int size, Block.Owner owner) {
        long address = libc.malloc(size);
        if (address == 0) {
            throw new OutOfMemoryError("malloc(" + size + ") failed");
        }
        return new Block(MemoryIO.getInstance().newDirectByteBuffer(address, size), address, owner, true);
    }

    @Override
    public Block share(ByteBuffer direct, Block.Owner owner) {
        return new Block(direct, MemoryIO.getInstance().getDirectBufferAddress(direct), owner, false);
    }

    @Override
    public void free(Block block) {
        libc.free(block.rawAddress()); // the block refuses to be used by now
    }
}
