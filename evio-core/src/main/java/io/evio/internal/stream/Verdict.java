package io.evio.internal.stream;

/** What an event decided about its connection, or about the server. */
public enum Verdict {
    NONE,
    DETACH,
    CLOSE,
    SHUTDOWN
}
