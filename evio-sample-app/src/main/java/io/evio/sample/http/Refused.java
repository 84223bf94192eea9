package io.evio.sample.http;

/** A request that is answered with an error, after which its connection ends: nobody knows what the next byte means. */
public final class Refused extends Exception {

    private static final long serialVersionUID = 1;

    private final Status status;

    /** @param reason for the client, one line of ASCII */
    public Refused(Status status, String reason) {
        // Without a stack: it is the client's mistake, and clients can make many.
        super(reason, null, false, false);
        this.status = status;
    }

    public static Refused bad(String reason) {
        return new Refused(Status.BAD_REQUEST, reason);
    }

    public Status status() {
        return status;
    }

    public String reason() {
        return String.valueOf(getMessage());
    }
}
