package io.evio.internal.stream;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Memory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Native memory for small rests of input, in powers of two; some of each size are kept for the next rest. */
final class SmallBlocks {

    /** The size of the smallest block, in bytes. */
    private static final int SMALLEST = 256;

    /** Bytes of each size that are kept. */
    private static final int MAX_KEPT = 64 * 1024;

    private final Memory memory;

    /** The free blocks by size, the smallest first. */
    private final List<ArrayDeque<Block>> free = new ArrayList<>();

    /** @param largest how many bytes a block may be asked to hold */
    SmallBlocks(Memory memory, int largest) {
        this.memory = memory;
        for (int size = SMALLEST; size < largest * 2; size *= 2) {
            free.add(new ArrayDeque<>(MAX_KEPT / size));
        }
    }

    /**
     * Returns a block of at least so many bytes, and of less than double as many where that is not below the smallest.
     */
    Block take(int wanted) {
        int order = order(wanted);
        Block kept = free.get(order).pollLast();
        return kept != null ? kept : memory.allocate(SMALLEST << order);
    }

    /** @param unused from {@link #take} */
    void give(Block unused) {
        ArrayDeque<Block> kept = free.get(order(unused.capacity()));
        if ((kept.size() + 1) * unused.capacity() <= MAX_KEPT) {
            kept.addLast(unused);
        } else {
            unused.free();
        }
    }

    /** The power of two, from the smallest on, that holds so many bytes. */
    private static int order(int bytes) {
        int smallest = Integer.numberOfTrailingZeros(SMALLEST);
        return Math.max(0, Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1) - smallest);
    }

    void close() {
        free.forEach(blocks -> {
            blocks.forEach(Block::free);
            blocks.clear();
        });
    }
}
