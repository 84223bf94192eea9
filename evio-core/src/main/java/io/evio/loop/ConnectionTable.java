package io.evio.loop;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The loop's connections: by handle for the poller's events, by id for other threads. */
final class ConnectionTable {

    private @Nullable LoopConnection[] byHandle = new @Nullable LoopConnection[64];
    private final IdTable byId = new IdTable();

    /** Written by the loop's thread alone. */
    private final Counter size = new Counter();

    /** The connection of an event, or null when that one is gone: its handle may be another's by now. */
    @Nullable
    LoopConnection find(long token) {
        int handle = (int) token;
        LoopConnection found = handle >= 0 && handle < byHandle.length ? byHandle[handle] : null;
        return found != null && found.token() == token ? found : null;
    }

    /** The connection with this id, or null. From any thread. */
    @Nullable
    LoopConnection findById(long id) {
        return byId.find(id);
    }

    /** See {@link EventLoop#connections}. From any thread. */
    List<LoopConnection> page(long after, int limit) {
        return byId.page(after, limit);
    }

    /** When memory is short nothing is added. */
    void add(LoopConnection connection) {
        if (connection.handle >= byHandle.length) {
            byHandle = Arrays.copyOf(byHandle, Math.max(connection.handle + 1, byHandle.length / 4 * 5));
        }
        byId.add(connection);
        byHandle[connection.handle] = connection;
        size.add(1);
    }

    /** Other threads do not find it any more; its events still do. */
    void forgetId(LoopConnection connection) {
        byId.remove(connection);
    }

    void remove(LoopConnection connection) {
        byHandle[connection.handle] = null;
        size.add(-1);
    }

    /** The one with the most unread input and unsent output, or null when none has any. */
    @Nullable
    LoopConnection largest() {
        LoopConnection largest = null;
        for (LoopConnection connection : byHandle) {
            if (connection != null && connection.pendingTotal() > (largest == null ? 0 : largest.pendingTotal())) {
                largest = connection;
            }
        }
        return largest;
    }

    /** How many there are, those that linger included. From any thread. */
    int size() {
        return (int) size.get();
    }

    /** Calls for each connection there is now; it may be removed meanwhile, and others too. */
    void forEach(Consumer<LoopConnection> action) {
        for (int i = 0; i < byHandle.length; i++) {
            LoopConnection connection = byHandle[i];
            if (connection != null) {
                action.accept(connection);
            }
        }
    }
}
