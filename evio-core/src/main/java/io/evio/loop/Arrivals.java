package io.evio.loop;

import io.evio.sys.PeerAddress;
import io.evio.sys.Sockets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Connections that another loop of the server has accepted for this one, oldest first. Any thread adds, the loop takes. None is
 * left open: what comes after the loop's end is closed.
 */
final class Arrivals {

    /** @param peer the taker's own copy */
    record Arrival(Listener listener, int handle, PeerAddress peer) {}

    private final Sockets sockets;
    private final Runnable onRefused;
    private final ArrayDeque<Arrival> waiting = new ArrayDeque<>();
    private boolean closed;

    /** Read before each wait without the lock; a lost race is mended by the wakeup that follows every addition. */
    private volatile boolean empty = true;

    /** @param onRefused called for each connection that is closed because the loop has ended */
    Arrivals(Sockets sockets, Runnable onRefused) {
        this.sockets = sockets;
        this.onRefused = onRefused;
    }

    void add(Arrival arrival) {
        synchronized (this) {
            if (!closed) {
                waiting.addLast(arrival);
                empty = false;
                return;
            }
        }
        refuse(arrival);
    }

    boolean isEmpty() {
        return empty;
    }

    /** The oldest, or null when there is none. */
    synchronized @Nullable Arrival poll() {
        Arrival arrival = waiting.pollFirst();
        empty = waiting.isEmpty();
        return arrival;
    }

    /** Closes those that wait and all that will come. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        for (Arrival arrival = poll(); arrival != null; arrival = poll()) {
            refuse(arrival);
        }
    }

    private void refuse(Arrival arrival) {
        sockets.close(arrival.handle());
        onRefused.run();
    }
}
