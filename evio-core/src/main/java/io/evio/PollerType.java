package io.evio;

import java.util.Locale;

/** Names the mechanism by which a loop waits for readiness. */
public enum PollerType {

    /** The first of the others that works here. The log says why when that is not the system's own. */
    AUTO,

    /** Linux's epoll(7). */
    EPOLL,

    /** The kqueue(2) of macOS and the BSDs; on Linux only by libkqueue. */
    KQUEUE,

    /** Plain Java, which works everywhere. */
    NIO;

    /** Returns the name in properties, logs and meters, in lower case. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the type with that name, in any case.
     *
     * @throws IllegalArgumentException when there is none, with the names that there are
     */
    public static PollerType of(String name) {
        for (PollerType type : values()) {
            if (type.name().equalsIgnoreCase(name)) {
                return type;
            }
        }
        throw new IllegalArgumentException("There is no poller '" + name + "': use auto or one of epoll, kqueue, nio");
    }
}
