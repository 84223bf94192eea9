package io.evio;

import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Connections that are sent the same, as the members of a chat room or the subscribers of a topic. They may be of several loops
 * and several servers.
 *
 * <p>A connection that has ended is forgotten by itself, at the next send; {@link #remove} forgets it sooner. All methods may be
 * called from any thread.
 */
public final class ConnectionGroup {

    private final Set<Connection> members = ConcurrentHashMap.newKeySet();

    /** Adds a connection; returns false when it is a member already. */
    public boolean add(Connection connection) {
        return members.add(connection);
    }

    /** Removes a connection; returns false when it is no member. */
    public boolean remove(Connection connection) {
        return members.remove(connection);
    }

    /** Returns whether the connection is a member. */
    public boolean contains(Connection connection) {
        return members.contains(connection);
    }

    /** Returns how many members there are, those that have ended since the last send included. */
    public int size() {
        return members.size();
    }

    /**
     * Sends bytes to every member, as {@link Connection#send(byte[])} does, by one copy for all of them.
     *
     * @param bytes copied before this returns
     * @return how many members took them
     */
    public int send(byte[] bytes) {
        return send(bytes, null);
    }

    /**
     * Sends bytes to every member but one.
     *
     * @param bytes copied before this returns
     * @param except the one left out, as a chat leaves out whoever wrote the line; null for none
     * @return how many members took them
     */
    public int send(byte[] bytes, @Nullable Connection except) {
        byte[] copy = bytes.clone();
        int taken = 0;
        for (Iterator<Connection> each = members.iterator(); each.hasNext(); ) {
            Connection member = each.next();
            if (member == except) {
                continue;
            }
            if (member.sendOwned(copy)) {
                taken++;
            } else {
                each.remove();
            }
        }
        return taken;
    }

    /** Calls for each member, those that have ended since the last send included. */
    public void forEach(Consumer<? super Connection> action) {
        members.forEach(action);
    }
}
