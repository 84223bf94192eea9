package io.evio.internal.sys;

/**
 * Settles which threads of this process go first where they share a processor. Each method is about the calling thread;
 * what the system refuses stays as it was, without a word, because the server works all the same.
 */
public interface Scheduler {

    /** Leaves it to the system. */
    Scheduler NONE = new Scheduler() {};

    /**
     * Has a loop take its processor from threads that compute as soon as it has work, until {@link #endLoop}. Threads
     * that the loop starts are not affected.
     */
    default void beginLoop() {}

    /** Takes back what {@link #beginLoop} has done. */
    default void endLoop() {}

    /** Lowers the thread's priority for good: an ordinary thread may not raise it again. */
    default void stepBack() {}
}
