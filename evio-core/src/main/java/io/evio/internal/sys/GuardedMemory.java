package io.evio.internal.sys;

import io.evio.internal.sys.MemoryViolations.Place;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The debug mode of {@link Memory}: blocks lie between red zones that are looked at when a block is freed, freed memory
 * is filled with poison and stays in quarantine until it is looked at once more, and whatever was never freed is told
 * at the end, each with the places where it was allocated and freed. Thread-safe.
 */
final class GuardedMemory {

    /** Bytes in front of and behind each block. */
    private static final int RED_ZONE = 64;

    private static final byte[] RED = pattern(0xfd);
    private static final byte[] FRESH = pattern(0xcd);
    private static final byte[] FREED = pattern(0xdd);

    /** Blocks and bytes that stay in quarantine at the most. */
    private static final int MAX_BLOCKS = 256;

    private static final int MAX_BYTES = 4 * 1024 * 1024;

    private record Guarded(Block block, Place allocated) {

        ByteBuffer whole() {
            return block.buffer();
        }
    }

    private record Freed(Block block, Guarded guarded) {}

    private final Heap heap;
    private final Map<Block, Guarded> live = new IdentityHashMap<>();
    private final ArrayDeque<Freed> quarantine = new ArrayDeque<>();
    private int quarantined;

    GuardedMemory(Heap heap) {
        this.heap = heap;
    }

    /** @throws OutOfMemoryError when there is none left */
    Block allocate(int size, Block.Owner owner) {
        return guard(heap.allocate(size + 2 * RED_ZONE, owner), owner);
    }

    /** Of memory that is the garbage collector's: guarded too, and never in quarantine, because handlers may see it. */
    Block allocateShared(int size, Block.Owner owner) {
        return guard(heap.share(ByteBuffer.allocateDirect(size + 2 * RED_ZONE), owner), owner);
    }

    /** The block between the red zones of another. */
    private synchronized Block guard(Block whole, Block.Owner owner) {
        ByteBuffer inner = whole.buffer().slice(RED_ZONE, whole.capacity() - 2 * RED_ZONE);
        long address = whole.address() == 0 ? 0 : whole.address() + RED_ZONE;
        Block block = new Block(inner, address, owner, whole.isFreedByHand());
        fill(whole.buffer(), RED);
        fill(inner, FRESH);
        live.put(block, new Guarded(whole, new Place("allocated here")));
        return block;
    }

    /** @throws IllegalStateException when something was written around it, or to what had been freed before */
    synchronized void release(Block block) {
        Guarded guarded = live.remove(block);
        if (guarded == null) {
            throw MemoryViolations.found("A block of another memory was given back to this one");
        }
        checkRedZones(guarded);
        fill(guarded.whole(), FREED);
        if (block.isFreedByHand()) {
            quarantine.addLast(new Freed(block, guarded));
            quarantined += guarded.whole().capacity();
            while (quarantine.size() > MAX_BLOCKS || quarantined > MAX_BYTES) {
                leave(quarantine.removeFirst());
            }
        }
    }

    private void leave(Freed freed) {
        ByteBuffer whole = freed.guarded().whole();
        quarantined -= whole.capacity();
        int wrong = firstOther(whole, 0, whole.capacity(), FREED);
        if (wrong >= 0) {
            // Not given back to the system: who still writes there would write into what comes next.
            throw MemoryViolations.found(
                    "Byte " + (wrong - RED_ZONE) + " of a block of " + (whole.capacity() - 2 * RED_ZONE)
                            + " bytes was written after it had been freed",
                    freed.guarded().allocated(),
                    freed.block().freedAt());
        }
        heap.free(freed.guarded().block());
    }

    private static void checkRedZones(Guarded guarded) {
        ByteBuffer whole = guarded.whole();
        int size = whole.capacity() - 2 * RED_ZONE;
        int wrong = firstOther(whole, 0, RED_ZONE, RED);
        if (wrong < 0) {
            wrong = firstOther(whole, RED_ZONE + size, whole.capacity(), RED);
        }
        if (wrong >= 0) {
            throw MemoryViolations.found(
                    "Byte " + (wrong - RED_ZONE) + ", outside of a block of " + size + " bytes, was written",
                    guarded.allocated());
        }
    }

    /**
     * The owner of this memory has ended.
     *
     * @throws IllegalStateException when blocks were not freed, or written after they were
     */
    synchronized void close() {
        while (!quarantine.isEmpty()) {
            leave(quarantine.removeFirst());
        }
        List<Place> leaks = new ArrayList<>();
        int bytes = 0;
        for (Map.Entry<Block, Guarded> entry : live.entrySet()) {
            checkRedZones(entry.getValue());
            if (entry.getKey().isFreedByHand()) {
                leaks.add(entry.getValue().allocated());
                bytes += entry.getKey().capacity();
            }
        }
        if (!leaks.isEmpty()) {
            throw MemoryViolations.found(
                    leaks.size() + " blocks of " + bytes + " bytes together were never freed",
                    leaks.toArray(new Place[0]));
        }
    }

    private static void fill(ByteBuffer buffer, byte[] pattern) {
        for (int i = 0; i < buffer.capacity(); i += pattern.length) {
            buffer.put(i, pattern, 0, Math.min(pattern.length, buffer.capacity() - i));
        }
    }

    private static int firstOther(ByteBuffer buffer, int from, int to, byte[] pattern) {
        byte expected = pattern[0];
        long eight = (expected & 0xff) * 0x0101_0101_0101_0101L;
        int i = from;
        while (i + Long.BYTES <= to && buffer.getLong(i) == eight) {
            i += Long.BYTES;
        }
        for (; i < to; i++) {
            if (buffer.get(i) != expected) {
                return i;
            }
        }
        return -1;
    }

    private static byte[] pattern(int value) {
        byte[] pattern = new byte[4096];
        Arrays.fill(pattern, (byte) value);
        return pattern;
    }
}
