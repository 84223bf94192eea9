package io.evio.internal.stream;

import java.io.IOException;

/** A connection has exceeded a limit, which the message names with its value, and is cut off. */
public final class LimitException extends IOException {

    private static final long serialVersionUID = 1L;

    private final Limit limit;

    /** @param value the limit's, as a person writes it */
    public LimitException(Limit limit, String what, String value, String why) {
        super(what + " " + limit.property() + " (" + value + ")" + why);
        this.limit = limit;
    }

    Limit limit() {
        return limit;
    }
}
