package io.evio.loop;

/** What an event decided about its connection, or about the loop. */
public enum Verdict {
    NONE,
    DETACH,
    CLOSE,
    SHUTDOWN
}
