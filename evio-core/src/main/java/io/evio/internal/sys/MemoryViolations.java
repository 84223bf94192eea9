package io.evio.internal.sys;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The wrong uses of blocks of memory: what was found in this JVM so far, and where it happened. Thread-safe. */
final class MemoryViolations {

    private static final List<String> FOUND = new CopyOnWriteArrayList<>();

    /** The place where something happened to a block. */
    static final class Place extends Exception {
        private static final long serialVersionUID = 1L;

        Place(String what) {
            super(what);
        }
    }

    private MemoryViolations() {}

    /** Returns what was found in this JVM so far, also where an exception of it was caught by somebody. */
    static List<String> found() {
        return FOUND;
    }

    /** Keeps what was found; returns what to throw. */
    static IllegalStateException found(String what, Place... places) {
        IllegalStateException violation = new IllegalStateException(what);
        Arrays.stream(places).forEach(violation::addSuppressed);
        FOUND.add(what);
        return violation;
    }
}
