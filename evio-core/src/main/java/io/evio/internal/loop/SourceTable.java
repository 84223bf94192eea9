package io.evio.internal.loop;

import io.evio.internal.sys.SystemCallException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The loop's sources by their handles, for the poller's events. */
final class SourceTable {

    private @Nullable Source[] byHandle = new @Nullable Source[64];

    private int size;

    /** Those that have an id. Written by the loop's thread alone. */
    private final Counter connections = new Counter();

    /** The source of an event, or null when that one is gone: its handle may be another's by now. */
    @Nullable
    Source find(long token) {
        int handle = (int) token;
        Source found = handle >= 0 && handle < byHandle.length ? byHandle[handle] : null;
        return found != null && found.token() == token ? found : null;
    }

    /** Adds a source; when memory is short, nothing is added. */
    void add(Source source) {
        int handle = source.handle();
        if (handle >= byHandle.length) {
            byHandle = Arrays.copyOf(byHandle, Math.max(handle + 1, byHandle.length / 4 * 5));
        }
        byHandle[handle] = source;
        size++;
        if (source.id() > 0) {
            connections.add(1);
        }
    }

    /** Removes a source; does nothing for one that is not here. */
    @SuppressWarnings("ReferenceEquality") // the handle may be another source's by now
    void remove(Source source) {
        int handle = source.handle();
        if (handle < byHandle.length && byHandle[handle] == source) {
            byHandle[handle] = null;
            size--;
            if (source.id() > 0) {
                connections.add(-1);
            }
        }
    }

    int size() {
        return size;
    }

    /** Returns how many of them are connections. From any thread. */
    int connections() {
        return (int) connections.get();
    }

    /** Does something with a source. */
    interface Action {
        void on(Source source) throws SystemCallException;
    }

    /** Calls for each source there is now; it may be removed meanwhile, and others too. */
    void forEach(Action action) throws SystemCallException {
        for (int i = 0; i < byHandle.length; i++) {
            Source source = byHandle[i];
            if (source != null) {
                action.on(source);
            }
        }
    }
}
