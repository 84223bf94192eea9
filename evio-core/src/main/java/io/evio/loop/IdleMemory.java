package io.evio.loop;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes back from silent connections what is made for their events and only needed there, 88 bytes each, which is more than a
 * third of what a connection is made of. Who speaks again gets it anew.
 *
 * <p>It cannot be shared instead: a handler that keeps what it was lent must not see another connection's bytes through it, nor
 * write to another connection.
 *
 * <p>Only connections that hold something are looked at, so that a crowd of silent ones costs no time; while none
 * does, the loop is not woken for it.
 */
final class IdleMemory {

    /** A connection that has moved no byte for so long is silent. */
    private static final long SILENCE = TimeUnit.SECONDS.toNanos(3);

    private static final long PERIOD = TimeUnit.SECONDS.toNanos(1);

    private static final long NEVER = Long.MAX_VALUE;
    private static final int SMALLEST = 64;

    private final Consumer<LoopConnection> silent;

    /** Those that hold something; in no order, each once. */
    private @Nullable LoopConnection[] holders = new @Nullable LoopConnection[SMALLEST];

    private int count;
    private long next = NEVER;

    /** @param silent tells the layer above, which may hold something too */
    IdleMemory(Consumer<LoopConnection> silent) {
        this.silent = silent;
    }

    /** Something was made for the connection's events. */
    void add(LoopConnection connection) {
        if (connection.holdsEventMemory) {
            return;
        }
        if (count == holders.length) {
            holders = Arrays.copyOf(holders, count * 2);
        }
        holders[count++] = connection;
        connection.holdsEventMemory = true;
    }

    /** When the next look is due; {@link Long#MAX_VALUE} when there is nothing to take back. Asked before every wait. */
    long next(long now) {
        if (next == NEVER && count > 0) {
            next = now + PERIOD;
        }
        return next;
    }

    /** Takes it back from those that are silent, when that is due. */
    void release(long now) {
        if (now < next) {
            return;
        }
        next = NEVER;
        int kept = 0;
        for (int i = 0; i < count; i++) {
            LoopConnection connection = holders[i];
            if (now - connection.lastActive < SILENCE && connection.phase != Phase.GONE) {
                holders[kept++] = connection;
            } else {
                connection.holdsEventMemory = false;
                connection.view = null;
                silent.accept(connection);
            }
        }
        Arrays.fill(holders, kept, count, null);
        count = kept;
        if (count < holders.length / 4 && holders.length > SMALLEST) {
            shrink();
        }
    }

    private void shrink() {
        try {
            holders = Arrays.copyOf(holders, Math.max(count * 2, SMALLEST));
        } catch (OutOfMemoryError e) {
            // The large one does as well.
        }
    }
}
