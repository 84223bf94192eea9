package io.evio.internal.stream;

/** The decision of an event about its connection, or about the server. */
public enum Verdict {
    NONE,
    DETACH,
    CLOSE,
    SHUTDOWN
}
