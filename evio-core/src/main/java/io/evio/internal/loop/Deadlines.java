package io.evio.internal.loop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of all sources, the earliest first: a binary heap in which every source knows its position.
 *
 * <p>A deadline that only moves later, as the idle timeout does with every byte, is not moved here: when the old one
 * comes the source looks at the time and sets the new one. So a request costs nothing here.
 */
final class Deadlines {

    private static final int SMALLEST = 64;

    private @Nullable Source[] heap = new @Nullable Source[SMALLEST];
    private int size;

    /** The earliest deadline; {@link Source#NEVER} when there is none. */
    long next() {
        Source first = heap[0];
        return first == null ? Source.NEVER : first.deadline;
    }

    /** Takes the first source whose deadline is over, which has none from then on; null when there is none. */
    @Nullable
    Source poll(long now) {
        Source first = heap[0];
        if (first == null || first.deadline > now) {
            return null;
        }
        remove(first);
        return first;
    }

    /** Replaces the source's deadline; {@link Source#NEVER} removes it. */
    void set(Source source, long deadline) {
        if (deadline == Source.NEVER) {
            remove(source);
            return;
        }
        int slot = source.deadlineSlot;
        if (slot < 0) {
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, size / 4 * 5);
            }
            slot = size++;
        }
        source.deadline = deadline;
        down(up(slot, source), source);
    }

    void remove(Source source) {
        int slot = source.deadlineSlot;
        source.deadline = Source.NEVER;
        if (slot < 0) {
            return;
        }
        source.deadlineSlot = -1;
        Source last = heap[--size];
        heap[size] = null;
        if (last != null && last != source) {
            down(up(slot, last), last);
        }
    }

    /** Puts the source at the slot or above it; returns where. */
    private int up(int slot, Source source) {
        int i = slot;
        while (i > 0) {
            int parent = i - 1 >>> 1;
            Source above = heap[parent];
            if (above == null || above.deadline <= source.deadline) {
                break;
            }
            put(i, above);
            i = parent;
        }
        put(i, source);
        return i;
    }

    /** Moves the source, which is at the slot, to where it belongs below. */
    private void down(int slot, Source source) {
        int i = slot;
        for (int child = 2 * i + 1; child < size; child = 2 * i + 1) {
            Source below = heap[child];
            Source right = child + 1 < size ? heap[child + 1] : null;
            if (right != null && below != null && right.deadline < below.deadline) {
                child++;
                below = right;
            }
            if (below == null || source.deadline <= below.deadline) {
                break;
            }
            put(i, below);
            i = child;
        }
        put(i, source);
    }

    private void put(int slot, Source source) {
        heap[slot] = source;
        source.deadlineSlot = slot;
    }
}
