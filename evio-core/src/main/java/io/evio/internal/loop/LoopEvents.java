package io.evio.internal.loop;

/** Events of a loop that belong to no source. The loop calls all of them on its thread. */
public interface LoopEvents {

    /** The loop is about to serve its sources. A throw fails the start. */
    void serving();

    /**
     * A tick is due. Throws nothing.
     *
     * @param lastDelay what the last one returned, for one that fails
     * @return the delay until the next one, in nanoseconds and at least a millisecond; {@link Source#NEVER} for none
     */
    long tick(long lastDelay);

    /** The loop is over and all sources are gone, or it was never run: frees what they have shared. */
    void ended();
}
