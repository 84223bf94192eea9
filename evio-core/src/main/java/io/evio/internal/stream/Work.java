package io.evio.internal.stream;

/** Work to be done on the loop, as an event of a connection. May throw anything, as an event may. */
@FunctionalInterface
public interface Work {
    Verdict run() throws Throwable;
}
