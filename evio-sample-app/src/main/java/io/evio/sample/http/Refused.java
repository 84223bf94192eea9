package io.evio.sample.http;

/** A request that is answered with an error, after which its connection ends: nobody knows what the next byte means. */
final class Refused extends Exception {

    private static final long serialVersionUID = 1;

    private final Status status;

    /** @param reason for the client, one line of ASCII */
    Refused(Status status, String reason) {
        // Without a stack: it is the client's mistake, and clients can make many.
        super(reason, null, false, false);
        this.status = status;
    }

    static Refused bad(String reason) {
        return new Refused(Status.BAD_REQUEST, reason);
    }

    Status status() {
        return status;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
