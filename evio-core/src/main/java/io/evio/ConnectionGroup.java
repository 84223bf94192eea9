package io.evio;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the same bytes to many connections, such as the members of a chat room or the subscribers of a topic. The
 * connections may belong to several loops and several servers.
 *
 * <p>A connection that ends is removed by itself, before its {@code closed} or {@code detached} fires. All methods may
 * be called from any thread.
 */
public final class ConnectionGroup {

    /** The groups of each connection that is in one: few are, so this takes no field in each. */
    private static final Map<Connection, Set<ConnectionGroup>> GROUPS = new ConcurrentHashMap<>();

    private final Set<Connection> members = ConcurrentHashMap.newKeySet();

    /** Adds a connection; returns false when it is a member already, or has ended. */
    public boolean add(Connection connection) {
        boolean[] added = {false};
        GROUPS.compute(connection, (key, groups) -> {
            if (key.stream().hasEnded()) {
                return groups;
            }
            Set<ConnectionGroup> all = groups == null ? new HashSet<>() : groups;
            added[0] = all.add(this) && members.add(key);
            return all;
        });
        return added[0];
    }

    /** Removes a connection; returns false when it is no member. */
    public boolean remove(Connection connection) {
        boolean[] removed = {false};
        GROUPS.computeIfPresent(connection, (key, groups) -> {
            removed[0] = groups.remove(this) && members.remove(key);
            return groups.isEmpty() ? null : groups;
        });
        return removed[0];
    }

    /** No group knows it any more; from here on {@link #add} refuses it. */
    static void ended(Connection connection) {
        Set<ConnectionGroup> groups = GROUPS.remove(connection);
        if (groups != null) {
            groups.forEach(group -> group.members.remove(connection));
        }
    }

    /** Returns whether the connection is a member. */
    public boolean contains(Connection connection) {
        return members.contains(connection);
    }

    /** Returns the number of members. */
    public int size() {
        return members.size();
    }

    /**
     * Sends bytes to every member, as {@link Connection#send(byte[])} does, with one copy for all of them.
     *
     * @param bytes copied before this returns
     * @return how many members took them
     */
    public int send(byte[] bytes) {
        return send(bytes, null);
    }

    /**
     * Sends bytes to every member but one, as {@link #send(byte[])} does.
     *
     * @param bytes copied before this returns
     * @param except the member left out, such as the one that wrote the line; null for none
     * @return how many members took them
     */
    public int send(byte[] bytes, @Nullable Connection except) {
        byte[] copy = bytes.clone();
        int taken = 0;
        for (Connection member : members) {
            if (member != except && member.sendOwned(copy)) {
                taken++;
            }
        }
        return taken;
    }

    /** Calls the action for each member. It may add and remove members, and may or may not see the change. */
    public void forEach(Consumer<? super Connection> action) {
        members.forEach(action);
    }
}
