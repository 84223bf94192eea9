package io.evio.internal.stream;

import java.io.IOException;

/** What a handler has said of its peer's mistake. Without a stack, because it tells nothing of the program. */
final class RejectedException extends IOException {

    private static final long serialVersionUID = 1L;

    RejectedException(String why) {
        super(why);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
