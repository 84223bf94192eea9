package io.evio;

import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the same bytes to many connections, such as the members of a chat room or the subscribers of a topic. The connections may belong
 * to several loops and several servers.
 *
 * <p>{@link #send} forgets a connection that has ended; {@link #remove} does so sooner. All methods may be called from any thread.
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

    /** Returns the number of members. Those that have ended since the last send are included. */
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
     * Sends bytes to every member but one, as {@link #send(byte[])} does.
     *
     * @param bytes copied before this returns
     * @param except the member left out, such as the one that wrote the line; null for none
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

    /**
     * Calls the action for each member. Those that have ended since the last send are included, and are not forgotten.
     */
    public void forEach(Consumer<? super Connection> action) {
        members.forEach(action);
    }
}
