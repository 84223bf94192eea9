package io.evio;

import io.evio.internal.stream.Verdict;

/**
 * Says what the loop does after an event. Every method of {@link EvioHandler} but {@link EvioHandler#tick tick} returns
 * one.
 */
public enum Action {

    /** Goes on. */
    NONE(Verdict.NONE),

    /**
     * Hands the connection over to the handler's {@link EvioHandler#detached detached} event, once its pending output
     * is out. Counts from {@link EvioHandler#opened opened} and {@link EvioHandler#data data}; elsewhere it is
     * {@link #NONE}.
     */
    DETACH(Verdict.DETACH),

    /**
     * Closes the connection once its pending output is out. Counts from {@link EvioHandler#opened opened} and
     * {@link EvioHandler#data data}; elsewhere it is {@link #NONE}.
     */
    CLOSE(Verdict.CLOSE),

    /**
     * Ends the server: listeners close, pending output of all connections goes out within the grace period, and every
     * open connection gets its {@link EvioHandler#closed closed}. Counts from every event.
     */
    SHUTDOWN(Verdict.SHUTDOWN);

    private final Verdict verdict;

    Action(Verdict verdict) {
        this.verdict = verdict;
    }

    Verdict verdict() {
        return verdict;
    }
}
