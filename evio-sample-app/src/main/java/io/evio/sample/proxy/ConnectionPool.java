package io.evio.sample.proxy;

import io.evio.spring.boot.EvioTarget;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The connections of one loop to targets that wait for the next request, the last used one first. */
final class ConnectionPool {

    private final int size;
    private final Map<EvioTarget, ArrayDeque<OriginConnection>> idle = new IdentityHashMap<>();

    /** @param size how many for each target */
    ConnectionPool(int size) {
        this.size = size;
    }

    /** Takes a connection to the target; null when there is none. */
    @Nullable
    OriginConnection take(EvioTarget target, long now) {
        ArrayDeque<OriginConnection> waiting = idle.get(target);
        while (waiting != null && !waiting.isEmpty()) {
            OriginConnection found = waiting.removeFirst();
            target.idle(false);
            if (found.idleUntil - now > 0) {
                return found;
            }
            found.connection().close();
        }
        return null;
    }

    /**
     * Keeps a connection; false when there is no room for it, when its target is down, and when it names its client to
     * the target, which would take the next one for the same.
     */
    boolean put(OriginConnection origin) {
        EvioTarget target = Objects.requireNonNull(origin.target, "it has answered");
        ArrayDeque<OriginConnection> waiting = idle.computeIfAbsent(target, key -> new ArrayDeque<>());
        if (waiting.size() >= size || !target.isUp() || target.namesClient()) {
            return false;
        }
        waiting.addFirst(origin);
        target.idle(true);
        return true;
    }

    /** Takes a connection to any target that is up; null when there is none. */
    @Nullable
    OriginConnection takeAny(long now) {
        for (EvioTarget target : idle.keySet()) {
            OriginConnection found = target.isUp() ? take(target, now) : null;
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** Closes the one that has waited for the longest; false when none waits. */
    boolean closeOldest() {
        OriginConnection oldest = null;
        for (ArrayDeque<OriginConnection> waiting : idle.values()) {
            OriginConnection last = waiting.peekLast();
            if (last != null && (oldest == null || last.idleSince - oldest.idleSince < 0)) {
                oldest = last;
            }
        }
        if (oldest == null) {
            return false;
        }
        remove(oldest);
        oldest.connection().close();
        return true;
    }

    /** A connection has ended, which may have waited. */
    void remove(OriginConnection origin) {
        EvioTarget target = origin.target;
        ArrayDeque<OriginConnection> waiting = target == null ? null : idle.get(target);
        if (target != null && waiting != null && waiting.remove(origin)) {
            target.idle(false);
        }
    }

    /** Closes those that have waited for long enough, and all to targets that are down. */
    void purge(long now) {
        idle.forEach((target, waiting) -> {
            while (!waiting.isEmpty() && (!target.isUp() || waiting.getLast().idleUntil - now < 0)) {
                OriginConnection oldest = waiting.removeLast();
                target.idle(false);
                oldest.connection().close();
            }
        });
    }

    /** Closes all. */
    void clear() {
        idle.forEach((target, waiting) -> {
            while (!waiting.isEmpty()) {
                target.idle(false);
                waiting.removeLast().connection().close();
            }
        });
    }
}
