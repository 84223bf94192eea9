package io.evio.internal.stream;

import io.evio.internal.loop.Counters;
import io.evio.internal.stream.PendingOutput.Chunk;
import io.evio.internal.sys.Memory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Native memory for pending output, in chunks of a few sizes: a slow reader of little does not hold much. Chunks come
 * back here, up to a bound.
 */
final class ChunkPool {

    /** The size of a whole chunk, in bytes. */
    static final int CHUNK = 64 * 1024;

    /** The size of the smallest piece, in bytes. */
    private static final int SMALLEST = 1024;

    /** Whole chunks, and lists, that stay with the loop: at most 4 MiB. */
    private static final int MAX_POOLED = 64;

    private final Memory memory;

    /** Chunks that are free, by their sizes: each twice the one before. */
    private final List<ArrayDeque<Chunk>> free = new ArrayList<>();

    /** Bytes of free chunks that are not whole: at most one whole chunk's. */
    private int smallKept;

    private final ArrayDeque<PendingOutput> lists = new ArrayDeque<>(MAX_POOLED);
    private final Counters counters;

    /** @param counters count what all connections have pending, and the memory it takes */
    ChunkPool(Memory memory, Counters counters) {
        this.memory = memory;
        this.counters = counters;
        for (int size = SMALLEST; size <= CHUNK; size *= 2) {
            free.add(new ArrayDeque<>());
        }
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
        Chunk chunk = free(size).pollLast();
        if (chunk == null) {
            chunk = new Chunk(memory.allocate(size));
        } else if (size < CHUNK) {
            smallKept -= size;
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
        ArrayDeque<Chunk> same = free(size);
        if (size == CHUNK ? same.size() == MAX_POOLED : smallKept + size > CHUNK) {
            empty.block.free();
            return;
        }
        if (size < CHUNK) {
            smallKept += size;
        }
        same.addLast(empty);
    }

    private ArrayDeque<Chunk> free(int size) {
        return free.get(Integer.numberOfTrailingZeros(size / SMALLEST));
    }

    void close() {
        for (ArrayDeque<Chunk> chunks : free) {
            chunks.forEach(chunk -> chunk.block.free());
            chunks.clear();
        }
    }
}
