package io.evio.internal.stream;

import java.io.IOException;

/** The words of a handler about its peer's mistake. Without a stack, which would tell nothing of the program. */
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
