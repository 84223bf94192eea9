package io.evio;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the poller that was asked for by name cannot be used on this system, or with the settings of this JVM.
 * The message says why, and what to do.
 */
public final class EvioUnsupportedException extends UnsupportedOperationException {

    private static final long serialVersionUID = 1L;

    private final String reason;
    private final String advice;

    EvioUnsupportedException(String reason, String advice, @Nullable Throwable cause) {
        super(reason + ". " + advice, cause);
        this.reason = reason;
        this.advice = advice;
    }

    /** Returns why, as a sentence without its full stop. */
    public String reason() {
        return reason;
    }

    /** Returns what to do about it, as a sentence without its full stop. */
    public String advice() {
        return advice;
    }
}
