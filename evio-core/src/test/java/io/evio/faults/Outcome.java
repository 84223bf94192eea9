package io.evio.faults;

/** The outcome of a failing call, as seen by each side. */
enum Outcome {
    UNNOTICED("nobody notices"),
    LOGGED("logged"),
    ACCEPT_GOES_ON("counted, accepted all the same"),
    ACCEPT_PAUSES("counted, accepted after a pause"),
    CONNECTION_REFUSED("counted, the new connection is closed"),
    OUTBOUND_FAILS("not opened: closed with the cause, counted"),
    CONNECTION_CLOSED("its connection is closed with the cause"),
    CHANNEL_THROWS("the detached channel throws it"),
    CALLER_IS_TOLD("thrown at who asked for it"),
    PATH_IN_USE("the start fails: the path is another's"),
    START_FAILS("the start fails with the cause"),
    LOOP_ENDS("the loop ends with the cause");

    final String text;

    Outcome(String text) {
        this.text = text;
    }
}
