package io.evio.loop;

import io.evio.sys.PeerAddress;
import io.evio.sys.Sockets;
import org.jspecify.annotations.Nullable;

/**
 * Connections that another loop of the server has accepted for this one, oldest first. Any thread adds, the loop takes. None is
 * left open: what comes after the loop's end is closed.
 */
final class Arrivals {

    /** One that waits, and a link of the queue: adding it takes no memory that there might not be. */
    static final class Arrival {

        private final Listener listener;
        private final int handle;
        private final PeerAddress peer;
        private @Nullable Arrival next;

        /** @param peer the taker's own copy */
        Arrival(Listener listener, int handle, PeerAddress peer) {
            this.listener = listener;
            this.handle = handle;
            this.peer = peer;
        }

        Listener listener() {
            return listener;
        }

        int handle() {
            return handle;
        }

        PeerAddress peer() {
            return peer;
        }
    }

    private final Sockets sockets;
    private final Runnable onRefused;
    private @Nullable Arrival oldest;
    private @Nullable Arrival latest;
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
                if (latest == null) {
                    oldest = arrival;
                } else {
                    latest.next = arrival;
                }
                latest = arrival;
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
        Arrival arrival = oldest;
        if (arrival != null) {
            oldest = arrival.next;
            if (oldest == null) {
                latest = null;
                empty = true;
            }
        }
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
