package io.evio.loop;

import io.evio.sys.Block;
import io.evio.sys.Memory;
import java.util.ArrayDeque;

/**
 * Native memory for pending output. Whole chunks come back here, up to a bound; smaller pieces, which many slow readers of little
 * each would otherwise turn into much, are allocated to measure.
 */
final class ChunkPool {

    /** The size of a whole chunk, in bytes. */
    static final int CHUNK = 64 * 1024;

    private static final int SMALLEST = 1024;

    /** At most 4 MiB stay with the loop. */
    private static final int MAX_POOLED = 64;

    private final Memory memory;
    private final ArrayDeque<Block> pooled = new ArrayDeque<>(MAX_POOLED);

    private final Counters counters;

    /** @param counters count what all connections have pending, and the memory it takes */
    ChunkPool(Memory memory, Counters counters) {
        this.memory = memory;
        this.counters = counters;
    }

    /** A connection's pending output grew, or shrank by a negative number. */
    void pendingChanged(int bytes) {
        counters.writePending.add(bytes);
    }

    /** A block for {@code wanted} bytes, or a whole chunk when they are more than that. */
    Block take(int wanted) {
        Block block = wanted > CHUNK / 2 ? pooled.pollLast() : null;
        if (block == null) {
            block = memory.allocate(
                    wanted > CHUNK / 2 ? CHUNK : Math.max(SMALLEST, Integer.highestOneBit(wanted * 2 - 1)));
        }
        counters.pendingMemory.add(block.capacity());
        return block;
    }

    void give(Block block) {
        counters.pendingMemory.add(-block.capacity());
        if (block.capacity() == CHUNK && pooled.size() < MAX_POOLED) {
            pooled.addLast(block);
        } else {
            block.free();
        }
    }

    void close() {
        pooled.forEach(Block::free);
        pooled.clear();
    }
}
