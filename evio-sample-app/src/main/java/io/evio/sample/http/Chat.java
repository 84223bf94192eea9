package io.evio.sample.http;

import io.evio.DetachedConnection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A chat on connections that have left the loop: a line of one member goes to all others. Safe for use from any thread;
 * nothing here waits for a member.
 */
final class Chat implements AutoCloseable {

    /** Each has two threads. */
    private static final int MOST_MEMBERS = 100;

    private final Map<Long, ChatMember> members = new ConcurrentHashMap<>();

    boolean isFull() {
        return members.size() >= MOST_MEMBERS;
    }

    /** @param connection the chat's from here on */
    void join(long id, DetachedConnection connection) {
        ChatMember member = new ChatMember(this, id, connection);
        members.put(id, member);
        // Before the member can say anything itself.
        say("* " + id + " is here", null);
        member.start();
    }

    /** A member's connection has ended. */
    void left(ChatMember member) {
        if (members.remove(member.id(), member)) {
            say("* " + member.id() + " is gone", null);
        }
    }

    void said(ChatMember member, String line) {
        say(member.id() + ": " + line, member);
    }

    private void say(String line, @Nullable ChatMember by) {
        for (ChatMember member : members.values()) {
            if (member != by) {
                member.tell(line);
            }
        }
    }

    @Override
    public void close() {
        members.values().forEach(ChatMember::close);
    }
}
