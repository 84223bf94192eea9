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

    private final Counter pendingBytes;

    /** @param pendingBytes counts what all connections have pending */
    ChunkPool(Memory memory, Counter pendingBytes) {
        this.memory = memory;
        this.pendingBytes = pendingBytes;
    }

    /** A connection's pending output grew, or shrank by a negative number. */
    void pendingChanged(int bytes) {
        pendingBytes.add(bytes);
    }

    /** A block for {@code wanted} bytes, or a whole chunk when they are more than that. */
    Block take(int wanted) {
        if (wanted <= CHUNK / 2) {
            return memory.allocate(Math.max(SMALLEST, Integer.highestOneBit(wanted * 2 - 1)));
        }
        Block block = pooled.pollLast();
        return block != null ? block : memory.allocate(CHUNK);
    }

    void give(Block block) {
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
