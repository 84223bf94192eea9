package io.evio;

/**
 * Makes the handlers of a server that runs several loops, one per loop. What belongs to a handler then belongs to one
 * thread, as it does on a server of one loop.
 */
@FunctionalInterface
public interface EvioHandlerFactory {

    /**
     * Makes a handler. Called once per loop, before the server is started for the first time.
     *
     * @param loop the number of the loop, from 0
     * @return a handler whose events fire on this loop only, {@code serving} and {@code tick} among them. It may be the
     *     same one again: its events then fire on all of those loops, at the same time for different connections, and
     *     these two on the first of them
     */
    EvioHandler create(int loop);
}
