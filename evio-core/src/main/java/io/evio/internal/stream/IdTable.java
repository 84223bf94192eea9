package io.evio.internal.stream;

import io.evio.internal.loop.Source;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds connections by id, for {@code wake(id)} and its kin from other threads. Open addressing over one array of
 * references, because a general map would take more memory a connection than the connection itself. Thread-safe; the
 * lock is taken once an accept and once an end, never on the way of a request.
 */
final class IdTable {

    private @Nullable Source[] slots = new @Nullable Source[64];
    private int size;

    synchronized @Nullable Source find(long id) {
        for (int i = slot(id); ; i = i + 1 & slots.length - 1) {
            Source found = slots[i];
            if (found == null || found.id() == id) {
                return found;
            }
        }
    }

    synchronized void add(Source connection) {
        if (size >= slots.length / 4 * 3) {
            @Nullable Source[] old = slots;
            slots = new @Nullable Source[old.length * 2];
            for (Source moved : old) {
                if (moved != null) {
                    insert(moved);
                }
            }
        }
        insert(connection);
        size++;
    }

    synchronized void remove(Source connection) {
        int mask = slots.length - 1;
        int hole = slot(connection.id());
        while (slots[hole] != connection) {
            hole = hole + 1 & mask;
        }
        size--;
        // Move later ones of the run into the hole, unless they would land before the slot they belong to.
        for (int i = hole + 1 & mask; ; i = i + 1 & mask) {
            Source candidate = slots[i];
            if (candidate == null) {
                slots[hole] = null;
                return;
            }
            if ((i - slot(candidate.id()) & mask) >= (i - hole & mask)) {
                slots[hole] = candidate;
                hole = i;
            }
        }
    }

    /** The connections with the smallest ids above {@code after}, by id, at most {@code limit}. */
    List<Source> page(long after, int limit) {
        @Nullable Source[] copy;
        synchronized (this) {
            // Copied, because the loop may wait for the lock.
            copy = slots.clone();
        }
        return Arrays.stream(copy)
                .filter(connection -> connection != null && connection.id() > after)
                .sorted(Comparator.comparingLong(Source::id))
                .limit(limit)
                .toList();
    }

    /**
     * Calls for each connection, which may not be removed meanwhile. By the loop's thread only, which alone adds and
     * removes.
     */
    @SuppressWarnings("GuardedBy")
    void forEach(Consumer<Source> action) {
        for (Source connection : slots) {
            if (connection != null) {
                action.accept(connection);
            }
        }
    }

    private void insert(Source connection) {
        int i = slot(connection.id());
        while (slots[i] != null) {
            i = i + 1 & slots.length - 1;
        }
        slots[i] = connection;
    }

    /**
     * Spread by the golden ratio. The low bits alone would put those who stay, whose ids are close together, into one
     * long run, which every later id that falls into it would have to pass.
     */
    private int slot(long id) {
        return (int) (id * 0x9E3779B97F4A7C15L >>> 33) & slots.length - 1;
    }
}
