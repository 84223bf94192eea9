package io.evio.internal.stream;

import io.evio.internal.loop.Counters;
import io.evio.internal.stream.PendingOutput.Chunk;
import io.evio.internal.sys.Memory;
import java.util.ArrayDeque;

/**
 * Native memory for pending output. Whole chunks come back here, up to a bound; smaller pieces, which many slow readers
 * of little each would otherwise turn into much, are allocated to measure; some of the smallest of them are kept too.
 */
final class ChunkPool {

    /** The size of a whole chunk, in bytes. */
    static final int CHUNK = 64 * 1024;

    /** The size of the smallest piece, in bytes. */
    private static final int SMALLEST = 1024;

    /** At most 4 MiB stay with the loop, and as many of the smallest pieces. */
    private static final int MAX_POOLED = 64;

    private final Memory memory;
    private final ArrayDeque<Chunk> whole = new ArrayDeque<>(MAX_POOLED);
    private final ArrayDeque<Chunk> smallest = new ArrayDeque<>(MAX_POOLED);
    private final ArrayDeque<PendingOutput> lists = new ArrayDeque<>(MAX_POOLED);
    private final Counters counters;

    /** @param counters count what all connections have pending, and the memory it takes */
    ChunkPool(Memory memory, Counters counters) {
        this.memory = memory;
        this.counters = counters;
    }

    /** An empty list, for a stream of which the kernel does not take everything at once. */
    PendingOutput pending() {
        PendingOutput kept = lists.pollLast();
        return kept != null ? kept : new PendingOutput(this);
    }

    /** The list is empty and nobody's any more. */
    void give(PendingOutput empty) {
        if (lists.size() < MAX_POOLED) {
            lists.addLast(empty);
        }
    }

    /** A connection's pending output grew, or shrank by a negative number. */
    void pendingChanged(int bytes) {
        counters.writePending.add(bytes);
    }

    /** A chunk with room for {@code wanted} bytes, or a whole one when they are more than that. */
    Chunk take(int wanted) {
        int size = wanted > CHUNK / 2 ? CHUNK : Math.max(SMALLEST, Integer.highestOneBit(wanted * 2 - 1));
        Chunk chunk = size == CHUNK ? whole.pollLast() : size == SMALLEST ? smallest.pollLast() : null;
        if (chunk == null) {
            chunk = new Chunk(memory.allocate(size));
        }
        counters.pendingMemory.add(size);
        return chunk;
    }

    /** @param empty nobody's any more */
    void give(Chunk empty) {
        int size = empty.block.capacity();
        counters.pendingMemory.add(-size);
        // It was gathered for a write that may never have been made, because prewrite threw: channels note that in its
        // limit.
        empty.block.buffer().clear();
        if (size == CHUNK && whole.size() < MAX_POOLED) {
            whole.addLast(empty);
        } else if (size == SMALLEST && smallest.size() < MAX_POOLED) {
            smallest.addLast(empty);
        } else {
            empty.block.free();
        }
    }

    void close() {
        whole.forEach(chunk -> chunk.block.free());
        whole.clear();
        smallest.forEach(chunk -> chunk.block.free());
        smallest.clear();
    }
}
