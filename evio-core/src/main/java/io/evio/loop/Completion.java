package io.evio.loop;

/** What is left to do on the loop when work that was done off it is finished. May throw anything, as an event may. */
@FunctionalInterface
public interface Completion {

    /** @param out for what the connection is to send, valid during the call */
    Verdict complete(OutputBuffer out) throws Throwable;
}
