package io.evio.loop;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds connections by id, for {@code wake(id)} and its kin from other threads. Open addressing over one array of references, because
 * a general map would take more memory a connection than the connection itself. Thread-safe; the lock is taken once an
 * accept and once an end, never on the way of a request.
 */
final class IdTable {

    private @Nullable LoopConnection[] slots = new @Nullable LoopConnection[64];
    private int size;

    synchronized @Nullable LoopConnection find(long id) {
        for (int i = slot(id); ; i = i + 1 & slots.length - 1) {
            LoopConnection found = slots[i];
            if (found == null || found.id == id) {
                return found;
            }
        }
    }

    synchronized void add(LoopConnection connection) {
        if (size >= slots.length / 4 * 3) {
            @Nullable LoopConnection[] old = slots;
            slots = new @Nullable LoopConnection[old.length * 2];
            for (LoopConnection moved : old) {
                if (moved != null) {
                    insert(moved);
                }
            }
        }
        insert(connection);
        size++;
    }

    synchronized void remove(LoopConnection connection) {
        int mask = slots.length - 1;
        int hole = slot(connection.id);
        while (slots[hole] != connection) {
            hole = hole + 1 & mask;
        }
        size--;
        // Move later ones of the run into the hole, unless they would land before the slot they belong to.
        for (int i = hole + 1 & mask; ; i = i + 1 & mask) {
            LoopConnection candidate = slots[i];
            if (candidate == null) {
                slots[hole] = null;
                return;
            }
            if ((i - slot(candidate.id) & mask) >= (i - hole & mask)) {
                slots[hole] = candidate;
                hole = i;
            }
        }
    }

    /** The connections with the smallest ids above {@code after}, by id, at most {@code limit}. */
    List<LoopConnection> page(long after, int limit) {
        @Nullable LoopConnection[] copy;
        synchronized (this) {
            // Copied, because the loop may wait for the lock.
            copy = slots.clone();
        }
        return Arrays.stream(copy)
                .filter(connection -> connection != null && connection.id > after)
                .sorted(Comparator.comparingLong(LoopConnection::id))
                .limit(limit)
                .toList();
    }

    private void insert(LoopConnection connection) {
        int i = slot(connection.id);
        while (slots[i] != null) {
            i = i + 1 & slots.length - 1;
        }
        slots[i] = connection;
    }

    /**
     * Spread by the golden ratio. The low bits alone would put those who stay, whose ids are close together, into one long run, which
     * every later id that falls into it would have to pass.
     */
    private int slot(long id) {
        return (int) (id * 0x9E3779B97F4A7C15L >>> 33) & slots.length - 1;
    }
}
